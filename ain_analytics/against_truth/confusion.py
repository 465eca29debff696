"""What is true of children beside what was found: by moment, by number of tests, by other ways to count."""

import polars as pl

from ain_analytics.against_truth.by_codes import READINGS, codes_only
from ain_analytics.against_truth.by_phenotype import PHENOTYPE, phenotype_213
from ain_analytics.against_truth.moments import BASELINE, END, MONTHS, moments_of
from ain_analytics.antibodies import antibody_states
from ain_analytics.cases import class_periods, tells_the_past
from ain_analytics.errors import BadDefinition
from ain_analytics.registry import Registry
from ain_analytics.schema.derived import CASE_CLASS
from ain_analytics.schema.results import FOUND, ClassConfusion

RULES = "rules"
_KEY = ("way", "at", "true_class", "found")


def class_confusion(
    registry: Registry, truth: pl.DataFrame, *, months: tuple[int, ...] = MONTHS
) -> pl.DataFrame:
    """Count children by their true class and the class that the rules found, at several moments.

    The class at a moment rests on what was known on that day alone, and is that of the child's first
    episode. Nothing is hidden: the truth exists of made-up registries only. What the classes cannot see
    of it: one true illness may be several episodes or none; antibodies of a child with another cause; a
    second disease that nobody wrote down; and that a child without a test has primary neutropenia. In the
    usual simulation no true class is `probable_primary`, `neonatal_undetermined`, `secondary_other`,
    `untested` or `undetermined`.

    Parameters
    ----------
    registry : Registry
        Of a made-up extract.
    truth : polars.DataFrame
        One row per child: `patient_id`, `true_class`, `true_onset_on`, as `simulate` gives it.
    months : tuple of int
        Calendar months after the onset at which classes are looked at, beside baseline and the end.

    Returns
    -------
    polars.DataFrame
        `ClassConfusion`; the numbers of a moment add up to the children of the truth. Found may also be
        `no_episode` (none known by then), `set_aside` (the child's row could not be used) or `not_reached`
        (the extract ends before that month; such children are left out of `class_accuracy`).

    Raises
    ------
    BadFrame
        The truth lacks a column or a child of the registry.
    BadDefinition
        Months are asked of a definition under which facts do not tell what was known earlier.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> made_up = ain.simulate(50, seed=1)
    >>> registry = ain.open_registry(made_up.tables, extracted_on=made_up.extracted_on)
    >>> ain.class_confusion(registry, made_up.truth).filter(at="end")["n"].sum()
    50
    """
    return _counted(_found(registry, truth, months).with_columns(pl.lit(RULES).alias("way")))


def confusion_by_tests(registry: Registry, truth: pl.DataFrame) -> pl.DataFrame:
    """Count children by true and found class at the end of the data, by how often they were tested.

    A child is tested until a test is positive, so many tests speak of negative ones: the numbers describe
    the children of one registry. What more tests would do is told by `confusion_by_testing`.

    Parameters
    ----------
    registry : Registry
        Of a made-up extract.
    truth : polars.DataFrame
        As for `class_confusion`.

    Returns
    -------
    polars.DataFrame
        `ClassConfusion`; `at` is the number of antibody tests of the first episode, the last group open, or
        `no episode`.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> made_up = ain.simulate(50, seed=1)
    >>> registry = ain.open_registry(made_up.tables, extracted_on=made_up.extracted_on)
    >>> ain.confusion_by_tests(registry, made_up.truth)["at"].head(1).item()
    '0 tests'
    """
    found = _found(registry, truth, ()).filter(pl.col("at") == END)
    states = antibody_states(registry).filter(pl.col("episode_number") == 1)
    most = registry.definitions.negative_tests_for_idiopathic
    n = pl.col("n_antibody_tests")
    tested = (
        found.join(states.select("patient_id", "n_antibody_tests"), on="patient_id", how="left")
        .with_columns(
            pl.lit(RULES).alias("way"),
            pl.when(n.is_null())
            .then(pl.lit("no episode"))
            .when(n >= most)
            .then(pl.lit(f"{most} tests or more"))
            .when(n == 1)
            .then(pl.lit("1 test"))
            .otherwise(pl.format("{} tests", n))
            .alias("at"),
        )
        .sort(n, nulls_last=True, maintain_order=True)
    )
    return _counted(tested)


