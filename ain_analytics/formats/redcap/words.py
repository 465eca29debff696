"""What the views of the REDCap format read beside the source: words, missing-data codes, kinds of columns."""

from collections.abc import Mapping

import polars as pl

from ain_analytics.codes import code_list
from ain_analytics.errors import UnreadableExtract, one_line
from ain_analytics.formats.redcap.dictionary import key_of
from ain_analytics.formats.redcap.mapping import ESSENTIAL, TIME, native_columns, part_of
from ain_analytics.formats.redcap.project import missing_codes
from ain_analytics.schema import RAW
from ain_analytics.sender import OPTIONS_FILE, SenderOptions

_KINDS = {"value": "number", "gestational_weeks": "number", "code": "code", "test": "code", TIME: "time"}
_WORDS = ("table_name", "column_name", "said", "word")


def code_tables(options: SenderOptions) -> Mapping[str, pl.DataFrame]:
    """Make the tables, with the sender's own words and codes."""
    missing = {"code": pl.String, "label": pl.String, "is_declared": pl.Boolean}
    columns = {
        "table_name": pl.String,
        "column_name": pl.String,
        "kind": pl.String,
        "is_essential": pl.Boolean,
    }
    return {
        "redcap_missing": pl.DataFrame(missing_codes(options), schema=missing, orient="row"),
        "redcap_column": pl.DataFrame(_columns(), schema=columns, orient="row"),
        "redcap_word": _words(options),
        "redcap_antibody_code": _antibody_codes(),
    }


def _antibody_codes() -> pl.DataFrame:
    """Give the codes of tests for neutrophil antibodies, written as they are: 510-2 is not 5102."""
    is_test = (
        pl.col("code")
        .str.replace_all(r"[^0-9A-Za-z]", "")
        .is_in(code_list("antibody_method")["test_key"].implode())
    )
    return code_list("loinc_neutrophil_antibody").filter(is_test).select("code").unique(maintain_order=True)


def _columns() -> list[tuple[str, str, str, bool]]:
    """Tell of each column whether it holds a date, a number, a code or text, and whether it makes a row."""
    return [
        (table, column, _kind(column), column in ESSENTIAL.get(table, ()))
        for table in RAW
        for column in native_columns(table)
    ]


def _kind(column: str) -> str:
    is_date = column.endswith(("_on", "_at", "_date"))
    return "date" if is_date else _KINDS.get(column, "text")


def _words(options: SenderOptions) -> pl.DataFrame:
    """Give what an answer means in the words of the native format; the sender's word is first."""
    own: list[tuple[str, str, str, str]] = []
    for name, meanings in part_of(options, "values").items():
        places = [
            (table, column)
            for table in RAW
            for column in native_columns(table)
            if name in (column, f"{table}.{column}")
        ]
        if (
            not places
            or not isinstance(meanings, dict)
            or not all(isinstance(word, str) for word in meanings.values())
        ):
            found = f"[redcap.values.{one_line(name)}] is no table of texts for a column"
            raise UnreadableExtract(OPTIONS_FILE, found, 'Write [redcap.values.sex], then "1" = "female".')
        own += [(*place, key_of(said), word) for place in places for said, word in meanings.items()]
    kinds = dict.fromkeys(_WORDS, pl.String)
    shipped = code_list("redcap_word").select(_WORDS)
    frames = [pl.DataFrame(own, schema=kinds, orient="row"), shipped]
    flags = [
        frame.with_columns(pl.lit(is_own).alias("is_own"))
        for frame, is_own in zip(frames, (True, False), strict=True)
    ]
    return pl.concat(flags).unique(_WORDS[:-1], keep="first", maintain_order=True)
