"""The neutrophil counts of an extract: digits, limits, gaps, onsets, measured against computed."""

import polars as pl

from ain_analytics.definitions import DAYS_PER_MONTH, Definitions
from ain_analytics.quality_rows import LOOKED_AT, PERCENTILES, SITE_OF_CHILD
from ain_analytics.registry import Registry
from ain_analytics.schema import QUALITY

MOST_DECIMALS = 4
TEN = 10
SHORT_GAPS = (7, 14, 30, 60, 90, 180)
COUNTS_PER_CHILD = (0, 1, 2, 4, 9, 19, 49)
"""Longest time, and most counts, of each row of a distribution; the last row has no end."""
SIZES = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
"""Sizes of a measured count, 10⁹/L, that are compared with computed ones apart."""
STRETCHES = 6
"""Stretches of ages shown on either side of a change of the limit."""
SAME = 1e-6
"""Steps by which a value may be off its place, because of binary noise."""


def measured_values(registry: Registry) -> pl.DataFrame:
    """Give one row per value of a used, measured count as written: `value`, `amount`, `n`, and where from."""
    found: pl.DataFrame = registry.connection.sql(f"""
        with written as (
            select
                site_of_child.site, looked_at.unit, looked_at.method, looked_at.value, looked_at.amount,
                count(*) as n
            from {LOOKED_AT}
            left join {SITE_OF_CHILD} on looked_at.child_number = site_of_child.child_number
            where looked_at.value is not null
            group by all
        )
        select site, unit, method, value, amount, n
        from written
        where regexp_matches(value, '^[+]?[0-9]+([.,][0-9]+)?$')
        order by all
    """).pl()
    return found


DIGITS = pl.col("value").str.replace_all(r"[^0-9]", "")
DECIMALS = pl.col("value").str.extract(r"[.,](\d+)$").str.len_chars().fill_null(0).cast(pl.Int32)
ZEROS = pl.col("value").str.extract(r"[1-9](0+)$").str.len_chars().fill_null(0).cast(pl.Int32)
PLACE = pl.when(DECIMALS > 0).then(DECIMALS).otherwise(-ZEROS)
"""Place of the last digit that says something: 2 for 1.20, 0 for 1207, -1 for 1210."""


def last_digits(values: pl.DataFrame) -> pl.DataFrame:
    """Count the last digits, as written, of counts with at least two of them."""
    written = values.filter(DIGITS.str.strip_chars_start("0").str.len_chars() >= 2).select(
        pl.min_horizontal(DECIMALS, pl.lit(MOST_DECIMALS)).cast(pl.Int32).alias("decimals"),
        DIGITS.str.slice(-1).cast(pl.Int32).alias("digit"),
        "n",
    )
    found = written.group_by("decimals", "digit").agg(pl.col("n").sum().cast(pl.Int64).alias("n_counts"))
    every = found.select(pl.col("decimals").unique()).join(
        pl.DataFrame({"digit": range(TEN)}, schema={"digit": pl.Int32}), how="cross"
    )
    return QUALITY["quality_last_digit"].cast(
        every.join(found, on=["decimals", "digit"], how="left")
        .with_columns(pl.col("n_counts").fill_null(0))
        .with_columns((pl.col("n_counts").sum().over("decimals") / TEN).alias("expected"))
        .sort("decimals", "digit")
    )


def near_limits(values: pl.DataFrame, d: Definitions) -> pl.DataFrame:
    """Count the values on each limit and on its neighbours, at the precision at which they were written.

    The precision of a site, unit and method is the place of the last digit that most of its counts
    have. What is written so coarsely that a neighbour of the limit would not be above 0 is left out.
    """
    group = ["site", "unit", "method"]
    step = pl.col("factor") / pl.lit(float(TEN)).pow(pl.col("place"))
    number = pl.col("value").str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    placed = values.with_columns(
        PLACE.alias("place"), pl.when(number > 0).then(pl.col("amount") / number).alias("factor")
    ).drop_nulls("factor")
    usual = (
        placed.group_by(*group, "place")
        .agg(pl.col("n").sum(), pl.col("factor").median())
        .sort("n", "place", descending=True)
        .unique(group, keep="first", maintain_order=True)
        .select(*group, step.alias("step"))
    )
    stepped = placed.join(usual, on=group, nulls_equal=True)
    limits = sorted({limit for band in d.anc_bands for limit in (band.entry_limit, band.exit_limit)})
    k = d.heaping_neighbours
    parts = []
    for limit in limits:
        away = (pl.col("amount") - limit) / pl.col("step")
        is_near = (pl.col("step") * k < limit) & (away.abs() < k + SAME)  # or a huge number is no Int32
        here = stepped.filter(is_near, (away - away.round()).abs() < SAME).select(
            away.round().cast(pl.Int32).alias("steps"), "n"
        )
        counted = here.group_by("steps").agg(pl.col("n").sum().cast(pl.Int64).alias("n_counts"))
        every = pl.DataFrame(
            {"limit": limit, "steps": range(-k, k + 1)}, schema_overrides={"steps": pl.Int32}
        )
        parts.append(every.join(counted, on="steps", how="left", maintain_order="left"))
    beside = pl.col("n_counts").filter(pl.col("steps") != 0).mean().over("limit")
    return QUALITY["quality_near_limit"].cast(
        pl.concat(parts)
        .with_columns(pl.col("n_counts").fill_null(0))
        .with_columns(beside.fill_null(0.0).alias("expected"))
    )


