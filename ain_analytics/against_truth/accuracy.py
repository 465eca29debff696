"""How far what was found is true: sensitivity and predictive value, with exact intervals."""

import polars as pl

from ain_analytics.definitions import TEXTBOOK
from ain_analytics.quantities import share_of
from ain_analytics.schema.derived import AIN_CLASSES, CASE_CLASS
from ain_analytics.schema.results import CLAIMS_NOTHING, STANDS_FOR, ClassAccuracy, ClassConfusion

AUTOIMMUNE = "autoimmune"
COUNTED = "counted"
_MEASURES = {"sensitivity": "is_true", "predictive_value": "is_found"}
_LACKS = {
    "sensitivity": "no child is truly of this class",
    "predictive_value": "no child was found so",
}


def class_accuracy(confusion: pl.DataFrame, *, confidence: float = TEXTBOOK.confidence) -> pl.DataFrame:
    """Give sensitivity and positive predictive value of each class, with exact intervals [1]_.

    Sensitivity: of the children who are truly of a class, the share found so; one without an episode, or
    whose row was set aside, is not found. Predictive value: of the children found so, the share of which it
    is true. Of ways that only count children, and once more of the classes, both are given of `autoimmune`:
    true are primary and secondary autoimmune neutropenia, found so is whoever is counted, or has a class of
    the autoimmune group. `probable_primary` is right where primary autoimmune neutropenia is true.
    Predictive values hold for the mix of classes of this registry; of codes, both also hang on how the
    simulation lets doctors code (`NaturalHistory.coding`, our choice).

    Parameters
    ----------
    confusion : ClassConfusion
        Of one way or several.
    confidence : float
        Coverage of the intervals.

    Returns
    -------
    polars.DataFrame
        `ClassAccuracy`, one row per way, moment, class and measure: `n` of `of`, `share`, `lower`, `upper`;
        none of the three where there is nobody to divide by, and why in `lacks`.

    References
    ----------
    .. [1] Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> made_up = ain.simulate(50, seed=1)
    >>> registry = ain.open_registry(made_up.tables, extracted_on=made_up.extracted_on)
    >>> accuracy = ain.class_accuracy(ain.class_confusion(registry, made_up.truth))
    >>> accuracy["measure"].unique(maintain_order=True).to_list()
    ['sensitivity', 'predictive_value']
    """
    asked = ClassConfusion.validate(confusion, cast=True).with_columns(
        pl.col("true_class", "found").cast(pl.String)
    )
    rows = []
    for (way,), of_way in asked.group_by("way", maintain_order=True):
        for name in _classes_of(of_way):
            sums = _sums(of_way, *_sets(name))
            for at, *numbers in sums.rows():
                of = dict(zip(_MEASURES, numbers[1:], strict=True))
                rows += [
                    (way, at, name, measure, *_rated(name, measure, numbers[0], of[measure], confidence))
                    for measure in _MEASURES
                ]
    frame = pl.DataFrame(rows, schema=ClassAccuracy.column_names(), orient="row", infer_schema_length=None)
    return ClassAccuracy.validate(frame, cast=True)


def _classes_of(confusion: pl.DataFrame) -> list[str]:
    seen = {*confusion["true_class"], *confusion["found"]}
    counts_only = bool({COUNTED, "not_counted"} & seen)
    return [AUTOIMMUNE, *([] if counts_only else [name for name in CASE_CLASS if name in seen])]


def _sets(name: str) -> tuple[list[str], list[str]]:
    """Name the classes of which it is true, and what was found where it was found."""
    if name == AUTOIMMUNE:
        return [*AIN_CLASSES], [*AIN_CLASSES, COUNTED]
    return [STANDS_FOR.get(name, name)], [name]


def _sums(confusion: pl.DataFrame, true: list[str], found: list[str]) -> pl.DataFrame:
    """Count at each moment whom it was found of rightly, of whom it is true, and whom it was found of."""
    is_true = pl.col("true_class").is_in(true) & (pl.col("found") != "not_reached")
    is_found = pl.col("found").is_in(found)
    return confusion.group_by("at", maintain_order=True).agg(
        pl.col("n").filter(is_true & is_found).sum().alias("both"),
        pl.col("n").filter(is_true).sum().alias("is_true"),
        pl.col("n").filter(is_found).sum().alias("is_found"),
    )


def _rated(name: str, measure: str, n: int, of: int, confidence: float) -> tuple[object, ...]:
    if name in CLAIMS_NOTHING:
        return None, None, None, None, None, "the class names no cause"
    share = share_of(n, of, confidence)
    return n, of, share.value, share.lower, share.upper, None if of else _LACKS[measure]
