"""Which one fact may be added to an extract or changed in it, as a row or as cells of a row, by kind.

Every kind of fact that a rule asks for stands here, or in `NOT_ONE_ROW` with the reason why one row cannot
bring it about. The codes are examples of their kind: any other of the same role does the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from ain_analytics.changed import ADDED, ALTERED, BEFORE_CELL, BETWEEN_CELLS
from ain_analytics.definitions import Definitions

CUTOFF, ONSET, BIRTH = pl.col("cutoff"), pl.col("onset_by"), pl.col("birth_date")
DAY = pl.duration(days=1)
ALWAYS = pl.lit(True)
DAY_OF = {
    "antibody_test": "sampled_on",
    "diagnosis": "recorded_on",
    "genetic_test": "tested_on",
    "marrow_exam": "examined_on",
    "lab_result": "sampled_at",
    "treatment": "started_on",
}
GIFT = {"test": "GIFT", "subject": "patient"}
MAIGA = {"test": "MAIGA", "subject": "mother"}
ICD, ATC = {"code_system": "ICD-10"}, {"code_system": "ATC"}
PLATELETS: Mapping[str, str | pl.Expr] = {"code": "777-3", "code_system": "LOINC", "unit": "10*9/L"}
COUNTS = "one count more may move the episode itself, so counts are never added or changed (our choice)"
NOT_ONE_ROW = dict.fromkeys(
    (
        "dense_counts", "regular_nadirs", "cyclic_pattern", "count_below_duffy", "duffy_pattern",
        "chronic_course", "transient_course", "drug_without_recovery",
    ),
    COUNTS,
) | {
    "drug_recovery": "it comes with a culprit drug whose end the counts followed",
    "enough_negatives": "it comes with the last negative test that was missing",
}  # fmt: skip
_last_free_day = (
    pl.when(~pl.col("tested_on").list.contains(pl.min_horizontal("antibody_to", CUTOFF)))
    .then(pl.min_horizontal("antibody_to", CUTOFF))
    .otherwise(pl.min_horizontal("antibody_to", CUTOFF) - DAY)
)
"""A second row that says the same of the same day would be a duplicate, and count for nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Addable:
    """One row that may be added.

    Parameters
    ----------
    kind : str
        The kind of fact that it brings.
    words : str
        What it is.
    table : str
        Where it stands.
    cells : mapping of column to text or expression
        What it says, beside its day.
    first, last : polars.Expr
        Days between which it speaks of the episode.
    brings : mapping of kind to expression
        What else comes with it, and when.
    when : polars.Expr
        Whether it may be added at all.
    """

    kind: str
    words: str
    table: str
    cells: Mapping[str, str | pl.Expr]
    first: pl.Expr = BIRTH
    last: pl.Expr = CUTOFF
    brings: Mapping[str, pl.Expr] = field(default_factory=dict)
    when: pl.Expr = ALWAYS


def _test(kind: str, words: str, **cells: str) -> Addable:
    said: dict[str, str | pl.Expr] = {**GIFT, **cells}
    return Addable(kind, words, "antibody_test", said, pl.col("antibody_from"), _last_free_day)


def _drug(kind: str, words: str, code: str, last_dose: pl.Expr, **more: pl.Expr) -> Addable:
    """Give a drug from the day before the onset on, so that it is in the window of every definition."""
    cells: dict[str, str | pl.Expr] = {"code": code, "ended_on": last_dose.cast(pl.String), **ATC}
    before = ONSET - DAY
    return Addable(kind, words, "treatment", cells, before, before, more, last_dose >= before)


