"""FHIR R4: small sources by hand from the specification (https://hl7.org/fhir/R4), and whole registries."""

import gzip
import json
import random
import re
from copy import deepcopy

import duckdb
import polars as pl
import pytest

import ain_analytics as ain
from ain_analytics.errors import MissingTable, NothingUsable, UnreadableExtract
from ain_analytics.extract import read_extract
from ain_analytics.raw_tables import load_codes, load_source, make_raw_tables
from ain_analytics.registry import open_registry
from ain_analytics.schema import RAW
from ain_analytics.synthetic.forms import fhir
from ain_analytics.views import sql_folder

LOINC, SNOMED, UCUM = "http://loinc.org", "http://snomed.info/sct", "http://unitsofmeasure.org"
CHILD = {"resourceType": "Patient", "id": "7", "gender": "female", "birthDate": "2018-01-01"}
TO_CHILD = {"reference": "Patient/7"}


def coded(code, system=LOINC, **others):
    return {"coding": [{"system": system, "code": code}], **others}


def quantity(value, code="10*9/L", **others):
    return {"value": value, "system": UCUM, "code": code, **others}


COUNT = {
    "resourceType": "Observation",
    "status": "final",
    "code": coded("751-8"),
    "subject": TO_CHILD,
    "effectiveDateTime": "2018-06-01",
    "valueQuantity": quantity(0.4),
}


def without(resource, *names):
    return {name: value for name, value in resource.items() if name not in names}


@pytest.fixture
def source(tmp_path):
    """Write resources as NDJSON beside an `extract.toml`; give the folder."""

    def write(*resources, options="", name="all.ndjson"):
        lines = [line if isinstance(line, str) else json.dumps(line) for line in resources]
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        (tmp_path / "extract.toml").write_text(f"extracted_on = 2024-01-01\n{options}")
        return tmp_path

    return write


ALL_PLACES = "create view raw_fate_place as " + " union all ".join(
    f"select file, row_number from raw_{table}" for table in (*RAW, "other")
)


def raw(folder, table, *columns):
    """Give the rows of a raw table, without deriving anything from it."""
    extract = read_extract(folder)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        load_source(connection, extract, None)
        load_codes(connection, extract)
        make_raw_tables(connection, extract, sql_folder() / "00_format")
        connection.execute(ALL_PLACES)
        rows = connection.sql(f"select {', '.join(columns)} from raw_{table} order by all").fetchall()
    return [row if len(columns) > 1 else row[0] for row in rows]


def others(folder):
    return raw(folder, "other", "table_name", "row_number", "fate")


def bundle(*resources, urls=()):
    entries = [{"resource": resource} for resource in resources]
    for entry, url in zip(entries, urls, strict=False):
        entry["fullUrl"] = url
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


# The same registry, natively and as FHIR


@pytest.fixture(scope="module", params=[3, 4])
def both(request, tmp_path_factory):
    demo = ain.simulate(150, seed=request.param)
    folder = tmp_path_factory.mktemp("fhir")
    fhir.write(demo.tables, folder, demo.extracted_on)
    with (
        ain.open_registry(demo.tables, extracted_on=demo.extracted_on) as native,
        open_registry(folder) as read,
    ):
        yield native, read


def without_places(frame):
    columns = [name for name in frame.columns if name not in ("file", "row_number")]
    return frame.select(columns).sort(columns)


@pytest.mark.parametrize(
    "table",
    ["patient", "anc_result", "antibody_test", "cause", "treatment", "marrow_exam", "genetic_test",
     "daily_anc", "episode", "case_evidence"],
)  # fmt: skip
def test_a_registry_written_as_fhir_gives_the_same_rows(both, table):
    native, read = both
    assert without_places(read.frame(table)).equals(without_places(native.frame(table)))


def test_a_registry_written_as_fhir_gives_the_same_cases_and_follow_up(both):
    native, read = both
    cases = [ain.classify(registry) for registry in both]
    assert cases[0].equals(cases[1])
    assert ain.follow_up(native, cases[0]).equals(ain.follow_up(read, cases[1]))


def test_a_registry_written_as_fhir_gives_every_row_the_same_fate(both):
    native, read = (registry.frame("row_fate") for registry in both)
    ours = read.filter(pl.col("fate") != "context_only")  # resources that native rows hold in columns
    assert ours.equals(native)


def test_every_resource_has_one_fate(both):
    _, read = both
    n_lines = sum(
        len(path.read_text(encoding="utf-8").splitlines())
        for path in (file.path for file in read.extract.files)
    )
    places = read.connection.sql("select file, row_number from raw_fate").pl()
    assert places.height == n_lines == places.unique().height


