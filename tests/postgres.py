"""A real PostgreSQL server of Debian, started for the tests on the loopback and stopped at their end."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

PASSWORD = "s3cret-of-the-registry"


def server_programs() -> Path | None:
    """Give the folder of initdb and pg_ctl, if a server is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@contextmanager
def running_server(folder: Path) -> Iterator[str]:
    """Start a server in a folder; give the address of its database `postgres`."""
    programs = server_programs()
    assert programs is not None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data, secret = folder / "data", folder / "secret"
    secret.write_text(PASSWORD)
    as_owner: list[str] = []
    if os.geteuid() == 0:  # the server does not run as root
        as_owner = ["runuser", "-u", "postgres", "--"]
        for place in (folder, *folder.parents):
            if place.owner() == "root" and place.is_relative_to("/tmp") and place != Path("/tmp"):
                place.chmod(0o755)
        shutil.chown(folder, "postgres")
        shutil.chown(secret, "postgres")
    initialise = [
        "-D",
        data,
        "-U",
        "reader",
        "-A",
        "scram-sha-256",
        f"--pwfile={secret}",
        "-E",
        "UTF8",
        "--no-sync",
    ]
    run = {"check": True, "capture_output": True, "cwd": "/"}
    subprocess.run([*as_owner, programs / "initdb", *initialise], **run)  # type: ignore[call-overload]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    control = [*as_owner, programs / "pg_ctl", "-D", data, "-w"]
    started = [*control, "-l", folder / "log", "-o", options, "start"]
    subprocess.run(started, **(run | {"capture_output": False, "stdout": subprocess.DEVNULL}))  # type: ignore[call-overload]
    try:
        yield f"postgresql://reader:{PASSWORD}@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], **run)  # type: ignore[call-overload]


def fill(address: str, schema: str, tables: dict[str, pl.DataFrame]) -> None:
    """Write frames as tables of a schema."""
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(address) as connection:
        with connection.cursor() as cursor:
            cursor.execute(f'create schema "{schema}"')
            for name, frame in tables.items():
                cursor.adbc_ingest(name, frame.to_arrow(), mode="create", db_schema_name=schema)
        connection.commit()