_NO_DUFFY = pl.col("duffy_status") == "unknown"
ADDABLE = (
    _test("antibody_negative", "a negative antibody test (GIFT)", result="negative"),
    _test("antibody_positive", "a positive antibody test (GIFT)", result="positive", specificity="HNA-1a"),
    _test("antibody_indeterminate", "an indeterminate antibody test (GIFT)", result="indeterminate"),
    _test("antibody_hla_only", "an antibody test (GIFT) positive for HLA only",
          result="positive", specificity="HLA class I"),
    Addable("maternal_antibody", "a positive antibody test (MAIGA) of the mother", "antibody_test",
            MAIGA | {"result": "positive"}),
    Addable("maternal_negative", "a negative antibody test (MAIGA) of the mother", "antibody_test",
            MAIGA | {"result": "negative"}),
    Addable("duffy_null", "a test of the Duffy antigen: null", "patient", {"duffy_status": "null"},
            when=_NO_DUFFY),
    Addable("duffy_positive", "a test of the Duffy antigen: positive", "patient",
            {"duffy_status": "positive"}, when=_NO_DUFFY),
    Addable("infection", "an infection (B27.0)", "diagnosis", {"code": "B27.0"} | ICD,
            pl.col("infection_from"), pl.col("infection_to")),
    Addable("immunodeficiency", "an immunodeficiency (D83.9)", "diagnosis", {"code": "D83.9"} | ICD),
    Addable("autoimmune_disease", "an autoimmune disease (M32.9)", "diagnosis", {"code": "M32.9"} | ICD),
    Addable("other_cause", "another cause, a large spleen (D73.1)", "diagnosis", {"code": "D73.1"} | ICD),
    Addable("malignancy", "a malignancy (C91.0)", "diagnosis", {"code": "C91.0"} | ICD),
    Addable("second_cytopenia", "a low platelet count", "lab_result",
            {**PLATELETS, "value": pl.col("low_platelets")},
            pl.col("cytopenia_from"), ONSET, {"other_cells_counted": pl.lit(True)}),
    Addable("other_cells_counted", "a normal platelet count", "lab_result",
            {**PLATELETS, "value": pl.col("good_platelets")},
            pl.col("cytopenia_from"), ONSET),
    _drug("chemotherapy", "chemotherapy (L01BB02)", "L01BB02", ONSET - DAY),
    _drug("culprit_drug", "a culprit drug (J01EE01), given until the counts recovered", "J01EE01",
          pl.col("resolution_by") - DAY, drug_recovery=pl.col("confirmed_on") <= CUTOFF),
    Addable("cotrimoxazole_prophylaxis", "cotrimoxazole as prophylaxis (J01EE01)", "treatment",
            {"code": "J01EE01", "ended_on": ONSET.cast(pl.String), **ATC}, ONSET, ONSET),
    Addable("pathogenic_gene", "a pathogenic variant (ELANE)", "genetic_test",
            {"gene": "ELANE", "result": "pathogenic"}),
    Addable("gene_without_finding", "a neutropenia gene (ELANE) without a finding", "genetic_test",
            {"gene": "ELANE", "result": "negative"}),
    Addable("marrow_arrest", "a marrow with an arrest at the promyelocyte", "marrow_exam",
            {"cellularity": "promyelocyte_arrest"}),
)  # fmt: skip
"""Of two that do as much, the one that stands first is the smaller (our choice: what is asked for first)."""


@dataclass(frozen=True, slots=True, eq=False)
class Changeable:
    """Other cells in the row that one known fact stands in.

    Parameters
    ----------
    kind, becomes : str
        The kind of fact before and after; nothing where the row tells no rule anything any more.
    words : str
        What is changed, with the day of the fact in braces.
    table : str
        Where the row stands.
    cells : mapping of column to text or expression
        What it says instead.
    takes : tuple of str
        Kinds that go with the fact.
    """

    kind: str
    becomes: str
    words: str
    table: str
    cells: Mapping[str, str | pl.Expr]
    takes: tuple[str, ...] = ()


_RESULTS = {
    "negative": {"result": "negative"},
    "positive": {"result": "positive", "specificity": "HNA-1a"},
    "indeterminate": {"result": "indeterminate"},
}
_TESTS = tuple(
    Changeable(
        f"antibody_{was}",
        f"antibody_{now}",
        f"the antibody test of {{}} {now} instead of {was.replace('hla_only', 'positive for HLA only')}",
        "antibody_test",
        cells,
    )
    for was in ("negative", "positive", "indeterminate", "hla_only")
    for now, cells in _RESULTS.items()
    if now != was
)
_CAUSES = tuple(
    Changeable(kind, "", f"the diagnosis of {{}} a common cold (J06.9) instead of {words}", "diagnosis",
               {"code": "J06.9"} | ICD)
    for kind, words in (
        ("infection", "an infection that lowers counts"), ("immunodeficiency", "an immunodeficiency"),
        ("autoimmune_disease", "an autoimmune disease"), ("other_cause", "another cause"),
        ("malignancy", "a malignancy"),
    )
)  # fmt: skip
CHANGEABLE = (
    *_TESTS,
    Changeable("maternal_antibody", "maternal_negative", "the test of the mother of {} negative instead of "
               "positive", "antibody_test", {"result": "negative"}),
    Changeable("maternal_negative", "maternal_antibody", "the test of the mother of {} positive instead of "
               "negative", "antibody_test", {"result": "positive"}),
    Changeable("duffy_null", "duffy_positive", "Duffy-positive instead of Duffy-null", "patient",
               {"duffy_status": "positive"}),
    Changeable("duffy_positive", "duffy_null", "Duffy-null instead of Duffy-positive", "patient",
               {"duffy_status": "null"}),
    *_CAUSES,
    Changeable("second_cytopenia", "", "the low count of other blood cells of {} normal instead",
               "lab_result",
               {**PLATELETS, "value": pl.col("good_platelets")}),
    Changeable("chemotherapy", "", "the drug of {} amoxicillin (J01CA04) instead of chemotherapy",
               "treatment", {"code": "J01CA04"} | ATC),
    Changeable("culprit_drug", "", "the drug of {} amoxicillin (J01CA04) instead of a culprit", "treatment",
               {"code": "J01CA04"} | ATC, ("drug_recovery", "drug_without_recovery")),
    Changeable("pathogenic_gene", "gene_without_finding", "the gene test of {} without a finding instead of "
               "pathogenic", "genetic_test", {"result": "negative"}),
    Changeable("gene_without_finding", "pathogenic_gene", "the gene test of {} pathogenic instead of without "
               "a finding", "genetic_test", {"result": "pathogenic"}),
    Changeable("marrow_arrest", "marrow_without_arrest", "the marrow of {} normal instead of arrested",
               "marrow_exam", {"cellularity": "normal"}),
)  # fmt: skip