# Files


def test_lines_bundles_and_packed_files_may_stand_side_by_side(source):
    folder = source(CHILD, name="Patient.ndjson")
    (folder / "anything.NDJSON.gz").write_bytes(gzip.compress(json.dumps(COUNT).encode()))
    second = {**COUNT, "effectiveDateTime": "2018-07-01"}
    (folder / "b.json").write_text(json.dumps(bundle(second), indent=2))
    (folder / "b.json.gz").write_bytes(
        gzip.compress(json.dumps(bundle(COUNT | {"effectiveDateTime": "2018-08-01"})).encode())
    )
    (folder / "package.json").write_text('{"name": "no resource"}')
    assert raw(folder, "lab_result", "sampled_at", "file") == [
        ("2018-06-01", "anything.NDJSON.gz"),
        ("2018-07-01", "b.json"),
        ("2018-08-01", "b.json.gz"),
    ]
    assert read_extract(folder).ignored_files == ("package.json",)


@pytest.mark.parametrize("name", ["one.json", "one.ndjson", "one.ndjson.gz"])
def test_one_file_is_a_source(tmp_path, name):
    text = json.dumps(bundle(CHILD, COUNT)).encode()
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    assert len(raw(tmp_path / name, "lab_result", "value")) == 1


def test_a_json_file_of_lines_and_one_of_a_single_resource_are_read(tmp_path):
    (tmp_path / "lines.json").write_text(f"{json.dumps(COUNT)}\n{json.dumps(COUNT | {'id': 'b'})}\n")
    (tmp_path / "child.json").write_text(json.dumps(CHILD, indent=1))
    assert raw(tmp_path, "lab_result", "file", "row_number") == [("lines.json", 1), ("lines.json", 2)]


def test_an_entry_is_counted_within_its_bundle_also_in_a_line_or_in_another_bundle(source):
    searched = bundle(COUNT | {"id": "inner"}, without(COUNT, "effectiveDateTime"))
    folder = source(CHILD, bundle(COUNT, searched))
    assert raw(folder, "lab_result", "file", "row_number") == [
        ("all.ndjson, bundle 2", 1),
        ("all.ndjson, bundle 2, bundle 2", 1),
        ("all.ndjson, bundle 2, bundle 2", 2),
    ]


def test_an_entry_without_a_resource_is_not_of_use(source):
    folder = source(
        {"resourceType": "Bundle", "entry": [{"resource": CHILD}, {"response": {"status": "200"}}]}
    )
    assert others(folder) == [("Bundle.entry", 2, "not_of_use")]


def test_a_line_that_is_no_json_or_no_resource_costs_only_itself(source):
    deep = "[" * 100_000 + "]" * 100_000
    long = json.dumps({**COUNT, "note": "x" * 10_000_000})
    twice = json.dumps(COUNT).replace('"status": "final"', '"status": "final", "status": "cancelled"')
    folder = source(
        CHILD, '{"resourceType": "Observation", ', "", deep, long, "7", "null", '{"id": "1"}', '{"a": "\0"}',
        '{"resourceType": "Observation", "note": "\\ud800"}', twice, json.dumps(COUNT) + " {}",
    )  # fmt: skip
    malformed = [2, 3, 5, 6, 7, 8, 9, 11]  # blank lines do not count
    assert others(folder) == [("resource", number, "malformed_row") for number in malformed]
    assert raw(folder, "lab_result", "row_number") == [4, 10]


def test_bytes_that_are_no_utf_8_cost_their_line(source):
    folder = source(CHILD, COUNT)
    with (folder / "all.ndjson").open("ab") as file:
        file.write(b'{"resourceType": "Observation", "x": "\xff"}\n')
    assert others(folder) == [("resource", 3, "malformed_row")]


def test_a_mark_of_byte_order_is_no_part_of_the_first_line(source):
    folder = source("\ufeff" + json.dumps(CHILD), COUNT, "{")
    (folder / "b.json").write_text("\ufeff" + json.dumps(bundle(COUNT)), encoding="utf-8")
    assert raw(folder, "patient", "patient_id") == ["7"]
    assert raw(folder, "lab_result", "file") == ["all.ndjson", "b.json"]
    assert others(folder) == [("resource", 3, "malformed_row")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cut.ndjson.gz", gzip.compress(json.dumps(COUNT).encode() * 999)[:-9]),
        ("none.ndjson.gz", b"no gzip"),
        ("bomb.ndjson.gz", gzip.compress(b"\n" * (1 << 27))),
        ("cut.json", json.dumps(bundle(CHILD)).encode()[:-3]),
        ("latin.json", json.dumps(bundle(CHILD)).encode() + b"\xff"),
    ],
)
def test_a_damaged_file_is_refused_in_one_line(source, name, content):
    folder = source(CHILD, COUNT)
    (folder / name).write_bytes(content)
    with pytest.raises(UnreadableExtract, match=name) as raised:
        open_registry(folder)
    assert "\n" not in str(raised.value)


