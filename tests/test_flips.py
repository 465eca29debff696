"""What would change a class: hand-made answers, and every answer made anew from changed tables.

Here a change is made by this file's own few lines on the tables of the extract; of the program only the names
of a change's columns are taken.
"""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import ain_analytics as ain
from ain_analytics.definitions import TEXTBOOK, AncBand
from ain_analytics.errors import BadDefinition, BadFrame, UnknownPatient
from ain_analytics.flips import KINDS, _known, possible_changes
from ain_analytics.possible_facts import ADDABLE, CHANGEABLE, NOT_ONE_ROW, additions, alterations
from ain_analytics.rules import RULES
from ain_analytics.schema.derived import CASE_CLASS, EVIDENCE

CLASS_AT = {"baseline": "case_class", "end": "case_class_at_end"}
LIFELONG = ["patient_id", "onset_by"]
LOWEST = [(f"tenths_{n}", n / 10) for n in range(1, 10)]


@pytest.fixture
def story(story):
    """Let `expect` compare what would change the class: at the end, by these kinds of change."""

    def found(engine, kinds, definitions):
        registry = story.registry(definitions)
        return ain.what_would_change(registry, kinds=KINDS if kinds == "any" else (kinds,)).to_dicts()

    story.found = found
    return story


@pytest.fixture
def with_onset(given):
    """Give children an open episode from a day on."""

    def add(*patients, day=200, anc=0.4):
        lines = [f"{patient} | {on} | {anc}" for patient in patients for on in (day, day + 30)]
        given("anc", "\n".join(["patient | day | anc", *lines]))

    return add


@pytest.fixture
def tested(given, with_onset):
    """Children by their antibody tests: the next rule is one more test away, or none is."""
    with_onset("never", "two", "three", "four", "positive", "unclear")
    negatives = [
        f"{c} | {210 + n} | GIFT | negative"
        for c, k in (("two", 2), ("three", 3), ("four", 4))
        for n in range(k)
    ]
    given("antibody_test", "\n".join(["patient | day | test | result", *negatives]))
    given("antibody_test", """
        patient  | day | test | result
        positive | 215 | GIFT | positive
        unclear  | 215 | GIFT | indeterminate
    """)  # fmt: skip


def test_the_smallest_change_is_the_test_that_leads_to_the_nearest_rule(tested, expect):
    expect("any", """
        patient  | class_before       | kind       | class_after        | what
        never    | untested           | fact_added | probable_primary   | a negative antibody test (GIFT), by 2025-06-30
        unclear  | undetermined       | fact_added | probable_primary   | a negative antibody test (GIFT), by 2025-06-30
        two      | probable_primary   | fact_added | primary_autoimmune | one more positive antibody test (GIFT), by 2025-06-30
        three    | probable_primary   | fact_added | idiopathic         | one more negative antibody test (GIFT), by 2025-06-30
        four     | idiopathic         | fact_added | primary_autoimmune | one more positive antibody test (GIFT), by 2025-06-30
        positive | primary_autoimmune | fact_added | secondary_other    | another cause, a large spleen (D73.1), by 2025-06-30
    """)  # fmt: skip


def test_a_known_test_that_would_have_shown_something_else(tested, expect):
    expect("fact_changed", """
        patient  | class_after        | what
        never    |                    | no one such change gives another class; known facts that this class rests on: 0
        unclear  | probable_primary   | the antibody test of 2018-08-04 negative instead of indeterminate
        two      | primary_autoimmune | the antibody test of 2018-07-31 positive instead of negative
        three    | primary_autoimmune | the antibody test of 2018-08-01 positive instead of negative
        four     | primary_autoimmune | the antibody test of 2018-08-02 positive instead of negative
        positive | probable_primary   | the antibody test of 2018-08-04 negative instead of positive
    """)  # fmt: skip


