"""What derived tables depend on besides the rows: program, engine, SQL, code lists, the sender's choices."""

import hashlib
from dataclasses import asdict, replace
from importlib.metadata import PackageNotFoundError, version

import duckdb

from ain_analytics.codes import CODE_TABLES, METHOD_RANK
from ain_analytics.definitions import Definitions
from ain_analytics.extracted import Extract
from ain_analytics.views import KEPT, STAGED_BELOW, sql_folder, staging_of

_LETTERS = 20
"""How much of a fingerprint stands in the name of a folder."""


def fingerprint(extract: Extract, *also: object) -> str:
    """Tell apart what would give other tables of the same rows; the last day of the extract is left out."""
    options = extract.options
    told = hashlib.sha256(
        repr([program_version(), duckdb.__version__, KEPT, STAGED_BELOW, METHOD_RANK, *also]).encode()
    )
    told.update(repr([extract.format.name, replace(options, extracted_on=None, source="")]).encode())
    codes = {name: make() for name, make in CODE_TABLES.items()} | dict(extract.format.code_tables(options))
    for name, frame in sorted(codes.items()):
        told.update(repr([name, frame.schema, frame.rows()]).encode())
    for path in sorted(sql_folder().rglob("*.sql")):
        told.update(path.relative_to(sql_folder()).as_posix().encode() + path.read_bytes())
    return told.hexdigest()[:_LETTERS]


def fingerprint_of_choices(definitions: Definitions, *, staging_only: bool) -> str:
    """Name the choices that tables depend on; staging is shared by definitions that do not differ in it."""
    chosen = repr(staging_of(definitions)) if staging_only else repr(asdict(definitions) | {"name": ""})
    return hashlib.sha256(chosen.encode()).hexdigest()[:_LETTERS]


def program_version() -> str:
    """Give the version of this program."""
    return version_of("ain-analytics")


def version_of(package: str) -> str:
    """Give the version of a package that is installed, else `unknown`."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
