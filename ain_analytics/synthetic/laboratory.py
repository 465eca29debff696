"""How laboratories report a count: absolute, as percentages, with other lines, in their own units."""

from dataclasses import dataclass

import numpy as np

from ain_analytics.synthetic.arrays import Bools, Floats, Generator, Ints, draw_labels, happens
from ain_analytics.synthetic.children import Children
from ain_analytics.synthetic.counts import is_ill
from ain_analytics.synthetic.disorder import UNITS, Disorder
from ain_analytics.synthetic.visits import Visits

CODES = ("751-8", "753-4", "26499-4", "6690-2", "804-5", "770-8", "769-0", "764-1", "718-7", "777-3")
ABSOLUTE = {"automated": 0, "manual": 1, "unspecified": 2}
WBC, WBC_MANUAL, PERCENT, SEGMENTS, BANDS, HEMOGLOBIN, PLATELETS = range(3, 10)
UNIT_TEXTS = (*(name for name, _ in UNITS), "%", "g/dL")
FACTORS = np.array([*(factor for _, factor in UNITS), 1, 1])
IN_PERCENT, IN_GRAMS = len(UNITS), len(UNITS) + 1
EVERY, PER_HOUR = 5, 12
"""Times are written to five minutes."""
MANUAL_CODES = (1, 4, 6, 7)


@dataclass(frozen=True, slots=True, eq=False)
class LabRows:
    """Results of the laboratories, right and complete, in the order of days; one element per row."""

    specimen: Ints
    child: Ints
    day: Ints
    minute: Ints
    has_key: Bools
    code: Ints
    value: Floats
    unit: Ints
    is_below: Bools

    def __len__(self) -> int:
        return len(self.code)


@dataclass(frozen=True, slots=True, eq=False)
class _Specimens:
    child: Ints
    day: Ints
    anc: Floats
    minute: Ints
    unit: Ints


def report_counts(
    children: Children, visits: Visits, site: Ints, has_second: Bools, disorder: Disorder, rng: Generator
) -> LabRows:
    """Turn counts into rows of results: one to five for each specimen."""
    s = _draw_blood(visits, site, disorder, rng)
    n = s.child.size
    method = draw_labels(rng, disorder.methods, n)
    way = {name: method == number for number, (name, _) in enumerate(disorder.methods)}
    is_absolute = np.logical_or.reduce([way[name] for name in ABSOLUTE if name in way])
    also = is_absolute & happens(rng, disorder.also_percent_share, n)
    by_percent = way.get("percent", np.zeros(n, dtype=bool)) | also
    by_differential = way.get("differential", np.zeros(n, dtype=bool))
    keeps_white_cells = ~(happens(rng, disorder.incomplete, n) & ~is_absolute)

    other_cells = disorder.other_cells * np.exp(disorder.other_cells_sigma * rng.standard_normal(n))
    white_cells = s.anc + other_cells
    share = 100 * s.anc / white_cells
    contradicts = also & happens(rng, disorder.mismatch_share, n)
    share = np.where(contradicts, np.minimum(share + disorder.mismatch_percent, 100), share)
    bands = share * disorder.bands_most * rng.random(n)
    measured = np.where(s.anc < disorder.zero_below, 0.0, s.anc)
    low = has_second[s.child] & is_ill(children, s.child, s.day)
    hemoglobin = np.where(low, disorder.hemoglobin_low, disorder.hemoglobin)
    hemoglobin = hemoglobin + disorder.hemoglobin_sigma * rng.standard_normal(n)
    platelets = np.where(low, disorder.platelets_low, disorder.platelets)
    platelets = platelets * np.exp(disorder.platelets_sigma * rng.standard_normal(n))
    has_other_lines = happens(rng, disorder.other_lines_share, n)

    in_percent, in_grams = np.full(n, IN_PERCENT), np.full(n, IN_GRAMS)
    blocks = [
        *((way[name], code, measured, s.unit) for name, code in ABSOLUTE.items() if name in way),
        (by_percent & keeps_white_cells, WBC, white_cells, s.unit),
        (by_differential & keeps_white_cells, WBC_MANUAL, white_cells, s.unit),
        (by_percent, PERCENT, share, in_percent),
        (by_differential, SEGMENTS, share - bands, in_percent),
        (by_differential, BANDS, bands, in_percent),
        (has_other_lines, HEMOGLOBIN, hemoglobin, in_grams),
        (has_other_lines, PLATELETS, platelets, s.unit),
    ]
    where = [np.flatnonzero(mask) for mask, _, _, _ in blocks]
    specimen = np.concatenate(where)
    code = np.concatenate([np.full(at.size, block[1]) for at, block in zip(where, blocks, strict=True)])
    value = np.concatenate([block[2][at] for at, block in zip(where, blocks, strict=True)])
    unit = np.concatenate([block[3][at] for at, block in zip(where, blocks, strict=True)])
    order = np.argsort(specimen, kind="stable")
    specimen, code, value, unit = specimen[order], code[order], value[order], unit[order]
    is_count = code < WBC
    could = is_count & (FACTORS[unit] == 1) & (value < disorder.detection_limit)
    return LabRows(
        specimen=specimen,
        child=s.child[specimen],
        day=s.day[specimen],
        minute=s.minute[specimen],
        has_key=happens(rng, 1 - disorder.no_specimen_share, n)[specimen],
        code=code,
        value=_as_printed(value, unit),
        unit=unit,
        is_below=could & happens(rng, disorder.below_detection_share, code.size),
    )


def _draw_blood(visits: Visits, site: Ints, disorder: Disorder, rng: Generator) -> _Specimens:
    """Draw one specimen a visit, now and then a second one on the same day."""
    twice = np.flatnonzero(happens(rng, disorder.same_day_share, visits.child.size))
    visit = np.sort(np.concatenate([np.arange(visits.child.size), twice]))
    is_second = np.concatenate([[False], visit[1:] == visit[:-1]])
    n = visit.size
    opens, closes = (hour * PER_HOUR for hour in disorder.opening_hours)
    first_at = EVERY * rng.integers(opens, closes, visits.child.size)[visit]
    minute = first_at + np.where(
        is_second, EVERY * rng.integers(1, disorder.second_draw_hours * PER_HOUR, n), 0
    )
    minute = np.where(happens(rng, disorder.date_only_share, n), -1, minute)
    anc = visits.anc[visit] * np.exp(
        np.where(is_second, disorder.second_draw_sigma, 0.0) * rng.standard_normal(n)
    )
    is_odd = happens(rng, disorder.odd_unit_share, n)
    unit = np.where(is_odd, rng.integers(0, len(UNITS), n), site[visits.child[visit]])
    return _Specimens(visits.child[visit], visits.day[visit], anc, minute, unit)


def _as_printed(value: Floats, unit: Ints) -> Floats:
    """Convert from 10⁹/L and round as laboratories print: from 100 on whole, %, g/dL to 0.1, else 0.01."""
    factor = FACTORS[unit]
    is_whole = (factor > 1) | (value >= 100)
    decimals = np.where(is_whole, 1.0, np.where(unit >= IN_PERCENT, 10.0, 100.0))
    rounded: Floats = np.rint(np.maximum(value, 0) * factor * decimals) / decimals
    return rounded
