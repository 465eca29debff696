"""Every table and column of the program, declared once."""

import dataframely as dy

from ain_analytics.schema import (
    comparisons,
    derived,
    incidence,
    multiverse,
    observation,
    planning,
    quality,
    regression,
    results,
    staged,
)
from ain_analytics.schema.omop import OMOP
from ain_analytics.schema.raw import (
    OBLIGATORY_TABLES,
    RAW,
    RawRow,
    columns_of,
    names_of,
    obligatory_names_of,
)
from ain_analytics.schema.redcap import REDCAP
from ain_analytics.schema.sdtm import SDTM
from ain_analytics.schema.tables import SOURCE_TABLES

STAGED: dict[str, type[dy.Schema]] = {
    "row_fate": staged.RowFate,
    "rejected_row": staged.RejectedRow,
    "patient": staged.Patient,
    "anc_result": staged.AncResult,
    "implausible_unit": staged.ImplausibleUnit,
    "antibody_test": staged.AntibodyTest,
    "cause": staged.Cause,
    "treatment": staged.Treatment,
    "marrow_exam": staged.MarrowExam,
    "genetic_test": staged.GeneticTest,
}
DERIVED: dict[str, type[dy.Schema]] = {
    "mask_window": derived.MaskWindow,
    "daily_anc": derived.DailyAnc,
    "neutropenic_run": derived.NeutropenicRun,
    "child_days": derived.ChildDays,
    "masked_end": derived.MaskedEnd,
    "detection": derived.Detection,
    "long_silence": derived.LongSilence,
    "result_oddity": derived.ResultOddity,
    "episode": derived.Episode,
    "case_evidence": derived.CaseEvidence,
    "known_fact": derived.KnownFact,
    "antibody_order": derived.AntibodyOrder,
    "dense_count": derived.DenseCount,
    "case": derived.Case,
    "follow_up": derived.FollowUp,
}
RESULTS: dict[str, type[dy.Schema]] = {
    "attrition": results.Attrition,
    "change": results.Change,
    "curve_steps": results.CurveSteps,
    "curve_summary": results.CurveSummary,
    "curve_cells": results.CurveCells,
    "curve_known": results.CurveKnown,
    "simultaneous_band": comparisons.BandRows,
    "strata_test": comparisons.StrataTestRows,
    "one_sample_test": comparisons.OneSampleRows,
    "contrast": comparisons.ContrastRows,
    "association": results.AssociationRows,
    "published_figure": results.PublishedFigure,
    "published_comparison": results.PublishedComparison,
    "textbook_statement": results.TextbookRows,
    "class_confusion": results.ClassConfusion,
    "class_accuracy": results.ClassAccuracy,
    "incidence_steps": incidence.IncidenceSteps,
    "incidence_summary": incidence.IncidenceSummary,
    "recurrence_steps": incidence.RecurrenceSteps,
    "follow_up_time": observation.FollowUpTimeRows,
    "lost_bounds": observation.LostBoundRows,
    "tipping_curve": observation.TippingRows,
    "tipping_point": observation.TippingPoints,
    "visit_shares": observation.VisitShares,
    "multiverse": multiverse.MultiverseRows,
    "multiverse_spread": multiverse.MultiverseSpread,
    "multiverse_reversal": multiverse.MultiverseReversal,
    "plan": planning.PlanRows,
    "reconstructed": planning.ReconstructedRows,
    "printed_point": planning.PrintedPoints,
    "reconstruction_bounds": planning.ReconstructionBounds,
    "regression": regression.RegressionRows,
    "regression_test": regression.RegressionTests,
    "regression_parameter": regression.RegressionParameters,
    "predicted_steps": regression.PredictedSteps,
    "predicted_quantiles": regression.PredictedQuantiles,
    "onset_covariates": regression.OnsetCovariates,
}
QUALITY: dict[str, type[dy.Schema]] = {
    "quality_rows": quality.QualityRows,
    "quality_amounts": quality.QualityAmounts,
    "quality_drift": quality.QualityDrift,
    "quality_last_digit": quality.QualityLastDigit,
    "quality_near_limit": quality.QualityNearLimit,
    "quality_gap": quality.QualityGap,
    "quality_counts_per_child": quality.QualityCountsPerChild,
    "quality_onset_age": quality.QualityOnsetAge,
    "quality_agreement": quality.QualityAgreement,
    "quality_check": quality.QualityCheck,
}
TABLES = STAGED | DERIVED | RESULTS | QUALITY
"""Every table that the program makes, by name."""
READABLE = {name: kind for name, kind in (STAGED | DERIVED).items() if name not in ("case", "follow_up")}
"""Tables that a registry holds; polars makes the others."""

__all__ = [
    "DERIVED",
    "OBLIGATORY_TABLES",
    "OMOP",
    "QUALITY",
    "RAW",
    "READABLE",
    "REDCAP",
    "RESULTS",
    "SDTM",
    "SOURCE_TABLES",
    "STAGED",
    "TABLES",
    "RawRow",
    "columns_of",
    "names_of",
    "obligatory_names_of",
]
