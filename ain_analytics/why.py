"""Why a child has its class: the rule that fired, the rows behind it, and why no rule above it fired."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ain_analytics.cases import AT, RULES, class_periods, judged_days
from ain_analytics.charts import chart_patient
from ain_analytics.cycles import cyclic_facts
from ain_analytics.definition_file import read_definition
from ain_analytics.definitions import Definitions
from ain_analytics.errors import BadDefinition
from ain_analytics.flips import what_would_change
from ain_analytics.knowledge import KEY
from ain_analytics.registry import Registry, open_registry
from ain_analytics.rules import Rule, in_numbers
from ain_analytics.schema.derived import EVIDENCE
from ain_analytics.schema.results import Change
from ain_analytics.terminal import make_console
from ain_analytics.why_card import card, change_in_words, class_in_words, fact_in_words

ANSWER = {True: "true", False: "false", None: "unknown"}
SHOWN = ["evidence", "known_on", "detail", "table_name", "file", "row_number"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Why:
    """The proof of the classes of one child. It names rows of a child: never for shared output.

    Parameters
    ----------
    episodes : polars.DataFrame
        One row per episode: `episode_number`, `onset_by`, `case_class`, `known_on`.
    rules : polars.DataFrame
        One row per episode and rule down to the one that fired: `order`, `rule`, `answer` (true, false,
        unknown), `because`.
    facts : polars.DataFrame
        One row per fact known by then: `evidence`, `known_on`, `detail`, `table_name`, `file`,
        `row_number`; `speaks_for` says whether the class rests on it. What several counts tell has the row
        of the last of them, with which it became known; a child's Duffy type stands in its row of `patient`.
    changes : polars.DataFrame
        `Change`, one row per episode: the smallest change that gives another class.
    at : str
        By what was known when.
    definitions : Definitions
        The choices of the study.
    chart : altair chart
        The history of the child.
    """

    episodes: pl.DataFrame
    rules: pl.DataFrame
    facts: pl.DataFrame
    changes: pl.DataFrame
    at: str
    definitions: Definitions
    chart: Any

    def as_text(self) -> str:
        """Say it in lines."""
        lines = []
        for episode in self.episodes.to_dicts():
            mine = pl.col("episode_number") == episode["episode_number"]
            *above, fired = self.rules.filter(mine).to_dicts()
            lines += [
                class_in_words(episode, self.at),
                f"  because {fired['because']}",
                *(f"  - {_fact(row)}" for row in self.facts.filter(mine, "speaks_for").to_dicts()),
                *(["  No rule above it fired:"] if above else []),
                *(f"  {row['order']:>2} {row['rule']}: {row['answer']}, {row['because']}" for row in above),
            ]
            others = self.facts.filter(mine, ~pl.col("speaks_for")).to_dicts()
            lines += ["  Also known by then:"] if others else []
            lines += [f"  - {_fact(row)}" for row in others]
            lines += [f"  {change_in_words(row)}" for row in self.changes.filter(mine).to_dicts()]
        return "\n".join(lines or ["No episode of neutropenia."])

    def __str__(self) -> str:
        return self.as_text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return card(self.chart, self.episodes, self.rules, self.facts, self.changes, self.at)


def why(registry: Registry, patient_id: str, *, at: str = "baseline") -> Why:
    """Say of each episode of a child why it has its class, and why no other.

    Parameters
    ----------
    registry : Registry
    patient_id : str
        Key of the child.
    at : {"baseline", "end"}
        By what was known when.

    Returns
    -------
    Why
        Prints itself; `chart` is the timeline.

    Raises
    ------
    BadDefinition
        `at` is none of those.
    UnknownPatient
        The child is not among the usable ones.

    Examples
    --------
    >>> key = registry.frame("episode")["patient_id"][0]
    >>> ain.why(registry, key).rules["answer"][-1]
    'true'
    """
    if at not in AT:
        raise BadDefinition("at", at, f"must be one of {', '.join(AT)}")
    chart = chart_patient(registry, patient_id, classes=class_periods(registry))
    known, held = judged_days(registry, at)
    keys = known.episodes.select(*KEY, "onset_by").with_row_index("episode").cast({"episode": pl.Int64})
    held = held.join(keys.filter(pl.col("patient_id") == patient_id), on="episode", maintain_order="left")
    conditions = [
        condition.holds.alias(f"{rule.name} {place}")
        for rule in RULES.values()
        for place, condition in enumerate(rule.conditions)
    ]
    asked = known.answers(held, lambda facts: facts.select(conditions))
    numbers = in_numbers(registry.definitions)
    rules = [row for episode in asked.to_dicts() for row in _asked(episode, numbers)]
    columns = {"episode_number": pl.Int32, "order": pl.Int32, "rule": pl.String, "answer": pl.String}
    return Why(
        held.select("episode_number", "onset_by", "case_class", "known_on"),
        pl.DataFrame(rules, schema=columns | {"because": pl.String}),
        _facts_of(registry, held),
        _changes_of(registry, patient_id, at),
        at,
        registry.definitions,
        chart,
    )  # fmt: skip


def say_why(source: Path | str, patient_id: str, definition: str, at: str) -> None:
    """Print why a child of an extract has its class; the child's key is never printed."""
    with open_registry(source, definitions=read_definition(definition)) as registry:
        make_console().print(why(registry, patient_id, at=at).as_text())


