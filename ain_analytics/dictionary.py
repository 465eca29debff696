"""The data dictionary: every table, column and choice, written from where each is declared."""

from collections.abc import Sequence
from dataclasses import fields
from inspect import cleandoc

import dataframely as dy

from ain_analytics.definitions import PRESETS, TEXTBOOK, AncBand, Definitions
from ain_analytics.formats import FORMATS
from ain_analytics.schema import (
    DERIVED,
    OBLIGATORY_TABLES,
    OMOP,
    QUALITY,
    RAW,
    REDCAP,
    RESULTS,
    SDTM,
    SOURCE_TABLES,
    STAGED,
    RawRow,
)
from ain_analytics.schema.fhir import FHIR
from ain_analytics.schema.omop import OMOP_READING
from ain_analytics.schema.redcap import REDCAP_FILES, REDCAP_READING
from ain_analytics.schema.sdtm import SDTM_READING
from ain_analytics.wording import in_words

FILE = "data_dictionary.md"
_TYPES = {
    "String": "text",
    "Date": "date",
    "Datetime": "time",
    "Bool": "yes or no",
    "Enum": "category",
    "Float64": "number",
    "Int32": "whole number",
    "Int64": "whole number",
    "List": "list of text",
}
_STAGES = {
    "staging": "Reading results",
    "counts": "Counts of a day",
    "episodes": "Episodes",
    "cases": "Classes",
    "follow_up": "Follow-up",
    "estimates": "Estimates and checks",
    "release": "What leaves the house",
}
SENDER_OPTIONS = {
    "extracted_on": "Last day that the extract can speak of, a date; later rows are set aside. Else: today.",
    "source": "Where the extract comes from, as text for the report.",
    "format": "Format of the files, where it cannot be told from them: "
    f"{', '.join(f'`{name}`' for name in FORMATS)}.",
    "encoding": "Encoding of text files. Else: `utf-8`.",
    "delimiter": "Character between the cells of text files. Else: `,`.",
    "decimal_mark": "Decimal mark of numbers in text files. Else: `.`.",
    "birth_date_precision": "What suffices of a birth date: `day`; or `month` or `year`, whose middle then "
    "stands for the day (counted, and said). Else: `day`.",
    "date_formats": 'Forms of dates beside ISO, as in `strptime`: `["%d.%m.%Y", "%d.%m.%Y %H:%M"]`. What '
    "fits none stays as it is. Years of two digits need `%y`.",
    "specimen_field_concept_id": "Of an OMOP source without table concept: the id of `specimen.specimen_id`, "
    "as text; then `measurement_event_id` is the specimen.",
    "codes": "Table `[codes]`: local code = LOINC code.",
    "units": "Table `[units]`: local spelling = a unit that the program knows.",
    "redcap": "Tables `[redcap.fields]`, `[redcap.values.COLUMN]`, list `missing_codes`: see REDCap, below.",
    "tables": "Tables `[tables.patient]`, `[tables.lab_result]` …: which of your own files and columns are "
    "which; see the next section.",
}
"""What may stand in `extract.toml`."""
MAPPING_KEYS = {
    "files": "Names of files, or patterns such as `Labor*.csv`; what has no known ending is read as text.",
    "sheet": "Sheet of a workbook. Else: the first visible one.",
    "encoding, delimiter, decimal_mark, date_formats": "As above, for these files alone.",
    "columns": "Column of the format = your column; or a list of yours that are joined, as a day and a time.",
    "constants": "Column of the format = what no column of yours says.",
    "values.COLUMN": 'Your word = word of the format; case does not matter; `""` is an empty cell.',
    "wide": "Of `lab_result`, one row a visit or specimen: your column = `{ code, unit or unit_column, "
    "method, code_system }`. An empty cell is nothing measured; the fate of a row of empty cells is "
    "`nothing_measured`.",
}
"""What may stand in `[tables.NAME]`."""
MAPPING_EXAMPLE = """\
encoding = "cp1252"
delimiter = ";"
decimal_mark = ","
date_formats = ["%d.%m.%Y", "%d.%m.%Y %H:%M"]

[tables.patient]
files = ["Stammdaten.csv"]
columns = { patient_id = "PatNr", birth_date = "GebDat", sex = "Geschlecht" }
values.sex = { w = "female", m = "male" }

[tables.lab_result]
files = ["Labor*.csv"]
columns = { patient_id = "PatNr", sampled_at = ["Datum", "Zeit"], specimen_id = "Auftrag" }

[tables.lab_result.wide]
"NEUT abs" = { code = "751-8", unit = "G/L" }
"LEUK" = { code = "6690-2", unit_column = "LEUK Einheit" }
"SEGM %" = { code = "26505-8", unit = "%" }
"STAB %" = { code = "26508-2", unit = "%" }
"""


