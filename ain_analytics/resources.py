"""FHIR resources in files: lines of NDJSON and entries of Bundles, as rows of text in DuckDB.

Lines go straight through DuckDB; a line that is no JSON costs only itself. What is packed is
unpacked once before, so that a file which grows without end, or ends too early, is refused.
"""

import gzip
import zlib
from pathlib import Path

import duckdb
import polars as pl

from ain_analytics.errors import UnreadableExtract
from ain_analytics.records import check_unpacked, is_packed

LINE_ENDINGS = (".ndjson", ".ndjson.gz", ".jsonl", ".jsonl.gz")
DOCUMENT_ENDINGS = (".json", ".json.gz")
COLUMNS = ("full_url", "resource_type", "resource_id", "version_id", "last_updated", "status", "body")
"""Columns of a resource's row, in order."""
_BOM = b"\xef\xbb\xbf"
_MARK = b'"resourceType"'
_CHUNK = 1 << 20
_LONGEST_LINE = 1 << 28
_MOST_LEVELS = 8
"""Bundles in bundles: a batch of searches has two levels."""
_HEAD = (
    '{"resourceType": "VARCHAR", "id": "VARCHAR", "status": "VARCHAR", '
    '"meta": {"versionId": "VARCHAR", "lastUpdated": "VARCHAR"}}'
)
_ENTRIES = '{"entry": [{"fullUrl": "VARCHAR", "resource": "JSON"}]}'
_DAMAGED = "it is damaged, or cannot be read"
_AGAIN = "Export it again."


def find_resources(path: Path) -> tuple[str, str] | None:
    """Tell that a file holds resources, and its ending: by its name, a `.json` by what it begins with."""
    for ending in (*LINE_ENDINGS, *DOCUMENT_ENDINGS):
        if path.name.lower().endswith(ending):
            return ("resource", ending) if ending in LINE_ENDINGS or _MARK in _head(path) else None
    return None


def holds_resources(path: Path) -> bool:
    """Tell whether a file looks as if FHIR resources were in it."""
    return path.name.lower().endswith((*LINE_ENDINGS, *DOCUMENT_ENDINGS)) and _MARK in _head(path)


def _head(path: Path) -> bytes:
    """Give the first MiB of a file, unpacked; of a damaged one, what there is."""
    parts: list[bytes] = []
    try:
        with gzip.open(path) if is_packed(path) else path.open("rb") as file:
            while sum(map(len, parts)) < _CHUNK and (part := file.read1(_CHUNK)):
                parts.append(part)
    except (EOFError, OSError, zlib.error):
        pass
    return b"".join(parts)


def check_packed(path: Path) -> None:
    """Unpack a file once, without keeping it.

    Raises
    ------
    UnreadableExtract
        It ends too early, is no gzip, or grows beyond what a table does.
    """
    n_bytes = 0
    try:
        with gzip.open(path) as file:
            while part := file.read(_CHUNK):
                n_bytes += len(part)
                check_unpacked(path, n_bytes)
    except UnreadableExtract:
        raise
    except (EOFError, OSError, zlib.error) as error:
        raise UnreadableExtract(path, _DAMAGED, _AGAIN) from error


def load_resources(connection: duckdb.DuckDBPyConnection, path: Path, pattern: str, ending: str) -> None:
    """Append a file's resources to `source_resource`, its malformed lines to `source_malformed`.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Holds both tables.
    path : Path
        The file.
    pattern : str
        Its path as DuckDB takes it.
    ending : str
        As `find_resources` tells it.

    Raises
    ------
    UnreadableExtract
        The file is damaged, or no JSON at all.
    """
    if is_packed(path):
        check_packed(path)
    try:
        head = _head(path)
        # DuckDB takes a mark of byte order for JSON, and a file of one character for none.
        if ending in LINE_ENDINGS and not head.startswith(_BOM) and len(head) > 1:
            _load_lines(connection, path.name, pattern)
        else:
            _load_text(connection, path, is_document=ending in DOCUMENT_ENDINGS)
        _open_bundles(connection, path.name)
        _part_malformed(connection, path.name)
    except (duckdb.InterruptException, duckdb.OutOfMemoryException):
        raise
    except (duckdb.Error, OSError) as error:
        if isinstance(error, UnreadableExtract):
            raise
        raise UnreadableExtract(path, _DAMAGED, _AGAIN) from error


