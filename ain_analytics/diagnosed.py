"""Age, sex and ancestry of children at the detection of their neutropenia."""

from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl
from scipy import stats

from ain_analytics.association_result import Association, row, rows_frame
from ain_analytics.definitions import DAYS_PER_MONTH, TEXTBOOK, Definitions
from ain_analytics.errors import BadDefinition, EmptyStratum
from ain_analytics.quantities import median_of, share_of
from ain_analytics.rates import Ratio
from ain_analytics.registry import Registry

NOT_RECORDED = "not_recorded"
AUTOIMMUNE, OTHER = "autoimmune", "other"
QUESTION = (
    "How old are children when neutropenia is found, and who are they: girls or boys, of which ancestry?"
)
DESIGN = (
    "Age at detection: the day of the low count by which the rule of onset was met. The true onset lies "
    "earlier by a time that nobody knows, and screening finds children earlier. Median with exact limits "
    "by order statistics.",
    "Some classes are defined by age (neonatal) or made likelier by it, so a difference of age between "
    "autoimmune and other children is partly made by the rules.",
    "Sex: exact binomial limits; p against the share of girls at birth, which is below one half. Children "
    "of unknown sex are in no denominator.",
    "Ancestry as recorded, of those for whom it is. A share by itself is no association: it mirrors who "
    "lives near the hospitals and who is asked. With `reference`, the shares of the children that the "
    "registry draws from, `ratio_to_reference` says how many times as frequent an ancestry is, with p. "
    "Counts normal for Duffy-null children are taken for neutropenia more often in some ancestries.",
)


def diagnosed(
    registry: Registry, cases: pl.DataFrame, *, reference: Mapping[str, float] | None = None
) -> Association:
    """Describe age, sex and ancestry at detection, of autoimmune and of other children.

    Parameters
    ----------
    registry : Registry
    cases : Case, one row per episode
        The first episode's class at baseline makes the groups.
    reference : mapping of ancestry to its share, optional
        Shares in the children that the registry draws from; they add up to at most 1.

    Returns
    -------
    Association

    Raises
    ------
    BadDefinition
        The reference holds a share that is none, or shares of more than a whole.
    EmptyStratum
        Nobody has an episode.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> found = ain.diagnosed(registry, cases, reference={"european": 0.7})
    >>> found.value("median_age", group="autoimmune", category="months")[0] > 0
    True
    """
    children = (
        registry.frame("detection")
        .filter(pl.col("episode_number") == 1)
        .join(registry.frame("patient"), on="patient_id")
        .join(cases.filter(pl.col("episode_number") == 1).select("patient_id", "is_ain"), on="patient_id")
        .select(
            "patient_id",
            "is_ain",
            (pl.col("detected_on") - pl.col("birth_date")).dt.total_days().alias("age_days"),
            pl.col("sex").cast(pl.String),
            "ancestry",
        )
    )
    return described(children, reference=reference, definitions=registry.definitions)


def described(
    children: pl.DataFrame,
    *,
    reference: Mapping[str, float] | None = None,
    definitions: Definitions = TEXTBOOK,
) -> Association:
    """Describe age, sex and ancestry from a plain frame.

    Parameters
    ----------
    children : one row per child
        `is_ain`, `age_days`, `sex`, `ancestry`.
    """
    shares = dict(reference or {})
    if (
        any(not 0 < share < 1 for share in shares.values())
        or sum(shares.values()) > 1 + np.finfo(np.float32).eps
    ):
        raise BadDefinition("reference", list(shares.values()), "needs shares between 0 and 1 of one whole")
    if children.is_empty():
        raise EmptyStratum("age, sex and ancestry", "nobody has an episode")
    rows = []
    for is_ain, group in ((True, AUTOIMMUNE), (False, OTHER)):
        of_group = children.filter(pl.col("is_ain") == is_ain)
        if of_group.height:
            rows += list(_rows(of_group, group, shares, definitions))
    rows += list(_between(children, definitions))
    known = pl.col("ancestry") != NOT_RECORDED
    return Association(
        name="diagnosed",
        question=QUESTION,
        table=rows_frame(rows),
        definitions=definitions,
        assumptions=(
            f"{children.filter(~known).height} of {children.height} children have no ancestry recorded, "
            f"{children.filter(pl.col('sex') == 'unknown').height} no sex.",
            *DESIGN,
        ),
        parts_of_a_whole={"share_of_sex": "group", "share_of_ancestry": "group"},
    )


def _rows(
    children: pl.DataFrame, group: str, reference: Mapping[str, float], definitions: Definitions
) -> Iterator[dict[str, object]]:
    confidence = definitions.confidence
    age = median_of(children["age_days"].to_numpy().astype(float), confidence).times(1 / DAYS_PER_MONTH)
    yield row(
        "median_age", group, "months", Ratio(age.value, age.lower, age.upper), unit="months",
        method="exact, order statistics", n=age.n, of=children.height,
    )  # fmt: skip
    sexes = children.filter(pl.col("sex") != "unknown")
    for sex, name, at_birth in (
        ("female", "girls", definitions.girls_at_birth),
        ("male", "boys", 1 - definitions.girls_at_birth),
    ):
        yield _share(
            "share_of_sex",
            group,
            name,
            sexes.filter(pl.col("sex") == sex).height,
            sexes.height,
            at_birth,
            confidence,
        )
    known = children.filter(pl.col("ancestry") != NOT_RECORDED)
    names = sorted({*known["ancestry"].unique().to_list(), *reference})
    for name in names:
        n = int((known["ancestry"] == name).sum())
        yield _share("share_of_ancestry", group, name, n, known.height, reference.get(name), confidence)
    for name in [name for name in names if name in reference]:
        n = int((known["ancestry"] == name).sum())
        share = share_of(n, known.height, confidence).times(1 / reference[name])
        p = float(stats.binomtest(n, known.height, reference[name]).pvalue) if known.height else None
        yield row(
            "ratio_to_reference", group, name, Ratio(share.value, share.lower, share.upper, p), unit="ratio",
            method="exact binomial", n=n, of=known.height,
        )  # fmt: skip


def _share(
    quantity: str, group: str, category: str, n: int, of: int, expected: float | None, confidence: float
) -> dict[str, object]:
    share = share_of(int(n), of, confidence)
    p = float(stats.binomtest(int(n), of, expected).pvalue) if expected is not None and of else None
    found = Ratio(share.value, share.lower, share.upper, p)
    return row(quantity, group, category, found, unit="share", method="exact binomial", n=int(n), of=of)


def _between(children: pl.DataFrame, definitions: Definitions) -> Iterator[dict[str, object]]:
    """Compare the sexes of autoimmune and of other children: conditional odds ratio, as R's `fisher.test`."""
    known = children.filter(pl.col("sex") != "unknown")
    table = [
        [known.filter(pl.col("is_ain") == is_ain, pl.col("sex") == sex).height for sex in ("female", "male")]
        for is_ain in (True, False)
    ]
    if not np.all(np.sum(table, axis=0)) or not np.all(np.sum(table, axis=1)):
        return
    found = stats.contingency.odds_ratio(table, kind="conditional")
    limits = found.confidence_interval(definitions.confidence)
    ends = [float(end) if np.isfinite(end) else None for end in (found.statistic, limits.low, limits.high)]
    p = float(stats.fisher_exact(table).pvalue)
    for group in (AUTOIMMUNE,):
        yield row(
            "odds_ratio",
            group,
            f"girls, beside {OTHER}",
            Ratio(ends[0], ends[1], ends[2], p),
            unit="ratio",
            method="exact, Fisher",
        )