def test_a_folder_named_as_a_file_and_a_source_without_children_are_refused(source):
    folder = source(COUNT)
    with pytest.raises(NothingUsable):
        open_registry(folder)
    (folder / "Patient.ndjson").mkdir()
    with pytest.raises(UnreadableExtract):
        open_registry(folder)


@pytest.mark.parametrize("nested", [[], {}, "x", 7, True, None, [[]], [{}], [None], [7]])
def test_an_element_of_a_wrong_kind_is_no_crash(source, nested):
    kinds = [CHILD, COUNT, {"resourceType": "Condition", "subject": TO_CHILD, "code": coded("D70")}]
    kinds += [{"resourceType": "MedicationRequest", "id": "m", "subject": TO_CHILD, "intent": "order"}]
    kinds += [{"resourceType": kind, "id": "k"} for kind in ("RelatedPerson", "Medication", "EpisodeOfCare")]
    names = re.findall(
        r"\w+",
        "identifier extension code subject component contained valueQuantity method meta id status "
        "valueCodeableConcept interpretation focus specimen effectivePeriod relationship verificationStatus "
        "medicationReference dosageInstruction period fullUrl entry valueString effectiveDateTime birthDate",
    )
    broken = [{**deepcopy(kind), name: nested} for kind in kinds for name in names]
    folder = source(*kinds, *broken, {"resourceType": "Bundle", "entry": nested})
    with open_registry(folder) as registry:
        places = registry.connection.sql("select file, row_number from raw_fate").pl()
    assert places.height == places.unique().height
    assert places["row_number"].n_unique() == len(kinds) + len(broken)


def test_a_link_that_leads_to_itself_and_a_folder_without_resources_are_refused(source):
    folder = source(CHILD, COUNT)
    (folder / "loop.json").symlink_to(folder / "loop.json")
    assert read_extract(folder).ignored_files == ("loop.json",)
    (folder / "loop.ndjson").symlink_to(folder / "loop.ndjson")
    with pytest.raises(UnreadableExtract):
        read_extract(folder)
    (folder / "loop.ndjson").unlink()
    (folder / "all.ndjson").unlink()
    (folder / "extract.toml").write_text('format = "fhir"\n')
    with pytest.raises(MissingTable):
        read_extract(folder)


ODD = (
    "null", "[]", "{}", '"x"', "7", "true", "-1e400", '"\\ud800"', '"\\u0000"', "NaN", "[[[]]]", '"Patient/"',
    '{"coding": [null]}', '"0000-00-00"', '"#"', '"urn:uuid:"', '"\'); drop table source_resource; --"',
)  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("seed", range(30))
def test_a_registry_changed_at_random_is_read_or_refused_in_one_line(tmp_path, seed):
    rng = random.Random(seed)
    demo = ain.simulate(3, seed=5)
    fhir.write(demo.tables, tmp_path, demo.extracted_on)
    for _ in range(6):
        path = rng.choice(sorted(tmp_path.glob("*.ndjson")))
        content = path.read_bytes()
        values = list(re.finditer(rb'"[A-Za-z]+": ("[^"]*"|[-0-9.]+)', content))
        at = rng.randrange(len(content) + 1)
        if rng.random() < 0.7 and values:
            value = rng.choice(values)
            content = content[: value.start(1)] + rng.choice(ODD).encode() + content[value.end(1) :]
        else:
            content = content[:at] + rng.choice([b"\0", b"\n", b'"', b"}", b"\xff"]) + content[at + 1 :]
        path.write_bytes(content)
    lines = [line for path in tmp_path.glob("*.ndjson") for line in path.read_bytes().split(b"\n")]
    n_lines = len([line for line in lines if line.strip()])
    try:
        places = raw(tmp_path, "fate_place", "file", "row_number")
    except UnreadableExtract as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017 (either answer is right)
    else:
        assert len(places) == len(set(places)) == n_lines


# Patients


