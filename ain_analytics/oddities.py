"""What looks odd in an extract: counted, said in words, never mended."""

import polars as pl

from ain_analytics.definitions import Definitions
from ain_analytics.registry import Registry

IS_ON_LIMIT = (pl.col("anc") == pl.col("entry_limit")) | (pl.col("anc") == pl.col("exit_limit"))
HAS_BOTH = pl.col("computed_anc").is_not_null()
_EPISODE = ["patient_id", "episode_number"]
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
    daily, results = registry.frame("daily_anc"), registry.frame("anc_result")
    born = registry.frame("patient").select("patient_id", "birth_date", "sex", "died_on")
    episodes = registry.frame("episode").join(born, on="patient_id")
    n_days = daily.group_by("patient_id").agg(pl.len().alias("n_days"))
    children = born.join(n_days, on="patient_id", how="left").with_columns(pl.col("n_days").fill_null(0))
    alive = daily.join(born.drop_nulls("died_on"), on="patient_id")
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
        *_of_results(results, d),
        _implausible(registry.frame("implausible_unit"), results.height, d),
        *_of_days(daily),
        _odd(
            "counts_after_death",
            alive,
            pl.col("sampled_on") > pl.col("died_on"),
            "daily counts after the child's death",
        ),
        *_of_episodes(episodes, daily, d),
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


def _of_results(results: pl.DataFrame, d: Definitions) -> list[tuple[str, int, int, str]]:
    tolerated = pl.max_horizontal(pl.lit(d.anc_tolerance), d.anc_tolerance_share * pl.col("anc"))
    differs = (pl.col("anc") - pl.col("computed_anc")).abs() > tolerated
    return [
        _odd(
            "measured_and_computed_differ",
            results.filter(HAS_BOTH),
            differs,
            f"counts that differ from white cells × share by more than {d.anc_tolerance:g} × 10⁹/L and "
            f"{d.anc_tolerance_share:.0%}; the measured one is used",
        ),
        _odd(
            "below_detection",
            results,
            pl.col("is_below_detection"),
            "counts of which only an upper limit is known, such as <0.1; the limit is used",
        ),
        _odd(
            "counts_by_difference",
            results,
            pl.col("anc_method") == "wbc_minus_others",
            "counts made as white cells minus the four other lines of the differential, the last resort",
        ),
        _odd(
            "counts_of_granulocytes",
            results,
            pl.col("anc_method") == "granulocytes",
            "counts of granulocytes that stand for neutrophils; eosinophils and basophils are among them",
        ),
        _odd("counts_of_zero", results, pl.col("anc") == 0, "counts of 0; they are real and used"),
    ]


def _implausible(found: pl.DataFrame, n_results: int, d: Definitions) -> tuple[str, int, int, str]:
    """Count the counts whose unit may be wrong, of all counts, those that were set aside for it included."""
    done = "set aside" if d.implausible_unit == "set_aside" else "used all the same"
    return (
        "implausible_units",
        found.height,
        n_results + int(found["is_set_aside"].sum()),
        f"counts about {d.unit_fold:g}-fold away from the child's other days and from the count computed in "
        f"the same specimen, where there is one; their unit may be wrong; {done}; see table implausible_unit",
    )


def _of_days(daily: pl.DataFrame) -> list[tuple[str, int, int, str]]:
    return [
        _odd(
            "several_specimens_a_day",
            daily,
            pl.col("n_results") > 1,
            "days with several specimens; one count stands for the day",
        ),
        _odd(
            "counts_masked",
            daily,
            pl.col("is_masked"),
            "daily counts that a treatment masks; they decide nothing",
        ),
        _odd(
            "counts_on_a_limit",
            daily,
            IS_ON_LIMIT,
            "daily counts exactly on a limit; `limit_is_inclusive` decides what they are",
        ),
    ]


def _of_episodes(
    episodes: pl.DataFrame, daily: pl.DataFrame, d: Definitions
) -> list[tuple[str, int, int, str]]:
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
        _odd(
            "episodes_with_a_long_silence",
            episodes.join(_longest_silence(episodes, daily), on=_EPISODE, how="left"),
            pl.col("silence_days") > d.long_silence_days,
            f"episodes with more than {d.long_silence_days} days between two counts",
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


def _longest_silence(episodes: pl.DataFrame, daily: pl.DataFrame) -> pl.DataFrame:
    """Give the longest time between two unmasked counts of each episode, its last included."""
    ends = episodes.select(*_EPISODE, "onset_by", pl.coalesce("resolution_by", "censored_on").alias("end_on"))
    inside = (
        daily.filter(~pl.col("is_masked"))
        .join(ends, on="patient_id")
        .filter(pl.col("sampled_on").is_between(pl.col("onset_by"), pl.col("end_on")))
        .sort(*_EPISODE, "sampled_on")
    )
    silence = pl.col("sampled_on").diff().over(_EPISODE).dt.total_days()
    return (
        inside.with_columns(silence.alias("silence_days"))
        .group_by(_EPISODE)
        .agg(pl.col("silence_days").max())
    )