def test_a_number_of_negative_tests_that_the_child_stands_on(tested, expect):
    expect("choice", """
        patient  | class_after      | field                         | value
        never    | no_episode       | anc_bands                     | 0.4
        unclear  | no_episode       | anc_bands                     | 0.4
        two      | idiopathic       | negative_tests_for_idiopathic | 2.0
        three    | idiopathic       | negative_tests_for_idiopathic | 3.0
        four     | probable_primary | negative_tests_for_idiopathic | 5.0
        positive | no_episode       | anc_bands                     | 0.4
    """)  # fmt: skip


def test_a_limit_on_the_lowest_count_leaves_no_episode_whatever_its_decimals(given, expect):
    """Three tenths, as a product of 0.1, are a little more than 0.3: that count would still be neutropenic."""
    counts = [f"{c} | {200 + 30 * n} | {x}" for c, low in LOWEST for n, x in enumerate((0.95, low, 0.98))]
    given("anc", "\n".join(["patient | day | anc", *counts]))
    expect("choice", "\n".join(
        ["patient | class_after | field | value", *(f"{c} | no_episode | anc_bands | {x}" for c, x in LOWEST)]
    ))  # fmt: skip


def test_windows_are_widened_to_the_fact_outside_and_narrowed_to_leave_out_the_one_on_the_edge(
    given, with_onset, expect
):
    """The windows: tests from 90 days before the onset, infections from 30 before it to 14 after it."""
    with_onset("inside", "outside", "before", "day_before", "after", "day_after")
    given("antibody_test", """
        patient | day | test | result
        inside  | 110 | GIFT | positive
        outside | 109 | GIFT | positive
    """)  # fmt: skip
    given("diagnosis", """
        patient    | day | code
        before     | 170 | B27.0
        day_before | 169 | B27.0
        after      | 214 | B27.0
        day_after  | 215 | B27.0
    """)  # fmt: skip
    expect("choice", """
        patient    | class_before        | class_after         | field                 | value
        inside     | primary_autoimmune  | untested            | antibody_before_days  | 89.0
        outside    | untested            | primary_autoimmune  | antibody_before_days  | 91.0
        before     | secondary_infection | untested            | infection_before_days | 29.0
        day_before | untested            | secondary_infection | infection_before_days | 31.0
        after      | secondary_infection | untested            | infection_after_days  | 13.0
        day_after  | untested            | secondary_infection | infection_after_days  | 15.0
    """)  # fmt: skip


def test_a_newborn_is_one_day_of_the_definition_away_from_being_none(given, with_onset, expect):
    with_onset("last_day", day=27)
    with_onset("too_old", day=28)
    expect("choice", """
        patient  | class_before          | class_after           | field         | value
        last_day | neonatal_undetermined | untested              | neonatal_days | 27.0
        too_old  | untested              | neonatal_undetermined | neonatal_days | 29.0
    """)  # fmt: skip
    expect("any", """
        patient  | class_after         | what
        last_day | neonatal_alloimmune | a positive antibody test (MAIGA) of the mother, by 2025-06-30
        too_old  | probable_primary    | a negative antibody test (GIFT), by 2025-06-30
    """)  # fmt: skip


def test_a_choice_is_changed_to_five_times_its_value_at_most(given, with_onset, expect):
    with_onset("five_times", day=139, anc=0)
    with_onset("farther", day=140, anc=0)
    expect("choice", """
        patient    | class_before | kind   | class_after           | field         | value
        five_times | untested     | choice | neonatal_undetermined | neonatal_days | 140.0
        farther    | untested     | none   |                       |               |
    """)  # fmt: skip


def test_what_rests_on_two_findings_is_changed_by_a_limit_only_and_by_nothing_where_a_count_was_nought(
    given, with_onset, expect
):
    with_onset("one", "two")
    with_onset("nought", anc=0)
    given("genetic_test", """
        patient | day | gene  | result
        one     | 220 | ELANE | pathogenic
        two     | 220 | ELANE | pathogenic
        two     | 221 | HAX1  | pathogenic
        nought  | 220 | ELANE | pathogenic
        nought  | 221 | HAX1  | pathogenic
    """)  # fmt: skip
    expect("any", """
        patient | kind         | class_after | what
        one     | fact_changed | untested    | the gene test of 2018-08-09 without a finding instead of pathogenic
        two     | choice       | no_episode  | every anc limit at most 0.4
        nought  | none         |             | no one such change gives another class; known facts that this class rests on: 2
    """)  # fmt: skip


