"""The records of a CSV, one by one; what is no record costs its own line and no other."""

import csv
import gzip
import io
import zlib
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from ain_analytics.errors import UnreadableExtract, one_line

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_GZIP = b"\x1f\x8b"
_LARGEST_CELL = 1 << 27
_LONGEST_LINE = 1 << 20
_MOST_LINES = 1000
_CHUNK = 1 << 20
_ALWAYS_FINE = 1 << 26
_LARGEST_RATIO = 200
ENCODING_HINT = 'Save it as UTF-8, or say encoding = "latin-1" (or the right one) in extract.toml.'
HEADER_HINT = "A header with the names of the columns is needed."


def check_unpacked(path: Path, n_bytes: int) -> None:
    """Refuse a packed file that grows beyond 200 times its size, once it is larger than 64 MiB.

    Our choice: tables of text grow some 5 to 30 times; what grows more was made to fill a memory.
    """
    if n_bytes > max(_ALWAYS_FINE, _LARGEST_RATIO * path.stat().st_size):
        found = f"unpacked it is more than {_LARGEST_RATIO} times as large"
        raise UnreadableExtract(path, found, "If that is right, unpack it yourself.")


class _Lines:
    """Lines of a text; remembers those of the present record, and takes lines back."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.text = text
        self.again: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.taken) == _MOST_LINES:
            raise csv.Error
        line = self.again.popleft() if self.again else next(self.text)
        self.taken.append(line)
        return line

    def take_back(self) -> None:
        """Take back all lines of the record but the first."""
        self.again.extendleft(reversed(self.taken[1:]))


def is_packed(path: Path) -> bool:
    """Tell whether a file is named as one that gzip made."""
    return path.name.lower().endswith(".gz")


def _text(path: Path, encoding: str) -> io.TextIOWrapper:
    if is_packed(path):
        return io.TextIOWrapper(gzip.open(path, "rb"), encoding=encoding, newline="")
    return path.open(encoding=encoding, newline="")


def records(path: Path, encoding: str, delimiter: str) -> Iterator[list[str] | None]:
    """Yield the records of a CSV, the header first, None for what is none; blank lines do not count.

    A record has as many cells as the header, and every quotation mark that opens is closed. What is
    none of that costs its first line, and reading goes on with the next: a lone quotation mark must
    not swallow the rows after it.

    Raises
    ------
    UnreadableExtract
        The text is in another encoding, or cannot be unpacked.
    """
    csv.field_size_limit(_LARGEST_CELL)
    try:
        with _text(path, encoding) as text:
            if text.read(1) != "\ufeff":
                text.seek(0)
            yield from _records(_Lines(text), delimiter)
    except UnicodeError as error:
        raise UnreadableExtract(path, f"its text is not {one_line(encoding)}", ENCODING_HINT) from error
    except (EOFError, OSError, ValueError, zlib.error) as error:
        raise UnreadableExtract(path, "it is damaged, or cannot be read", "Export it again.") from error


def _records(lines: _Lines, delimiter: str) -> Iterator[list[str] | None]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    width = 0
    while True:
        lines.taken.clear()
        try:
            record: list[str] | None = next(reader)
        except StopIteration:
            return
        except csv.Error:
            record = None
        if record == []:
            continue
        if record is None or len(record) != (width or len(record)):
            lines.take_back()
            record = None
        yield record
        width = width or len(record or [""])


def look_at_csv(path: Path, encoding: str, delimiter: str) -> tuple[list[str], bool]:
    """Read a CSV's header, and tell whether a fast reader may read it.

    Such a reader takes UTF-8 with the header on the first line and on no other (DuckDB 2.0 may else lose
    every row), and may lose a last line that is longer than its buffer. A packed file is unpacked to its
    end once, so that damage is found; nothing of it is kept.

    Raises
    ------
    UnreadableExtract
        It is empty, in another encoding, damaged, or grows too much when unpacked.
    """
    try:
        beginning, length_of_end = _unpack(path) if is_packed(path) else _ends(path)
    except (EOFError, OSError, ValueError, zlib.error) as error:
        if isinstance(error, UnreadableExtract):
            raise
        raise UnreadableExtract(path, "it is damaged, or cannot be read", "Export it again.") from error
    if beginning.startswith(_GZIP) and not is_packed(path):
        raise UnreadableExtract(path, "it is packed by gzip", f"Name it {one_line(path.name)}.gz.")
    if encoding == "utf-8" and (beginning.startswith(_UTF16) or b"\0" in beginning.partition(b"\n")[0]):
        hint = 'Save it as UTF-8, or say encoding = "utf-16" in extract.toml.'
        raise UnreadableExtract(path, "it is UTF-16, or holds characters that are none", hint)
    header = next(records(path, encoding, delimiter), [])
    if header is None:
        raise UnreadableExtract(path, "its header has a quotation mark too many", HEADER_HINT)
    is_first = not beginning.removeprefix("\ufeff".encode()).startswith((b"\n", b"\r"))
    is_line = not any(line_break in name for name in header for line_break in "\r\n")
    return header, encoding == "utf-8" and is_first and is_line and length_of_end < _LONGEST_LINE


def _ends(path: Path) -> tuple[bytes, int]:
    """Give the first bytes of a file, and how long its last line is at least."""
    with path.open("rb") as file:
        beginning = file.read(_CHUNK)
        file.seek(max(0, path.stat().st_size - _LONGEST_LINE))
        return beginning, _length_after_break(file.read().rstrip(b"\r\n"))


def _unpack(path: Path) -> tuple[bytes, int]:
    beginning, n_bytes, length = b"", 0, 0
    with gzip.open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            beginning = beginning or chunk
            n_bytes += len(chunk)
            check_unpacked(path, n_bytes)
            after = _length_after_break(chunk)
            length = after if after < len(chunk) else length + after
    return beginning, length


def _length_after_break(text: bytes) -> int:
    return len(text) - 1 - max(text.rfind(b"\n"), text.rfind(b"\r"))
