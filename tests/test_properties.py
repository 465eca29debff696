"""The views equal the plain reference on random histories, and do not see what they must not see.

A registry is drawn by itself: 3 to 8 children, counts on and beside the limits, gaps on and beside the
lengths that rules speak of. To save time the registries of one definition share a database.
"""

from collections import Counter
from dataclasses import fields, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import groupby
from random import Random

import polars as pl
import pytest

from ain_analytics.definitions import PRESETS, TEXTBOOK, AncBand, Definitions
from ain_analytics.registry import open_registry

from .reference import Child, daily_anc, episodes, is_long_enough, observations

N_DEFINITIONS, REGISTRIES_EACH = 60, 20
EXTRACTED = date(2025, 6, 30)
GAPS = (0, 1, 6, 7, 8, 13, 27, 28, 29, 30, 59, 90, 182, 183, 364, 365, 366, 400)
BIRTHS = ("1996-02-29", "2000-02-29", "2004-02-29", "2000-02-28", "1999-03-01", "1999-08-31", "2001-08-30",
          "1998-01-31", "2004-01-30", "2003-12-31", "2003-01-01", "2001-05-17")  # fmt: skip
FIRST_AGES = (0, 1, 27, 28, 29, 30, 31, 59, 89, 150, 180, 184, 250, 337, 364, 365, 366, 367, 700)
CODES = {
    "gcsf": ("L03AA02", "L03AA03", "L03AA10", "L03AA13"),
    "ivig": ("J06BA02",),
    "corticosteroid": ("H02AB07", "H02AB02"),
}
STEP = 1 / 64  # exact in binary, so that a mean is the same in whatever order it is summed


def random_definitions(rng: Random) -> Definitions:
    months = [0, *sorted(rng.sample((1, 3, 6, 11, 12, 13, 24, 48), rng.choice((0, 1, 1, 2))))]
    limits = [(rng.choice((0.5, 0.75, 1.0, 1.25, 1.5)), rng.choice((0, 0, 0.25, 0.5))) for _ in months]
    severe, moderate = sorted(rng.choices((0.25, 0.5, 0.75, 1.0, 1.25), k=2))
    return Definitions(
        name="random",
        same_day=rng.choice(("lowest", "highest", "mean", "first", "last")),
        gcsf_mask_days=rng.choice((None, 0, 1, 7, 7, 30)),
        ivig_mask_days=rng.choice((None, 0, 21)),
        corticosteroid_mask_days=rng.choice((None, 0, 14)),
        anc_bands=tuple(AncBand(m, low, low + more) for m, (low, more) in zip(months, limits, strict=True)),
        limit_is_inclusive=rng.random() < 0.4,
        max_silence_days=rng.choice((None, None, None, 0, 7, 28, 59, 60, 90, 182, 364, 365, 399, 400)),
        onset_counts=rng.choice((1, 1, 1, 2, 3)),
        onset_days=rng.choice((0, 0, 0, 1, 7, 28, 60)),
        resolution_counts=rng.choice((1, 2, 2, 2, 3, 4)),
        resolution_days=rng.choice((0, 1, 7, 8, 27, 28, 28, 29, 90)),
        unconfirmed_end=rng.choice(("resolve", "censor")),
        chronic_months=rng.choice((0, 1, 3, 6, 6, 12)),
        severe_below=severe,
        moderate_below=moderate,
    )