def test_a_culprit_drug_is_given_until_the_counts_recovered_and_only_where_they_did(
    given, with_onset, expect
):
    with_onset("open")
    given("anc", """
        patient   | day | anc
        recovered | 200 | 0.4
        recovered | 300 | 2.0
        recovered | 340 | 2.0
    """)  # fmt: skip
    given("diagnosis", """
        patient   | day | code
        open      | 205 | C91.0
        recovered | 205 | C91.0
    """)  # fmt: skip
    expect("any", """
        patient   | class_before               | class_after  | cells
        open      | malignancy_or_chemotherapy | congenital   | gene=ELANE; result=pathogenic; tested_on=2025-06-30
        recovered | malignancy_or_chemotherapy | drug_induced | code=J01EE01; ended_on=2018-10-27; code_system=ATC; started_on=2018-07-19
    """)  # fmt: skip


def test_every_kind_of_fact_that_a_rule_asks_for_can_be_brought_or_says_why_not():
    asked = {
        kind for rule in RULES.values() for one in rule.conditions for kind in (*one.evidence, *one.against)
    }
    brought = {fact.kind for fact in ADDABLE}
    assert asked <= brought | set(NOT_ONE_ROW)
    assert not brought & set(NOT_ONE_ROW)
    assert brought | {fact.kind for fact in CHANGEABLE} <= set(EVIDENCE)


def cells_of(change):
    return dict(part.split("=") for part in change["cells"].split("; "))


def changed_tables(tables, changes):
    """Add rows to tables, or write other cells into their rows."""
    made = {name: frame.to_dicts() for name, frame in tables.items()}
    place = {row["patient_id"]: n for n, row in enumerate(made["patient"])}
    for change in changes.to_dicts():
        name, cells = change["table_name"], cells_of(change)
        if name == "patient":
            made[name][place[change["patient_id"]]].update(cells)
        elif change["kind"] == "fact_added":
            made[name].append({"patient_id": change["patient_id"], **cells})
        else:
            row = made[name][change["row_number"] - 1]
            assert (row["patient_id"], change["file"]) == (change["patient_id"], name)
            row.update(cells)
    return {name: pl.DataFrame(rows, schema=tables[name].schema) for name, rows in made.items()}


def copies(tables, changes):
    """Give each change a child of its own: a copy of all rows of the child, under another key."""
    changes = changes.with_columns(copy=pl.concat_str("patient_id", pl.lit("-"), pl.int_range(pl.len())))
    made, places = {}, []
    for name, rows in tables.items():
        copied = (
            rows.with_row_index("row_number", 1)
            .join(changes.select("patient_id", "copy"), on="patient_id", maintain_order="left")
            .with_row_index("new_number", 1)
        )
        places.append(copied.select("copy", "row_number", "new_number", table_name=pl.lit(name)))
        made[name] = copied.select(pl.col("copy").alias("patient_id"), *rows.columns[1:])
    numbers = pl.concat(places).cast({"row_number": pl.Int64, "new_number": pl.Int64})
    changes = changes.join(
        numbers, on=["copy", "table_name", "row_number"], how="left", maintain_order="left"
    )
    return made, changes.drop("patient_id", "row_number").rename(
        {"copy": "patient_id", "new_number": "row_number"}
    )


def changed_choice(field, value):
    if field == "anc_bands":
        bands = [AncBand(b.from_months, min(b.entry_limit, value), b.exit_limit) for b in TEXTBOOK.anc_bands]
        return replace(TEXTBOOK, anc_bands=tuple(bands))
    return replace(TEXTBOOK, **{field: type(getattr(TEXTBOOK, field))(value)})


def classes(registry, at):
    found = ain.classify(registry).select(
        "patient_id", "episode_number", now=pl.col(CLASS_AT[at]).cast(pl.String)
    )
    spans = registry.frame("episode").select("patient_id", "episode_number", "onset_by")
    return found.join(spans, on=["patient_id", "episode_number"]).drop("episode_number")