def _asked(episode: dict[str, Any], numbers: dict[str, object]) -> list[dict[str, object]]:
    """Ask the rules of one episode from the top, down to the one that fires."""
    rows: list[dict[str, object]] = []
    for order, rule in enumerate(RULES.values(), start=1):
        answers = [episode[f"{rule.name} {place}"] for place in range(len(rule.conditions))]
        answer = False if False in answers else None if None in answers else True
        rows.append(
            {
                "episode_number": episode["episode_number"],
                "order": order,
                "rule": rule.name,
                "answer": ANSWER[answer],
                "because": _because(rule, answers, answer).format(**numbers),
            }
        )
        if answer:
            break
    return rows


def _because(rule: Rule, answers: list[bool | None], answer: bool | None) -> str:
    """Give the conditions that made the answer: all of a true one, else those that failed it."""
    words = {True: "name", False: "otherwise", None: "unknown"}[answer]
    deciding = [
        getattr(condition, words)
        for condition, found in zip(rule.conditions, answers, strict=True)
        if found is answer
    ]
    return "; ".join(dict.fromkeys(deciding))


def _facts_of(registry: Registry, held: pl.DataFrame) -> pl.DataFrame:
    """Give every fact of these episodes that was known by then, marked where the class rests on it."""
    episodes = held.select(*KEY, "since", "case_class")
    told = registry.frame("case_evidence").with_columns(pl.col("evidence").cast(pl.String))
    facts = pl.concat([told, cyclic_facts(registry)], how="diagonal_relaxed")
    place = pl.col("evidence").cast(pl.Enum(EVIDENCE))
    speaks = pl.DataFrame(
        [(name, kind, True) for name, rule in RULES.items() for kind in rule.evidence],
        schema={"case_class": pl.String, "evidence": pl.String, "speaks_for": pl.Boolean},
        orient="row",
    )
    mine = facts.join(episodes.cast({"case_class": pl.String}), on=KEY)
    return (
        _with_counts(registry, mine)
        .filter(pl.col("known_on") <= pl.col("since"))
        .join(speaks, on=["case_class", "evidence"], how="left")
        .with_columns(pl.col("speaks_for").fill_null(False))
        .sort("episode_number", "known_on", place, "table_name", "file", "row_number")
        .select("episode_number", "speaks_for", *SHOWN)
    )


def _with_counts(registry: Registry, facts: pl.DataFrame) -> pl.DataFrame:
    """Give what rests on counts the row of the lowest count of the day on which it became known."""
    children = facts["patient_id"].unique().implode()
    lowest = (
        registry.frame("anc_result")
        .filter(pl.col("patient_id").is_in(children))
        .sort("anc", "file", "row_number")
        .unique(["patient_id", "sampled_on"], keep="first")
        .select(
            "patient_id",
            pl.lit("lab_result").alias("table_name"),
            known_on="sampled_on",
            count_file="file",
            count_row="row_number",
        )
    )
    has_row = pl.col("file").is_not_null()
    return facts.join(lowest, on=["patient_id", "table_name", "known_on"], how="left").with_columns(
        pl.when(has_row).then("file").otherwise("count_file").alias("file"),
        pl.when(has_row).then("row_number").otherwise("count_row").alias("row_number"),
    )


def _fact(row: dict[str, object]) -> str:
    """Say one fact in a line."""
    known_on, evidence, detail, place = fact_in_words(row)
    return f"{known_on} {evidence} ({detail}): {place}"


def _changes_of(registry: Registry, patient_id: str, at: str) -> pl.DataFrame:
    """Find what would change the classes; an engine elsewhere cannot try it."""
    if hasattr(registry.connection, "derive"):
        return Change.create_empty()
    return what_would_change(registry, patient_id, at=at)