def test_a_patients_columns_come_from_the_patient_and_from_what_points_to_it(source):
    race = {
        "url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race",
        "extension": [
            {"url": "ombCategory", "valueCoding": {"code": "2106-3", "display": "White"}},
            {"url": "text", "valueString": "european"},
        ],
    }
    child = {
        **CHILD,
        "extension": [{"url": "http://other", "valueCode": "M"}, race],
        "deceasedDateTime": "2020-05-01T23:30:00-05:00",
        "managingOrganization": {"reference": "Organization/A1"},
    }
    period = {"resourceType": "EpisodeOfCare", "status": "finished", "patient": TO_CHILD}
    folder = source(
        child,
        period | {"period": {"start": "2018-05-01", "end": "2018-12-31"}},
        period | {"period": {"start": "2019-01-01", "end": "2020-04-30"}},
        period | {"status": "entered-in-error", "period": {"start": "2010-01-01"}},
        {"resourceType": "ResearchSubject", "individual": TO_CHILD, "period": {"start": "2018-04-02"}},
        COUNT | {"code": coded("76516-4"), "valueQuantity": quantity(275, "d")},
        without(COUNT, "valueQuantity")
        | {"code": coded("duffy-status", "urn:ain-analytics:finding"), "valueString": "null"},
    )
    columns = "patient_id birth_date sex ancestry duffy_status gestational_weeks enrolled_on last_contact_on"
    assert raw(folder, "patient", *columns.split(), "died_on", "site") == [
        ("7", "2018-01-01", "female", "european", "null", "39", "2018-04-02", "2020-04-30",
         "2020-05-01T23:30:00", "A1")
    ]  # fmt: skip
    assert {number: fate for _, number, fate in others(folder)} == {
        number: "entered_in_error" if number == 4 else "context_only" for number in range(2, 8)
    }


@pytest.mark.parametrize(
    ("values", "weeks"),
    [
        ([{"valueQuantity": quantity(39.9, "wk")}], "39"),
        ([{"valueString": "39+6"}], "39"),
        ([{"valueQuantity": quantity(39, "wk")}, {"valueString": "39+6"}], "39"),
        ([{"valueQuantity": quantity(39, "wk")}, {"valueQuantity": quantity(38, "wk")}], None),
        ([{"valueString": "at term"}], None),
    ],
)
def test_gestation_is_whole_weeks_and_two_that_differ_are_none(source, values, weeks):
    said = [without(COUNT, "valueQuantity") | {"code": coded("76516-4")} | value for value in values]
    assert raw(source(CHILD, *said), "patient", "gestational_weeks") == [weeks]


def test_a_birth_date_may_be_known_in_part_where_the_sender_says_so(source):
    folder = source(CHILD | {"birthDate": "2018-03"}, options='birth_date_precision = "month"')
    with open_registry(folder) as registry:
        assert str(registry.frame("patient")["birth_date"][0]) == "2018-03-15"


# Observations


@pytest.mark.parametrize(
    ("said", "value", "unit"),
    [
        ({"valueQuantity": quantity(0.1, comparator="<")}, "<0.1", "10*9/L"),
        ({"valueQuantity": quantity(0.1, comparator="<=")}, "<=0.1", "10*9/L"),
        ({"valueQuantity": {"value": 350, "unit": "cells/uL"}}, "350.0", "cells/uL"),
        ({"valueQuantity": quantity(350, "/uL", unit="per µl")}, "350", "/uL"),
        ({"valueQuantity": {"value": 0, "unit": "G/l", "system": "http://local", "code": "77"}}, "0", "G/l"),
        ({"valueString": " clotted "}, "clotted", None),
        ({"valueInteger": 3}, "3", None),
        ({"dataAbsentReason": coded("unknown", "http://x"), "valueQuantity": quantity(0.4)}, None, "10*9/L"),
        ({"valueQuantity": {"unit": "G/l"}}, None, "G/l"),
        ({}, None, None),
        ({"valueQuantity": quantity(0.4), "status": "registered"}, None, "10*9/L"),
        ({"valueQuantity": quantity(0.4), "status": "preliminary"}, "0.4", "10*9/L"),
        ({"valueQuantity": quantity(0.4), "status": "corrected"}, "0.4", "10*9/L"),
        ({"valueQuantity": quantity(0.4), "status": "amended"}, "0.4", "10*9/L"),
    ],
)
def test_a_value_is_what_the_observation_says(source, said, value, unit):
    found = raw(source(CHILD, without(COUNT, "valueQuantity") | said), "lab_result", "value", "unit")
    assert found == [(value.removesuffix(".0") if value else None, unit)]


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_an_observation_that_was_taken_back_is_set_aside(source, status):
    assert others(source(CHILD, COUNT | {"status": status})) == [("Observation", 2, "entered_in_error")]


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ({"effectiveDateTime": "2018-06-01T23:30:00-05:00"}, "2018-06-01T23:30:00"),
        ({"effectiveDateTime": "2018-06-01T00:30:00+14:00"}, "2018-06-01T00:30:00"),
        ({"effectiveInstant": "2018-06-01T08:00:00.123Z"}, "2018-06-01T08:00:00.123"),
        ({"effectivePeriod": {"start": "2018-06-01", "end": "2018-06-03"}}, "2018-06-01"),
        ({"effectiveDateTime": "2018-06"}, "2018-06"),
        ({"issued": "2018-06-01T08:00:00Z"}, None),
    ],
)
def test_the_day_is_the_local_day_as_written(source, said, day):
    folder = source(CHILD, without(COUNT, "effectiveDateTime") | said)
    assert raw(folder, "lab_result", "sampled_at") == [day]