def data_dictionary() -> str:
    """Write the data dictionary as Markdown.

    Returns
    -------
    str
        The text of `data_dictionary.md`; a test fails when the file in the repository differs.

    Examples
    --------
    >>> data_dictionary().splitlines()[0]
    '# Data dictionary'
    """
    parts = [
        "# Data dictionary",
        "Written by `ain dictionary` from the declarations of the program; change those, not this.",
        "## What an extract holds",
        "A folder with one file per table (`.csv`, `.csv.gz`, `.parquet`, `.xlsx`, `.sav`, `.dta`, "
        "`.sas7bdat`, `.xpt`; several parts as `lab_result-1.parquet`, `lab_result-2.parquet` …), or one "
        "`.duckdb` file. "
        f"Obligatory: {' and '.join(f'`{name}`' for name in OBLIGATORY_TABLES)}. "
        "Unknown columns are listed and ignored. In SPSS and Stata files the label of a value stands for its "
        "code; labels of SAS are not in the file, and not read.",
        *(_raw_table(name, table) for name, table in RAW.items()),
        *_omop(),
        "### extract.toml",
        "Beside the files of an extract, what the sender knows of it. Every line may be left out.",
        _table(("line", "meaning"), [(f"`{name}`", meaning) for name, meaning in SENDER_OPTIONS.items()]),
        *_own_tables(),
        *_redcap(),
        *_sdtm(),
        *_fhir(),
        "## What the program makes",
        *(_tables("Typed rows, and the fate of every row", STAGED)),
        *(_tables("Counts, episodes, classes, follow-up", DERIVED)),
        *(_tables("Estimates and comparisons", RESULTS)),
        *(_tables("A look at the extract (`ain check --out`)", QUALITY)),
        "## The choices of a study",
        "Change them with `dataclasses.replace`, or in a `.toml` file given to `ain study --definition`: "
        'first `preset = "NAME"`, then `choice = value`, `"none"` for a choice not made.',
        *_choices(),
        "## Presets",
        *_presets(),
    ]
    return "\n\n".join(parts) + "\n"


def _omop() -> list[str]:
    tables = [_raw_table(name, table) for name, table in OMOP.items()]
    return ["### OMOP Common Data Model 5.4", OMOP_READING, *tables]


def _redcap() -> list[str]:
    tables = [_raw_table(name, REDCAP[name]) for name in REDCAP_FILES]
    return ["## What a REDCap project holds", *REDCAP_READING, *tables]


def _own_tables() -> list[str]:
    return [
        "### Tables of any names and shapes",
        "`ain map SOURCE` looks at a folder and writes a first `extract.toml` with questions in it. A table "
        "has one mapping, `[tables.NAME]`, or several, `[[tables.NAME]]`; a file may feed several tables. "
        "What is not named, table or column, is read under its own name. Every key may be left out.",
        _table(("key", "meaning"), [(f"`{key}`", meaning) for key, meaning in MAPPING_KEYS.items()]),
        "An example:",
        f"```toml\n{MAPPING_EXAMPLE}```",
        *(_raw_table(name, table) for name, table in SOURCE_TABLES.items()),
    ]


def _sdtm() -> list[str]:
    tables = [_raw_table(name, table) for name, table in SDTM.items()]
    return ["## What a source in CDISC SDTM holds", *SDTM_READING, *tables]


