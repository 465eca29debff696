"""The registry beside the literature: each published figure, and the same quantity on its children."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from ain_analytics.definitions import TEXTBOOK, Definitions
from ain_analytics.figures_file import read_figures
from ain_analytics.published_answers import ANSWERS, Answer, shares_at_ends
from ain_analytics.published_features import SHOWN_ONLY, VALUES, feature, shown_beside
from ain_analytics.published_followed import Followed
from ain_analytics.published_group import Group
from ain_analytics.published_records import published_slips, shipped_figures
from ain_analytics.published_tests import TESTS, Figure, Tested, rules_out
from ain_analytics.published_wording import (
    against,
    assumed,
    classes_in_words,
    equivalent_in_words,
    in_a_sentence,
)
from ain_analytics.quantities import Estimate
from ain_analytics.raw_tables import Progress
from ain_analytics.registry import Registry
from ain_analytics.schema.frames import frame_of
from ain_analytics.schema.results import PublishedComparison

__all__ = ["compare", "multiplicity_note", "published_figures", "published_slips"]

ONE_TEST = [
    *("quantity", "scale", "computed_as", "value", "lower", "upper", "at_months", "landmark_months"),
    *("n_behind", "time_origin", "definition", "case_classes"),
]
"""What makes two figures one test, in which they cannot but agree."""


def published_figures(path: Path | str | None = None) -> pl.DataFrame:
    """Read the figures that the literature reports, or records of your own.

    Parameters
    ----------
    path : path, optional
        A TOML file of tables `[[figure]]`, see `read_figures`; without it, every figure that comes with the
        program: on the course (T…, R…) and on who the children are (F…).

    Returns
    -------
    PublishedFigure, one row per figure
        Times in months, counts in 10⁹/L. A share or ratio that no count of its children can give is refused:
        `why_not` says so.

    Raises
    ------
    BadFigure
        A record of the file is impossible, or cannot be read; its id is named.

    Examples
    --------
    >>> published_figures().filter(pl.col("figure_id") == "R038")["value"].round(1).item()
    36.2
    """
    return shipped_figures() if path is None else read_figures(path)


def compare(
    registry: Registry,
    cases: pl.DataFrame,
    follow_up: pl.DataFrame,
    *,
    figures: pl.DataFrame | None = None,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Set every published figure beside the same quantity on this registry.

    Parameters
    ----------
    registry : Registry
        Its definitions hold where a source does not state its own; a source that does is compared under
        the preset that comes nearest, with the registry's other choices.
    cases : Case, one row per episode
    follow_up : FollowUp, one row per episode
        Made from both. It is used where it fits a figure; else it is made anew, from the figure's origin.
    figures : PublishedFigure, one row per figure, optional
        Those of `published_figures()` unless given; records of your own by `published_figures(path)`.
    progress : callable, optional
        Told the definition that figures are compared under, and the share done.

    Returns
    -------
    PublishedComparison, one row per figure
        `own` is what the source computed, on the children whose class at baseline corresponds to its
        population; `better` what ought to have been computed, from a Kaplan–Meier curve of everybody
        (right-censored, as in the literature, so that there are limits). `own_n` is null where it is
        smaller than the smallest number that an estimate is made of. The verdict is *different* where a
        test that weighs the sampling error of both sides gives p < 1 − confidence; `p_holm` corrects for
        the number of tests, the verdict does not, see `multiplicity_note`. *Compatible* says with
        `is_equivalent` whether another course is ruled out, or the children are too few to tell. An age is
        never set beside a duration.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> demo = ain.simulate(60, seed=7)
    >>> registry = ain.open_registry(demo.tables, extracted_on=demo.extracted_on)
    >>> cases = ain.classify(registry)
    >>> comparison = ain.compare(registry, cases, ain.follow_up(registry, cases))
    >>> comparison.height == ain.published_figures().height
    True
    """
    followed = Followed(registry, cases, follow_up)
    asked = published_figures() if figures is None else figures
    under: dict[Definitions, list[Figure]] = {}
    for figure in asked.to_dicts():
        under.setdefault(followed.own if _is_settled(figure) else followed.definitions_of(figure), []).append(
            figure
        )
    made: dict[str, dict[str, Any]] = {}
    for definitions, alike in under.items():  # so that no two derivations stand in memory at once
        if progress:
            said = f"comparing {len(alike)} published figures under {definitions.name}"
            progress(f"{said}: {follow_up.height:,} episodes", len(made) / asked.height)
        with followed:
            made |= {figure["figure_id"]: _compared(figure, followed) for figure in alike}
    holm = after_holm(asked, {key: row["p"] for key, row in made.items() if row.get("p") is not None})
    rows = (made[key] | {"p_holm": holm.get(key)} for key in asked["figure_id"])
    return frame_of(PublishedComparison, rows)