def counted_confusion(
    registry: Registry, truth: pl.DataFrame, *, months: tuple[int, ...] = MONTHS
) -> pl.DataFrame:
    """Count children by true class and whether codes alone, or phenotype 213 of OHDSI, would count them.

    Parameters
    ----------
    registry : Registry
        Of a made-up extract.
    truth : polars.DataFrame
        As for `class_confusion`.
    months : tuple of int
        As for `class_confusion`; the days are the same for all ways.

    Returns
    -------
    polars.DataFrame
        `ClassConfusion`, found being `counted`, `not_counted`, `set_aside` or `not_reached`. Ways: the
        readings of `codes_only`, and `phenotype_213`, which counts a child from its first cohort entry on.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> made_up = ain.simulate(50, seed=1)
    >>> registry = ain.open_registry(made_up.tables, extracted_on=made_up.extracted_on)
    >>> ain.counted_confusion(registry, made_up.truth)["way"].unique(maintain_order=True).to_list()
    ['any_d70', 'unspecific_d70', 'phenotype_213']
    """
    asked = moments_of(registry, truth, months)
    entered = phenotype_213(registry).group_by("patient_id").agg(pl.col("cohort_start_on").min())
    since = entered.select(
        pl.lit(PHENOTYPE).alias("way"),
        "patient_id",
        pl.col("cohort_start_on").alias("counted_from"),
        pl.lit(None, pl.Date).alias("counted_to"),
    )
    told = pl.concat([codes_only(registry), since])
    is_counted = (pl.col("counted_from") <= pl.col("day")) & (
        pl.col("counted_to").is_null() | (pl.col("day") < pl.col("counted_to"))
    )
    found = _unless_unasked(
        pl.when(is_counted).then(pl.lit("counted")).otherwise(pl.lit("not_counted"))
    ).alias("found")
    ways = [
        asked.join(told.filter(pl.col("way") == way), on="patient_id", how="left", maintain_order="left")
        .with_columns(pl.lit(way).alias("way"), found)
        for way in (*READINGS, PHENOTYPE)
    ]  # fmt: skip
    return _counted(pl.concat(ways))


def _found(registry: Registry, truth: pl.DataFrame, months: tuple[int, ...]) -> pl.DataFrame:
    """Name the class that was found of each child at each moment."""
    if months and not tells_the_past(registry.definitions):
        must = "must be empty under these rules of episodes: facts do not tell what was known earlier"
        raise BadDefinition("months", months, must)
    asked = moments_of(registry, truth, months)
    periods = (
        class_periods(registry)
        .filter(pl.col("episode_number") == 1)
        .select("patient_id", "class_from", pl.col("case_class").cast(pl.String))
    )
    known = periods.group_by("patient_id").agg(pl.col("class_from").min().alias("known_from"))
    to = pl.when(pl.col("at") == BASELINE).then(pl.max_horizontal("day", "known_from")).otherwise("day")
    order = {at: place for place, at in enumerate(asked["at"].unique(maintain_order=True))}
    held = (
        asked.join(known, on="patient_id", how="left", maintain_order="left")
        .with_columns(to.alias("day"))
        .sort("day")
        .join_asof(
            periods.sort("class_from"),
            left_on="day",
            right_on="class_from",
            by="patient_id",
            check_sortedness=False,
        )
    )
    found = _unless_unasked(pl.col("case_class").fill_null("no_episode"))
    return held.with_columns(found.alias("found")).sort(
        pl.col("at").replace_strict(order, return_dtype=pl.Int32), maintain_order=True
    )


def _unless_unasked(found: pl.Expr) -> pl.Expr:
    """Say so of children whom nobody can ask: the extract ends before, or their row was set aside."""
    return (
        pl.when(~pl.col("is_reached"))
        .then(pl.lit("not_reached"))
        .when(~pl.col("is_usable"))
        .then(pl.lit("set_aside"))
        .otherwise(found)
    )


def _counted(found: pl.DataFrame) -> pl.DataFrame:
    """Count children by what is true and what was found, ways and moments in their order."""
    order = found.select("way", "at").unique(maintain_order=True).with_row_index("place")
    counts = (
        found.group_by(_KEY)
        .agg(pl.len().cast(pl.Int64).alias("n"))
        .join(order, on=["way", "at"])
        .with_columns(pl.col("true_class").cast(pl.Enum(CASE_CLASS)), pl.col("found").cast(pl.Enum(FOUND)))
        .sort("place", "true_class", "found")
    )
    return ClassConfusion.validate(counts.select(*_KEY, "n"), cast=True)
