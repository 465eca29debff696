"""A synthetic registry as an export of the REDCap project that the shipped data dictionary builds."""

import csv
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import polars as pl

from ain_analytics.files import ExtractFile
from ain_analytics.formats.redcap import template
from ain_analytics.formats.redcap.dictionary import Field, read_dictionary
from ain_analytics.formats.redcap.mapping import TIME
from ain_analytics.schema import RAW

SYSTEM = {
    "redcap_event_name": "Event Name",
    "redcap_repeat_instrument": "Repeat Instrument",
    "redcap_repeat_instance": "Repeat Instance",
    "redcap_data_access_group": "Data Access Group",
}
"""Columns that REDCap adds behind the record id: name and label."""
COMPLETE = ("2", "Complete")
MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)")


def write(
    tables: Mapping[str, pl.DataFrame], folder: Path, extracted_on: date, *, is_labelled: bool = False
) -> None:
    """Write a registry as a REDCap export, with its data dictionary and extract.toml.

    Parameters
    ----------
    tables : mapping of table to frame
        The raw tables of the native format.
    folder : Path
        Is there, and empty.
    extracted_on : date
    is_labelled : bool
        Whether headers and choices are labels, as in "CSV / Microsoft Excel (labels)".

    Notes
    -----
    A child is a record, its site the data access group. Every instrument but `patient` repeats, in the
    event "follow up"; a second row of table patient for one child is the instrument filled in again in an
    event of its own. A row without a key has an empty record id: REDCap itself never writes that, a file
    that was merged by hand may. Bad dates are text that stood there before the field was validated.
    """
    (folder / template.FILE).write_text(template.template(), encoding="utf-8", newline="\n")
    dictionary = ExtractFile("data_dictionary", folder / template.FILE, ".csv", ())
    fields = read_dictionary(dictionary)
    name = f"AIN_DATA{'_LABELS' if is_labelled else ''}_{extracted_on:%Y-%m-%d}_1200.csv"
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_header(fields, is_labelled))
        for row in sorted(_rows(tables, fields, is_labelled), key=lambda row: row[0]):
            writer.writerow(row)
    sites = sorted(set(tables["patient"]["site"].drop_nulls()))
    said = "".join(f'"{_group(site)}" = "{site}"\n' for site in sites)
    told = f'extracted_on = {extracted_on}\nsource = "synthetic"\nformat = "redcap"\n'
    text = f"{told}\n[redcap.values.site]\n{said}"
    (folder / "extract.toml").write_text(text, encoding="utf-8", newline="\n")


def _group(site: str) -> str:
    """Name a data access group as REDCap does: small letters, no spaces."""
    return re.sub(r"[^a-z0-9]+", "_", site.lower())


def _header(fields: tuple[Field, ...], is_labelled: bool) -> list[str]:
    first, *others = (field.label if is_labelled else field.name for field in fields)
    header = [first, *(SYSTEM.values() if is_labelled else SYSTEM)]
    for field, after, shown in zip(fields[1:], [*fields[2:], None], others, strict=True):
        header.append(shown)
        if after is None or after.form != field.form:
            header.append("Complete?" if is_labelled else f"{field.form}_complete")
    return header


def _rows(
    tables: Mapping[str, pl.DataFrame], fields: tuple[Field, ...], is_labelled: bool
) -> Iterator[list[str]]:
    """Give the rows of an export, instrument by instrument."""
    sites = dict(tables["patient"].select("patient_id", "site").iter_rows())
    for table in RAW:
        n_rows: dict[str, int] = {}
        for row in tables[table].iter_rows(named=True):
            key = row["patient_id"] or ""
            n_rows[key] = n_rows.get(key, 0) + 1
            site = row["site"] if table == "patient" else sites.get(key)
            yield [
                key,
                *_system(table, n_rows[key], site or "", is_labelled),
                *_cells(table, row, fields, is_labelled),
            ]


def _system(table: str, number: int, site: str, is_labelled: bool) -> list[str]:
    group = site if is_labelled else _group(site)
    if table == "patient":
        event = "Registration" if number == 1 else f"Registration {number}"
        instrument = instance = ""
    else:
        event, instrument, instance = "Follow up", table, str(number)
    if is_labelled:
        return [event, instrument.replace("_", " ").capitalize(), instance, group]
    return [f"{_group(event)}_arm_1", instrument, instance, group]


def _cells(
    table: str, row: Mapping[str, str | None], fields: tuple[Field, ...], is_labelled: bool
) -> Iterator[str]:
    moment = MOMENT.fullmatch(row.get("sampled_at") or "")
    told = dict(row) | ({"sampled_at": moment[1], TIME: moment[2]} if moment else {})
    prefix = template.PREFIXES[table] + "_"
    for field, after in zip(fields[1:], [*fields[2:], None], strict=True):
        is_here = field.form == table
        yield _cell(field, told.get(field.name.removeprefix(prefix)) or "", is_labelled) if is_here else ""
        if after is None or after.form != field.form:
            yield COMPLETE[is_labelled] if is_here else ""


def _cell(field: Field, word: str, is_labelled: bool) -> str:
    """Write a word as the code or the label of its choice."""
    wanted = word.replace("_", " ").capitalize()
    for code, label in field.choices:
        if code == word or label == wanted:
            return label if is_labelled else code
    return word
