"""A registry as FHIR R4: the NDJSON files of a Bulk Data export, one a resource type."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

Resource = dict[str, Any]

LOINC, SNOMED, UCUM = "http://loinc.org", "http://snomed.info/sct", "http://unitsofmeasure.org"
ICD10, ATC = "http://hl7.org/fhir/sid/icd-10", "http://www.whocc.no/atc"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
ROLE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
RACE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race"
OWN = "urn:ain-analytics:finding"
ZONE = "+01:00"
"""Where the clocks of the registry are; a time of FHIR must say it."""
UCUM_OF = {
    "10*9/L": "10*9/L",
    "10^9/L": "10*9/L",
    "G/L": "10*9/L",
    "10*3/uL": "10*3/uL",
    "K/uL": "10*3/uL",
    "cells/uL": "{cells}/uL",
    "cells/mm3": "{cells}/mm3",
    "/uL": "/uL",
    "%": "%",
    "g/dL": "g/dL",
    "mmol/L": "mmol/L",
    "U/L": "U/L",
}
"""What a laboratory's unit is in UCUM; a unit that has none is sent as text alone."""
ANTIBODY_LOINC = {"GIFT": "105286-9", "GAT": "105287-7"}
ANTIBODY_SCREEN = "35279-9"
ANSWERS = {"positive": "10828004", "negative": "260385009", "indeterminate": "82334004"}
SIGNIFICANCE = {
    "pathogenic": "LA6668-3",
    "likely_pathogenic": "LA26332-9",
    "uncertain": "LA26333-7",
    "benign": "LA6675-8",
}
VARIANT, GENE, MEANING = "69548-6", "48018-6", "53037-8"
PRESENT_, ABSENT_ = "LA9633-4", "LA9634-2"
GESTATION = "76516-4"


