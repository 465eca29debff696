"""The data dictionary: every table, column and choice, written from where each is declared."""

from collections.abc import Sequence
from dataclasses import fields

import dataframely as dy

from ain_analytics.definitions import PRESETS, TEXTBOOK, AncBand, Definitions
from ain_analytics.schema import DERIVED, OBLIGATORY_TABLES, OMOP, RAW, RESULTS, STAGED, RawRow
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
    "format": "Format of the files, where it cannot be told from them: `native`, `omop`.",
    "encoding": "Encoding of text files. Else: `utf-8`.",
    "delimiter": "Character between the cells of text files. Else: `,`.",
    "decimal_mark": "Decimal mark of numbers in text files. Else: `.`.",
    "birth_date_precision": "What suffices of a birth date: `day`; or `month` or `year`, whose middle then "
    "stands for the day (counted, and said). Else: `day`.",
    "specimen_field_concept_id": "Of an OMOP source without table concept: the id of `specimen.specimen_id`, "
    "as text; then `measurement_event_id` is the specimen.",
    "codes": "Table `[codes]`: local code = LOINC code.",
    "units": "Table `[units]`: local spelling = a unit that the program knows.",
}
"""What may stand in `extract.toml`."""


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
        "A folder with one file per table (`.csv`, `.csv.gz`, `.parquet`, `.xlsx`; several parts as "
        "`lab_result-1.parquet`, `lab_result-2.parquet` …), or one `.duckdb` file. "
        f"Obligatory: {' and '.join(f'`{name}`' for name in OBLIGATORY_TABLES)}. "
        "Unknown columns are listed and ignored.",
        *(_raw_table(name, table) for name, table in RAW.items()),
        *_omop(),
        "### extract.toml",
        "Beside the files of an extract, what the sender knows of it. Every line may be left out.",
        _table(("line", "meaning"), [(f"`{name}`", meaning) for name, meaning in SENDER_OPTIONS.items()]),
        "## What the program makes",
        *(_tables("Typed rows, and the fate of every row", STAGED)),
        *(_tables("Counts, episodes, classes, follow-up", DERIVED)),
        *(_tables("Estimates and comparisons", RESULTS)),
        "## The choices of a study",
        "Change them with `dataclasses.replace`, or in a `.toml` file given to `ain study --definition`: "
        'first `preset = "NAME"`, then `choice = value`, `"none"` for a choice not made.',
        *_choices(),
        "## Presets",
        *_presets(),
    ]
    return "\n\n".join(parts) + "\n"


def _omop() -> list[str]:
    return [
        "### OMOP Common Data Model 5.4",
        'Found where `person` and `measurement` are there, or by `format = "omop"`: a folder with one file '
        "per table (also parts such as `measurement-1.parquet`; names of files and columns in any case; a "
        "table of concepts may have tabs between its cells), a `.duckdb` file, or a PostgreSQL database, "
        "`postgresql://user@host/database?schema=cdm` (`extract_toml=FILE` after it names the sender's "
        "`extract.toml`; the extra `postgres` is needed; the database is read in one transaction that can "
        "only read). `concept`, `concept_ancestor` and `care_site` are lists of names; every record of the "
        "other tables has one fate.",
        *(_raw_table(name, table) for name, table in OMOP.items()),
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


def _table(heading: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [heading, tuple("---" for _ in heading), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