@pytest.mark.parametrize(
    ("code", "options", "found"),
    [
        (
            {"coding": [{"system": "http://local", "code": "N1"}, {"system": LOINC, "code": "751-8"}]},
            "",
            "751-8",
        ),
        ({"coding": [{"system": LOINC, "code": "2345-7"}, {"system": LOINC, "code": "753-4"}]}, "", "753-4"),
        ({"coding": [{"system": LOINC, "code": "2345-7"}, {"system": LOINC, "code": "1-8"}]}, "", "2345-7"),
        ({"coding": [{"system": "urn:oid:2.16.840.1.113883.6.1", "code": "751-8"}]}, "", "751-8"),
        ({"coding": [{"system": "http://local", "code": "NEUT"}]}, '[codes]\nNEUT = "751-8"', "NEUT"),
        ({"text": "Neutrophile abs."}, '[codes]\n"Neutrophile abs." = "751-8"', "Neutrophile abs."),
    ],
)
def test_the_code_that_the_lists_know_wins_else_the_first(source, code, options, found):
    folder = source(CHILD, COUNT | {"code": code}, options=options)
    assert raw(folder, "lab_result", "code") == [found]
    with open_registry(folder) as registry:
        assert registry.n_rows("anc_result") == (0 if found == "2345-7" else 1)


def test_a_loinc_code_in_a_local_system_is_not_taken_for_loinc(source):
    folder = source(CHILD, COUNT | {"code": coded("751-8", "http://local")})
    with open_registry(folder) as registry:
        assert registry.n_rows("anc_result") == 0


def test_each_component_of_a_panel_is_a_row_of_its_specimen(source):
    panel = without(COUNT, "valueQuantity") | {
        "code": coded("57021-8"),
        "specimen": {"reference": "https://lab.org/fhir/Specimen/S1"},
        "component": [
            {"code": coded("6690-2"), "valueQuantity": quantity(4.0)},
            {"code": coded("770-8"), "valueQuantity": quantity(10, "%")},
            {"code": coded("718-7"), "dataAbsentReason": coded("error", "http://x")},
        ],
    }
    folder = source(CHILD, panel)
    assert raw(folder, "lab_result", "file", "row_number", "code", "value", "specimen_id") == [
        ("all.ndjson, component 1", 2, "6690-2", "4.0", "S1"),
        ("all.ndjson, component 2", 2, "770-8", "10", "S1"),
        ("all.ndjson, component 3", 2, "718-7", None, "S1"),
    ]
    with open_registry(folder) as registry:  # 10 % of 4.0
        assert registry.frame("anc_result")["anc"].to_list() == [0.4]


def test_an_observation_with_a_value_and_components_is_a_row_beside_them(source):
    whole = COUNT | {"component": [{"code": coded("6690-2"), "valueQuantity": quantity(4.0)}]}
    assert raw(source(CHILD, whole), "lab_result", "file", "code") == [
        ("all.ndjson", "751-8"),
        ("all.ndjson, component 1", "6690-2"),
    ]


def test_of_several_versions_the_newest_stands_and_where_nothing_tells_all_do(source):
    def version(number, value, **meta):
        return COUNT | {"id": "v", "valueQuantity": quantity(value), "meta": {"versionId": number, **meta}}

    folder = source(CHILD, version("2", 0.2), version("10", 0.1), version("9", 0.3))
    assert raw(folder, "lab_result", "value") == ["0.1"]
    assert others(folder) == [("Observation", 2, "older_version"), ("Observation", 4, "older_version")]
    dated = [
        version("5", 0.5, lastUpdated="2018-06-02T00:30:00+02:00"),
        version("4", 0.6, lastUpdated="2018-06-01T23:00:00Z"),
    ]
    assert raw(source(CHILD, *dated), "lab_result", "value") == ["0.6"]
    assert len(raw(source(CHILD, COUNT | {"id": "v"}, COUNT | {"id": "v"}), "lab_result", "value")) == 2


