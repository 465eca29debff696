"""Bundles that nobody here wrote, against a plain reading of their JSON."""

import gzip
import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from ain_analytics.registry import open_registry

FOLDER = Path(__file__).parent / "extracts" / "synthea"
RESOURCES = [
    (path.name, number, entry["resource"])
    for path in sorted(FOLDER.glob("*.json.gz"))
    for number, entry in enumerate(json.loads(gzip.decompress(path.read_bytes()))["entry"], start=1)
]
EXTRACTED = date(2025, 6, 30)
"""Rows after it are set aside, on whatever day the tests run."""
TREATMENTS = ("MedicationRequest", "MedicationAdministration")


def of_type(*kinds):
    return [resource for _, _, resource in RESOURCES if resource["resourceType"] in kinds]


def codes(concept):
    return [coding["code"] for coding in concept["coding"]]


def subject(resource):
    return resource["subject"]["reference"].removeprefix("urn:uuid:")


@pytest.fixture(scope="module")
def registry():
    with open_registry(FOLDER, extracted_on=EXTRACTED) as opened:
        yield opened


def rows(registry, query):
    return registry.connection.sql(query).fetchall()


def test_the_bundles_hold_what_these_tests_need():
    found = Counter(code for observation in of_type("Observation") for code in codes(observation["code"]))
    assert len(of_type("Patient")) == 3
    assert found["6690-2"] > 0
    assert found["751-8"] > 0
    assert any("component" in observation for observation in of_type("Observation"))


def test_the_children_are_those_of_the_bundles(registry):
    expected = {
        (one["id"], date.fromisoformat(one["birthDate"]), one["gender"]) for one in of_type("Patient")
    }
    assert set(registry.frame("patient").select("patient_id", "birth_date", "sex").rows()) == expected


@pytest.mark.parametrize("code", ["6690-2", "751-8", "718-7", "777-3"])
def test_a_measure_is_read_with_its_child_time_value_and_unit(registry, code):
    expected = Counter(
        (
            subject(one),
            one["effectiveDateTime"][:19],
            one["valueQuantity"]["value"],
            one["valueQuantity"]["code"],
        )
        for one in of_type("Observation")
        if code in codes(one["code"])
    )
    query = "select patient_id, left(sampled_at, 19), cast(value as double), unit from raw_lab_result "
    assert Counter(rows(registry, query + f"where code = '{code}'")) == expected


def test_every_component_is_a_row(registry):
    expected = Counter(
        (code, part["valueQuantity"]["value"])
        for one in of_type("Observation")
        for part in one.get("component", [])
        for code in codes(part["code"])
        if "valueQuantity" in part
    )
    query = "select code, cast(value as double) from raw_lab_result where contains(file, ', component ')"
    assert Counter(row for row in rows(registry, query) if row[1] is not None) == expected


def test_the_neutrophil_counts_are_those_of_the_bundles(registry):
    expected = Counter(
        (subject(one), date.fromisoformat(one["effectiveDateTime"][:10]))
        for one in of_type("Observation")
        if "751-8" in codes(one["code"]) and one["effectiveDateTime"][:10] <= str(EXTRACTED)
    )
    assert expected
    assert Counter(registry.frame("anc_result").select("patient_id", "sampled_on").rows()) == expected


def test_conditions_and_drugs_are_read_with_their_codes(registry):
    conditions = Counter((subject(one), codes(one["code"])[0]) for one in of_type("Condition"))
    assert Counter(rows(registry, "select patient_id, code from raw_diagnosis")) == conditions
    stands = [one for one in of_type(*TREATMENTS) if one["status"] not in ("cancelled", "not-done", "draft")]
    drugs = Counter((subject(one), codes(one["medicationCodeableConcept"])[0]) for one in stands)
    assert Counter(rows(registry, "select patient_id, code from raw_treatment")) == drugs


def test_every_entry_has_a_fate_and_none_is_an_error_of_reading(registry):
    places = {
        (file.partition(", component ")[0], number)
        for file, number in rows(registry, "select file, row_number from raw_fate")
    }
    assert places == {(file, number) for file, number, _ in RESOURCES}
    assert not rows(registry, "select * from raw_fate where fate in ('malformed_row', 'bad_date')")