def random_child(rng: Random, d: Definitions) -> Child:
    born = date.fromisoformat(rng.choice(BIRTHS))
    edges = {x for band in d.anc_bands for x in (band.entry_limit, band.exit_limit)}
    edges |= {d.severe_below, d.moderate_below}
    near = sorted({edge + sign * STEP for edge in edges for sign in (-1, 0, 1)})
    low = [x for x in near if x < min(band.entry_limit for band in d.anc_bands)] + [0.0, STEP]
    high = [x for x in near if x >= max(band.exit_limit for band in d.anc_bands)] + [3.0, 8.0]
    lengths = (d.max_silence_days, d.onset_days, d.resolution_days)
    ruled = [length + sign for length in lengths if length for sign in (-1, 0, 1)] or [1]
    pace = rng.choice((GAPS, GAPS[:10], GAPS[6:11], ruled, [*GAPS[:8], *ruled]))
    pools, keep = [low, high, near], rng.choice((0.3, 0.6, 0.8))
    pool, day = rng.choice(pools), born + timedelta(rng.choice(FIRST_AGES))
    counts: list[tuple[datetime, float]] = []
    for _ in range(rng.choice((0, 1, 2, 3, 5, 8, 8, 11, 14))):
        hour = rng.choice((time(0, 0), time(8, 0), time(8, 0), time(17, 30)))
        counts.append((datetime.combine(day, hour), rng.choice(pool)))
        pool = pool if rng.random() < keep else rng.choice(pools)
        day += timedelta(rng.choice(pace))
    courses = []
    for _ in range(rng.choice((0, 0, 0, 1, 1, 3)) if counts else 0):
        agent, masks = rng.choice(list(CODES)), getattr(d, f"{rng.choice(list(CODES))}_mask_days") or 0
        start = rng.choice(counts)[0].date() - timedelta(rng.choice((0, 1, 7, 8, masks, masks + 1)))
        end = rng.choice((None, None, start, start + timedelta(rng.choice((5, 30)))))
        if start >= born:
            courses.append((agent, start, end))
    last = max([born, *(when.date() for when, _ in counts)])
    return Child(born, counts, courses, rng.choice((None, None, None, last, last + timedelta(40))))


def random_registry(rng: Random, d: Definitions, name: str) -> dict[str, Child]:
    return {f"{name}-{n}": random_child(rng, d) for n in range(rng.randint(3, 8))}


DEFINITIONS = [
    *PRESETS.values(),
    *(random_definitions(Random(n)) for n in range(len(PRESETS), N_DEFINITIONS)),
]


def random_registries(number: int) -> list[dict[str, Child]]:
    """Draw the registries that belong to one of the definitions."""
    rng = Random(1975 + number)
    return [random_registry(rng, DEFINITIONS[number], f"R{n}") for n in range(REGISTRIES_EACH)]


def frames_of(
    children: dict[str, Child], *, seed: int = 0, unit: str = "10*9/L", factor: int = 1
) -> dict[str, pl.DataFrame]:
    """Write children as an extract, its rows in an order that the seed decides."""
    rng = Random(seed)
    counts = [
        (key, when.isoformat(), "751-8", f"{Decimal(anc) * factor:f}", unit, f"{key}-{n}")
        for key, child in children.items()
        for n, (when, anc) in enumerate(child.counts)
    ]
    courses = [
        (key, start.isoformat(), CODES[agent][n % len(CODES[agent])], end and end.isoformat())
        for key, child in children.items()
        for n, (agent, start, end) in enumerate(child.courses)
    ]
    patients = [
        (k, c.birth_date.isoformat(), "unknown", c.died_on and c.died_on.isoformat())
        for k, c in children.items()
    ]
    tables = {
        "patient": (patients, ["patient_id", "birth_date", "sex", "died_on"]),
        "lab_result": (counts, ["patient_id", "sampled_at", "code", "value", "unit", "specimen_id"]),
        "treatment": (courses, ["patient_id", "started_on", "code", "ended_on"]),
    }  # fmt: skip
    return {
        name: pl.DataFrame(
            rng.sample(rows, len(rows)), schema=dict.fromkeys(columns, pl.String), orient="row"
        )
        for name, (rows, columns) in tables.items()
    }


def derived(frames: dict[str, pl.DataFrame], d: Definitions) -> dict[str, pl.DataFrame]:
    """Give what the program makes of an extract, in the order of the keys."""
    with open_registry(frames, definitions=d, extracted_on=EXTRACTED) as registry:
        return {
            name: sorted_frame(registry.frame(name)) for name in ("daily_anc", "neutropenic_run", "episode")
        }