# References


@pytest.mark.parametrize(
    "subject",
    [
        {"reference": "Patient/7"},
        {"reference": "Patient/7/_history/2"},
        {"reference": "https://hospital.org/fhir/r4/Patient/7"},
        {"reference": "urn:uuid:aaaa-1"},
        {"identifier": {"system": "urn:mrn", "value": "M7"}},
        {"reference": "#me"},
    ],
)
def test_a_reference_finds_its_child(source, subject):
    child = CHILD | {"identifier": [{"system": "urn:mrn", "value": "M7"}]}
    inside = {"resourceType": "Patient", "id": "me", "identifier": child["identifier"]}
    count = COUNT | {"subject": subject, "contained": [inside]}
    folder = source(bundle(child, count, urls=["urn:uuid:aaaa-1", "urn:uuid:aaaa-2"]))
    assert raw(folder, "lab_result", "patient_id") == ["7"]


@pytest.mark.parametrize(
    "subject",
    [{"reference": "Group/7"}, {"reference": "#nobody"}, {"identifier": {"value": "M9"}}, {"display": "7"}],
)
def test_a_reference_that_finds_nobody_is_an_unknown_child(source, subject):
    with open_registry(source(CHILD, COUNT | {"subject": subject})) as registry:
        fates = dict(registry.frame("row_fate").select("table_name", "fate").rows())
    assert fates["lab_result"] == "unknown_patient"


def test_a_patient_of_a_bundle_without_an_id_is_known_by_its_address(source):
    folder = source(
        bundle(
            without(CHILD, "id"), COUNT | {"subject": {"reference": "urn:uuid:bbbb"}}, urls=["urn:uuid:bbbb"]
        )
    )
    assert raw(folder, "patient", "patient_id") == raw(folder, "lab_result", "patient_id") == ["bbbb"]


def test_a_specimen_is_known_by_reference_identifier_or_accession_number(source):
    inside = {"resourceType": "Specimen", "id": "s", "accessionIdentifier": {"value": "A3"}}
    said = [{"reference": "Specimen/A1"}, {"identifier": {"value": "A2"}}, {"reference": "#s"}]
    counts = [COUNT | {"specimen": one, "contained": [inside]} for one in said]
    assert raw(source(CHILD, *counts), "lab_result", "specimen_id") == ["A1", "A2", "A3"]


# Antibody tests, genes, marrow

GIFT = without(COUNT, "valueQuantity") | {"code": coded("105286-9")}


@pytest.mark.parametrize(
    ("said", "result"),
    [
        ({"valueCodeableConcept": coded("10828004", SNOMED)}, "positive"),
        ({"valueCodeableConcept": coded("260385009", SNOMED, text="keine Antikörper")}, "negative"),
        ({"valueCodeableConcept": coded("82334004", SNOMED)}, "indeterminate"),
        ({"valueCodeableConcept": {"text": "Positive"}}, "positive"),
        ({"valueString": "NEGATIVE "}, "negative"),
        ({"valueBoolean": True}, "positive"),
        ({"valueString": "1:40", "interpretation": [coded("POS", "http://x")]}, "positive"),
        ({"valueString": "see comment"}, "see comment"),
        ({}, None),
    ],
)
def test_the_result_of_an_antibody_test_is_a_code_a_word_or_its_interpretation(source, said, result):
    assert raw(source(CHILD, GIFT | said), "antibody_test", "test", "result") == [("105286-9", result)]


def test_an_antibody_test_is_named_by_its_method_where_the_lists_know_it(source):
    positive = {"valueString": "positive"}
    folder = source(
        CHILD,
        GIFT | positive | {"code": coded("35279-9"), "method": {"text": "MAIGA"}},
        GIFT | positive | {"code": coded("35279-9"), "method": {"text": "our own"}},
        GIFT | positive | {"code": {"text": "GAT"}},
        GIFT | positive | {"code": coded("17351-8")},  # ANCA
        GIFT | positive | {"code": {"text": "Flow cytometry"}},  # of anything
    )
    assert raw(folder, "antibody_test", "row_number", "test") == [
        (2, "MAIGA"), (3, "35279-9"), (4, "GAT"), (5, "17351-8"),
    ]  # fmt: skip
    assert raw(folder, "lab_result", "row_number") == [6]
    with open_registry(folder) as registry:
        assert registry.frame("antibody_test")["row_number"].to_list() == [2, 3, 4]


