"""Antibodies against neutrophils by number of the test: each test with its own denominator."""

from collections.abc import Iterator

import polars as pl

from ain_analytics.association_result import Association, row, rows_frame
from ain_analytics.curves import resolution_curve
from ain_analytics.definitions import TEXTBOOK, Definitions
from ain_analytics.errors import EmptyStratum
from ain_analytics.quantities import share_of
from ain_analytics.rates import Ratio
from ain_analytics.registry import Registry

QUESTION = "How often is the first, second, third … test for antibodies positive?"
DESIGN = (
    "Tests of the child's own serum, from so long before the onset of its first episode as the definition "
    "says; sera of one day are one test, positive if any method finds antibodies, indeterminate counts as "
    "not positive.",
    "`share_positive`: of the children with a test of this number and none positive before. Children "
    "tested again are not all children, so each number has its own denominator; limits are exact (Clopper "
    "and Pearson).",
    "`cumulative_share_positive`: what would be positive by this test had everybody been tested so often. "
    "It takes for granted that who was not tested again is like who was (Kaplan–Meier over numbers of "
    "tests, limits on the log scale). Doctors test again whom they suspect, which favours a high share.",
    "`share_ever_positive`: the plain share of all tested children with a positive test up to this "
    "number; the less often children are tested, the lower it is.",
    "A positive test may be false (12 to 22 % of a direct test: traps of the field), and more so the more "
    "are made. Groups by the final antibody state hold the future: the second test is made of those who "
    "are still ill.",
)


def antibody_yield(registry: Registry, cases: pl.DataFrame | None = None) -> Association:
    """Tell how often each test for antibodies is positive, by its number.

    Parameters
    ----------
    registry : Registry
    cases : Case, one row per episode, optional
        Then children whose first episode is of a class of its own, known at baseline without the tests
        (congenital, cyclic, drug, malignancy, neonatal), are left out. Never by antibodies: that would be
        circular.

    Returns
    -------
    Association

    Raises
    ------
    EmptyStratum
        No child with an episode was tested.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> ain.antibody_yield(registry).value("share_positive", group="test 1")[0] is not None
    True
    """
    d = registry.definitions
    first = registry.frame("episode").filter(pl.col("episode_number") == 1)
    if cases is not None:
        others = cases.filter(
            pl.col("episode_number") == 1, pl.col("case_class").cast(pl.String).is_in(KNOWN_WITHOUT_TESTS)
        )
        first = first.join(others, on="patient_id", how="anti")
    tests = (
        registry.frame("antibody_test")
        .filter(pl.col("subject").cast(pl.String) == "patient")
        .join(first.select("patient_id", "onset_by"), on="patient_id")
        .filter(pl.col("sampled_on") >= pl.col("onset_by") - pl.duration(days=d.antibody_before_days))
        .select(
            "patient_id", "sampled_on", (pl.col("result").cast(pl.String) == "positive").alias("is_positive")
        )
    )
    return yield_by_number(tests, n_children=first.height, definitions=d)


KNOWN_WITHOUT_TESTS = (
    "neonatal_alloimmune", "neonatal_undetermined", "congenital", "cyclic", "drug_induced",
    "malignancy_or_chemotherapy",
)  # fmt: skip


def yield_by_number(
    tests: pl.DataFrame, *, n_children: int | None = None, definitions: Definitions = TEXTBOOK
) -> Association:
    """Tell how often each test is positive, from a plain frame.

    Parameters
    ----------
    tests : one row per test
        `patient_id`, `sampled_on`, `is_positive`.
    n_children : int, optional
        Children among whom the tested are.
    """
    numbered = (
        tests.group_by("patient_id", "sampled_on")
        .agg(pl.col("is_positive").any())
        .sort("patient_id", "sampled_on")
        .with_columns(pl.int_range(1, pl.len() + 1).over("patient_id").cast(pl.Int32).alias("number"))
    )
    if numbered.is_empty():
        raise EmptyStratum("antibody tests", "no child with an episode was tested")
    is_first = pl.col("number") == pl.col("number").filter("is_positive").min().over("patient_id")
    before = pl.col("is_positive").cast(pl.Int32).cum_sum().over("patient_id") - pl.col("is_positive").cast(
        pl.Int32
    )
    asked = numbered.filter(before == 0).with_columns(is_first.fill_null(value=False).alias("is_positive"))
    n_tested = asked["patient_id"].n_unique()
    untested = [] if n_children is None else [
        f"{n_children - n_tested} of {n_children} children were not tested; they are in no denominator."
    ]  # fmt: skip
    later = numbered.height - asked.height
    return Association(
        name="antibody_yield",
        question=QUESTION,
        table=rows_frame(_rows(asked, n_tested, definitions)),
        definitions=definitions,
        assumptions=(*untested, f"{later} tests after a first positive one are left out.", *DESIGN),
    )


def _rows(asked: pl.DataFrame, n_tested: int, definitions: Definitions) -> Iterator[dict[str, object]]:
    last = asked.group_by("patient_id").agg(
        pl.col("number").max().alias("exit_days"), pl.col("is_positive").any().alias("is_resolved")
    )
    curve = resolution_curve(last, definitions=definitions)
    ever = 0
    by_number = (
        asked.group_by("number")
        .agg(pl.len().alias("of"), pl.col("is_positive").sum().alias("n"))
        .sort("number")
    )
    for number, of, n in by_number.iter_rows():
        group = f"test {number}"
        ever += n
        share, plain = (
            share_of(n, of, definitions.confidence),
            share_of(ever, n_tested, definitions.confidence),
        )
        yield row(
            "share_positive", group, "positive", Ratio(share.value, share.lower, share.upper), unit="share",
            method="exact binomial", of_unit="tested_children", n=n, of=of,
        )  # fmt: skip
        of_plain = Ratio(plain.value, plain.lower, plain.upper)
        left = curve.at([number]).row(0, named=True)
        value, lower, upper = (
            None if left[x] is None else 1 - left[x] for x in ("unresolved", "upper", "lower")
        )
        yield row(
            "cumulative_share_positive", group, "by this test", Ratio(value, lower, upper), unit="share",
            method="Kaplan–Meier over tests", of_unit="tested_children",
        )  # fmt: skip
        yield row(
            "share_ever_positive", group, "by this test", of_plain, unit="share",
            method="exact binomial", of_unit="tested_children", n=ever, of=n_tested,
        )  # fmt: skip
