"""The registry beside the literature: each published figure, and the same quantity on its children."""

from contextlib import ExitStack
from dataclasses import fields, replace
from typing import Any

import polars as pl

from ain_analytics.cases import classify
from ain_analytics.definitions import DAYS_PER_MONTH, PRESETS, TEXTBOOK, Definitions
from ain_analytics.followup import follow_up as follow
from ain_analytics.published_answers import ANSWERS, Answer, Figure, shares_at_ends
from ain_analytics.published_group import AgedGroup, Group
from ain_analytics.published_records import published_figures, published_slips
from ain_analytics.quantities import Estimate
from ain_analytics.raw_tables import Progress
from ain_analytics.registry import Registry
from ain_analytics.schema.derived import TIME_ORIGIN
from ain_analytics.schema.frames import frame_of
from ain_analytics.schema.results import PublishedComparison

__all__ = ["compare", "multiplicity_note", "published_figures", "published_slips"]

KEY = ["patient_id", "episode_number"]
ONE_TEST = [
    *("quantity", "scale", "computed_as", "value", "lower", "upper", "at_months", "landmark_months"),
    *("n_behind", "time_origin", "definition", "case_classes"),
]
"""What makes two figures one test, in which they cannot but agree."""
UNIT = {"months": " months", "percent": " %", "p": "", "none": ""}