def after_holm(figures: pl.DataFrame, p: dict[str, float]) -> dict[str, float]:
    """Correct p-values for their number by Holm's steps; a test that stands twice counts once.

    Parameters
    ----------
    figures : PublishedFigure, one row per figure
    p : dict of figure_id to p

    References
    ----------
    Holm 1979, Scandinavian Journal of Statistics 6:65–70.
    """
    alike = figures.filter(pl.col("figure_id").is_in(list(p))).with_columns(_test_key().alias("test_key"))
    of_test = dict(alike.select("figure_id", "test_key").iter_rows())
    one_p = {of_test[key]: p[key] for key in of_test}
    corrected: dict[str, float] = {}
    largest = 0.0
    for place, (test, value) in enumerate(sorted(one_p.items(), key=lambda pair: pair[1])):
        largest = max(largest, min(1.0, (len(one_p) - place) * value))
        corrected[test] = largest
    return {key: corrected[test] for key, test in of_test.items()}


def _test_key() -> pl.Expr:
    """Write down what makes two figures one test."""
    plain = [pl.col(name).cast(pl.String).fill_null("") for name in ONE_TEST if name != "case_classes"]
    return pl.concat_str(*plain, pl.col("case_classes").list.join(",").fill_null(""), separator="|")


def multiplicity_note(comparison: pl.DataFrame, *, confidence: float = TEXTBOOK.confidence) -> str:
    """Say how many figures were tested, and how many of them would differ by chance alone.

    Parameters
    ----------
    comparison : PublishedComparison, one row per figure
        Whether or not small numbers are hidden in it.
    confidence : float
        Coverage under which it was made.

    Returns
    -------
    str
        A figure that stands twice, such as R004 and T02b, is counted once: one number, compared in one way.
    """
    tested = comparison.filter(pl.col("verdict").cast(pl.String) != "not_comparable")
    meant = published_figures().select("figure_id", _test_key().alias("test_key"))
    once = (
        tested.select("figure_id", pl.col("verdict").cast(pl.String), "p_holm")
        .join(meant, on="figure_id", how="left")
        .unique(pl.coalesce("test_key", "figure_id"))
    )
    n_different = once.filter(pl.col("verdict") == "different").height
    n_after_holm = once.filter(pl.col("p_holm") < 1 - confidence).height
    return (
        f"{once.height} published figures could be tested; {n_different} differ. If every one of them "
        f"held here, about {(1 - confidence) * once.height:.1f} would differ by chance alone; the verdicts "
        f"are not corrected for that. After Holm's correction {n_after_holm} differ."
    )


def _is_settled(figure: Figure) -> bool:
    """Tell whether a figure needs no derivation of its own, because it cannot be compared anyway."""
    return figure["why_not"] is not None and figure["quantity"] not in ("usual_window", *SHOWN_ONLY)