def gaps(registry: Registry) -> pl.DataFrame:
    """Count the times between consecutive daily counts of a child, by their length."""
    long = registry.definitions.long_silence_days
    found = registry.connection.sql("""
        with paired as (
            select date_diff('day', lag(sampled_on) over in_time, sampled_on) as days
            from day_of_counts
            window in_time as (partition by child_number order by sampled_on)
        )
        select days, count(*) as n from paired where days is not null group by days order by days
    """).pl()
    ends = sorted({*(days for days in SHORT_GAPS if days < long), long, 2 * long} - {0})
    rows: list[tuple[int, int | None, int, bool]] = [
        (before + 1, end, _sum(found, pl.col("days").is_between(before + 1, end)), before >= long)
        for before, end in zip([0, *ends], ends, strict=False)
    ]
    rows.append((ends[-1] + 1, None, _sum(found, pl.col("days") > ends[-1]), True))
    schema = ["from_days", "to_days", "n_gaps", "is_long"]
    return QUALITY["quality_gap"].cast(pl.DataFrame(rows, schema=schema, orient="row"))


def _sum(found: pl.DataFrame, which: pl.Expr) -> int:
    return int(found.filter(which)["n"].sum())


def counts_per_child(registry: Registry) -> pl.DataFrame:
    """Count the usable children by the number of days on which they have a count."""
    found = registry.frame("child_days").group_by("n_days").agg(pl.len().alias("n"))
    ends, n = COUNTS_PER_CHILD, pl.col("n_days")
    starts = [0, *(end + 1 for end in ends)]
    rows = [
        (start, end, _sum(found, n >= start if end is None else n.is_between(start, end)))
        for start, end in zip(starts, [*ends, None], strict=True)
    ]  # fmt: skip
    schema = ["from_counts", "to_counts", "n_children"]
    return QUALITY["quality_counts_per_child"].cast(pl.DataFrame(rows, schema=schema, orient="row"))


def onset_ages(registry: Registry) -> pl.DataFrame:
    """Count the onsets in equal stretches of age about each change of the entry limit.

    The middle stretch is the window of `birthday_window_days` on either side of the calendar day. The
    number to expect there is the mean of the two stretches beside it: onsets that were spread evenly
    over these neighbouring ages, at whatever slope, would give it.
    """
    d = registry.definitions
    born = registry.frame("patient").select("patient_id", "birth_date")
    episodes = registry.frame("episode").select("patient_id", "onset_by").join(born, on="patient_id")
    bands = zip(d.anc_bands, d.anc_bands[1:], strict=False)
    changes = [band.from_months for before, band in bands if band.entry_limit != before.entry_limit]
    width = 2 * d.birthday_window_days + 1
    parts: list[pl.DataFrame] = [QUALITY["quality_onset_age"].create_empty()]
    for months in changes:
        change = pl.col("birth_date").dt.offset_by(f"{months}mo")
        away = (pl.col("onset_by") - change).dt.total_days()
        stretch = ((away + d.birthday_window_days) // width).cast(pl.Int32).alias("stretch")
        counted = episodes.group_by(stretch).agg(pl.len().cast(pl.Int64).alias("n_episodes"))
        n_before = max(0, (int(months * DAYS_PER_MONTH) - d.birthday_window_days) // width)
        every = pl.DataFrame(
            {"stretch": range(-min(n_before, STRETCHES), STRETCHES + 1)}, schema={"stretch": pl.Int32}
        )
        beside = pl.col("n_episodes").filter(pl.col("stretch").abs() == 1)
        parts.append(
            every.join(counted, on="stretch", how="left", maintain_order="left")
            .with_columns(pl.col("n_episodes").fill_null(0))
            .select(
                pl.lit(months, pl.Int32).alias("change_months"),
                "stretch",
                (pl.col("stretch") * width - d.birthday_window_days).alias("from_days"),
                (pl.col("stretch") * width + d.birthday_window_days).alias("to_days"),
                "n_episodes",
                pl.when(beside.len() == 2).then(beside.mean()).alias("expected"),
            )
        )
    return QUALITY["quality_onset_age"].cast(
        pl.concat([QUALITY["quality_onset_age"].cast(part) for part in parts])
    )


def agreement(registry: Registry) -> pl.DataFrame:
    """Set measured counts beside those computed from white cells of the same specimen, by their size."""
    d = registry.definitions
    low, high = PERCENTILES
    anc, difference = pl.col("anc"), pl.col("anc") - pl.col("computed_anc")

    def tolerance(of: pl.Expr) -> pl.Expr:
        return pl.max_horizontal(pl.lit(d.anc_tolerance), d.anc_tolerance_share * of)

    both = registry.connection.sql(
        "select child_number, anc, computed_anc from anc_count where computed_anc is not null"
    ).pl()
    place = pl.sum_horizontal((anc >= size).cast(pl.Int32) for size in SIZES[1:])
    counted = both.group_by(place.cast(pl.Int32).alias("place")).agg(
        pl.len().alias("n_counts"),
        pl.col("child_number").n_unique().alias("n_children"),
        (difference.abs() > tolerance(anc)).sum().alias("n_beyond"),
        difference.quantile(low, "linear").alias("low"),
        difference.median().alias("median"),
        difference.quantile(high, "linear").alias("high"),
        tolerance(anc.median()).alias("tolerance"),
    )
    sizes = pl.DataFrame(
        {"place": range(len(SIZES)), "from_anc": SIZES, "to_anc": [*SIZES[1:], None]},
        schema={"place": pl.Int32, "from_anc": pl.Float64, "to_anc": pl.Float64},
    )
    return QUALITY["quality_agreement"].cast(
        sizes.join(counted, on="place", how="left", maintain_order="left")
        .with_columns(pl.col("n_counts", "n_children", "n_beyond").fill_null(0))
        .drop("place")
    )
