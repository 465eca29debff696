"""Charts: each takes a result and returns an Altair chart. They only show."""

from ain_analytics.charts.association import chart_association
from ain_analytics.charts.bounds import chart_bounds
from ain_analytics.charts.classes import chart_case_classes
from ain_analytics.charts.cohort import chart_attrition, chart_row_fates
from ain_analytics.charts.curve import chart_resolution
from ain_analytics.charts.export import save_chart, svg_of
from ain_analytics.charts.forest import chart_forest
from ain_analytics.charts.incidence import chart_incidence, chart_recurrence
from ain_analytics.charts.multiverse import chart_multiverse
from ain_analytics.charts.patient import chart_patient
from ain_analytics.charts.plan import chart_plan
from ain_analytics.charts.published import chart_published
from ain_analytics.charts.quality import QUALITY_CHARTS, chart_quality
from ain_analytics.charts.reconstruction import chart_reconstruction
from ain_analytics.charts.rules import chart_rules
from ain_analytics.charts.tipping import chart_tipping_point
from ain_analytics.charts.truth import chart_accuracy, chart_confusion
from ain_analytics.notebook_renderer import enable_in_notebook

__all__ = [
    "QUALITY_CHARTS",
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
    "save_chart",
    "svg_of",
]

enable_in_notebook()