def sorted_frame(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.sort(
        [
            c
            for c in ("patient_id", "sampled_on", "observation_number", "run_number", "episode_number")
            if c in frame.columns
        ]
    )


def neutropenic_runs(child: Child, d: Definitions) -> list[dict[str, object]]:
    """Read the runs off the reference's counts."""
    found: list[dict[str, object]] = []
    stretch = 0
    states = {(True, False): "neutropenic", (False, False): "between", (False, True): "normal"}
    for seen in observations(child, d):
        runs = [
            list(run)
            for _, run in groupby(seen, key=lambda count: (count["is_neutropenic"], count["is_normal"]))
        ]
        is_new, own = True, []  # own: the runs of the stretch
        for n, run in enumerate(runs):
            state, days = (
                states[run[0]["is_neutropenic"], run[0]["is_normal"]],
                [c["sampled_on"] for c in run],
            )
            if state == "normal":
                confirms = is_long_enough(run, d.resolution_counts, d.resolution_days)
                is_tail = n + 1 == len(runs) and d.unconfirmed_end == "resolve"
                if own and (confirms or is_tail):
                    own[-1] |= {
                        "end_kind": "confirmed" if confirms else "uncontradicted",
                        "normal_from": days[0], "normal_to": days[-1],
                    }  # fmt: skip
                is_new, own = is_new or confirms, [] if confirms else own
                continue
            if is_new:
                stretch, is_new = stretch + 1, False
            nadir, nadir_on = min((count["anc"], count["sampled_on"]) for count in run)
            if state == "neutropenic":
                own.append({
                    "run_number": len(found) + 1, "stretch_number": stretch,
                    "previous_on": runs[n - 1][-1]["sampled_on"] if n else None,
                    "first_on": days[0], "last_on": days[-1], "n_neutropenic": len(run),
                    "last_unresolved_on": days[-1], "nadir": nadir, "nadir_on": nadir_on,
                    "end_kind": None, "normal_from": None, "normal_to": None,
                    "last_observed_on": seen[-1]["sampled_on"],
                })  # fmt: skip
                found.append(own[-1])
            elif own:
                own[-1]["last_unresolved_on"] = days[-1]
                lowest = min((own[-1]["nadir"], own[-1]["nadir_on"]), (nadir, nadir_on))
                own[-1]["nadir"], own[-1]["nadir_on"] = lowest
    return found


REFERENCE = {"daily_anc": daily_anc, "neutropenic_run": neutropenic_runs, "episode": episodes}


def assert_equal_rows(name: str, found: pl.DataFrame, children: dict[str, Child], d: Definitions) -> None:
    """Compare every column of every row; tell of the child with the shortest history that differs."""
    __tracebackhide__ = True
    rows = {key: [] for key in children}
    for row in found.to_dicts():
        rows[row.pop("patient_id")].append(row)
    wanted = {key: REFERENCE[name](child, d) for key, child in children.items()}
    differ = [key for key in children if rows[key] != wanted[key]]
    if differ:
        key = min(differ, key=lambda key: (len(children[key].courses), len(children[key].counts)))
        chosen = {
            f.name: getattr(d, f.name) for f in fields(d) if getattr(d, f.name) != getattr(TEXTBOOK, f.name)
        }
        counts = "\n".join(f"  {when} {anc}" for when, anc in sorted(children[key].counts))
        lines = ["\n".join(f"  {row}" for row in side) or "  nothing" for side in (wanted[key], rows[key])]
        raise AssertionError(
            f"{name}: {len(differ)} of {len(children)} children differ; the shortest:\n{chosen}\n"
            f"born {children[key].birth_date}, died {children[key].died_on}, "
            f"courses {children[key].courses}\n{counts}\n"
            f"reference:\n{lines[0]}\nprogram:\n{lines[1]}"
        )


@pytest.mark.parametrize("number", range(N_DEFINITIONS))
def test_counts_runs_and_episodes_equal_the_reference(number):
    d, registries = DEFINITIONS[number], random_registries(number)
    children = {f"{n}{key}": child for n, one in enumerate(registries) for key, child in one.items()}
    found = derived(frames_of(children, seed=number), d)
    for name, frame in found.items():
        assert_equal_rows(name, frame, children, d)


def test_the_random_registries_are_many_and_hold_every_kind_of_episode():
    """Guard the guard: histories in which a rule never fires would prove nothing about it."""
    n_registries, seen = 0, Counter()
    for number, d in enumerate(DEFINITIONS):
        registries = random_registries(number)
        n_registries += len(registries)
        for child in (child for one in registries for child in one.values()):
            found = episodes(child, d)
            daily = daily_anc(child, d)
            seen.update(f"masked {row['is_masked']}" for row in daily)
            seen.update("between" for row in daily if not row["is_neutropenic"] and not row["is_normal"])
            seen.update("several a day" for row in daily if row["n_results"] > 1)
            seen.update(
                "at a limit" for row in daily if row["anc"] in (row["entry_limit"], row["exit_limit"])
            )
            seen.update(
                str(row[k]) for row in found for k in ("end_kind", "censoring_reason", "severity", "course")
            )
            seen.update("again" for row in found[1:])
            seen.update("onset known" for row in found if row["onset_after"])
            seen.update(
                "contradicted" for row in found if row["n_counts"] - row["is_resolved"] > row["n_neutropenic"]
            )
            seen.update("several observations" for _ in observations(child, d)[1:])
    assert n_registries >= 1000
    kinds = "confirmed uncontradicted open silence death end_of_data severe moderate mild"
    kinds += " chronic transient undetermined between again contradicted"
    others = ("masked True", "several a day", "at a limit", "onset known", "several observations")
    assert {kind: seen[kind] for kind in [*kinds.split(), *others] if seen[kind] < 200} == {}


MIXED = [7, 11, 23, 31, 47]
"""Definitions on which the properties below are tried; the seeds mean nothing."""


@pytest.fixture(params=MIXED)
def drawn(request):
    d = DEFINITIONS[request.param]
    children = {
        f"{n}{k}": c for n, one in enumerate(random_registries(request.param)) for k, c in one.items()
    }
    return d, children


def test_shuffling_the_rows_changes_nothing(drawn):
    d, children = drawn
    first, second = (derived(frames_of(children, seed=seed), d) for seed in (1, 2))
    for name in first:
        assert first[name].equals(second[name]), name


@pytest.mark.long
@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        ("10*3/uL", 1), ("10^9/L", 1), ("K/uL", 1), ("G/L", 1),
        ("/uL", 10**3), ("cells/uL", 10**3), ("cells/mm3", 10**3), ("/L", 10**9),
    ],
)  # fmt: skip
def test_the_unit_does_not_matter(unit, factor):
    d, children = DEFINITIONS[7], random_registries(7)[0] | random_registries(7)[1]
    first, second = derived(frames_of(children), d), derived(frames_of(children, unit=unit, factor=factor), d)
    for name in first:
        assert first[name].equals(second[name]), name