def additions(episodes: pl.DataFrame, choices: Definitions) -> pl.DataFrame:
    """Give one row per episode and fact that may be added, with what would be known then."""
    episodes = _with_platelets(episodes, choices)
    found = []
    for place, fact in enumerate(ADDABLE):
        last = pl.min_horizontal(fact.last, CUTOFF)
        is_more = pl.any_horizontal("has_antibody_positive", "has_antibody_negative")
        words = pl.lit(fact.words)
        if fact.kind in ("antibody_negative", "antibody_positive"):
            more = fact.words.replace("a ", "one more ", 1)
            words = pl.when(is_more).then(pl.lit(more)).otherwise(words)
        said = dict(fact.cells)
        if fact.table in DAY_OF:
            said[DAY_OF[fact.table]] = last.cast(pl.String)
        found.append(
            episodes.filter(pl.max_horizontal(fact.first, BIRTH) <= last, fact.when).with_columns(
                **_known(fact.kind, True),
                **{f"has_{kind}": pl.col(f"has_{kind}") | when for kind, when in fact.brings.items()},
                has_enough_negatives=_enough(choices, int(fact.kind == "antibody_negative")),
                kind=pl.lit(ADDED),
                place=pl.lit(place),
                what=pl.format("{}, by {}", words, last) if fact.table in DAY_OF else words,
                table_name=pl.lit(fact.table),
                cells=_written(said),
                file=pl.lit(None, pl.String),
                row_number=pl.lit(None, pl.Int64),
            )
        )
    return pl.concat(found)


def alterations(episodes: pl.DataFrame, rows: pl.DataFrame, choices: Definitions) -> pl.DataFrame:
    """Give one row per episode and fact that may be changed, with what would be known then.

    `rows` has one row per episode and known fact; of several of a kind the last one may be changed.
    """
    last = rows.group_by("episode", "evidence", maintain_order=True).agg(
        pl.len().alias("n"), pl.col("file", "row_number").last(), fact_on=pl.col("known_on").last()
    )
    episodes = _with_platelets(episodes, choices)
    found = []
    for place, fact in enumerate(CHANGEABLE):
        mine = last.filter(pl.col("evidence") == fact.kind).drop("evidence")
        gained = int(fact.becomes == "antibody_negative") - int(fact.kind == "antibody_negative")
        left = pl.col("n") > 1
        found.append(
            episodes.join(mine, on="episode", maintain_order="left").with_columns(
                **{f"has_{kind}": left & pl.col(f"has_{kind}") for kind in (fact.kind, *fact.takes)},
                **(_known(fact.becomes, True) if fact.becomes else {}),
                has_enough_negatives=_enough(choices, gained),
                kind=pl.lit(ALTERED),
                place=pl.lit(place),
                what=pl.format(fact.words, "fact_on") if "{}" in fact.words else pl.lit(fact.words),
                table_name=pl.lit(fact.table),
                cells=_written(fact.cells),
            )
        )
    return pl.concat(found).drop("n", "fact_on")


def _known(kind: str, value: bool) -> dict[str, pl.Expr]:
    return {f"has_{kind}": pl.lit(value)}


def _enough(choices: Definitions, gained: int) -> pl.Expr:
    return pl.col("n_negative") + gained >= choices.negative_tests_for_idiopathic


def _with_platelets(episodes: pl.DataFrame, choices: Definitions) -> pl.DataFrame:
    """Say which platelet counts are plainly low and plainly not."""
    return episodes.with_columns(
        low_platelets=pl.lit(f"{choices.platelets_below / 2:g}"),
        good_platelets=pl.lit(f"{choices.platelets_below * 2:g}"),
    )


def _written(cells: Mapping[str, str | pl.Expr]) -> pl.Expr:
    """Write cells as text, `column=cell; column=cell`."""
    parts = [
        pl.format(f"{column}{BEFORE_CELL}{{}}", cell if isinstance(cell, pl.Expr) else pl.lit(cell))
        for column, cell in cells.items()
    ]
    return pl.concat_str(parts, separator=BETWEEN_CELLS)
