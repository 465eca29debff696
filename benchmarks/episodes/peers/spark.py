"""The views of this program in Spark on this machine, translated by sqlglot; the second run is timed."""

import contextlib
import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import sqlglot

from ain_analytics.definitions import TEXTBOOK
from ain_analytics.engines.spark_helpers import HELPERS
from ain_analytics.engines.translate import SPARK, read_view, translate
from ain_analytics.views import definition_frame
from benchmarks.episodes.peers.view_chain import queries_of_base_tables, views

CORES = 2
MEMORY = os.environ.get("AIN_SPARK_MEMORY", "6g")


def is_missing() -> str | None:
    """Say what lacks, if something does."""
    return "pyspark" if find_spec("pyspark") is None else "Java" if shutil.which("java") is None else None


def versions() -> dict[str, str]:
    """Tell the version of Spark."""
    from pyspark import __version__

    return {"pyspark": __version__}


class Warm:
    """A session that has derived everything once already."""

    def __init__(self, folder: Path) -> None:
        from pyspark.sql import SparkSession

        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        settings = {
            "spark.driver.memory": MEMORY,
            "spark.sql.shuffle.partitions": str(2 * CORES),
            "spark.sql.session.timeZone": "UTC",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.local.dir": str(folder / "spilled"),
            "spark.sql.warehouse.dir": str(folder / "spilled" / "warehouse"),
        }
        builder = SparkSession.builder.master(f"local[{CORES}]").appName("episodes")
        for name, value in settings.items():
            builder = builder.config(name, value)
        self.session = builder.getOrCreate()
        self.session.sparkContext.setLogLevel("ERROR")
        for helper in HELPERS:
            self.session.sql(f"create temporary function {helper}")
        self.gateway = self.session.sparkContext._gateway
        self.derive(folder)

    def busy(self) -> float:
        """Give the processor seconds of the Java process and of this one."""
        cells = Path(f"/proc/{self.gateway.proc.pid}/stat").read_text().rpartition(")")[2].split()
        java = (int(cells[11]) + int(cells[12])) / os.sysconf("SC_CLK_TCK")
        own = os.times()
        return java + own.user + own.system

    def derive(self, folder: Path) -> Any:
        """Build the views, keep in memory what the registry keeps, and finish the last."""
        self.session.catalog.clearCache()
        for name, query in queries_of_base_tables(folder, "parquet.`{path}`").items():
            is_file = "parquet.`" in query
            said = query if is_file else _translated(sqlglot.parse_one(query, read="duckdb"))
            self.session.sql(said).createOrReplaceTempView(name)
        for view in views():
            self.session.sql(_translated(read_view(view.path))).createOrReplaceTempView(view.name)
            if view.is_kept:
                eagerness = "" if view.name == "episode" else "lazy"
                self.session.sql(f"cache {eagerness} table {view.name}")
        self.n_episodes = self.session.table("episode").count()
        return self

    def close(self) -> None:
        """Stop Spark and wait for Java, so that its seconds and memory count."""
        self.session.stop()
        with contextlib.suppress(Exception):
            self.gateway.shutdown()
        self.gateway.proc.stdin.close()
        self.gateway.proc.wait()


def _translated(query: sqlglot.exp.Expr) -> str:
    """Write a query as the engine does that runs the views on Spark."""
    return translate(query, SPARK, {}, {"definition": definition_frame(TEXTBOOK).row(0, named=True)})


def prepare(folder: Path) -> Warm:
    """Start Spark and let it derive once."""
    return Warm(folder)


def derive(folder: Path, warm: Warm) -> Warm:
    """Derive once more."""
    made: Warm = warm.derive(folder)
    return made


def save(made: Warm, path: Path) -> None:
    """Write the episodes."""
    made.session.table("episode").toPandas().to_parquet(path, index=False)


def count(made: Warm) -> int:
    """Count the episodes."""
    return made.n_episodes
