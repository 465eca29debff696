"""Reads SAS, SPSS and Stata files in a process of its own; nothing of the house is imported here.

The library is a parser in C, which a damaged file can bring down: then only this process falls. Each
line that it is sent names a file; it writes the rows as text in an Arrow file, and answers with a number:
what went wrong.
"""

import json
import os
import sys
from datetime import date
from pathlib import Path
from re import IGNORECASE, Match, compile
from typing import Any

import polars as pl
import pyreadstat

FINE, DAMAGED, OTHER_ENCODING, SEVERAL_TABLES, TOO_LARGE = range(5)
"""Answers that say more than DAMAGED."""
LARGEST_RATIO, ALWAYS_FINE = 200, 1 << 26
"""As of every packed file, see `records.check_unpacked`."""

_READERS = {
    ".xpt": pyreadstat.read_xport, ".sas7bdat": pyreadstat.read_sas7bdat,
    ".sav": pyreadstat.read_sav, ".dta": pyreadstat.read_dta,
}  # fmt: skip
_MEMBER = compile(rb"HEADER RECORD\*{7}MEMB(ER |V8 ) HEADER RECORD!{7}")
_CARD = 80
"""Bytes of a record of a transport file, in which each table begins on a new one."""
_DAY_S = 86_400
_KINDS = {
    ".xpt": (
        r"(E8601|B8601|IS8601)DA|DATE|JULIAN|MONYY|(DD|YY)MM|MMDD|MMYY|WORDDAT|WEEKDAT|YYMON|YYQ|YEAR|MONTH|MONNAME|NENGO",
        r"(E8601|B8601|IS8601)(DT|DN|DZ)|DATETIME|DATEAMPM|MDYAMPM|DT(DATE|MONYY|YEAR|WKDATX)",
        date(1960, 1, 1), 1, _DAY_S,
    ),
    ".sav": (
        r"[AEJS]?DATE(?!TIME)|MOYR|QYR|WKYR", r"DATETIME|YMDHMS", date(1582, 10, 14), _DAY_S, _DAY_S,
    ),
    ".dta": (r"%-?t?d", r"%-?tc", date(1960, 1, 1), 1, 1000 * _DAY_S),
}  # fmt: skip
"""By ending: formats of dates, of times; the day from which both count; how many of their units are a day."""
_KINDS[".sas7bdat"] = _KINDS[".xpt"]
_EPOCH = date(1970, 1, 1)
_LARGEST_WHOLE = 1 << 53
_DIGITS = 15
"""What SAS promises of a number; a transport file may cut the next one."""


class _Refused(Exception):
    def __init__(self, why: int) -> None:
        super().__init__()
        self.why = why


def read(path: Path, ending: str, encoding: str, *, header_only: bool) -> pl.DataFrame:
    """Read a file's rows as a person would have typed them; of dates, the day and the time."""
    reader: Any = _READERS[ending]
    said = {} if encoding == "utf-8" else {"encoding": encoding}
    if ending == ".xpt" and len([hit for hit in _MEMBER.finditer(path.read_bytes()) if _is_card(hit)]) > 1:
        raise _Refused(SEVERAL_TABLES)
    _, meta = reader(str(path), metadataonly=True, output_format="polars", **said)
    width = max(1, sum(map(abs, meta.variable_storage_width.values())))
    most = max(ALWAYS_FINE, LARGEST_RATIO * path.stat().st_size) // width + 1
    if (meta.number_rows or 0) >= most:
        raise _Refused(TOO_LARGE)
    if header_only:
        return pl.DataFrame(schema=dict.fromkeys(meta.column_names, pl.String))
    frame: pl.DataFrame
    frame, meta = reader(
        str(path), output_format="polars", row_limit=most, disable_datetime_conversion=True, **said
    )
    if frame.height >= most:
        raise _Refused(TOO_LARGE)
    return frame.select(_as_text(frame[name], meta, ending) for name in frame.columns)


def _is_card(hit: Match[bytes]) -> bool:
    return hit.start() % _CARD == 0


def _as_text(column: pl.Series, meta: Any, ending: str) -> pl.Series:
    if not column.dtype.is_numeric():
        return _labelled(column, column.cast(pl.String), meta)
    if meta.readstat_variable_types.get(column.name) == "float":
        column = column.cast(pl.Float32).cast(pl.String).cast(pl.Float64)
    written = _day_or_time(column, str(meta.original_variable_types.get(column.name) or ""), ending)
    return written if written is not None else _labelled(column, _number(column), meta)


def _number(column: pl.Series) -> pl.Series:
    """Write numbers: 7.0 is 7."""
    number = column.cast(pl.Float64)
    is_whole = (number == number.round()) & (number.abs() < _LARGEST_WHOLE)
    whole = number.cast(pl.Int64, strict=False).cast(pl.String)
    return pl.select(
        pl.when(is_whole).then(whole).otherwise(number.round_sig_figs(_DIGITS).cast(pl.String))
    ).to_series().alias(column.name)  # fmt: skip


def _day_or_time(column: pl.Series, kind: str, ending: str) -> pl.Series | None:
    """Write days and times of a column whose format says that it holds them; what is none stays a number."""
    days, times, origin, a_day_of_days, a_day_of_times = _KINDS[ending]
    is_time = bool(compile(times, IGNORECASE).match(kind))
    if not is_time and not compile(days, IGNORECASE).match(kind):
        return None
    a_day = a_day_of_times if is_time else a_day_of_days
    day = (column.cast(pl.Float64) / a_day).floor()
    is_day = (day >= (date.min - origin).days) & (day <= (date.max - origin).days)
    since_origin = pl.select(pl.when(is_day).then(day)).to_series().cast(pl.Int32)
    written = (since_origin + (origin - _EPOCH).days).cast(pl.Date).dt.to_string("%Y-%m-%d")
    if is_time:
        seconds = ((column - day * a_day) * _DAY_S / a_day).cast(pl.Int64, strict=False)
        time = pl.select(pl.from_epoch(seconds, time_unit="s")).to_series().dt.to_string("T%H:%M:%S")
        written = written + time
    return pl.select(pl.coalesce(written, _number(column))).to_series().alias(column.name)


def _labelled(column: pl.Series, text: pl.Series, meta: Any) -> pl.Series:
    """Let a label stand for its code where the file has one: 2 = female."""
    known = meta.variable_value_labels.get(column.name) or {}
    labels = {
        code: label
        for code, label in known.items()
        if isinstance(code, str) != column.dtype.is_numeric() and str(label).strip()
    }
    if not labels:
        return text.alias(column.name)
    codes = pl.Series(list(labels), dtype=column.dtype)
    named = column.replace_strict(codes, pl.Series(list(labels.values())), default=None)
    return pl.select(pl.coalesce(named, text)).to_series().alias(column.name)


def answer(path: str, ending: str, encoding: str, output: str, header_only: bool) -> int:
    """Read a file and write its rows, or only its header."""
    try:
        read(Path(path), ending, encoding, header_only=header_only).write_ipc(output, compression="zstd")
    except _Refused as refused:
        return refused.why
    except UnicodeError:
        return OTHER_ENCODING
    except BaseException:  # a panic of polars is no Exception
        return DAMAGED
    return FINE


def main() -> None:
    """Answer one line after another; whatever else is printed goes to standard error."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "w") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        for line in sys.stdin:
            print(answer(*json.loads(line)), file=answers, flush=True)


if __name__ == "__main__":
    main()
