"""What looks odd in an extract: counted, said in words, never mended."""

import polars as pl

from ain_analytics.definitions import Definitions
from ain_analytics.registry import Registry

_SCHEMA = {"name": pl.String, "n": pl.Int64, "of": pl.Int64, "words": pl.String}


def oddities(registry: Registry) -> pl.DataFrame:
    """Count what looks odd under the registry's definition.

    Parameters
    ----------
    registry : Registry
        An open registry.

    Returns
    -------
    polars.DataFrame
        One row per kind of oddity that was looked for, found or not: `name`, `n`, `of`, `words`.
    """
    d = registry.definitions
    born = registry.frame("patient").select("patient_id", "birth_date", "sex", "died_on")
    episodes = registry.frame("episode").join(born, on="patient_id")
    days = registry.frame("child_days")
    children = born.join(days, on="patient_id")
    died = children.drop_nulls("died_on")
    silences = registry.frame("long_silence")
    found = [
        *_of_children(children),
        _odd(
            "birth_dates_known_in_part",
            registry.connection.sql("select birth_date from raw_patient").pl(),
            pl.col("birth_date").str.contains(r"^[1-9][0-9]{3}(-[0-9]{2})?$"),
            "birth dates of which only the month or the year is known; its middle stands for the day only "
            "where birth_date_precision in extract.toml says so",
        ),
        _odd(
            "optional_cells_not_read",
            registry.connection.sql("select column_name, is_read from optional_cell").pl(),
            ~pl.col("is_read"),
            "optional cells of table patient that could not be read; they count as missing",
        ),
        *_of_results(registry.frame("result_oddity"), d),
        *_of_days(days),
        (
            "counts_after_death",
            int(died["n_after_death"].sum()),
            int(died["n_days"].sum()),
            "daily counts after the child's death",
        ),
        *_of_episodes(episodes, d),
        (
            "episodes_with_a_long_silence",
            silences.height,
            episodes.height,
            f"episodes with more than {d.long_silence_days} days between two counts",
        ),
        _odd(
            "diagnoses_unknown",
            registry.frame("cause"),
            pl.col("role") == "other",
            "diagnoses whose code no code list knows; they are no evidence",
        ),
    ]
    return pl.DataFrame(found, schema=_SCHEMA, orient="row")


def _odd(name: str, rows: pl.DataFrame, is_odd: pl.Expr, words: str) -> tuple[str, int, int, str]:
    return name, rows.filter(is_odd).height, rows.height, words


def _of_children(children: pl.DataFrame) -> list[tuple[str, int, int, str]]:
    return [
        _odd("children_without_a_count", children, pl.col("n_days") == 0, "children without a usable count"),
        _odd(
            "children_with_one_count",
            children,
            pl.col("n_days") == 1,
            "children with a count on one day only",
        ),
        _odd("children_of_unknown_sex", children, pl.col("sex") == "unknown", "children of unknown sex"),
    ]


def _of_results(found: pl.DataFrame, d: Definitions) -> list[tuple[str, int, int, str]]:
    done = "set aside" if d.implausible_unit == "set_aside" else "used all the same"
    words = {
        "measured_and_computed_differ": "counts that differ from white cells × share by more than "
        f"{d.anc_tolerance:g} × 10⁹/L and {d.anc_tolerance_share:.0%}; the measured one is used",
        "below_detection": "counts of which only an upper limit is known, such as <0.1; the limit is used",
        "counts_by_difference": "counts made as white cells minus the four other lines of the differential, "
        "the last resort",
        "counts_of_granulocytes": "counts of granulocytes that stand for neutrophils; eosinophils and "
        "basophils are among them",
        "counts_of_zero": "counts of 0; they are real and used",
        "implausible_units": f"counts about {d.unit_fold:g}-fold away from the child's other days and from "
        "the count computed in the same specimen, where there is one; their unit may be wrong; "
        f"{done}; see table implausible_unit",
    }
    seen = {name: (n, n_of) for name, n, n_of in found.rows()}
    return [(name, *seen[name], said) for name, said in words.items()]


def _of_days(days: pl.DataFrame) -> list[tuple[str, int, int, str]]:
    words = {
        "several_specimens_a_day": ("n_several", "days with several specimens; one count stands for the day"),
        "counts_masked": ("n_masked", "daily counts that a treatment masks; they decide nothing"),
        "counts_on_a_limit": (
            "n_on_limit",
            "daily counts exactly on a limit; `limit_is_inclusive` decides what they are",
        ),
    }
    n_days = int(days["n_days"].sum())
    return [(name, int(days[column].sum()), n_days, said) for name, (column, said) in words.items()]


def _of_episodes(episodes: pl.DataFrame, d: Definitions) -> list[tuple[str, int, int, str]]:
    return [
        _odd(
            "onsets_near_a_change_of_limit",
            episodes,
            _is_near_change(d),
            f"onsets within {d.birthday_window_days} days of an age at which the limit changes; "
            "they may owe to the change",
        ),
        _odd(
            "onsets_without_a_count_before",
            episodes,
            pl.col("onset_after").is_null(),
            "episodes with no normal count before",
        ),
        _odd(
            "episodes_of_one_count",
            episodes,
            pl.col("n_neutropenic") == 1,
            "episodes of a single neutropenic count",
        ),
        _odd(
            "ends_unconfirmed",
            episodes.filter(pl.col("is_resolved")),
            pl.col("end_kind") == "uncontradicted",
            "resolutions that no later count confirmed or contradicted",
        ),
    ]


def _is_near_change(d: Definitions) -> pl.Expr:
    """Say whether an onset is near the calendar day on which an age band with another limit begins."""
    bands = zip(d.anc_bands, d.anc_bands[1:], strict=False)
    changes = [band.from_months for before, band in bands if band.entry_limit != before.entry_limit]
    near = [
        (pl.col("onset_by") - pl.col("birth_date").dt.offset_by(f"{months}mo")).dt.total_days().abs()
        <= d.birthday_window_days
        for months in changes
    ]
    return pl.any_horizontal(near) if near else pl.lit(value=False)