def test_a_masked_count_changes_no_episode(drawn):
    d, children = drawn
    d, rng = replace(d, gcsf_mask_days=7), Random(1)
    dosed, more = {}, {}
    for key, child in children.items():
        start = child.birth_date + timedelta(rng.choice((0, 30, 364, 400)))
        dosed[key] = child._replace(courses=[*child.courses, ("gcsf", start, start + timedelta(3))])
        hidden = datetime.combine(start + timedelta(rng.choice((0, 3, 10))), time(12))
        more[key] = dosed[key]._replace(counts=[*child.counts, (hidden, rng.choice((0.0, 20.0)))])
    without, with_them = derived(frames_of(dosed), d), derived(frames_of(more), d)
    assert with_them["daily_anc"].height > without["daily_anc"].height
    for name in ("neutropenic_run", "episode"):
        assert without[name].equals(with_them[name]), name


@pytest.mark.long
def test_a_child_does_not_depend_on_other_children(drawn):
    d, children = drawn
    together = derived(frames_of(children), d)
    keys = sorted(children)
    parts = [keys[:1], keys[1:2], keys[2::2], keys[3::2]]
    apart = [derived(frames_of({key: children[key] for key in part}), d) for part in parts]
    for name, frame in together.items():
        assert frame.equals(sorted_frame(pl.concat([part[name] for part in apart]))), name


def test_other_definitions_on_the_same_extract_give_what_a_fresh_registry_gives():
    """And the registry that they were asked of stays as it was."""
    children = {f"{n}{k}": c for n, one in enumerate(random_registries(0)) for k, c in one.items()}
    frames = frames_of(children)
    chosen = [DEFINITIONS[n] for n in (2, 7, 23)]
    with open_registry(frames, definitions=TEXTBOOK, extracted_on=EXTRACTED) as registry:
        others = [registry.under(d) for d in chosen]
        for d, other in [(TEXTBOOK, registry), *zip(chosen, others, strict=True), (TEXTBOOK, registry)]:
            assert other.definitions == d
            for name in ("daily_anc", "neutropenic_run", "episode"):
                assert_equal_rows(name, sorted_frame(other.frame(name)), children, d)