def assert_flips(demo, registry, changes, at):
    """Make every change on the tables, each on a copy of its child, and compare the classes that come of it."""
    spans = registry.frame("episode").select(
        "patient_id", "episode_number", "onset_by", last_on=pl.coalesce("resolution_after", "censored_on")
    )
    changes = changes.join(spans, on=["patient_id", "episode_number"]).filter(pl.col("kind") != "none")
    assert (changes["class_before"].cast(pl.String) != changes["class_after"].cast(pl.String)).all()
    before = changes.join(classes(registry, at), on=LIFELONG, how="left")
    assert (before["now"] == before["class_before"].cast(pl.String)).all()
    is_choice = pl.col("kind") == "choice"
    facts = changes.filter(~is_choice)
    tables, facts = copies(demo.tables, facts)
    n_checked = 0
    if not facts.is_empty():
        with ain.open_registry(changed_tables(tables, facts), extracted_on=demo.extracted_on) as changed:
            n_checked += assert_classes(facts, classes(changed, at))
    chosen = changes.filter(is_choice)
    if not chosen.is_empty():
        mine = {name: rows.join(chosen, on="patient_id", how="semi") for name, rows in demo.tables.items()}
        with ain.open_registry(mine, extracted_on=demo.extracted_on) as few:
            for part in chosen.partition_by("field", "value"):
                definitions = changed_choice(*part.select("field", "value").row(0))
                with few.briefly_under(definitions, None) as changed:
                    n_checked += assert_classes(part, classes(changed, at))
    assert n_checked == changes.height


def assert_classes(changes, found):
    gone = changes.filter(pl.col("class_after") == "no_episode")
    again = gone.join(found.rename({"onset_by": "begun_on"}), on="patient_id").filter(
        pl.col("begun_on") >= pl.col("onset_by"), pl.col("begun_on") <= pl.col("last_on")
    )
    assert again.is_empty()
    stays = changes.filter(pl.col("class_after") != "no_episode").join(found, on=LIFELONG, how="left")
    wrong = stays.filter(pl.col("now").ne_missing(pl.col("class_after").cast(pl.String)))
    assert wrong.is_empty(), wrong.select("class_before", "class_after", "now", "what").rows()[:5]
    return changes.height


@pytest.mark.parametrize("at", ["end", "baseline"])
def test_every_change_gives_the_class_that_it_says_to_every_child(at):
    demo = ain.simulate(300, seed=21)
    with ain.open_registry(demo.tables, extracted_on=demo.extracted_on) as registry:
        found = ain.what_would_change(registry, at=at)
        assert found.height == registry.n_rows("episode")
        assert_flips(demo, registry, found, at)


@pytest.mark.parametrize("kind", ["fact_changed", pytest.param("choice", marks=pytest.mark.long)])
def test_so_does_every_change_of_one_kind(kind):
    demo = ain.simulate({"fact_changed": 300, "choice": 10}[kind], seed=22)
    with ain.open_registry(demo.tables, extracted_on=demo.extracted_on) as registry:
        found = ain.what_would_change(registry, kinds=(kind,))
        assert set(found["kind"]) <= {kind, "none"}
        assert_flips(demo, registry, found, "end")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kinds", "n"),
    [(KINDS, 10_000), (("fact_changed",), 10_000), (("choice",), 300)],
    ids=["any", "fact", "choice"],
)
def test_the_same_of_ten_thousand_children(kinds, n):
    demo = ain.simulate(n, seed=5)
    with ain.open_registry(demo.tables, extracted_on=demo.extracted_on) as registry:
        found = ain.what_would_change(registry, kinds=kinds)
        assert found.height == registry.n_rows("episode")
        assert_flips(demo, registry, found, "end")