def _rows_of(source: str) -> str:
    """Write SQL that adds rows (file, number, full_url, body) of JSON to the resources."""
    return (
        "insert into source_resource select file, number, full_url, head.resourceType, head.id, "
        "head.meta.versionId, head.meta.lastUpdated, head.status, body "
        f"from (select file, number, full_url, body, from_json(body, '{_HEAD}') as head from ({source}))"
    )


def _load_lines(connection: duckdb.DuckDBPyConnection, name: str, pattern: str) -> None:
    lines = (
        "select $name as file, row_number() over () as number, null as full_url, json as body "
        f"from read_ndjson_objects($path, ignore_errors = true, maximum_object_size = {_LONGEST_LINE})"
    )
    connection.execute(_rows_of(lines), {"name": name, "path": pattern})


def _load_text(connection: duckdb.DuckDBPyConnection, path: Path, *, is_document: bool) -> None:
    """Read a whole file: one JSON document, else lines; blank ones do not count."""
    with gzip.open(path) if is_packed(path) else path.open("rb") as file:
        content = file.read().removeprefix(_BOM)
    lines = [content] if is_document and _is_json(connection, content) else content.splitlines()
    texts = [_text(line) for line in lines if line.strip()]
    if is_document and not any(text and _is_json(connection, text.encode()) for text in texts[:1]):
        raise UnreadableExtract(path, "it is no JSON", _AGAIN)
    frame = pl.DataFrame({"line": texts}, schema={"line": pl.String}).with_row_index("number", offset=1)
    connection.register("incoming_rows", frame)
    rows = "select $name as file, number, null as full_url, try_cast(line as json) as body from incoming_rows"
    connection.execute(_rows_of(rows), {"name": path.name})
    connection.unregister("incoming_rows")
    if len(lines) == 1 and is_document:  # entries of a file that is one bundle are counted from 1
        connection.execute(
            "update source_resource set row_number = 0 where file = $name and resource_type = 'Bundle'",
            {"name": path.name},
        )


def _text(line: bytes) -> str | None:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return None


def _is_json(connection: duckdb.DuckDBPyConnection, content: bytes) -> bool:
    text = _text(content)
    if text is None:
        return False
    return bool(connection.execute("select json_valid($text)", {"text": text}).fetchall()[0][0])


def _open_bundles(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Put the entries of bundles in the place of the bundles."""
    given = {"name": name}
    bundles = (
        "source_resource where resource_type = 'Bundle' "
        "and (file = $name or starts_with(file, $name || ', bundle '))"
    )
    entries = (
        "select place as file, number, entry.fullUrl as full_url, "
        'coalesce(entry.resource, \'{"resourceType": "Bundle.entry"}\') as body '
        "from bundle, unnest(entries) with ordinality as opened (entry, number)"
    )
    for _ in range(_MOST_LEVELS):
        connection.execute(
            "create or replace temp table bundle as select "
            "case row_number when 0 then file else file || ', bundle ' || row_number end as place, "
            f"from_json(body, '{_ENTRIES}').entry as entries from {bundles}",
            given,
        )
        if not connection.execute("select count(*) from bundle").fetchall()[0][0]:
            break
        connection.execute(f"delete from {bundles}", given)
        connection.execute(_rows_of(entries))
    connection.execute("drop table bundle")


def _part_malformed(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Move what is no resource to the malformed records."""
    lost = (
        "source_resource where resource_type is null "
        "and (file = $name or starts_with(file, $name || ', bundle '))"
    )
    if connection.execute(f"select count(*) from {lost}", {"name": name}).fetchall()[0][0]:
        connection.execute(
            f"insert into source_malformed select 'resource', file, row_number from {lost}", {"name": name}
        )
        connection.execute(f"delete from {lost}", {"name": name})
