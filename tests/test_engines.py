"""Spark and PostgreSQL run the same views as DuckDB and give the same rows, to the last bit.

DuckDB's own rows are held by the other tests; here they are what the engines are compared with.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import polars as pl
import pytest
import sqlglot

import ain_analytics as ain
from ain_analytics.definitions import PRESETS, TEXTBOOK, Definitions
from ain_analytics.engines.elsewhere import Elsewhere
from ain_analytics.engines.translate import POSTGRES, SPARK, translate
from ain_analytics.errors import UnusableEngine
from ain_analytics.registry import open_registry
from ain_analytics.views import KEPT, view_files, view_name

from .postgres import PASSWORD, find_programs, load, run_sql, running_server
from .test_properties import DEFINITIONS, EXTRACTED, frames_of, random_registries

HOSPITAL = Path(__file__).parent / "extracts" / "hospital_a"
VIEWS = [view_name(path) for path in view_files()]
SMALL = {  # a session for small tables: one part, nothing compiled
    "spark.sql.shuffle.partitions": "1",
    "spark.default.parallelism": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}


def why_no_spark() -> str:
    try:
        import pyspark  # noqa: F401
    except ImportError:
        return "pyspark is not installed"
    return "" if shutil.which("java") or os.environ.get("JAVA_HOME") else "there is no Java"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    programs = find_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed")
    with running_server(programs) as address:
        yield address


@pytest.fixture(scope="module")
def spark() -> str:
    if why := why_no_spark():
        pytest.skip(why)
    from ain_analytics.engines.spark import Spark

    Spark("local[2]", SMALL).close()
    return "local[2]"


@pytest.fixture(scope="module", params=["postgres", "spark"])
def engine(request: pytest.FixtureRequest) -> dict[str, str]:
    address = request.getfixturevalue("server" if request.param == "postgres" else "spark")
    return {"engine": request.param, "engine_address": address}


def differing(ours: Any, theirs: Any, names: list[str]) -> list[str]:
    """Compare every row of views, both ways, a number equal only to itself; name those that differ."""
    return [
        name
        for name in names
        if not _is_same(*(one.connection.sql(f"from {name}").pl() for one in (ours, theirs)))
    ]


def _is_same(wanted: pl.DataFrame, found: pl.DataFrame) -> bool:
    return wanted.schema == found.schema and wanted.sort(wanted.columns).equals(found.sort(found.columns))


def all_differing(
    source: Any, engine: dict[str, str], *definitions: Definitions, extracted_on: date | None = None
) -> list[str]:
    """Compare every view under the first definition, and those that depend on it under the others."""
    opened = {"definitions": definitions[0], "extracted_on": extracted_on}
    with open_registry(source, **opened) as ours, open_registry(source, **opened, **engine) as theirs:
        assert isinstance(theirs.connection, Elsewhere)
        found = differing(ours, theirs, VIEWS)
        for other in definitions[1:]:
            late = [view_name(path) for path in view_files() if path.name >= "2"]
            found += differing(ours.under(other), theirs.under(other), late)
    return found


def test_a_nasty_extract_gives_the_same_rows_in_every_view(engine):
    assert all_differing(HOSPITAL, engine, TEXTBOOK) == []


def test_a_made_up_registry_gives_the_same_rows_in_every_view(server):
    """For Spark, the one whose Parquet files it reads by itself is compared below."""
    demo = ain.simulate(60, seed=4)
    engine = {"engine": "postgres", "engine_address": server}
    assert (
        all_differing(demo.tables, engine, TEXTBOOK, PRESETS["neglia_1993"], extracted_on=demo.extracted_on)
        == []
    )


def histories_differing(engine: dict[str, str], *numbers: int) -> list[str]:
    children = {f"{n}{k}": c for n, one in enumerate(random_registries(numbers[0])) for k, c in one.items()}
    chosen = [DEFINITIONS[number] for number in numbers]
    return all_differing(frames_of(children), engine, *chosen, extracted_on=EXTRACTED)


@pytest.mark.parametrize("numbers", [(11,), (31, 47)], ids=str)
def test_random_histories_under_random_definitions_give_the_same_rows(server, numbers):
    assert histories_differing({"engine": "postgres", "engine_address": server}, *numbers) == []


@pytest.mark.long
def test_they_do_so_on_spark_which_is_slow_with_small_tables(spark):
    assert histories_differing({"engine": "spark", "engine_address": spark}, 11) == []


def test_every_numbered_view_is_compared():
    assert len(VIEWS) == len(set(VIEWS)) > 40
    assert set(KEPT) <= set(VIEWS)


# --- what a small query means -----------------------------------------------------------------------------

TEXTS = [
    None, "", " ", "2020-01-05", "2020-1-5", "2020-01", "2020", "20200105", "2020-02-30", "1900-02-29",
    "2000-02-29", "2020-01-05 ", "2020-01-05\n", "2020-01-05T10:00", "2020-01-05 10:00:00.1234567",
    "2020-01-05T24:00", "2020-01-05T24:01", "2020-01-05T10", "2020-01-05 1:2:3", "2020-01-05T10:00Z",
    "2020-01-05T10:00+02:00", "2020-01-05 10:00 Europe/Berlin", "2020-01-05T10:00x", "today", "epoch", "now",
    "infinity", "inf", "-Infinity", "NaN", "nan", "1", "1.5", "2.5", "-2.5", "1.", ".5", "5d", "5f", "1e3",
    "1e400", "-1e400", "1e-400", "1e308", "4.9e-324", "1_000", "1__0", "1,5", "<0.1", "+7", " 7 ", "7\t", "--7",
    "0.1", "0.30000000000000004", "2147483647", "2147483647.5", "2147483648", "1e10", "٣", "1 000", "true",
    "ÄÖÜ", "äöü", "ЖИЗНЬ", "жизнь", "Zebra", "apfel", "Apfel", "ab\n", "abcab", "a.b", "a\nb", "$1", "\\", "x\u00a0y",
    "_%", "neutropenia_code:x", "ab[c]", "{3}", "&", "a\x0bb", "Σ", "µL", "μL", "1900-01-01", "0.5", "1.15",
]  # fmt: skip
PAIRS = [
    None, 0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -2.5, 0.1, 0.2, 0.3, 0.7, 1.005, 2.675, 1e9, 1e15, 123456.7890125,
    0.49999999999999994, 1e308, 1e-308, 5e-324, float("inf"), float("-inf"), float("nan"), 3.0, 7.0,
]  # fmt: skip
DATED = "case when regexp_matches(s, '^[1-9][0-9]{{3}}-[^(]*$') then try_cast(s as {}) end"
"""So the views guard their casts, since DuckDB also reads words such as `infinity`."""
QUESTIONS = {
    "a cast to a day reads what DuckDB reads": f"select {DATED.format('date')} from texts",
    "a cast to a time reads what DuckDB reads": f"select {DATED.format('timestamp')} from texts",
    "a cast to a number reads what DuckDB reads": "select try_cast(s as double) from texts",
    "a cast to a whole number reads what DuckDB reads": "select try_cast(s as integer) from texts",
    "a dollar is the very end": "select regexp_matches(s, 'b$'), regexp_matches(s, '^a.b$') from texts",
    "white space is that of RE2": r"select regexp_matches(s, '\s'), regexp_matches(s, '^[\s\pZ]') from texts",
    "the first match is replaced": r"select regexp_replace(s, '(a)(b)?', '<\2\1$>') from texts",
    "all matches are replaced": r"select regexp_replace(s, '[a\[&.]', '\\', 'g') from texts",
    "letters of every alphabet change their case": "select lower(s), upper(s) from texts",
    "texts are in the order of their bytes": "select row_number() over (order by s, n), min(s) over () from texts",
    "empty cells come last both ways": "select row_number() over (order by s desc, n desc) from texts",
    "characters are counted and translated": "select length(s), translate(s, 'aäж', 'xy'), strpos(s, 'b') from texts",
    "beginnings and patterns": "select starts_with(s, 'A'), s like 'neutropenia_code:%' from texts",
    "spaces alone are trimmed": "select trim(s), replace(s, '.', ','), s || s from texts",
    "division": "select x / y, x / 1, n / 1 from pairs",
    "products": "select x * y from pairs where x is null or y is null or abs(x) < 1e200 or abs(y) < 1e200",
    "rounding": "select round(x, 1), round(x, 2), round(x, 9), round(x, 0) from pairs",
    "the least and the greatest pass over nulls": "select least(x, y), greatest(x, y) from pairs",
    "what is no number": "select isnan(x), isinf(x), x = x, x > y from pairs",
    "whole numbers are rounded": "select cast(x as integer), cast(floor(x) as integer) from pairs where abs(x) < 1e6",
    "the median": "select y > 1, median(x) from pairs where abs(x) between 0.01 and 1000 group by y > 1",
    "days between": "select date_diff('day', d, t), date_diff('day', t, d), date_diff('day', d, d) from days",
    "months and days on": "select cast(d + interval 1 month * k as date), cast(t - interval 1 day * k as date), "
    "cast(d + interval 1 week as date) from days",
    "some of many": "select count(*) filter (where x > 1) over (partition by y), bool_or(x > 1) over (partition by y) "
    "from pairs",
    "an offset that the definition gives": "with step as (select days.*, k_of.k as far from days cross join k_of) "
    "select lag(step.d, step.far) over (order by step.n), lead(step.d, step.far - 1) over (order by step.n) from step",
    "the highest so far": "select max(x) over (order by n rows between unbounded preceding and 1 preceding) "
    "from pairs where not isnan(x)",
}  # fmt: skip


def small_tables() -> dict[str, pl.DataFrame]:
    days = [date(2020, 1, 31), date(2020, 2, 29), date(2019, 12, 31), date(2000, 2, 28), None]
    times = [f"2020-0{n}-29 {hour}:59:00" for n, hour in ((1, 23), (2, "00"), (3, 12), (2, 23))]
    rng = Random(7)
    numbers = [(x, y) for x in PAIRS for y in PAIRS] + [
        (round(rng.uniform(0, 9), 2), float(rng.choice((1, 2)))) for _ in range(101)
    ]
    return {
        "texts": pl.DataFrame({"n": range(len(TEXTS)), "s": TEXTS}, schema={"n": pl.Int32, "s": pl.String}),
        "pairs": pl.DataFrame(
            [(n, x, y) for n, (x, y) in enumerate(numbers)],
            schema={"n": pl.Int32, "x": pl.Float64, "y": pl.Float64},
            orient="row",
        ),
        "days": pl.DataFrame(
            {"n": range(5), "d": days, "t": [*times, None], "k": [1, 0, -3, 12, 2]},
            schema={"n": pl.Int32, "d": pl.Date, "t": pl.String, "k": pl.Int32},
        ).with_columns(pl.col("t").str.to_datetime("%Y-%m-%d %H:%M:%S")),
        "k_of": pl.DataFrame({"k": [2]}, schema={"k": pl.Int32}),
    }


Ask = Callable[[str], tuple[list[Any], list[Any]]]


@pytest.fixture(scope="module")
def ask(engine: dict[str, str]) -> Iterator[Ask]:
    """Put a question to DuckDB and to the engine."""
    with ExitStack() as stack:
        connection = stack.enter_context(duckdb.connect())
        if engine["engine"] == "postgres":
            from ain_analytics.engines.postgres import Postgres

            there: Any = Postgres(engine["engine_address"])
        else:
            from ain_analytics.engines.spark import Spark

            there = Spark(engine["engine_address"])
        stack.callback(there.close)
        dialect = POSTGRES if engine["engine"] == "postgres" else SPARK
        for name, frame in small_tables().items():
            connection.register("incoming", frame)
            connection.execute(f"create table {name} as from incoming")
            described = connection.sql(f"describe {name}").fetchall()
            there.send(name, {row[0]: row[1] for row in described}, frame.to_arrow().to_reader())
        numbers = iter(range(1000))

        def put(question: str) -> tuple[list[Any], list[Any]]:
            tree = sqlglot.parse_one(question, read="duckdb")
            for place, cell in enumerate(tree.expressions):
                cell.replace(sqlglot.exp.alias_(cell.copy(), f"c{place}"))
            text = tree.sql("duckdb")
            columns = {row[0]: row[1] for row in connection.sql(f"describe {text}").fetchall()}
            name = f"question_{next(numbers)}"
            there.make(name, columns, translate(tree, dialect, {}, {"k_of": {"k": 2}}), is_kept=False)
            return [
                sorted(map(repr, frame.rows()))
                for frame in (connection.sql(text).pl(), pl.DataFrame(there.fetch(name, columns)))
            ]  # type: ignore[return-value]

        yield put


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_a_small_query_means_the_same(ask, question):
    wanted, found = ask(question)
    assert found == wanted


# --- sources that are read where they lie, and errors -----------------------------------------------------


def test_spark_reads_parquet_files_by_itself(tmp_path, spark, monkeypatch):
    from ain_analytics.engines.spark import Spark

    sent: list[str] = []
    send = Spark.send
    monkeypatch.setattr(
        Spark, "send", lambda self, name, *rest: (sent.append(name), send(self, name, *rest))[1]
    )
    demo = ain.simulate(30, seed=2)
    for name, frame in demo.tables.items():
        if name != "lab_result":
            frame.write_parquet(tmp_path / f"{name}.parquet")
    lab = demo.tables["lab_result"]
    for part in (0, 1):
        lab[part::2].write_parquet(tmp_path / f"lab_result-{part}.parquet")
    (tmp_path / "extract.toml").write_text(f"extracted_on = {demo.extracted_on}\n")
    engine = {"engine": "spark", "engine_address": spark}
    assert all_differing(tmp_path, engine, TEXTBOOK) == []
    assert not [name for name in sent if name.startswith(("raw_", "source_lab")) and name != "raw_other"]


def test_postgres_reads_the_tables_of_its_own_database(server, monkeypatch):
    from ain_analytics.engines.postgres import Postgres

    sent: list[str] = []
    send = Postgres.send
    monkeypatch.setattr(
        Postgres, "send", lambda self, name, *rest: (sent.append(name), send(self, name, *rest))[1]
    )
    demo = ain.simulate(30, seed=2)
    load(server, "registry", demo.tables)
    source = f"{server}?schema=registry"
    opened = {"extracted_on": demo.extracted_on}
    with (
        open_registry(source, **opened) as ours,
        open_registry(source, **opened, engine="postgres") as theirs,
    ):
        assert differing(ours, theirs, ["raw_lab_result", *VIEWS]) == []
    assert not [name for name in sent if name.startswith(("raw_", "source_lab")) and name != "raw_other"]


def test_nothing_stays_in_the_database(server):
    from adbc_driver_postgresql import dbapi

    with open_registry(HOSPITAL, engine="postgres", engine_address=server) as registry:
        assert registry.n_rows("episode") > 0
    with dbapi.connect(server) as connection, connection.cursor() as cursor:
        cursor.execute("select nspname from pg_namespace where nspname like 'ain~_%' escape '~'")
        assert cursor.fetchall() == []


def test_what_is_made_of_the_tables_is_the_same(server):
    demo = ain.simulate(60, seed=7)
    made = []
    for chosen in ({}, {"engine": "postgres", "engine_address": server}):
        with open_registry(demo.tables, extracted_on=demo.extracted_on, **chosen) as registry:
            cases = ain.classify(registry)
            strict = registry.under(PRESETS["strict"])
            words = (ain.quality(registry).as_text(), repr(registry), strict.n_rows("episode"))
            made.append((cases, ain.follow_up(registry, cases), ain.classify(strict), words))
    ours, theirs = made
    assert ours[-1] == theirs[-1]
    assert all(mine.equals(other) for mine, other in zip(ours[:-1], theirs[:-1], strict=True))


def test_the_command_line_takes_an_engine_and_shows_no_password(server):
    from typer.testing import CliRunner

    from ain_analytics.cli import app

    asked = [str(HOSPITAL)], [str(HOSPITAL), "--engine", "postgres", "--engine-address", server]
    ours, theirs = (CliRunner().invoke(app, ["check", *arguments]) for arguments in asked)
    assert ours.exit_code == theirs.exit_code == 0
    assert theirs.output == ours.output
    assert PASSWORD not in theirs.output


@pytest.mark.parametrize(
    ("engine", "address", "said"),
    [
        ("oracle", None, "there is no such engine. Engines: duckdb, spark, postgres."),
        ("postgres", None, "it was not said where it is. Say where: --engine-address postgresql://"),
        ("postgres", f"postgresql://ain:{PASSWORD}@127.0.0.1:1/x", "no server answers there."),
    ],
)
def test_an_engine_that_is_not_there_is_one_line_without_a_password(engine, address, said):
    with pytest.raises(UnusableEngine) as raised:
        open_registry(HOSPITAL, engine=engine, engine_address=address)
    assert said in str(raised.value)
    assert PASSWORD not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_database_in_which_nothing_may_be_made_says_so(server):
    run_sql(server, "create role reader login password 'nur-lesen'")
    address = server.replace(f"ain:{PASSWORD}", "reader:nur-lesen")
    with pytest.raises(UnusableEngine, match="it lets you make no schema") as raised:
        open_registry(HOSPITAL, engine="postgres", engine_address=address)
    assert "nur-lesen" not in str(raised.value)


def test_spark_without_pyspark_or_java_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(UnusableEngine, match=r"pip install 'ain-analytics\[spark\]'"):
        open_registry(HOSPITAL, engine="spark")
    monkeypatch.undo()
    if why_no_spark():
        pytest.skip(why_no_spark())
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(UnusableEngine, match="there is no Java"):
        open_registry(HOSPITAL, engine="spark")


def test_the_command_line_knows_engines_and_imports_none_to_help():
    code = (
        "import sys; from ain_analytics.cli import app\n"
        "try: app(['study', '--help'], prog_name='ain')\n"
        "except SystemExit: pass\n"
        "sys.exit(sorted({'pyspark', 'sqlglot', 'duckdb', 'adbc_driver_postgresql'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "--engine-address" in done.stdout