def test_the_tests_of_an_antibody_panel_are_rows_and_its_antigen_is_of_both(source):
    panel = GIFT | {
        "code": coded("105285-1"),
        "component": [
            {"code": coded("105286-9"), "valueString": "positive"},
            {"code": coded("105287-7"), "valueString": "negative"},
            {"code": {"text": "antibody-specificity"}, "valueCodeableConcept": {"text": "HNA-1a"}},
        ],
    }
    assert raw(source(CHILD, panel), "antibody_test", "file", "test", "result", "specificity") == [
        ("all.ndjson, component 1", "105286-9", "positive", "HNA-1a"),
        ("all.ndjson, component 2", "105287-7", "negative", "HNA-1a"),
    ]


def test_a_test_of_the_mother_is_told_by_its_focus_and_of_others_nothing_is_the_childs(source):
    def person(key, relation):
        role = coded(relation, "http://terminology.hl7.org/CodeSystem/v3-RoleCode")
        return {"resourceType": "RelatedPerson", "id": key, "relationship": [role]}

    positive = GIFT | {"valueString": "positive"}
    folder = source(
        CHILD,
        person("m", "MTH"),
        person("f", "FTH"),
        positive | {"focus": [{"reference": "RelatedPerson/m"}]},
        positive | {"focus": [{"reference": "#m2"}], "contained": [person("m2", "NMTH")]},
        positive | {"focus": [TO_CHILD]},
        positive | {"focus": [{"reference": "RelatedPerson/f"}]},
        COUNT | {"focus": [{"reference": "RelatedPerson/m"}]},
    )
    assert raw(folder, "antibody_test", "row_number", "subject") == [
        (4, "mother"),
        (5, "mother"),
        (6, "patient"),
    ]
    assert [row for row in others(folder) if row[0] == "Observation"] == [
        ("Observation", 7, "other_subject"),
        ("Observation", 8, "other_subject"),
    ]


def test_a_gene_is_a_component_or_the_observation_itself(source):
    named = coded("HGNC:3309", "http://www.genenames.org")
    named["coding"][0]["display"] = "ELANE"
    gene = {"code": coded("48018-6"), "valueCodeableConcept": named}
    plain = without(COUNT, "valueQuantity")
    variant, studied = plain | {"code": coded("69548-6")}, plain | {"code": coded("48018-6")}

    def meaning(code):
        return {"code": coded("53037-8"), "valueCodeableConcept": coded(code)}

    folder = source(
        CHILD,
        variant | {"valueCodeableConcept": coded("LA9633-4"), "component": [gene, meaning("LA6668-3")]},
        variant | {"valueCodeableConcept": coded("LA9634-2"), "component": [gene]},
        studied | {"valueCodeableConcept": {"text": "HAX1"}, "component": [meaning("LA26334-5")]},
        plain | {"code": coded("local", "http://x"), "component": [gene, meaning("LA26332-9")]},
    )
    assert raw(folder, "genetic_test", "row_number", "gene", "result") == [
        (2, "ELANE", "pathogenic"),
        (3, "ELANE", "negative"),
        (4, "HAX1", "benign"),
        (5, "ELANE", "likely_pathogenic"),
    ]


def test_a_marrow_is_an_observation_of_its_cellularity(source):
    own = "urn:ain-analytics:finding"
    exam = without(COUNT, "valueQuantity") | {"code": coded("marrow-cellularity", own)}
    reduced = {"code": coded("segmented-reduced", own), "valueBoolean": True}
    folder = source(
        CHILD,
        exam | {"valueCodeableConcept": coded("promyelocyte-arrest", own), "component": [reduced]},
        exam | {"valueString": "Hypercellular"},
    )
    assert raw(folder, "marrow_exam", "cellularity", "segmented_reduced") == [
        ("increased", None),
        ("promyelocyte_arrest", "yes"),
    ]


# Conditions and drugs


