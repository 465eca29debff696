"""What every engine can do: take tables, make views, give tables back."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from ain_analytics.engines.translate import Dialect

if TYPE_CHECKING:
    import pyarrow

    from ain_analytics.extracted import Extract

Columns = Mapping[str, str]
"""Names of a table's columns, in order, with DuckDB's names of their types."""


class Engine(Protocol):
    """A database engine beside DuckDB; names of tables are those in the engine."""

    dialect: Dialect

    def source(self, extract: "Extract") -> Mapping[str, str]:
        """Give, by table of the source, the query that reads it where it is; none if it must be sent."""

    def send(self, name: str, columns: Columns, rows: "pyarrow.RecordBatchReader") -> None:
        """Make a table of rows."""

    def make(self, name: str, columns: Columns, query: str, *, is_kept: bool) -> None:
        """Make a view of a query, or a table if it is kept; its columns get the types that are said."""

    def fetch(self, name: str, columns: Columns) -> "pyarrow.Table":
        """Give the rows of a table or view."""

    def count(self, name: str) -> int:
        """Count the rows of a table or view."""

    def close(self) -> None:
        """Remove what was made."""
