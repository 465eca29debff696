"""What was sent of each child, as hashes of its raw rows, so that a later run finds who changed.

The tables stand in the schema `children`. A child's `quick` hash is of its rows and where they stand; only
where that differs are its rows put in order, which gives the `content` hash, blind to where they stand, and
`places`, where they stand. A hash is of 64 bits: a change in one of 10⁶ children is missed once in 10¹³ runs.
All rows whose key is in no row of the patient table are one child, with the number 0.
"""

from pathlib import Path

import duckdb

from ain_analytics.extracted import Extract
from ain_analytics.formats import NATIVE
from ain_analytics.schema import RAW
from ain_analytics.typed_cells import literal, quoted
from ain_analytics.views import sql_folder, view_in

KEY_HASH = "md5_number_lower({key}) as key_low, md5_number_upper({key}) as key_high"
_WHERE = ("file", "row_number")
_NUMBER_OF_DAYS = ("_on", "_at", "birth_date")
"""How the names of columns end that hold days; only they are held against the last day of the extract."""
_WHOLE_HASH = "cast(sum({hash}) % 18446744073709551616 as ubigint)"


def read_children(connection: duckdb.DuckDBPyConnection, extract: Extract) -> None:
    """Hash the rows of every key, and note its latest day, one scan of each raw table."""
    connection.execute("create schema children")
    connection.execute(
        "create table children.spelling (table_name varchar, spelled varchar, patient_id varchar)"
    )
    connection.execute("create table children.file (table_name varchar, ordinal integer, file varchar)")
    connection.execute(
        "create table children.rows (number integer, table_name varchar, content ubigint, places ubigint[])"
    )
    connection.execute("create table children.put_in_order (number integer)")
    for table in RAW:
        sent = _Sent(connection, extract, table)
        connection.execute(f"""
            create table children.seen_{table} as
            select
                {sent.key} as spelled,
                {_WHOLE_HASH.format(hash=sent.hash(*_WHERE, *sent.columns))} as quick,
                {sent.latest()} as latest
            from {sent.name}
            group by all
        """)
        connection.execute(f"""
            insert into children.file
            select '{table}', row_number() over (order by file) - 1, file
            from (select distinct file from {sent.name})
        """)
        _read_keys(connection, extract, table)


class _Sent:
    """A raw table, or of the native format what it is made of: its cells as they were sent."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, extract: Extract, table: str) -> None:
        self.table = table
        self.name = f"main.{'source' if extract.format is NATIVE else 'raw'}_{table}"
        self.kinds = dict(
            connection.sql(f"select column_name, column_type from (describe {self.name})").fetchall()
        )
        self.columns = [name for name in self.kinds if name not in _WHERE]
        self.key = "coalesce(cast(patient_id as varchar), '')"

    def hash(self, *columns: str) -> str:
        """Hash cells of a row; kinds are part of it, because one hash may be of two cells of two kinds."""
        kinds = literal(repr([self.table, self.kinds]))
        signs = [f"signbit({quoted(n)})" for n in columns if self.kinds[n] in ("DOUBLE", "FLOAT")]
        return f"hash({', '.join([kinds, *map(quoted, columns), *signs])})"

    def latest(self) -> str:
        days = [name for name in self.columns if name.endswith(_NUMBER_OF_DAYS)]
        cells = [
            f"max(trim({quoted(name)}))"
            if self.kinds[name] == "VARCHAR"
            else f"cast(max({quoted(name)}) as varchar)"
            for name in days
        ]
        return f"list_max([{', '.join(cells)}])"


def _read_keys(connection: duckdb.DuckDBPyConnection, extract: Extract, table: str) -> None:
    """Say which key of a child each spelling is: by the view that says it of the rows."""
    spelled = f"children.seen_{table}"
    if extract.format is not NATIVE:
        connection.execute(
            f"insert into children.spelling select '{table}', spelled, nullif(spelled, '') from {spelled}"
        )
        return
    ((path,),) = connection.execute("select current_setting('search_path')").fetchall()
    connection.execute("drop schema if exists spelled cascade")
    connection.execute("create schema spelled")
    cells = [
        f"cast(null as varchar) as {quoted(name)}"
        for name in _Sent(connection, extract, table).columns
        if name != "patient_id"
    ]
    connection.execute(f"""
        create table spelled.source_{table} as
        select '' as file, row_number() over () as row_number, spelled as patient_id, {", ".join(cells)}
        from {spelled}
    """)
    connection.execute("set search_path = 'spelled,main'")
    connection.execute(raw_view_in("spelled", table))
    connection.execute(f"set search_path = {literal(path)}")
    connection.execute(f"""
        insert into children.spelling
        select '{table}', sent.patient_id, made.patient_id
        from spelled.source_{table} as sent inner join spelled.raw_{table} as made using (row_number)
    """)
    connection.execute("drop schema spelled cascade")


def raw_view_in(schema_name: str, table: str) -> str:
    """Give the native view of a raw table, to be made in a schema of one's own."""
    return view_in(schema_name, sql_folder() / "00_format" / NATIVE.name / f"09_raw_{table}.sql")


