"""A real PostgreSQL server for tests: loopback, a free port, a temporary folder, stopped at the end."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import polars as pl

USER, PASSWORD = "ain", "g3heim-und-lang"
ACCOUNT = "postgres"
"""Who runs the server where the tests run as root, which it refuses."""


def find_programs() -> Path | None:
    """Find the folder of the server's programs, the newest version first."""
    on_path = shutil.which("initdb")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    found = [Path(on_path)] if on_path else debian
    return found[0].parent if found else None


@contextmanager
def running_server(programs: Path) -> Iterator[str]:
    """Start a server; give the address of its database `postgres`."""
    folder = Path(tempfile.mkdtemp(prefix="ain_postgres_"))
    as_account: list[str] = []
    password_file = folder / "password"
    password_file.write_text(PASSWORD)
    if os.geteuid() == 0:
        account = pwd.getpwnam(ACCOUNT)
        for path in (folder, password_file):
            os.chown(path, account.pw_uid, account.pw_gid)
        as_account = ["runuser", "-u", ACCOUNT, "--"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(program: str, *arguments: str) -> None:
        command = [*as_account, str(programs / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)

    data = str(folder / "data")
    settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
    try:
        run(
            "initdb", "-D", data, "-A", "scram-sha-256", "-U", USER, f"--pwfile={password_file}", "-E", "UTF8"
        )
        run("pg_ctl", "-D", data, "-o", settings, "-w", "-l", str(folder / "log"), "start")
        try:
            yield f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def load(address: str, schema: str, tables: Mapping[str, pl.DataFrame]) -> None:
    """Make a schema that holds tables."""
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(address) as connection, connection.cursor() as cursor:
        cursor.execute(f"create schema {schema}")
        for name, frame in tables.items():
            cursor.adbc_ingest(name, frame.to_arrow(), mode="create", db_schema_name=schema)
        connection.commit()


def run_sql(address: str, *statements: str) -> None:
    """Run statements of a test."""
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(address) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        connection.commit()
