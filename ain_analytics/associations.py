"""What goes with neutropenia: the analyses that the literature argues about, each with its design."""

from collections.abc import Callable

import polars as pl

from ain_analytics.antibody_yield import antibody_yield
from ain_analytics.association_result import Association
from ain_analytics.diagnosed import diagnosed
from ain_analytics.errors import EmptyStratum
from ain_analytics.infection_rates import infection_rates
from ain_analytics.registry import Registry
from ain_analytics.treatment_response import treatment_response
from ain_analytics.triggers import QUESTIONS, trigger_series

__all__ = [
    "Association",
    "antibody_yield",
    "associations",
    "diagnosed",
    "infection_rates",
    "treatment_response",
    "trigger_series",
]


def associations(registry: Registry, cases: pl.DataFrame) -> dict[str, Association | str]:
    """Run every analysis of what goes with neutropenia.

    Parameters
    ----------
    registry : Registry
    cases : Case, one row per episode

    Returns
    -------
    dict of name to Association
        Where the extract holds nothing for an analysis, the reason in words stands instead.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> list(ain.associations(registry, cases))[:3]
    ['diagnosed', 'infections_by_severity', 'infections_by_kind']
    """
    runs: dict[str, Callable[[], Association]] = {
        "diagnosed": lambda: diagnosed(registry, cases),
        "infections_by_severity": lambda: infection_rates(registry, cases, by="severity"),
        "infections_by_kind": lambda: infection_rates(registry, cases, by="kind"),
        "antibody_yield": lambda: antibody_yield(registry, cases),
        "treatment_response": lambda: treatment_response(registry, cases),
    }
    for trigger in QUESTIONS:
        for design in ("whole_time", "after_exposure"):
            runs[f"{trigger}_{design}"] = _series(registry, trigger, design)
    return {name: _found_or_why(run) for name, run in runs.items()}


def _series(registry: Registry, trigger: str, design: str) -> Callable[[], Association]:
    return lambda: trigger_series(registry, trigger, design=design)


def _found_or_why(run: Callable[[], Association]) -> Association | str:
    try:
        return run()
    except EmptyStratum as why:
        return str(why)
