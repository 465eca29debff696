"""Apache Spark: the views as temporary views of a session, those that are kept held by its workers."""

import logging
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow

from ain_analytics.engines.engine import Columns
from ain_analytics.engines.parquet_source import queries_of
from ain_analytics.engines.spark_helpers import HELPERS
from ain_analytics.engines.translate import SPARK
from ain_analytics.errors import UnusableEngine

if TYPE_CHECKING:
    from ain_analytics.extracted import Extract

DEFAULT_MASTER = "local[*]"
_NAME = "spark"
_INSTALL = "Install it: pip install 'ain-analytics[spark]'."
_NO_JAVA = ("there is no Java", "Install Java 17 or later, or set JAVA_HOME.")
_NO_SESSION = ("it does not start", "Is the master right, and is Java 17 or later?")
_TYPES = {
    "VARCHAR": "STRING",
    "DATE": "DATE",
    "TIMESTAMP": "TIMESTAMP_NTZ",
    "DOUBLE": "DOUBLE",
    "BOOLEAN": "BOOLEAN",
    "INTEGER": "INT",
    "BIGINT": "BIGINT",
    "HUGEINT": "BIGINT",
}
"""DuckDB's types and Spark's; a whole number that does not fit is an error, not a wrong number."""
_SMALL = 1 << 20
"""Bytes of a table that may be part of a plan."""
_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.parser.escapedStringLiterals": "false",
    "spark.sql.optimizer.excludedRules": "org.apache.spark.sql.catalyst.optimizer.ConvertToLocalRelation",
    "spark.sql.execution.arrow.localRelationThreshold": str(_SMALL),
}
_PARTITIONS = "spark.sql.shuffle.partitions"
_QUIET = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "OFF",
}


class Spark:
    """A session of Spark; sessions of one process share its Java machine."""

    dialect = SPARK

    def __init__(self, address: str | None, settings: Mapping[str, str] | None = None) -> None:
        try:
            from pyspark.sql import SparkSession
        except ImportError as error:
            raise UnusableEngine(_NAME, "pyspark is not there", _INSTALL) from error
        if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
            raise UnusableEngine(_NAME, *_NO_JAVA)
        logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)  # it tells values
        master = address or DEFAULT_MASTER
        builder = SparkSession.builder.appName("ain_analytics").master(master)
        local = {_PARTITIONS: str(os.cpu_count() or 1)} if master.startswith("local") else {}
        for name, value in (_QUIET | _SETTINGS | local | dict(settings or {})).items():
            builder = builder.config(name, value)
        try:
            with _silent_errors():
                shared = builder.getOrCreate()
        except Exception as error:  # whatever Java says
            raise UnusableEngine(_NAME, *_NO_SESSION) from error
        self._session: Any = shared.newSession()
        for name, value in _SETTINGS.items():
            self._session.conf.set(name, value)
        for helper in HELPERS:
            self._run(
                helper.partition("(")[0], partial(self._session.sql, f"create temporary function {helper}")
            )
        self._made: list[str] = []

    def source(self, extract: "Extract") -> Mapping[str, str]:
        """Read Parquet files of the native format where they are."""
        return queries_of(extract)

    def send(self, name: str, columns: Columns, rows: pyarrow.RecordBatchReader) -> None:
        """Send rows through this process; small tables, or those that Spark cannot read by itself."""
        table = rows.read_all()
        frame = self._run(name, partial(self._session.createDataFrame, table))
        self._show(name, frame, is_kept=table.nbytes > _SMALL)

    def make(self, name: str, columns: Columns, query: str, *, is_kept: bool) -> None:
        """Make a temporary view; one that is kept is computed now, and its plan ends here."""
        cells = ", ".join(
            f"cast(`{column}` as {_TYPES[kind]}) as `{column}`" for column, kind in columns.items()
        )
        select = f"select {cells} from ({query}) as made"
        self._show(name, self._run(name, partial(self._session.sql, select)), is_kept=is_kept)

    def _show(self, name: str, frame: Any, *, is_kept: bool) -> None:
        """Name a frame. A cache would not do: plans that hold the plans of what they read grow too large."""
        shown = self._run(name, frame.localCheckpoint) if is_kept else frame
        shown.createOrReplaceTempView(name)
        self._made.append(name)

    def fetch(self, name: str, columns: Columns) -> pyarrow.Table:
        """Give the rows."""
        table: pyarrow.Table = self._run(name, lambda: self._session.table(name).toArrow())
        return table

    def count(self, name: str) -> int:
        """Count the rows."""
        return int(self._run(name, lambda: self._session.table(name).count()))

    def close(self) -> None:
        """Drop the views; the session itself ends with the program."""
        for name in reversed(self._made):
            self._session.catalog.dropTempView(name)
        self._made.clear()

    def _run(self, name: str, work: Any) -> Any:
        """Do some work; an error says where it was and of which kind, and no value of a child."""
        try:
            return work()
        except Exception as error:
            if type(error).__module__.partition(".")[0] not in ("pyspark", "py4j"):
                raise
            said = getattr(error, "getCondition", lambda: None)()
            kind = f" ({said})" if said else ""
            found = f"it stopped at {name}{kind}"
            raise UnusableEngine(_NAME, found, "Run it with --engine duckdb, and report it.") from None


@contextmanager
def _silent_errors() -> Iterator[None]:
    """Send what the Java machine says, from its start on, nowhere; it is no word to a user."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
