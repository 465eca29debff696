"""An extract's rows and the code lists, as tables in DuckDB that the views read."""

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pyarrow

from ain_analytics.codes import CODE_TABLES, METHOD_RANK
from ain_analytics.databases import open_database
from ain_analytics.errors import UnreadableExtract, one_line
from ain_analytics.extracted import Extract
from ain_analytics.files import in_place, load_file, load_frame, normal_names, numbered
from ain_analytics.formats import NATIVE, Format
from ain_analytics.postgres import Server, open_rows
from ain_analytics.typed_cells import as_text, quoted
from ain_analytics.views import make_view, view_name

FRACTIONS = ("DOUBLE", "FLOAT", "DECIMAL")
"""How the names of DuckDB's types with a decimal point begin."""
REST_OF_DATE = {len("2018-03"): "-15", len("2018"): "-07-01"}
"""What makes a day of a month or a year: its middle."""
RAW_VIEWS = "09"
"""Views of a format with a lower number are steps to those with this one, which are the raw tables."""
DAYS_OF_CHILD = ("enrolled_on", "last_contact_on", "died_on")
Progress = Callable[[str, float], None]
"""Called with the name of a stage and the share of the work that is done."""


def part_of_bar(begin: float, end: float, say: Progress) -> Progress:
    """Let a long step fill its part of a bar."""
    return lambda stage, share: say(stage, begin + (end - begin) * share)


def load_source(connection: duckdb.DuckDBPyConnection, extract: Extract, progress: Progress | None) -> None:
    """Read every row of an extract into `source_<table>`, as text with file and row."""
    connection.execute("create table source_malformed (table_name varchar, file varchar, row_number bigint)")
    columns_of = extract.format.columns_of
    views = _read_in_place(extract)
    for table in extract.format.tables:
        columns = ", ".join(f"{name} varchar" for name in columns_of(table))
        made = f"create table source_{table} (file varchar, row_number bigint, {columns})"
        connection.execute(views.get(table, made))
    if extract.format.load is not None:
        extract.format.load(connection, extract.files, extract.options)
        return
    only = _rows_of_use(extract.format)
    ordered = sorted(extract.files, key=lambda file: file.table in only)  # after the records that name them
    for done, file in enumerate(ordered):
        if file.table in views:
            continue
        if progress:
            progress(f"reading {one_line(file.path.name)}", done / len(extract.files))
        load_file(connection, file, columns_of(file.table), only.get(file.table, ""))
    for table, frame in extract.frames.items():
        load_frame(connection, table, frame, columns_of(table))
    if extract.database is not None:
        _load_database(connection, extract, extract.database)
    if extract.server is not None:
        _load_server(connection, extract, extract.server, progress)


def _rows_of_use(known: Format) -> dict[str, str]:
    """Say which rows of lists of codes to keep: those that the records name. An id may be no number."""
    conditions = known.rows_of_use({table: known.columns_of(table) for table in known.tables})
    names = {table: f"source_{table}" for table in known.tables}
    return {
        table: condition.replace("cast(", "try_cast(").format_map(names)
        for table, condition in conditions.items()
    }


def _read_in_place(extract: Extract) -> dict[str, str]:
    """Write views of the tables whose Parquet files are read where they are."""
    views = {}
    for table, fractions in extract.format.read_in_place.items():
        files = [file for file in extract.files if file.table == table]
        if files and all(file.ending == ".parquet" for file in files):
            wanted = extract.format.columns_of(table)
            rows = " union all ".join(in_place(file, wanted, fractions) for file in files)
            views[table] = f"create view source_{table} as {rows}"
    return views


def _damaged(connection: duckdb.DuckDBPyConnection, extract: Extract) -> Path | None:
    """Find the file, of those that are read where they are, that cannot be read to its end."""
    for file in (file for file in extract.files if file.table in _read_in_place(extract)):
        wanted = extract.format.columns_of(file.table)
        cells = ", ".join(f"max({name})" for name in wanted)
        try:
            connection.sql(f"select {cells} from ({in_place(file, wanted, ())})").fetchall()
        except (duckdb.InterruptException, duckdb.OutOfMemoryException):
            raise
        except duckdb.Error:
            return file.path
    return None