def write(tables: Mapping[str, pl.DataFrame], folder: Path, extracted_on: date) -> None:
    """Write the native raw tables as FHIR resources, in the conventions of `FhirResource`.

    What is no date cannot stand in a FHIR date: it is left out, as a server that checks would have
    done. What is no number is sent as `valueString`, what is missing as `dataAbsentReason`. A row that
    was sent twice is one resource that stands twice.

    Parameters
    ----------
    tables : mapping of table to frame
        As in `ain.simulate(...).tables`.
    folder : Path
        Made if it is not there.
    extracted_on : date
        Goes to `extract.toml`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tests = tables["antibody_test"]
    patients = tables["patient"]
    births = patients.filter(pl.col("patient_id").is_not_null()).unique("patient_id", maintain_order=True)
    written = {
        "Patient": map(_patient, _rows(patients)),
        "EpisodeOfCare": map(_care, _rows(births)),
        "RelatedPerson": map(
            _mother, _rows(tests.filter(pl.col("subject") == "mother").select("patient_id"))
        ),
        "Observation": (
            *_numbered("lab", map(_lab, _rows(tables["lab_result"]))),
            *_numbered("antibody", map(_antibody, _rows(tests))),
            *_numbered("marrow", map(_marrow, _rows(tables["marrow_exam"]))),
            *_numbered("gene", map(_gene, _rows(tables["genetic_test"]))),
            *(fact for row in _rows(births) for fact in _birth(row)),
        ),
        "Condition": _numbered("condition", map(_condition, _rows(tables["diagnosis"]))),
        "MedicationStatement": _numbered("drug", map(_drug, _rows(tables["treatment"]))),
    }
    for kind, resources in written.items():
        lines = (json.dumps({"resourceType": kind, **_said(resource)}) for resource in resources)
        (folder / f"{kind}.ndjson").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    said = f'extracted_on = {extracted_on.isoformat()}\nsource = "synthetic"\nformat = "fhir"\n'
    (folder / "extract.toml").write_text(said, encoding="utf-8", newline="\n")


def _rows(frame: pl.DataFrame) -> Iterator[Resource]:
    return frame.iter_rows(named=True)


def _numbered(name: str, resources: Iterable[Resource]) -> Iterator[Resource]:
    """Give resources their ids: equal ones are one resource."""
    known: dict[str, int] = {}
    for resource in resources:
        number = known.setdefault(json.dumps(resource), len(known) + 1)
        yield {"id": f"{name}-{number}", **resource}


def _said(resource: Resource) -> Resource:
    """Leave out what is missing."""
    return {key: value for key, value in resource.items() if value is not None}


def _day(text: str | None) -> str | None:
    """Write a date as FHIR does, with its zone where it has a time; what is none is left out."""
    try:
        date.fromisoformat((text or "")[: len("2018-03-01")])
    except ValueError:
        return None
    return f"{text}{ZONE}" if text and "T" in text else text


def _concept(system: str, code: str | None, text: str | None = None) -> Resource:
    return {"coding": [{"system": system, "code": code}], **({"text": text} if text else {})}


def _child(row: Resource) -> Resource:
    return {"reference": f"Patient/{row['patient_id']}"}


def _patient(row: Resource) -> Resource:
    race = {"url": RACE, "extension": [{"url": "text", "valueString": row["ancestry"]}]}
    site = {"reference": f"Organization/{row['site']}", "display": row["site"]}
    return {
        "id": row["patient_id"],
        "extension": [race] if row["ancestry"] else None,
        "gender": row["sex"],
        "birthDate": _day(row["birth_date"]),
        "deceasedDateTime": _day(row["died_on"]),
        "managingOrganization": site if row["site"] else None,
    }


def _care(row: Resource) -> Resource:
    period = _said({"start": _day(row["enrolled_on"]), "end": _day(row["last_contact_on"])})
    return {
        "id": f"care-{row['patient_id']}",
        "status": "finished" if "end" in period else "active",
        "patient": _child(row),
        "period": period or None,
    }


def _mother(row: Resource) -> Resource:
    relation = [_concept(ROLE, "MTH")]
    return {"id": f"mother-{row['patient_id']}", "patient": _child(row), "relationship": relation}


def _birth(row: Resource) -> Iterator[Resource]:
    """Give what is known of a birth as Observations of that day."""
    day = {"status": "final", "subject": _child(row), "effectiveDateTime": _day(row["birth_date"])}
    if row["gestational_weeks"]:
        weeks = {"value": int(row["gestational_weeks"]), "unit": "weeks", "system": UCUM, "code": "wk"}
        code = _concept(LOINC, GESTATION)
        yield {"id": f"gestation-{row['patient_id']}", **day, "code": code, "valueQuantity": weeks}
    if row["duffy_status"]:
        answer = _concept(OWN, row["duffy_status"])
        code = _concept(OWN, "duffy-status")
        yield {"id": f"duffy-{row['patient_id']}", **day, "code": code, "valueCodeableConcept": answer}


def _observation(row: Resource, day: str, code: Resource) -> Resource:
    """Begin an Observation of a child."""
    return {
        "status": "final",
        "code": code,
        "subject": _child(row),
        "effectiveDateTime": _day(row[day]),
    }


def _lab(row: Resource) -> Resource:
    return {
        **_observation(row, "sampled_at", _concept(LOINC, row["code"])),
        **_value(row["value"], row["unit"]),
        "specimen": {"reference": f"Specimen/{row['specimen_id']}"} if row["specimen_id"] else None,
        "method": {"text": row["method"]} if row["method"] else None,
    }


def _value(value: str | None, unit: str | None) -> Resource:
    if value is None:
        return {"dataAbsentReason": _concept(ABSENT, "unknown")}
    found = re.fullmatch(r"(<?)(-?\d+(?:\.\d+)?)", value)
    if found is None:
        return {"valueString": value}
    number = float(found[2]) if "." in found[2] else int(found[2])
    code = UCUM_OF.get(unit or "")
    quantity = {"value": number, "comparator": found[1] or None, "unit": unit}
    return {"valueQuantity": _said({**quantity, **({"system": UCUM, "code": code} if code else {})})}


def _antibody(row: Resource) -> Resource:
    antigen = {"code": _concept(OWN, "antibody-specificity"), "valueString": row["specificity"]}
    mother = [{"reference": f"RelatedPerson/mother-{row['patient_id']}"}]
    return {
        **_observation(
            row, "sampled_on", _concept(LOINC, ANTIBODY_LOINC.get(row["test"], ANTIBODY_SCREEN), row["test"])
        ),
        "focus": mother if row["subject"] == "mother" else None,
        "valueCodeableConcept": _concept(SNOMED, ANSWERS[row["result"]], row["result"]),
        "method": {"text": row["test"]},
        "component": [antigen] if row["specificity"] else None,
    }


def _marrow(row: Resource) -> Resource:
    reduced = {
        "code": _concept(OWN, "segmented-reduced"),
        "valueBoolean": row["segmented_reduced"] == "yes",
    }
    return {
        **_observation(row, "examined_on", _concept(OWN, "marrow-cellularity")),
        "valueCodeableConcept": _concept(OWN, row["cellularity"].replace("_", "-")),
        "component": [reduced] if row["segmented_reduced"] in ("yes", "no") else None,
    }


def _gene(row: Resource) -> Resource:
    code = SIGNIFICANCE.get(row["result"])
    meaning = {"code": _concept(LOINC, MEANING), "valueCodeableConcept": _concept(LOINC, code)}
    studied = {"code": _concept(LOINC, GENE), "valueCodeableConcept": {"text": row["gene"]}}
    return {
        **_observation(row, "tested_on", _concept(LOINC, VARIANT)),
        "valueCodeableConcept": _concept(LOINC, PRESENT_ if code else ABSENT_),
        "component": [studied, meaning] if code else [studied],
    }


def _condition(row: Resource) -> Resource:
    return {
        "code": _concept(ICD10, row["code"]),
        "subject": _child(row),
        "recordedDate": _day(row["recorded_on"]),
    }


def _drug(row: Resource) -> Resource:
    start, end = _day(row["started_on"]), _day(row["ended_on"])
    period = _said({"start": start, "end": end})
    return {
        "status": "completed",
        "medicationCodeableConcept": _concept(ATC, row["code"]),
        "subject": _child(row),
        "effectiveDateTime": None if end else start,
        "effectivePeriod": period if end else None,
    }
