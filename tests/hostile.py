"""What a hostile or careless hospital does to its files, and a second opinion on their number of records."""

import gzip
import io
import random
import shutil
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import polars as pl
from pyarrow import parquet

HOSPITAL = Path(__file__).parent / "extracts" / "hospital_a"
TABLES = ("patient", "lab_result", "antibody_test", "diagnosis", "treatment", "marrow_exam", "genetic_test")
KEY = "KEY-OF-A-CHILD"
"""Begins every key of the small registry, so that a message that holds a key can be told."""
CANARY = "was_run.csv"
"""A file that would be there if SQL of the data were run."""
SQL = f"'); copy (select 1) to '{CANARY}'; --"
NASTY = (
    "", " ", "\t", "\u00a0", "\x00", '"', '""', "'", "\\", "\ufeff", "\u200f007", "０.5", "NaN", "inf",
    "-0.0", "1e400", "1e-320", "-1e-400", "9" * 400, "<", "<0.1", "<=0,1", "< -1", "0x10", "1_000",
    "1e", ".", "true", "infinity", "-infinity", "epoch", "0000-00-00", "0000-01-01", "0001-01-01",
    "2020-02-30", "9999-12-31", "10000-01-01", "294247-01-10", "5877642-06-25", "2018-06-01 (BC)",
    "2018-06-01T25:00", "01.06.2018", "today", "2018-06-01T24:00:00", "2018-06-01T00:30:00+02:00",
    "=1+1", "=HYPERLINK(1)", "@SUM(1)", "NULL", "None", "null", SQL, SQL.replace("'", '"'), "$name",
    "{a}", "%s", "<script>alert(1)</script>", "x" * 70_000, "🧒", "e\u0301", "\u2028", "\x1a",
    "\x1b[31m", "10*9/L", "751-8", "%", "positive", "mother", "\n", "a\r\nb",
)  # fmt: skip
OPTIONS = (
    "extracted_on = 0001-01-01", "extracted_on = 9999-12-31", "extracted_on = 12:00:00", "encoding = 3",
    'encoding = "nope"', 'encoding = "latin-1"', 'encoding = "utf-16"', 'encoding = "base64"', "codes = [1]",
    'encoding = "a\\u0000b"', 'delimiter = "\\n"', 'delimiter = "é"', 'delimiter = ";"', 'delimiter = ""',
    'decimal_mark = "5"', 'decimal_mark = ","', '[codes]\n"751-8" = "6690-2"', '[codes]\nNEUT = "nonsense"',
    '[units]\n"10*9/L" = "/L"\n" 10*9/l" = "%"', 'source = "<script>alert(1)</script>"', "source = 1e999",
    "x = " + "[" * 3000 + "]" * 3000, "= = =", "x = " + "9" * 5000, "a = 1\na = 2",
)  # fmt: skip
TEXTS = (".csv", ".ndjson", ".json")
Change = Callable[[random.Random, Path], None]


def small_registry(rng: random.Random, folder: Path) -> None:
    """Write some children of a hospital, with their rows of every table, under keys that can be told."""
    texts = {name: (HOSPITAL / f"{name}.csv").read_text(encoding="utf-8").splitlines() for name in TABLES}
    chosen = set(rng.sample(sorted({line.split(",")[0] for line in texts["patient"][1:]}), 5))
    for name, (header, *rows) in texts.items():
        kept = [f"{KEY}-{row}" for row in rows if row.split(",")[0] in chosen]
        (folder / f"{name}.csv").write_text("\n".join([header, *kept]) + "\n", encoding="utf-8")
    (folder / "extract.toml").write_text("extracted_on = 2024-06-30\n")