def _compared(figure: Figure, followed: Followed) -> dict[str, Any]:
    """Make the row of one figure."""
    row = {
        **{name: figure[name] for name in ("figure_id", "study", "statement", "quantity", "scale", "unit")},
        "published": figure["value"],
        "published_n": figure["n_behind"],
        "better_quantity": "none",
        "verdict": "not_comparable",
        "test": "none",
    }
    if figure["why_not"] is not None:
        return row | {"reason": in_a_sentence(figure["why_not"], _untested(figure, followed))}
    if figure["quantity"] in VALUES:
        return row | _cohort_compared(figure, followed)
    group = followed.group(figure)
    classes = classes_in_words(figure)
    if not group.n:
        return row | {"own_n": 0, "reason": in_a_sentence(f"no child classed {classes} can be followed here")}
    d = group.definitions
    answer = ANSWERS[figure["quantity"]](group, figure)
    said = assumed(figure, followed.own, d, followed.duration_origin)
    if 0 < answer.own.n < d.minimum_at_risk:
        few = f"fewer than {d.minimum_at_risk} children classed {classes} are behind it here"
        return row | {"reason": in_a_sentence(few)}
    if answer.better is not None and answer.better.n < d.minimum_at_risk:
        answer = replace(answer, better=None)
    row |= {"own_n": answer.own.n, "better_quantity": answer.better_quantity}
    row |= _columns("own", answer.own) | _columns("better", answer.better)
    tested = TESTS[figure["quantity"]](group, figure)
    if tested.p is None:
        return row | {"reason": in_a_sentence(tested.lacks, *said)}
    return row | _judged(figure, answer, tested, said, group, d)


def _cohort_compared(figure: Figure, followed: Followed) -> dict[str, Any]:
    """Set a figure on who the children are beside those here."""
    d, classes = followed.definitions_of(figure), classes_in_words(figure)
    answer, tested = feature(figure, followed)
    if answer.own.n < d.minimum_at_risk:
        few = f"of fewer than {d.minimum_at_risk} children classed {classes} is it known here"
        return {"own_n": 0 if not answer.own.n else None, "reason": in_a_sentence(few)}
    said = assumed(figure, followed.own, d, followed.duration_origin)
    row = {"own_n": answer.own.n} | _columns("own", answer.own)
    if tested.p is None:
        return row | {"reason": in_a_sentence(tested.lacks, *said)}
    return row | _judged(figure, answer, tested, said, None, d)


def _judged(
    figure: Figure, answer: Answer, tested: Tested, said: list[str], group: Group | None, d: Definitions
) -> dict[str, Any]:
    """Say the verdict, and of a course whether *compatible* is more than a lack of children."""
    verdict = "different" if (tested.p or 0) < 1 - d.confidence else "compatible"
    is_equivalent = rules_out(group, figure) if group and verdict == "compatible" else None
    of_whom = f"of the children classed {classes_in_words(figure)}"
    opening = f"{verdict}: {of_whom} {against(figure, answer, tested)}"
    return {
        "verdict": verdict,
        "test": tested.test,
        "p": tested.p,
        "is_equivalent": is_equivalent,
        "reason": in_a_sentence(opening, equivalent_in_words(is_equivalent, d), *said),
    }


def _untested(figure: Figure, followed: Followed) -> str:
    """Say what is known here of a usual window, where its population and its origin are."""
    if not figure["case_classes"] or figure["time_origin"] == "treatment":
        return ""
    if figure["quantity"] in SHOWN_ONLY:
        return shown_beside(figure, followed)
    if figure["quantity"] != "usual_window":
        return ""
    group = followed.group(figure)
    return shares_at_ends(group, figure) if group.n >= group.definitions.minimum_at_risk else ""


def _columns(prefix: str, estimate: Estimate | None) -> dict[str, float | None]:
    known = estimate or Estimate(None, None, None, 0)
    return {prefix: known.value, f"{prefix}_lower": known.lower, f"{prefix}_upper": known.upper}