def _load_database(connection: duckdb.DuckDBPyConnection, extract: Extract, path: Path) -> None:
    try:
        with open_database(path) as sent:
            only = _rows_of_use(extract.format)
            ordered = sorted(extract.database_tables.items(), key=lambda given: given[0] in only)
            for table, (name, columns) in ordered:
                original = dict(zip(normal_names(columns, path), columns.items(), strict=True))
                wanted = extract.format.columns_of(table)
                cells = [
                    as_text(quoted(original[n][0]), is_fraction=original[n][1].startswith(FRACTIONS))
                    if n in original
                    else "null"
                    for n in wanted
                ]
                named = ", ".join(f"{cell} as c{place}" for place, cell in enumerate(cells))
                found = sent.sql(f"select {named} from main.{quoted(name)}")
                rows = pyarrow.RecordBatchReader.from_stream(found)
                given = [f"c{place}" for place in range(len(wanted))]
                query = numbered(given, wanted, "incoming_rows", only.get(table, ""))
                _insert(connection, table, name, rows, query)
    except (duckdb.InterruptException, duckdb.OutOfMemoryException):
        raise
    except duckdb.Error as error:
        raise UnreadableExtract(path, "its tables cannot be read", "Open it with DuckDB and look.") from error


def _load_server(
    connection: duckdb.DuckDBPyConnection, extract: Extract, where: Server, progress: Progress | None
) -> None:
    known = extract.format
    conditions = known.rows_of_use(
        {table: columns for table, (_, columns) in extract.database_tables.items()}
    )
    with open_rows(where) as sent:
        there = {table: sent.name_of(name) for table, (name, _) in extract.database_tables.items()}
        for done, (table, (name, columns)) in enumerate(extract.database_tables.items()):
            if progress:
                progress(f"reading {one_line(name)}", done / len(there))
            named = dict(zip(normal_names(columns, name), columns, strict=True))
            wanted = [named.get(column) for column in known.columns_of(table)]
            only = conditions.get(table, "").format_map(there)
            rows = sent.read(name, columns, wanted, named.get(known.keys.get(table, "")), only)
            query = "select $name, row_number() over (), * from incoming_rows"
            try:
                _insert(connection, table, name, rows, query)
            except (duckdb.InterruptException, duckdb.OutOfMemoryException):
                raise
            except duckdb.Error as error:
                found = f"table {one_line(name)!r} cannot be read to its end"
                raise UnreadableExtract(where.name, found, "Look at it with psql.") from error


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, name: str, rows: pyarrow.RecordBatchReader, query: str
) -> None:
    """Put the rows that a query makes of `incoming_rows` into a table's source."""
    connection.register("incoming_rows", rows)
    connection.execute(f"insert into source_{table} {query}", {"name": name})
    connection.unregister("incoming_rows")


def load_codes(connection: duckdb.DuckDBPyConnection, extract: Extract) -> None:
    """Make the tables of the code lists, with the sender's own codes and units added."""
    options = extract.options
    tables = {name: make() for name, make in CODE_TABLES.items()}
    tables["analyte_code"] = _with_local(tables["analyte_code"], "code", options.codes)
    known = {"unit": list(options.units), "means": list(options.units.values())}
    tables["local_unit"] = pl.DataFrame(known, schema=dict.fromkeys(known, pl.String))
    tables["method_rank"] = pl.DataFrame([METHOD_RANK])
    tables["extract_info"] = pl.DataFrame(
        {"extracted_on": [extract.extracted_on], "decimal_mark": [options.decimal_mark]}
    )
    tables["partial_date"] = _partial_date(options.birth_date_precision)
    tables |= extract.format.code_tables(options)
    for name, frame in tables.items():
        make_table(connection, name, frame)


