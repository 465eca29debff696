"""Time to resolution of autoimmune neutropenia, from registry extracts.

The way of the data: `open_registry` reads an extract and derives counts, episodes and evidence;
`classify` says who is what; `follow_up` says who was observed for how long; `interval_curve` and
`resolution_curve` estimate; the rest shows. `study` does it all.
"""

import sys
from importlib import import_module
from importlib.metadata import version
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ain_analytics.accelerated_failure import accelerated_failure
    from ain_analytics.against_truth import (
        class_accuracy,
        class_confusion,
        codes_only,
        confusion_by_testing,
        confusion_by_tests,
        counted_confusion,
        phenotype_213,
    )
    from ain_analytics.antibody_yield import antibody_yield
    from ain_analytics.association_result import Association
    from ain_analytics.associations import associations
    from ain_analytics.attrition import attrition
    from ain_analytics.cases import class_periods, classify, rules_table
    from ain_analytics.changed import apply_changes
    from ain_analytics.charts import (
        chart_accuracy,
        chart_association,
        chart_attrition,
        chart_bounds,
        chart_case_classes,
        chart_confusion,
        chart_forest,
        chart_incidence,
        chart_multiverse,
        chart_patient,
        chart_plan,
        chart_published,
        chart_quality,
        chart_reconstruction,
        chart_recurrence,
        chart_resolution,
        chart_row_fates,
        chart_rules,
        chart_tipping_point,
    )
    from ain_analytics.compare_strata import StrataTest, compare_strata
    from ain_analytics.contrast_result import Contrast
    from ain_analytics.contrasts import restricted_mean_difference, share_difference
    from ain_analytics.counts import counts_of
    from ain_analytics.cox import cox_regression
    from ain_analytics.curves import resolution_curve
    from ain_analytics.definition_file import read_definition
    from ain_analytics.definitions import PRESETS, AncBand, Definitions
    from ain_analytics.diagnosed import diagnosed
    from ain_analytics.errors import AinError
    from ain_analytics.flips import what_would_change
    from ain_analytics.followup import follow_up
    from ain_analytics.grid import Grid, read_grid
    from ain_analytics.incidence import incidence_curve
    from ain_analytics.infection_rates import infection_rates
    from ain_analytics.intervals import interval_curve
    from ain_analytics.lost_bounds import bounds_for_lost
    from ain_analytics.median_bootstrap import MedianBootstrap, bootstrap_median
    from ain_analytics.multiverse import multiverse
    from ain_analytics.observation_time import follow_up_time
    from ain_analytics.one_sample import OneSampleTest, one_sample_log_rank
    from ain_analytics.onset_covariates import with_covariates
    from ain_analytics.planner import plan
    from ain_analytics.proportional_hazards import proportional_hazards
    from ain_analytics.published import compare, published_figures
    from ain_analytics.quality import quality
    from ain_analytics.reconstruction import reconstruct
    from ain_analytics.recurrence import recurrence_curve
    from ain_analytics.registry import open_registry
    from ain_analytics.reproduce import reproduce
    from ain_analytics.study import study
    from ain_analytics.synthetic import demo_registry, simulate
    from ain_analytics.tables import table_comparison, table_curve, table_fates, table_one
    from ain_analytics.textbook import textbook_statements
    from ain_analytics.tipping import tipping_point
    from ain_analytics.treatment_response import treatment_response
    from ain_analytics.triggers import trigger_series
    from ain_analytics.visit_intensity import visit_weights
    from ain_analytics.why import why
    from ain_analytics.wording import in_words

__version__ = version("ain-analytics")

