"""The command `ain plan`: what a user types. The work is imported late."""

from pathlib import Path
from typing import Annotated

import typer

from ain_analytics.errors import BadDefinition


def plan(
    n: Annotated[
        list[int] | None,
        typer.Option(
            "-n", "--children", min=1, help="Children followed; may be said several times. [default: 200]"
        ),
    ] = None,
    visit_months: Annotated[float, typer.Option(help="Mean months between planned visits.")] = 3.0,
    jitter: Annotated[
        float, typer.Option(help="Standard deviation of that time, as part of its mean.")
    ] = 0.5,
    dropout: Annotated[
        float, typer.Option(help="Share of children lost within a year while neutropenic.")
    ] = 0.1,
    entry_months: Annotated[
        float, typer.Option(help="Mean months to the enrolment of those not enrolled at once.")
    ] = 0.0,
    years: Annotated[float, typer.Option(help="Years of enrolment; the study ends with them.")] = 6.0,
    rule: Annotated[
        str | None, typer.Option(help="Show one rule only: last_run, strict or one_normal.")
    ] = None,
    estimator: Annotated[
        str | None, typer.Option(help="Show one estimator only: interval or kaplan_meier.")
    ] = None,
    width: Annotated[
        float | None,
        typer.Option(metavar="MONTHS", help="Ask how many children give limits of the median so wide."),
    ] = None,
    refine: Annotated[
        int,
        typer.Option(
            metavar="REPETITIONS", help="Simulate the scenario itself, so many registries of each size."
        ),
    ] = 0,
    seed: Annotated[int, typer.Option(help="Seed of these registries.")] = 1975,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for plan.csv and the figure. [default: none]")
    ] = None,
) -> None:
    """Plan a study: expected bias, width of limits and coverage, by rule, estimator and size.

    Answers come from a grid of simulated registries that is shipped; --refine simulates what was asked.
    """
    from ain_analytics.plan_result import ESTIMATOR_IN_WORDS, RULE_IN_WORDS
    from ain_analytics.planner.folder import say_plan

    for name, value, known in (("rule", rule, RULE_IN_WORDS), ("estimator", estimator, ESTIMATOR_IN_WORDS)):
        if value is not None and value not in known:
            raise BadDefinition(name, value, f"must be one of {', '.join(known)}")
    say_plan(
        out,
        width_months=width,
        shown={name: value for name, value in (("rule", rule), ("estimator", estimator)) if value},
        n=n or (200,),
        visit_months=visit_months,
        jitter=jitter,
        dropout=dropout,
        entry_months=entry_months,
        years=years,
        refine=refine,
        seed=seed,
    )