def test_a_condition_is_dated_when_it_was_recorded_and_coded_by_icd_first(source):
    both = {
        "coding": [
            {"system": SNOMED, "code": "165517008"},
            {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "D70.9"},
        ]
    }
    condition = {"resourceType": "Condition", "subject": TO_CHILD, "code": both}
    state = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
    folder = source(
        CHILD,
        condition | {"recordedDate": "2018-09-01", "onsetDateTime": "2018-02-01"},
        condition | {"onsetDateTime": "2018-02-02", "code": coded("165517008", SNOMED)},
        condition | {"onsetPeriod": {"start": "2018-02-03"}, "code": coded("288.0", "http://hl7.org/fhir/sid/icd-9-cm")},
        condition | {"recordedDate": "2018-09-01", "verificationStatus": coded("refuted", state)},
        condition | {"recordedDate": "2018-09-01", "verificationStatus": coded("entered-in-error", state)},
        condition | {"recordedDate": "2018-09-04", "code": {"text": "AIN"}},
    )  # fmt: skip
    assert raw(folder, "diagnosis", "row_number", "recorded_on", "code", "code_system") == [
        (2, "2018-09-01", "D70.9", "ICD-10-CM"),
        (3, "2018-02-02", "165517008", "SNOMED"),
        (4, "2018-02-03", "288.0", "ICD-9-CM"),
        (7, "2018-09-04", "AIN", "text"),
    ]
    assert others(folder) == [("Condition", 5, "refuted"), ("Condition", 6, "entered_in_error")]


def test_a_drug_is_a_dose_a_statement_or_an_order(source):
    atc = coded("L03AA02", "http://www.whocc.no/atc")
    rxnorm = {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "68442"}
    drug = {"resourceType": "Medication", "id": "g", "code": atc}
    named = {"subject": TO_CHILD, "medicationCodeableConcept": {"coding": [rxnorm, *atc["coding"]]}}
    given = named | {"resourceType": "MedicationAdministration", "status": "completed"}
    said = named | {"resourceType": "MedicationStatement", "status": "active"}
    order = named | {"resourceType": "MedicationRequest", "status": "active", "intent": "order"}
    pointed = without(given, "medicationCodeableConcept")
    course = {"boundsPeriod": {"start": "2018-07-02", "end": "2018-07-09"}}
    folder = source(
        CHILD,
        drug,
        given | {"effectiveDateTime": "2018-06-01T08:00:00Z"},
        said | {"effectivePeriod": {"start": "2018-06-02", "end": "2018-06-12"}},
        order | {"authoredOn": "2018-06-03"},
        order | {"authoredOn": "2018-07-01", "dosageInstruction": [{"timing": {"repeat": course}}]},
        pointed | {"effectiveDateTime": "2018-06-04", "medicationReference": {"reference": "Medication/g"}},
        pointed | {"effectiveDateTime": "2018-06-05", "medicationReference": {"reference": "#c"},
                   "contained": [{"resourceType": "Medication", "id": "c", "code": {"coding": [rxnorm]}}]},
    )  # fmt: skip
    assert raw(folder, "treatment", "row_number", "started_on", "ended_on", "code", "code_system") == [
        (3, "2018-06-01T08:00:00", None, "L03AA02", "ATC"),
        (4, "2018-06-02", "2018-06-12", "L03AA02", "ATC"),
        (5, "2018-06-03", None, "L03AA02", "ATC"),
        (6, "2018-07-02", "2018-07-09", "L03AA02", "ATC"),
        (7, "2018-06-04", None, "L03AA02", "ATC"),
        (8, "2018-06-05", None, "68442", "RxNorm"),
    ]
    assert others(folder) == [("Medication", 2, "context_only")]


@pytest.mark.parametrize(
    ("kind", "said", "fate"),
    [
        ("MedicationAdministration", {"status": "not-done"}, "not_given"),
        ("MedicationAdministration", {"status": "entered-in-error"}, "entered_in_error"),
        ("MedicationStatement", {"status": "not-taken"}, "not_given"),
        ("MedicationStatement", {"status": "intended"}, "not_given"),
        ("MedicationRequest", {"status": "cancelled", "intent": "order"}, "not_given"),
        ("MedicationRequest", {"status": "draft", "intent": "order"}, "not_given"),
        ("MedicationRequest", {"status": "active", "intent": "proposal"}, "not_given"),
        ("MedicationRequest", {"status": "active", "intent": "order", "doNotPerform": True}, "not_given"),
    ],
)
def test_what_was_not_given_is_no_treatment(source, kind, said, fate):
    folder = source(CHILD, {"resourceType": kind, "subject": TO_CHILD, **said})
    assert others(folder) == [(kind, 2, fate)]


def test_other_resources_are_not_of_use_and_a_type_that_is_none_is_not_repeated(source):
    kinds = ["Procedure", "DiagnosticReport", "Specimen", "Encounter", "Unheard'); drop table x; --"]
    folder = source(CHILD, *({"resourceType": kind} for kind in kinds))
    assert sorted(others(folder), key=lambda row: row[1]) == [
        (kind if kind.isalpha() else "resource", number, "not_of_use")
        for number, kind in enumerate(kinds, start=2)
    ]