def number_children(connection: duckdb.DuckDBPyConnection, known: Path) -> None:
    """Let every key of `child_kept` have the number that it had before, and note those that are new.

    Once for a connection: other definitions find the numbers there.
    """
    if not connection.sql(
        "from duckdb_tables() where schema_name = 'children' and table_name = 'number'"
    ).fetchall():
        before = (
            f"select key_low, key_high, number from read_parquet({literal(str(known))})"
            if known.exists()
            else "select cast(0 as ubigint) as key_low, cast(0 as ubigint) as key_high, 0 as number limit 0"
        )
        connection.execute(f"""
            create table children.number as
            with child as (select patient_id, {KEY_HASH.format(key="patient_id")} from child_kept),
            before as ({before})
            select
                child.patient_id, key_low, key_high, before.number is null as is_new,
                cast(coalesce(
                    before.number,
                    (select coalesce(max(number), 0) from before)
                    + row_number() over (partition by before.number is null order by child.patient_id)
                ) as integer) as number
            from child left join before using (key_low, key_high)
        """)
        connection.execute(f"""
            create table children.every_number as
            from ({before}) union select key_low, key_high, number from children.number
        """)
        _gather(connection)
    connection.execute("""
        create or replace table child_kept as
        select child_kept.* replace (number.number as child_number)
        from child_kept inner join children.number using (patient_id)
    """)


def _gather(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("""
        create table children.holder as
        select table_name, spelled, coalesce(number, 0) as number
        from children.spelling left join children.number using (patient_id)
    """)
    seen = " union all ".join(
        f"select '{table}' as table_name, * from children.seen_{table}" for table in RAW
    )
    connection.execute(f"""
        create table children.now as
        select number, {_WHOLE_HASH.format(hash="quick")} as quick, max(latest) as latest
        from ({seen}) inner join children.holder using (table_name, spelled)
        group by number
    """)


def put_in_order(connection: duckdb.DuckDBPyConnection, extract: Extract, wanted: str) -> None:
    """Add to `children.rows` the content and the places of the children in a table, by number."""
    connection.execute("drop table if exists children.asked")
    connection.execute(f"""
        create table children.asked as
        from {wanted} semi join children.now using (number) anti join children.put_in_order using (number)
    """)
    n_asked, n_now = connection.sql(
        "select (select count(*) from children.asked), (select count(*) from children.now)"
    ).fetchall()[0]
    if not n_asked:
        return
    for table in RAW:
        sent = _Sent(connection, extract, table)
        those = f"table_name = '{table}' and number in (from children.asked)"
        some = (
            f"where {sent.key} in (select spelled from children.holder where {those})"
            if n_asked < n_now
            else ""
        )
        files = f"from children.file where table_name = '{table}'"
        ((n_files,),) = connection.sql(f"select count(*) {files}").fetchall()
        ordinal, named = "0", ""
        if n_files != 1:
            ordinal = "known.ordinal"
            named = f"inner join (select file, ordinal {files}) as known using (file)"
        connection.execute(f"""
            insert into children.rows
            with line as (
                select
                    {sent.key} as spelled,
                    list(
                        (cast({ordinal} as uhugeint) << 104) + (cast(row_number as uhugeint) << 64)
                        + {sent.hash(*sent.columns)}
                    ) as lines
                from {sent.name} as sent {named}
                {some}
                group by all
            ),
            child as (
                select number, list_sort(flatten(list(lines))) as lines
                from line inner join children.holder
                    on table_name = '{table}' and line.spelled = holder.spelled
                group by number
            )
            select
                number, '{table}',
                hash(list_transform(lines, lambda one: cast(one & 18446744073709551615 as ubigint))),
                list_transform(lines, lambda one: cast(one >> 64 as ubigint))
            from child
        """)
    connection.execute("insert into children.put_in_order from children.asked")


CONTENT = """
    select number, hash(list(table_name order by table_name), list(content order by table_name)) as content
    from children.rows
    group by number
"""
"""One hash for all the rows of a child, of those that were put in order."""


def names(connection: duckdb.DuckDBPyConnection, relation: str) -> list[str]:
    """Give the names of the columns of a table or view."""
    return [name for (name,) in connection.sql(f"select column_name from (describe {relation})").fetchall()]
