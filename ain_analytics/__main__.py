"""The command `ain`, also as `python -m ain_analytics`: errors become one line and an exit code."""

import os
import sys
import warnings
from typing import TextIO

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# matrices are small here: threads that wait for each other cost more than they bring, up to 50 times

from ain_analytics.errors import AinError, AinWarning
from ain_analytics.interrupt import INTERRUPTED, ending_on_interrupt

ERROR = 2
"""Exit code of a command that could not be carried out."""
_DUCKDB_INTERRUPTED = "Query interrupted"
"""What DuckDB makes of Ctrl-C."""


def main() -> None:
    """Run the command line; what was foreseen ends in one line, not in a traceback."""
    from ain_analytics.cli import app

    warnings.showwarning = _show_warning
    try:
        with ending_on_interrupt(_say_interrupted):
            app(prog_name="ain")
    except AinError as error:
        sys.exit(_fail(str(error)))
    except BrokenPipeError:  # the reader of our output went away, e.g. `ain check … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ERROR)
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        sys.exit(_fail(f"{name}{error.strerror or error}"))
    except KeyboardInterrupt:
        sys.exit(_say_interrupted())
    except RuntimeError as error:
        if str(error) != _DUCKDB_INTERRUPTED:
            raise
        sys.exit(_say_interrupted())
    except SystemExit as ended:  # typer's word for the same
        if ended.code == INTERRUPTED:
            _say_interrupted()
        raise


def _say_interrupted() -> int:
    sys.stderr.write("Interrupted. Nothing was written; earlier results are as they were.\n")
    return INTERRUPTED


def _fail(message: str) -> int:
    from rich.console import Console
    from rich.text import Text

    Console(stderr=True, soft_wrap=True).print(Text(f"Error: {message}", style="red"))
    return ERROR


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Say our own warnings in a line; those of libraries are for developers, and pytest shows them."""
    if issubclass(category, AinWarning):
        from rich.console import Console
        from rich.text import Text

        Console(stderr=True, soft_wrap=True).print(Text(f"Note: {message}", style="yellow"))


if __name__ == "__main__":
    main()
