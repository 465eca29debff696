"""Every table and column of the program, declared once."""

import dataframely as dy

from ain_analytics.schema import derived, results, staged
from ain_analytics.schema.omop import OMOP
from ain_analytics.schema.raw import (
    OBLIGATORY_TABLES,
    RAW,
    RawRow,
    columns_of,
    names_of,
    obligatory_names_of,
)

STAGED: dict[str, type[dy.Schema]] = {
    "row_fate": staged.RowFate,
    "rejected_row": staged.RejectedRow,
    "patient": staged.Patient,
    "anc_result": staged.AncResult,
    "antibody_test": staged.AntibodyTest,
    "cause": staged.Cause,
    "treatment": staged.Treatment,
    "marrow_exam": staged.MarrowExam,
    "genetic_test": staged.GeneticTest,
}
DERIVED: dict[str, type[dy.Schema]] = {
    "mask_window": derived.MaskWindow,
    "daily_anc": derived.DailyAnc,
    "state_run": derived.StateRun,
    "episode": derived.Episode,
    "case_evidence": derived.CaseEvidence,
    "case": derived.Case,
    "follow_up": derived.FollowUp,
}
RESULTS: dict[str, type[dy.Schema]] = {
    "attrition": results.Attrition,
    "curve_steps": results.CurveSteps,
    "curve_summary": results.CurveSummary,
    "published_figure": results.PublishedFigure,
    "published_comparison": results.PublishedComparison,
}
TABLES = STAGED | DERIVED | RESULTS
"""Every table that the program makes, by name."""

__all__ = [
    "DERIVED",
    "OBLIGATORY_TABLES",
    "OMOP",
    "RAW",
    "RESULTS",
    "STAGED",
    "TABLES",
    "RawRow",
    "columns_of",
    "names_of",
    "obligatory_names_of",
]
