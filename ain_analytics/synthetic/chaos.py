"""The extract as it arrives: everything is text, and some of it is wrong."""

import numpy as np
import polars as pl

from ain_analytics.schema import columns_of
from ain_analytics.synthetic.arrays import Bools, Generator, Ints, day_text, happens, label_text
from ain_analytics.synthetic.disorder import LAB_ERRORS, Disorder
from ain_analytics.synthetic.laboratory import CODES, FACTORS, MANUAL_CODES, UNIT_TEXTS, LabRows

BAD_DATES = ("", "31/02/2020", "unknown", "2021-13-05")
COMMA = "with a comma"
NOT_NUMBERS = ("n/a", "clotted", "see comment", COMMA)
UNKNOWN_UNITS = ("??", "mmol/L", "U/L")
FAR_TOO_HIGH = 999
DATE_COLUMNS = {
    "patient": "birth_date",
    "lab_result": "sampled_at",
    "antibody_test": "sampled_on",
    "diagnosis": "recorded_on",
    "treatment": "started_on",
    "marrow_exam": "examined_on",
    "genetic_test": "tested_on",
}
SYSTEMS = {"lab_result": "LOINC", "diagnosis": "ICD-10", "treatment": "ATC"}


def patient_keys(n: int) -> pl.Series:
    """Give the pseudonymous keys of the children."""
    return _keys("S", np.arange(1, n + 1), 7)


def _keys(letter: str, numbers: Ints, width: int) -> pl.Series:
    digits = pl.Series(numbers).cast(pl.String).str.zfill(width)
    return pl.select(pl.lit(letter) + digits).to_series()


def lab_table(
    rows: LabRows, keys: pl.Series, born: Ints, closes: int, disorder: Disorder, rng: Generator
) -> pl.DataFrame:
    """Write laboratory results as text; each row has at most one error, some rows are sent twice.

    Returns
    -------
    polars.DataFrame
        The raw table `lab_result`, in the order of the true days of sampling.
    """
    n = len(rows)
    steps = np.cumsum([getattr(disorder, name) for name in LAB_ERRORS])
    error = np.searchsorted(steps, rng.random(n), side="right")
    has = {name: error == number for number, name in enumerate(LAB_ERRORS)}
    day = np.where(has["before_birth"], born[rows.child] - rng.integers(*disorder.wrong_by_days, n), rows.day)
    day = np.where(has["after_extract"], closes + rng.integers(*disorder.wrong_by_days, n), day)
    key = _patient_text(rows.child, keys, has["unknown_patient"], rng)
    frame = pl.DataFrame(
        {
            "patient_id": key,
            "sampled_at": _time_text(day, rows.minute, has["bad_date"], rng),
            "code": label_text(CODES, rows.code),
            "value": _value_text(rows, has, disorder.detection_limit, rng),
            "unit": _unit_text(rows.unit, has, rng),
            "code_system": pl.repeat(SYSTEMS["lab_result"], n, eager=True),
            "specimen_id": _specimen_text(rows),
            "method": label_text(
                ("automated", "manual"),
                np.where(np.isin(rows.code, MANUAL_CODES), 1, np.where(rows.code == 0, 0, -1)),
            ),
        }
    )
    return _sent_twice(frame, disorder.duplicate, rng)


def _time_text(day: Ints, minute: Ints, is_bad: Bools, rng: Generator) -> pl.Series:
    clock = [f"T{m // 60:02d}:{m % 60:02d}:00" for m in range(24 * 60)]
    time = label_text([*clock, ""], np.where(minute < 0, len(clock), minute))
    text = pl.select(day_text(day) + time).to_series()
    return _replaced(text, is_bad, BAD_DATES, rng)