def compare(
    registry: Registry, cases: pl.DataFrame, follow_up: pl.DataFrame, *, progress: Progress | None = None
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
    progress : callable, optional
        Told the definition that figures are compared under, and the share done.

    Returns
    -------
    PublishedComparison, one row per figure
        `own` is what the source computed, on the children whose class at baseline corresponds to its
        population; `better` what ought to have been computed, from a Kaplan–Meier curve of everybody
        (right-censored, as in the literature, so that there are limits). `own_n` is null where it is
        smaller than the smallest number that an estimate is made of. The verdict is *different* where a
        test that weighs the sampling error of both sides gives p < 1 − confidence. Nothing is corrected
        for the number of comparisons, see `multiplicity_note`. An age is never set beside a duration.

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
    followed = _Followed(registry, cases, follow_up)
    figures = published_figures().to_dicts()
    under: dict[Definitions, list[Figure]] = {}
    for figure in figures:
        under.setdefault(followed.definitions_of(figure), []).append(figure)
    made: dict[str, dict[str, Any]] = {}
    for definitions, alike in under.items():  # so that no two derivations stand in memory at once
        if progress:
            said = f"comparing {len(alike)} published figures under {definitions.name}"
            progress(f"{said}: {follow_up.height:,} episodes", len(made) / len(figures))
        with followed:
            made |= {figure["figure_id"]: _compared(figure, followed) for figure in alike}
    return frame_of(PublishedComparison, (made[figure["figure_id"]] for figure in figures))


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
    meant = published_figures().select("figure_id", *ONE_TEST)
    once = tested.select("figure_id", "verdict").join(meant, on="figure_id").unique(ONE_TEST)
    n_different = once.filter(pl.col("verdict").cast(pl.String) == "different").height
    return (
        f"{once.height} published figures could be tested; {n_different} differ. If every one of them "
        f"held here, about {(1 - confidence) * once.height:.1f} would differ by chance alone; nothing "
        "was corrected for that."
    )


class _Followed:
    """The follow-up under any definition and from any origin, each made once and dropped at the end."""

    def __init__(self, registry: Registry, cases: pl.DataFrame, follow_up: pl.DataFrame) -> None:
        self.own = registry.definitions
        origins = follow_up["time_origin"].cast(pl.String).unique().to_list()
        given = origins[0] if origins else self.own.time_origin
        self.duration_origin = "onset" if given == "birth" else given
        self._known = {(self.own, given): follow_up}
        self._classified = {self.own: (registry, cases)}
        self._registry = registry
        self._given = dict(self._known)
        self._derived = ExitStack()

    def __enter__(self) -> None:
        """Hold what is made from here on."""

    def __exit__(self, *_: object) -> None:
        self._derived.close()
        self._known = dict(self._given)
        self._classified = {self.own: self._classified[self.own]}

    def frame(self, definitions: Definitions, origin: str) -> pl.DataFrame:
        """Give the follow-up of every episode."""
        if (definitions, origin) not in self._known:
            if definitions not in self._classified:
                other = self._derived.enter_context(self._registry.briefly_under(definitions, None))
                self._classified[definitions] = (other, classify(other))
            registry, cases = self._classified[definitions]
            self._known[definitions, origin] = follow(registry, cases, time_origin=origin)
        return self._known[definitions, origin]

    def definitions_of(self, figure: Figure) -> Definitions:
        """Give the registry's definitions with what the preset of the figure changes in the textbook's."""
        if figure["definition"] not in PRESETS:
            return self.own
        preset = PRESETS[figure["definition"]]
        changes: dict[str, Any] = {
            f.name: getattr(preset, f.name)
            for f in fields(preset)
            if f.name != "name" and getattr(preset, f.name) != getattr(TEXTBOOK, f.name)
        }
        changed = replace(self.own, **changes)
        return self.own if changed == self.own else replace(changed, name=preset.name)

    def origin_of(self, figure: Figure) -> str:
        """Give the day zero of a figure; of one that does not say, the registry's."""
        if figure["scale"] == "age":
            return "onset"
        stated = str(figure["time_origin"])
        return stated if stated in TIME_ORIGIN and stated != "birth" else self.duration_origin

    def group(self, figure: Figure) -> Group:
        """Choose the children of whom a figure speaks, by their class at baseline.

        Where only those still neutropenic at a landmark were studied, so it is here, and they are at risk
        from there on.
        """
        definitions, origin = self.definitions_of(figure), self.origin_of(figure)
        rows = self.frame(definitions, origin).filter(
            pl.col("is_usable"), pl.col("case_class").cast(pl.String).is_in(figure["case_classes"])
        )
        if definitions.episodes_used == "first":
            rows = rows.filter(pl.col("episode_number") == 1)
        entry = pl.col("entry_days").fill_null(0)
        if figure["landmark_months"] is not None:
            onset = self.frame(definitions, "onset").select(*KEY, pl.col("origin_on").alias("onset_on"))
            rows = rows.join(onset, on=KEY, how="left", maintain_order="left")
            onset_day = (pl.col("onset_on") - pl.col("origin_on")).dt.total_days()
            landmark = (onset_day + figure["landmark_months"] * DAYS_PER_MONTH).floor()
            entry = pl.max_horizontal(entry, landmark)
        rows = rows.with_columns(entry.cast(pl.Int32).alias("entry_days"))
        rows = rows.filter(pl.col("exit_days") > pl.col("entry_days"))
        return (AgedGroup if figure["scale"] == "age" else Group)(rows, definitions)


def _compared(figure: Figure, followed: _Followed) -> dict[str, Any]:
    """Make the row of one figure."""
    row = {
        **{name: figure[name] for name in ("figure_id", "study", "statement", "quantity", "scale", "unit")},
        "published": figure["value"],
        "published_n": figure["n_behind"],
        "better_quantity": "none",
        "verdict": "not_comparable",
    }
    if figure["why_not"] is not None:
        return row | {"reason": _sentence(figure["why_not"], _untested(figure, followed))}
    group = followed.group(figure)
    classes = ", ".join(name.replace("_", " ") for name in figure["case_classes"])
    if not group.n:
        return row | {"own_n": 0, "reason": _sentence(f"no child classed {classes} can be followed here")}
    fewest = group.definitions.minimum_at_risk
    answer = ANSWERS[figure["quantity"]](group, figure)
    if 0 < answer.own.n < fewest:
        return row | {
            "reason": _sentence(f"fewer than {fewest} children classed {classes} are behind it here")
        }
    if answer.better is not None and answer.better.n < fewest:
        answer = replace(answer, better=None)
    row |= {"own_n": answer.own.n, "better_quantity": answer.better_quantity}
    row |= _columns("own", answer.own) | _columns("better", answer.better)
    if answer.p is None:
        return row | {"reason": _sentence(answer.lacks, *_assumed(figure, followed))}
    verdict = "different" if answer.p < 1 - group.definitions.confidence else "compatible"
    said = f"{verdict}: of the children classed {classes} {_against(figure, answer)}"
    return row | {"verdict": verdict, "reason": _sentence(said, *_assumed(figure, followed))}


def _untested(figure: Figure, followed: _Followed) -> str:
    """Say what is known here of a usual window, where its population and its origin are."""
    is_known = figure["case_classes"] and figure["time_origin"] != "treatment"
    if figure["quantity"] != "usual_window" or not is_known:
        return ""
    group = followed.group(figure)
    return shares_at_ends(group, figure) if group.n >= group.definitions.minimum_at_risk else ""


def _columns(prefix: str, estimate: Estimate | None) -> dict[str, float | None]:
    known = estimate or Estimate(None, None, None, 0)
    return {prefix: known.value, f"{prefix}_lower": known.lower, f"{prefix}_upper": known.upper}


def _against(figure: Figure, answer: Answer) -> str:
    """Say the own value, the published one, the p-value and the better value."""
    unit, n = UNIT[figure["unit"]], figure["n_behind"]
    published = f"{figure['value']:.1f}{unit} ({'number not given' if n is None else f'n = {n}'})"
    p = "p < 0.001" if answer.p is not None and answer.p < 0.001 else f"p = {answer.p:.3f}"
    said = f"{_in_words(answer.own, unit)} here against {published} published, {p}"
    if answer.better is None or answer.better is answer.own:
        return said if answer.better else f"{said}; the curve here does not tell the {answer.better_quantity}"
    return f"{said}; the {answer.better_quantity}, is {_in_words(answer.better, unit)}"


def _in_words(estimate: Estimate, unit: str) -> str:
    if estimate.value is None:
        return f"not reached (n = {estimate.n})"
    lower, upper = ("not reached" if x is None else f"{x:.1f}" for x in (estimate.lower, estimate.upper))
    limits = "no limits" if estimate.lower is estimate.upper is None else f"{lower} to {upper}"
    return f"{estimate.value:.1f}{unit} ({limits}, n = {estimate.n})"


def _assumed(figure: Figure, followed: _Followed) -> list[str]:
    """Say what had to be assumed."""
    said = []
    if figure["definition"] == "unknown":
        said.append(f"the source does not state its definition, {followed.own.name} was used")
    elif (used := followed.definitions_of(figure)) is not followed.own:
        said.append(f"derived under {used.name}, the preset that comes nearest to the source")
    if figure["scale"] == "duration" and figure["time_origin"] == "unknown":
        said.append(f"the source does not say from when it counts, {followed.duration_origin} was used")
    if figure["scale"] == "age":
        said.append("for all children durations are taken not to depend on the age at onset")
    if figure["landmark_months"] is not None:
        said.append(
            f"only children still neutropenic {figure['landmark_months']:g} months after onset are taken"
        )
    if figure["quantity"] == "share_resolved":
        said.append("a share without a time depends on how long the children were followed")
    return [*said, *([figure["assumption"]] if figure["assumption"] else [])]


def _sentence(*parts: str) -> str:
    """Join the parts of one sentence."""
    said = "; ".join(part for part in parts if part)
    return f"{said[0].upper()}{said[1:]}."