def _partial_date(precision: str) -> pl.DataFrame:
    """Give what completes a birth date of which only a part is known, where the sender allows it."""
    allowed = {"day": (), "month": ("2018-03",), "year": ("2018-03", "2018")}[precision]
    rows = [(len(part), REST_OF_DATE[len(part)]) for part in allowed]
    return pl.DataFrame(rows, schema={"n_characters": pl.Int32, "rest": pl.String}, orient="row")


def _with_local(known: pl.DataFrame, column: str, local: Mapping[str, str]) -> pl.DataFrame:
    """Add a sender's own spellings to a code list; what the sender says of a known one is what holds."""
    if not local:
        return known
    own = pl.DataFrame({"own": list(local), column: list(local.values())})
    added = own.join(known, on=column).drop(column).rename({"own": column})
    others = known.join(added, on=column, how="anti")
    return pl.concat([others, added.select(known.columns)]).unique(maintain_order=True)


def make_table(connection: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    """Make a table of a frame's rows."""
    connection.register("incoming_rows", frame)
    connection.execute(f"create or replace table {name} as from incoming_rows")
    connection.unregister("incoming_rows")


def make_raw_tables(connection: duckdb.DuckDBPyConnection, extract: Extract, folder: Path) -> None:
    """Build a format's views; except of the native one, keep their rows, drop the steps and the source."""
    known = extract.format
    files = [path for name in (*known.also_views_of, known.name) for path in (folder / name).glob("*.sql")]
    views = sorted({view_name(path): path for path in files}.values(), key=lambda path: path.name)
    try:
        for path in views:
            make_view(connection, path, is_kept=known is not NATIVE)
    except (duckdb.InterruptException, duckdb.OutOfMemoryException):
        raise
    except duckdb.Error as error:
        damaged = _damaged(connection, extract)
        if damaged is None:
            raise
        raise UnreadableExtract(damaged, "it is no readable .parquet file", "Export it again.") from error
    if known is not NATIVE:
        for name in (view_name(path) for path in views if path.name < RAW_VIEWS):
            connection.execute(f"drop view {name}")
            connection.execute(f"drop table {name}_kept")
        in_views = _read_in_place(extract)
        for table in known.tables:
            connection.execute(f"drop {'view' if table in in_views else 'table'} source_{table}")


def forget_later_days(connection: duckdb.DuckDBPyConnection, schema_name: str, day: date) -> None:
    """Make the raw tables in a schema say what they said on a day.

    The extract then ends on this day, so the staging views set aside what is later and cut courses that
    go on; of a child itself the later days are not known yet, nor a row of a later birth.
    """
    info = connection.sql("from main.extract_info").pl().with_columns(pl.lit(day).alias("extracted_on"))
    make_table(connection, "extract_info", info)
    known = [
        f"case when {_is_after(day, name)} then null else {name} end as {name}" for name in DAYS_OF_CHILD
    ]
    connection.execute(
        f"create or replace view {schema_name}.raw_patient as "
        f"select * replace ({', '.join(known)}) from main.raw_patient "
        f"where not coalesce({_is_after(day, 'birth_date')}, false)"
    )


def contradicted_later(connection: duckdb.DuckDBPyConnection, day: date) -> bool:
    """Whether a child is set aside for rows that contradict each other since a later day only, perhaps."""
    later = " or ".join(_is_after(day, name) for name in DAYS_OF_CHILD)
    ((n,),) = connection.sql(
        "select count(*) from patient_fate where starts_with(fate, 'conflicting') "
        f"and (birth_date > date '{day}' or {later})"
    ).fetchall()
    return bool(n)


def _is_after(day: date, name: str) -> str:
    """Ask whether a cell, read as a day by the rule of view `patient`, is later than a day."""
    read = f"case when regexp_matches({name}, '^[1-9][0-9]{{3}}-[^(]*$') then try_cast({name} as date) end"
    return f"{read} > date '{day}'"


def of_rows(connection: duckdb.DuckDBPyConnection) -> str:
    """Say of how many results; an engine that reads them where they lie has not counted them."""
    ((n,),) = connection.sql("select count(*) from raw_lab_result").fetchall()
    return f" of {n:,} laboratory results" if n else ""