def spoil(rng: random.Random, folder: Path, possible: Sequence[Change]) -> list[str]:
    """Spoil a folder in one to three ways; give their names."""
    changes = rng.choices(possible, k=rng.randint(1, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for one in changes:
            one(rng, folder)
    return [one.__name__ for one in changes]


def fuzz(
    seeds: Iterable[int],
    folder: Path,
    make: Callable[[int, Path], list[str]],
    outcome_of: Callable[[Path], str],
) -> Counter[str]:
    """Make a spoiled source for each seed and look what becomes of it; count the outcomes."""
    outcomes: Counter[str] = Counter()
    for seed in seeds:
        place = folder / f"source_{seed}"
        place.mkdir()
        changes = make(seed, place)
        try:
            outcomes[outcome_of(place)] += 1
        except BaseException as error:
            error.add_note(f"seed {seed}: {', '.join(changes)}")
            raise
        shutil.rmtree(place)
    return outcomes


def a_text(rng: random.Random, folder: Path) -> Path | None:
    found = sorted(path for path in folder.iterdir() if path.suffix in TEXTS)
    return rng.choice(found) if found else None


def on_text(change: Callable[[random.Random, str], str]) -> Change:
    """Let a change of a text be one of a random text file."""

    def changed(rng: random.Random, folder: Path) -> None:
        path = a_text(rng, folder)
        if path is not None:
            text = path.read_bytes().decode("utf-8", "surrogateescape")
            path.write_bytes(change(rng, text).encode("utf-8", "surrogateescape"))

    changed.__name__ = change.__name__
    return changed


@on_text
def spoil_cells(rng: random.Random, text: str) -> str:
    lines = text.split("\n")
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(lines))
        cells = lines[at].split(",")
        nasty = rng.choice(NASTY)
        quoted = '"' + nasty.replace('"', '""') + '"'
        cells[rng.randrange(len(cells))] = rng.choice([nasty, quoted])
        lines[at] = ",".join(cells)
    return "\n".join(lines)


@on_text
def spoil_characters(rng: random.Random, text: str) -> str:
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(text) + 1)
        text = (
            text[:at]
            + rng.choice(['"', ",", "\n", "\r", "\0", "\udcff", " ", ""])
            + text[at + rng.randint(0, 2) :]
        )
    return text


@on_text
def spoil_line_ends(rng: random.Random, text: str) -> str:
    ends = rng.choice([["\r"], ["\r\n"], ["\n", "\r\n", "\r"], ["\n", "\n\n"], ["\n", "\n \n"], ["\r\r\n"]])
    return "".join(line + rng.choice(ends) for line in text.split("\n"))


@on_text
def cut_or_repeat(rng: random.Random, text: str) -> str:
    at = rng.randrange(len(text) + 1)
    return rng.choice(
        [text[:at], text[at:], text + text, text.rstrip("\n"), "", "\n\n" + text, "\ufeff" * 2 + text]
    )


@on_text
def spoil_header(rng: random.Random, text: str) -> str:
    header, _, rest = text.partition("\n")
    names = header.split(",")
    names[rng.randrange(len(names))] = rng.choice(
        ["", names[0], names[0].upper() + " ", '"a"";b\'--"', f'"{SQL}"', "row_number", "file", "n" * 99_999]
    )
    return rng.choice([",".join(names) + "\n" + rest, rest])


def spoil_options(rng: random.Random, folder: Path) -> None:
    said = rng.choice(OPTIONS)
    day = "" if "extracted_on" in said else "extracted_on = 2024-06-30\n"
    (folder / "extract.toml").write_text(day + said + "\n", encoding="utf-8")


def encode(rng: random.Random, folder: Path) -> None:
    path = a_text(rng, folder)
    if path is not None:
        text = path.read_bytes().decode("utf-8", "replace")
        path.write_bytes(text.encode(rng.choice(["utf-16", "utf-16-le", "utf-8-sig", "latin-1"]), "replace"))


def pack(rng: random.Random, folder: Path) -> None:
    path = a_text(rng, folder)
    if path is not None:
        packed = gzip.compress(path.read_bytes(), mtime=0)
        path.unlink()
        cut = rng.choice([len(packed), len(packed), rng.randrange(len(packed)), len(packed) - 1])
        path.with_name(path.name + ".gz").write_bytes(
            packed[:cut] + rng.choice([b"", b"", b"\0" * 9, b"junk"])
        )