@pytest.mark.parametrize(("kind", "possible"), [("fact_added", additions), ("fact_changed", alterations)])
def test_no_smaller_fact_would_have_done_it(kind, possible):
    """All that could be added or changed is, whether or not the rules foresee that it flips."""
    demo = ain.simulate(40, seed=23)
    line = {name: n for n, name in enumerate(CASE_CLASS)}
    with ain.open_registry(demo.tables, extracted_on=demo.extracted_on) as registry:
        episodes, rows = _known(registry, None, "end")
        given = (episodes,) if possible is additions else (episodes, rows)
        candidates = possible(*given, registry.definitions).with_columns(child=pl.col("patient_id"))
        found = ain.what_would_change(registry, kinds=(kind,))
    tables, candidates = copies(demo.tables, candidates)
    with ain.open_registry(changed_tables(tables, candidates), extracted_on=demo.extracted_on) as changed:
        tried = candidates.join(classes(changed, "end"), on=LIFELONG, how="left")
    best = {}
    for row in tried.filter(pl.col("now") != pl.col("case_class")).to_dicts():
        n_lines = abs(line[row["now"]] - line[row["case_class"]])
        size = (row["now"] == "undetermined", n_lines, row["place"], row["now"], row["cells"])
        key = (row["child"], row["episode_number"])
        best[key] = min(best.get(key, size), size)
    assert tried["now"].null_count() == 0
    assert tried.height > found.height
    for row in found.to_dicts():
        smallest = best.get((row["patient_id"], row["episode_number"]), (None,) * 5)
        assert (row["class_after"], row["cells"]) == smallest[3:], row["what"]


def test_a_smaller_kind_of_change_is_taken_first():
    demo = ain.simulate(60, seed=24)
    with ain.open_registry(demo.tables, extracted_on=demo.extracted_on) as registry:
        any_kind = ain.what_would_change(registry)
        added = ain.what_would_change(registry, kinds=("fact_added",)).filter(pl.col("kind") != "none")
    assert_frame_equal(any_kind.filter(pl.col("kind") == "fact_added"), added)


def test_one_child_is_told_what_all_are_told_and_nothing_is_changed_in_the_registry():
    demo = ain.simulate(40, seed=25)
    with ain.open_registry(demo.tables, extracted_on=demo.extracted_on) as registry:
        before = ain.classify(registry)
        whole = ain.what_would_change(registry)
        child = whole["patient_id"][3]
        mine = whole.filter(pl.col("patient_id") == child)
        assert_frame_equal(ain.what_would_change(registry, child), mine)
        assert_frame_equal(ain.classify(registry), before)
        schemas = registry.connection.sql("select distinct schema_name from information_schema.schemata").pl()
        assert not schemas["schema_name"].str.starts_with("changed_").any()
        said = str(ain.why(registry, child, at="end"))
        assert f"What would change it: {mine['what'][0]} ({mine['class_after'][0]})" in said
        assert child not in said


def test_what_cannot_be_asked_is_refused():
    demo = ain.simulate(20, seed=1)
    with ain.open_registry(demo.tables, extracted_on=demo.extracted_on) as registry:
        with pytest.raises(BadDefinition, match="baseline, end"):
            ain.what_would_change(registry, at="noon")
        with pytest.raises(BadDefinition, match="fact_added, fact_changed, choice"):
            ain.what_would_change(registry, kinds=("wish",))
        with pytest.raises(UnknownPatient):
            ain.what_would_change(registry, "nobody-of-that-name")
        with pytest.raises(BadFrame, match="no change"):
            ain.apply_changes(registry, ain.what_would_change(registry).head(0))


def test_a_registry_as_of_an_earlier_day_is_changed_by_what_was_known_then():
    demo = ain.simulate(40, seed=26)
    day = date(2019, 1, 1)
    with ain.open_registry(demo.tables, extracted_on=demo.extracted_on) as registry:
        found = ain.what_would_change(registry.as_of(day))
        assert found.height == registry.as_of(day).n_rows("episode")
        days = (
            found.filter(pl.col("kind") == "fact_added")["cells"]
            .str.extract(r"_on=(\d{4}-\d\d-\d\d)")
            .drop_nulls()
        )
        assert days.max() <= str(day)
        assert possible_changes(registry.as_of(day)).height > 0
