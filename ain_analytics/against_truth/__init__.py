"""Against the truth: what the classes, codes alone and a public phenotype say of made-up children.

The truth exists of made-up registries only, so no number here is hidden for being small.
"""

from ain_analytics.against_truth.accuracy import class_accuracy
from ain_analytics.against_truth.by_codes import codes_only
from ain_analytics.against_truth.by_phenotype import phenotype_213
from ain_analytics.against_truth.confusion import class_confusion, confusion_by_tests, counted_confusion
from ain_analytics.against_truth.testing import confusion_by_testing

__all__ = [
    "class_accuracy",
    "class_confusion",
    "codes_only",
    "confusion_by_testing",
    "confusion_by_tests",
    "counted_confusion",
    "phenotype_213",
]
