"""What the antibody tests of an episode came to, in their order."""

import polars as pl

from ain_analytics.errors import BadDefinition
from ain_analytics.registry import Registry
from ain_analytics.schema.derived import ANTIBODY_STATE

KEY = ("patient_id", "episode_number")
BY = ("method", "specificity")
_IS = {
    name: pl.col("evidence") == f"antibody_{name}"
    for name in ("positive", "negative", "indeterminate", "hla_only")
}


def antibody_tests(registry: Registry) -> pl.DataFrame:
    """Give every antibody test that speaks of an episode, numbered by day.

    Parameters
    ----------
    registry : Registry

    Returns
    -------
    polars.DataFrame
        `AntibodyOrder`, with `method` and `specificity` apart.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> demo = ain.simulate(20, seed=1)
    >>> registry = ain.open_registry(demo.tables, extracted_on=demo.extracted_on)
    >>> antibody_tests(registry)["test_number"].min()
    1
    """
    parts = pl.col("detail").str.splitn(" ", 2)
    return registry.frame("antibody_order").with_columns(
        parts.struct.field("field_0").alias("method"), parts.struct.field("field_1").alias("specificity")
    )


def antibody_states(registry: Registry, *, by: str | None = None) -> pl.DataFrame:
    """Say what the tests of each episode came to by the end of the data.

    Parameters
    ----------
    registry : Registry
    by : {"method", "specificity"}, optional
        Tests of each kind by themselves.

    Returns
    -------
    polars.DataFrame
        One row per episode, and per kind of test if asked by it: `antibody_state`, `n_antibody_tests`,
        `n_negative_tests`, `positive_at_test`. An episode never tested has one row, `not_tested`.

    Raises
    ------
    BadDefinition
        `by` is none of those.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> demo = ain.simulate(20, seed=1)
    >>> registry = ain.open_registry(demo.tables, extracted_on=demo.extracted_on)
    >>> antibody_states(registry).height == registry.n_rows("episode")
    True
    """
    if by is not None and by not in BY:
        raise BadDefinition("by", by, f"must be one of {', '.join(BY)}")
    keys = [*KEY, *([by] if by else [])]
    tests = antibody_tests(registry)
    if by:
        number = pl.col("test_number").rank("ordinal").over(keys).cast(pl.Int32)
        tests = tests.with_columns(number.alias("test_number"))
    states = registry.frame("episode").select(KEY).join(states_of(tests, keys), on=KEY, how="left")
    return completed(states).sort(keys)


def states_of(tests: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Sum up tests by keys: state, number of tests, of negative ones, ordinal of the first positive."""
    first_on = pl.col("known_on").filter(_IS["positive"]).min()
    n = {name: is_so.sum() for name, is_so in _IS.items()}
    return tests.group_by(keys).agg(
        pl.when(n["positive"] > 0)
        .then(
            pl.when((_IS["negative"] & (pl.col("known_on") >= first_on)).any())
            .then(pl.lit("discordant"))
            .otherwise(pl.lit("positive"))
        )
        .when(n["negative"] > 0)
        .then(pl.lit("negative"))
        .when(n["indeterminate"] > 0)
        .then(pl.lit("indeterminate"))
        .otherwise(pl.lit("hla_only"))
        .alias("antibody_state"),
        pl.len().cast(pl.Int32).alias("n_antibody_tests"),
        n["negative"].cast(pl.Int32).alias("n_negative_tests"),
        pl.col("test_number").filter(_IS["positive"]).min().alias("positive_at_test"),
    )


def completed(states: pl.DataFrame) -> pl.DataFrame:
    """Say so of episodes that were never tested."""
    return states.with_columns(
        pl.col("antibody_state").fill_null("not_tested").cast(pl.Enum(ANTIBODY_STATE)),
        pl.col("n_antibody_tests", "n_negative_tests").fill_null(0),
    )
