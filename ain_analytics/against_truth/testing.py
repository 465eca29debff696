"""What more antibody tests would do: the same children, tested more or less often."""

from dataclasses import replace

import polars as pl

from ain_analytics.against_truth.confusion import class_confusion
from ain_analytics.against_truth.moments import END
from ain_analytics.registry import open_registry
from ain_analytics.synthetic import USUAL, NaturalHistory, simulate

MOST_TESTS = (0, 1, 2, 3, 4, 5)


def confusion_by_testing(
    n_patients: int,
    *,
    seed: int,
    most_tests: tuple[int, ...] = MOST_TESTS,
    parameters: NaturalHistory = USUAL,
) -> pl.DataFrame:
    """Count children by true and found class at the end of the data, in registries that test more or less.

    Children, visits and counts are the same in all of them; only the rule changes after how many tests
    without an antibody nobody tests again. Results of tests, marrow and genes are drawn anew.

    Parameters
    ----------
    n_patients : int
        Children of each made-up registry.
    seed : int
        As for `simulate`.
    most_tests : tuple of int
        Most antibody tests of a child; 0: no child is tested.
    parameters : NaturalHistory, optional
        All else of the simulation.

    Returns
    -------
    polars.DataFrame
        `ClassConfusion`; `at` says how many tests there were at most.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> ain.confusion_by_testing(30, seed=1, most_tests=(0,))["at"].unique().to_list()
    ['at most 0 tests']
    """
    confusions = []
    for most in most_tests:
        made_up = simulate(n_patients, seed=seed, parameters=_tested_at_most(parameters, most))
        with open_registry(made_up.tables, extracted_on=made_up.extracted_on) as registry:
            found = class_confusion(registry, made_up.truth, months=()).filter(pl.col("at") == END)
        name = f"at most {most} {'test' if most == 1 else 'tests'}"
        confusions.append(found.with_columns(pl.lit(name).alias("at")))
    return pl.concat(confusions)


def _tested_at_most(parameters: NaturalHistory, most: int) -> NaturalHistory:
    if most:
        return replace(parameters, care=replace(parameters.care, most_tests=most))
    return replace(parameters, courses=tuple(replace(one, tested_share=0.0) for one in parameters.courses))