def to_typed(rng: random.Random, folder: Path) -> None:
    """Write a text again as Parquet or Excel, cut or with bytes changed at times."""
    path = a_text(rng, folder)
    if path is None:
        return
    try:
        frame = pl.read_csv(
            path, infer_schema=rng.choice([False, True]), truncate_ragged_lines=True, quote_char=None
        )
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return
    buffer, ending = io.BytesIO(), rng.choice([".parquet", ".xlsx"])
    if ending == ".parquet":
        frame.write_parquet(buffer)
    else:
        frame.select(pl.all().cast(pl.String).str.slice(0, 30_000)).write_excel(buffer)
    data = bytearray(buffer.getvalue())
    if rng.random() < 0.4:
        for _ in range(rng.randint(1, 20)):
            data[rng.randrange(len(data))] = rng.randrange(256)
    path.unlink()
    path.with_name(path.stem + ending).write_bytes(data[: rng.choice([len(data), len(data), len(data) // 2])])


def split(rng: random.Random, folder: Path) -> None:
    path = a_text(rng, folder)
    if path is not None:
        header, *rows = path.read_bytes().decode("utf-8", "surrogateescape").split("\n")
        table = path.name.partition("-")[0].removesuffix(".csv")
        path.unlink()
        for n in range(3):
            name = f"{table}-{n}{rng.choice(['', 'é', chr(10), SQL.replace('/', ''), '[*]', ' '])}.csv"
            part = "\n".join([header, *rows[n::3]])
            (folder / name).write_bytes(part.encode("utf-8", "surrogateescape"))


CHANGES: tuple[Change, ...] = (
    spoil_cells, spoil_cells, spoil_cells, spoil_cells, spoil_characters, spoil_line_ends, cut_or_repeat,
    spoil_header, spoil_options, encode, pack, to_typed, split,
)  # fmt: skip


def n_records(text: str, delimiter: str = ",") -> int:
    """Count the records after the header as a slow and independent reader does, the malformed ones included.

    A blank line is no record. A record goes on over line breaks inside quotation marks; where that makes
    none (marks that never close, or with something beside them, or the wrong number of cells), its first
    line is one malformed record, and the next line is read afresh.
    """
    at, width, n = 0, 0, -1
    while at < len(text):
        next_line = end_of_line(text, at)
        if text[at] in "\r\n":
            at = next_line
            continue
        cells, end = record_at(text, at, delimiter)
        if not cells or cells != (width or cells):
            end = next_line
        width = width or cells
        at, n = end, n + 1
    return n


def end_of_line(text: str, at: int) -> int:
    while at < len(text) and text[at] not in "\r\n":
        at += 1
    return at + (2 if text[at : at + 2] == "\r\n" else 1)


def record_at(text: str, at: int, delimiter: str) -> tuple[int, int]:
    """Give the number of cells of the record that starts somewhere, 0 if it is none, and where it ends."""
    cells, state = 1, "start"
    while at < len(text):
        mark = text[at]
        if state == "quoted":
            state = "closed" if mark == '"' else state
        elif mark == '"' and state in ("start", "closed"):
            state = "quoted"
        elif mark in "\r\n":
            return cells, end_of_line(text, at)
        elif mark == delimiter:
            cells, state = cells + 1, "start"
        elif state == "closed":
            return 0, at
        else:
            state = "plain"
        at += 1
    return (0 if state == "quoted" else cells), at


def n_rows(path: Path, delimiter: str, encoding: str) -> int:
    """Count the rows of one file, whatever its format."""
    if path.suffix == ".parquet":
        # by its metadata: a column that nobody asked for may be damaged
        return int(parquet.ParquetFile(path).metadata.num_rows)
    if path.suffix == ".xlsx":
        return pl.read_excel(path, infer_schema_length=0, drop_empty_rows=True).height
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return n_records(data.decode(encoding).removeprefix("\ufeff"), delimiter)