_HOMES = {
    "AinError": "errors",
    "AncBand": "definitions",
    "Association": "association_result",
    "Contrast": "contrast_result",
    "Definitions": "definitions",
    "Grid": "grid",
    "MedianBootstrap": "median_bootstrap",
    "OneSampleTest": "one_sample",
    "PRESETS": "definitions",
    "StrataTest": "compare_strata",
    "accelerated_failure": "accelerated_failure",
    "antibody_yield": "antibody_yield",
    "apply_changes": "changed",
    "associations": "associations",
    "attrition": "attrition",
    "bootstrap_median": "median_bootstrap",
    "bounds_for_lost": "lost_bounds",
    "chart_accuracy": "charts",
    "chart_association": "charts",
    "chart_attrition": "charts",
    "chart_bounds": "charts",
    "chart_case_classes": "charts",
    "chart_confusion": "charts",
    "chart_forest": "charts",
    "chart_incidence": "charts",
    "chart_multiverse": "charts",
    "chart_patient": "charts",
    "chart_plan": "charts",
    "chart_published": "charts",
    "chart_quality": "charts",
    "chart_reconstruction": "charts",
    "chart_recurrence": "charts",
    "chart_resolution": "charts",
    "chart_row_fates": "charts",
    "chart_rules": "charts",
    "chart_tipping_point": "charts",
    "class_accuracy": "against_truth",
    "class_confusion": "against_truth",
    "class_periods": "cases",
    "classify": "cases",
    "codes_only": "against_truth",
    "compare": "published",
    "compare_strata": "compare_strata",
    "confusion_by_testing": "against_truth",
    "confusion_by_tests": "against_truth",
    "counted_confusion": "against_truth",
    "counts_of": "counts",
    "cox_regression": "cox",
    "demo_registry": "synthetic",
    "diagnosed": "diagnosed",
    "follow_up": "followup",
    "follow_up_time": "observation_time",
    "in_words": "wording",
    "incidence_curve": "incidence",
    "infection_rates": "infection_rates",
    "interval_curve": "intervals",
    "multiverse": "multiverse",
    "one_sample_log_rank": "one_sample",
    "open_registry": "registry",
    "phenotype_213": "against_truth",
    "plan": "planner",
    "proportional_hazards": "proportional_hazards",
    "published_figures": "published",
    "quality": "quality",
    "read_definition": "definition_file",
    "read_grid": "grid",
    "reconstruct": "reconstruction",
    "recurrence_curve": "recurrence",
    "reproduce": "reproduce",
    "resolution_curve": "curves",
    "restricted_mean_difference": "contrasts",
    "rules_table": "cases",
    "share_difference": "contrasts",
    "simulate": "synthetic",
    "study": "study",
    "table_comparison": "tables",
    "table_curve": "tables",
    "table_fates": "tables",
    "table_one": "tables",
    "textbook_statements": "textbook",
    "tipping_point": "tipping",
    "treatment_response": "treatment_response",
    "trigger_series": "triggers",
    "visit_weights": "visit_intensity",
    "what_would_change": "flips",
    "why": "why",
    "with_covariates": "onset_covariates",
}
__all__ = [  # noqa: RUF022 (same order as _HOMES)
    "AinError",
    "AncBand",
    "Association",
    "Contrast",
    "Definitions",
    "Grid",
    "MedianBootstrap",
    "OneSampleTest",
    "PRESETS",
    "StrataTest",
    "accelerated_failure",
    "antibody_yield",
    "apply_changes",
    "associations",
    "attrition",
    "bootstrap_median",
    "bounds_for_lost",
    "chart_accuracy",
    "chart_association",
    "chart_attrition",
    "chart_bounds",
    "chart_case_classes",
    "chart_confusion",
    "chart_forest",
    "chart_incidence",
    "chart_multiverse",
    "chart_patient",
    "chart_plan",
    "chart_published",
    "chart_quality",
    "chart_reconstruction",
    "chart_recurrence",
    "chart_resolution",
    "chart_row_fates",
    "chart_rules",
    "chart_tipping_point",
    "class_accuracy",
    "class_confusion",
    "class_periods",
    "classify",
    "codes_only",
    "compare",
    "compare_strata",
    "confusion_by_testing",
    "confusion_by_tests",
    "counted_confusion",
    "counts_of",
    "cox_regression",
    "demo_registry",
    "diagnosed",
    "follow_up",
    "follow_up_time",
    "in_words",
    "incidence_curve",
    "infection_rates",
    "interval_curve",
    "multiverse",
    "one_sample_log_rank",
    "open_registry",
    "phenotype_213",
    "plan",
    "proportional_hazards",
    "published_figures",
    "quality",
    "read_definition",
    "read_grid",
    "reconstruct",
    "recurrence_curve",
    "reproduce",
    "resolution_curve",
    "restricted_mean_difference",
    "rules_table",
    "share_difference",
    "simulate",
    "study",
    "table_comparison",
    "table_curve",
    "table_fates",
    "table_one",
    "textbook_statements",
    "tipping_point",
    "treatment_response",
    "trigger_series",
    "visit_weights",
    "what_would_change",
    "why",
    "with_covariates",
]


class _Package(ModuleType):
    """Keeps a public function from being hidden by the module of the same name, e.g. `study`."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    """Import a public name's module when it is first asked for, so that the command starts fast."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