def _value_text(rows: LabRows, has: dict[str, Bools], limit: float, rng: Generator) -> pl.Series:
    n = len(rows)
    too_high = FAR_TOO_HIGH * FACTORS[rows.unit]
    wrong = np.where(happens(rng, 0.5, n), too_high, -np.maximum(rows.value, 1))
    number = pl.Series(np.where(has["impossible_value"], wrong, rows.value))
    is_whole = pl.Series(FACTORS[rows.unit] > 1)
    is_below = pl.Series(rows.is_below & ~has["impossible_value"])
    word = label_text(NOT_NUMBERS, rng.integers(0, len(NOT_NUMBERS), n))
    is_word = pl.Series(has["not_a_number"])
    printed = pl.when(is_whole).then(number.cast(pl.Int64).cast(pl.String)).otherwise(number.cast(pl.String))
    printed = pl.when(is_below).then(pl.lit(f"<{limit:g}")).otherwise(printed)
    with_comma = printed.str.replace(".", ",", literal=True)
    word_or_comma = pl.when((word == COMMA) & with_comma.str.contains(",", literal=True)).then(with_comma)
    spoiled = word_or_comma.otherwise(pl.when(word == COMMA).then(pl.lit(NOT_NUMBERS[0])).otherwise(word))
    is_missing = pl.Series(has["missing_value"])
    return pl.select(
        pl.when(is_missing).then(None).when(is_word).then(spoiled).otherwise(printed)
    ).to_series()


def _unit_text(unit: Ints, has: dict[str, Bools], rng: Generator) -> pl.Series:
    text = label_text(UNIT_TEXTS, np.where(has["missing_unit"], -1, unit))
    return _replaced(text, has["unknown_unit"], UNKNOWN_UNITS, rng)


def _specimen_text(rows: LabRows) -> pl.Series:
    numbers = _keys("L", np.arange(1, int(rows.specimen.max()) + 2), 8)
    known = pl.concat([numbers, pl.Series([None], dtype=pl.String)])
    return known.gather(np.where(rows.has_key, rows.specimen, len(numbers)))


def other_table(
    table: str, rows: pl.DataFrame, keys: pl.Series, disorder: Disorder, rng: Generator
) -> pl.DataFrame:
    """Write another table as text, in the order of days, with the errors that such tables have."""
    rows = rows.sort("day", "child", maintain_order=True)
    n = rows.height
    is_unknown = happens(rng, disorder.other_unknown_patient, n)
    key = _patient_text(rows["child"].to_numpy(), keys, is_unknown, rng)
    is_bad = happens(rng, disorder.other_bad_date, n)
    date = _replaced(day_text(rows["day"].to_numpy()), is_bad, BAD_DATES, rng)
    frame = rows.with_columns(
        key.alias("patient_id"),
        date.alias(DATE_COLUMNS[table]),
        pl.lit(SYSTEMS.get(table)).alias("code_system"),
    ).select(columns_of(table))
    return _sent_twice(frame, disorder.other_duplicate, rng)


def patient_table(rows: pl.DataFrame, keys: pl.Series, disorder: Disorder, rng: Generator) -> pl.DataFrame:
    """Write the patients as text; some births are bad, some children have two rows, some rows no key."""
    n = rows.height
    is_bad = happens(rng, disorder.bad_birth_date, n)
    birth = _replaced(day_text(rows["day"].to_numpy()), is_bad, BAD_DATES, rng)
    frame = rows.with_columns(keys.alias("patient_id"), birth.alias("birth_date")).select(
        columns_of("patient")
    )
    other_birth = day_text(rows["day"].to_numpy() + rng.integers(*disorder.birth_wrong_by_days, n))
    conflicting = frame.with_columns(other_birth.alias("birth_date")).filter(
        pl.Series(happens(rng, disorder.conflicting_birth_date, n) & ~is_bad)
    )
    nameless = frame.with_columns(pl.lit(None, dtype=pl.String).alias("patient_id")).filter(
        pl.Series(happens(rng, disorder.missing_patient_id, n))
    )
    return pl.concat([_sent_twice(frame, disorder.duplicate_patient, rng), conflicting, nameless])


def _patient_text(child: Ints, keys: pl.Series, is_unknown: Bools, rng: Generator) -> pl.Series:
    known = keys.gather(child)
    at = np.flatnonzero(is_unknown)
    return known.scatter(at, _keys("X", rng.integers(1, 10**6, at.size), 7)) if at.size else known


def _replaced(text: pl.Series, where: Bools, by: tuple[str, ...], rng: Generator) -> pl.Series:
    at = np.flatnonzero(where)
    return text.scatter(at, label_text(by, rng.integers(0, len(by), at.size))) if at.size else text


def _sent_twice(frame: pl.DataFrame, share: float, rng: Generator) -> pl.DataFrame:
    again = np.flatnonzero(happens(rng, share, frame.height))
    return frame[np.sort(np.concatenate([np.arange(frame.height), again]))]