def _fhir() -> list[str]:
    return [
        "### FHIR R4",
        "A folder of NDJSON files (`.ndjson`, `.jsonl`, also `.gz`; any name), of Bundles (`.json`, "
        "`.json.gz`), or both, or one such file; the type in each resource decides. "
        "Each resource has one fate; a component, and an entry of a Bundle in a line, "
        "is told by its place in the file.",
        *(_raw_table(name, table) for name, table in FHIR.items()),
        *(_rest(table) for table in FHIR.values()),
    ]


def _raw_table(name: str, table: type[RawRow]) -> str:
    rows = [
        (
            f"`{column}`",
            "yes" if (said.metadata or {}).get("obligatory") else "",
            str((said.metadata or {}).get("default", "")),
            str((said.metadata or {}).get("unit", "")),
            said.description or "",
        )
        for column, said in table.columns().items()
        if column not in RawRow.columns()
    ]
    heading = ("column", "obligatory", "else", "unit", "meaning")
    told = [" ".join(part.split()) for part in (table.__doc__ or "").strip().split("\n\n")]
    return "\n\n".join([f"### {name} (extract)", *told, _table(heading, rows)])


def _tables(title: str, tables: dict[str, type[dy.Schema]]) -> list[str]:
    return [f"### {title}", *(_made_table(name, table) for name, table in tables.items())]


def _made_table(name: str, table: type[dy.Schema]) -> str:
    rows = [
        (
            f"`{column}`",
            _type(said),
            _notes(said),
            str((said.metadata or {}).get("unit", "")),
            said.description or "",
        )
        for column, said in table.columns().items()
    ]
    return "\n\n".join(
        [f"#### {name}", _first_line(table), _table(("column", "type", "", "unit", "meaning"), rows)]
    )


def _type(column: dy.Column) -> str:
    kind = _TYPES[type(column).__name__]
    if isinstance(column, dy.Enum):
        return f"{kind}: {', '.join(column.categories)}"
    limits = [
        f"{sign} {end}" for sign, end in (("≥", _end(column, "min")), ("≤", _end(column, "max"))) if end
    ]
    return " ".join([kind, *limits])


def _end(column: dy.Column, which: str) -> str:
    end = getattr(column, which, None)
    return "" if end is None else f"{end:g}" if isinstance(end, int | float) else str(end)


def _notes(column: dy.Column) -> str:
    return "key" if column.primary_key else "may be missing" if column.nullable else ""


def _choices() -> list[str]:
    parts = []
    for stage, title in _STAGES.items():
        rows = [
            (
                f"`{f.name}`",
                _default(f.default),
                f.metadata["unit"],
                f.metadata["meaning"],
                f.metadata["source"],
            )
            for f in fields(Definitions)
            if f.metadata["stage"] == stage
        ]
        parts += [f"### {title}", _table(("choice", "textbook", "unit", "meaning", "source"), rows)]
    return parts


def _default(value: object) -> str:
    if isinstance(value, tuple):
        return "; ".join(_default(item) for item in value)
    if isinstance(value, AncBand):
        return f"from {value.from_months}: {value.entry_limit} / {value.exit_limit}"
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _presets() -> list[str]:
    textbook = in_words(TEXTBOOK)
    parts = []
    for name, preset in PRESETS.items():
        said = in_words(preset)
        shown = said if preset == TEXTBOOK else [line for line in said if line not in textbook]
        lead = "" if preset == TEXTBOOK else "As `textbook`, but:"
        left_out = [line for line in textbook if line not in said and not line.startswith("Definition:")]
        gone = [f"- ~~{line}~~" for line in left_out if preset != TEXTBOOK]
        lines = [f"- {line}" for line in shown if not line.startswith("Definition:")]
        parts += [f"### {name}", *([lead] if lead else []), "\n".join([*gone, *lines])]
    return parts


def _first_line(table: type[dy.Schema]) -> str:
    return (table.__doc__ or "").strip().splitlines()[0]


def _rest(table: type[dy.Schema]) -> str:
    return cleandoc(table.__doc__ or "").partition("\n")[2].strip()


def _table(heading: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [heading, tuple("---" for _ in heading), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
