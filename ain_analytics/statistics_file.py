"""The rows of a SAS, SPSS or Stata file, as text."""

import atexit
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from ain_analytics.errors import UnreadableExtract
from ain_analytics.records import ENCODING_HINT

STATISTICS_ENDINGS = (".xpt", ".sas7bdat", ".sav", ".dta")
_READER = Path(__file__).with_name("statistics_reader.py")
_FINE, _DAMAGED, _OTHER_ENCODING, _SEVERAL_TABLES, _TOO_LARGE = range(5)
"""Answers of the reader, which is a program of its own."""


def read_statistics_file(
    path: Path, ending: str, encoding: str, *, header_only: bool = False
) -> tuple[list[str], pl.DataFrame]:
    """Read a SAS, SPSS or Stata file in a process of its own, so that a crash of the parser ends only that.

    Days and times are written as ISO, whole numbers without a point. Where the file has a label for a
    value (SPSS, Stata), the label stands for it: a registry's 2 is female. Labels of SAS are in another
    file, a catalogue, and are not read. Special missing values (.A, user-missing) are missing.

    Parameters
    ----------
    path : Path
    ending : str
        Which kind it is: `.xpt`, `.sas7bdat`, `.sav` or `.dta`.
    encoding : str
        Of texts, where it is not UTF-8; most such files say themselves what theirs is.
    header_only : bool

    Returns
    -------
    tuple of list of str and polars.DataFrame
        The names of the columns; the rows, unless only the header is asked for.

    Raises
    ------
    UnreadableExtract
        It is damaged, in another encoding, holds several tables, or was made to fill a memory.
    """
    with TemporaryDirectory() as folder:
        output = Path(folder) / "rows.arrow"
        answer = _reader.ask(str(path.absolute()), ending, encoding, str(output), header_only)
        if answer != _FINE or not output.is_file():
            raise _refused(path, ending, answer)
        rows = pl.read_ipc(output.read_bytes())
    return rows.columns, rows


def _refused(path: Path, ending: str, answer: int) -> UnreadableExtract:
    found, do = {
        _OTHER_ENCODING: ("its text is in another encoding", ENCODING_HINT),
        _SEVERAL_TABLES: ("it holds more than one table", "Send each table in a file of its own."),
        _TOO_LARGE: ("it claims far more rows than it can hold", "If that is right, send a .csv."),
    }.get(answer, (f"it is no readable {ending} file", "Export it again."))
    return UnreadableExtract(path, found, do)


class _Reader:
    """The process that reads; one for many files, and a new one after any file that was not fine."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None
        self.of_process = 0
        self.lock = threading.Lock()

    def ask(self, *question: str | bool) -> int:
        with self.lock:
            process = self._running()
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                process.stdin.write(json.dumps(question) + "\n")
                process.stdin.flush()
                answer = int(process.stdout.readline())
            except (OSError, ValueError):  # it fell
                answer = _DAMAGED
            except BaseException:  # interrupted: a late answer must not be taken for the next one's
                self.end()
                raise
            if answer != _FINE:
                self.end()
            return answer

    def _running(self) -> subprocess.Popen[str]:
        if self.process is not None and self.of_process != os.getpid():
            self.process = None  # another process forked from ours; the reader is not its own
        if self.process is not None and self.process.poll() is not None:
            self.end()  # it was ended from outside, by an interrupt of both
        if self.process is None:
            # -P: the folder of the reader is no place to import from
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-W", "ignore", str(_READER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            self.of_process = os.getpid()
        return self.process

    def end(self) -> None:
        """End the process; the next file starts another."""
        if self.process is not None and self.of_process == os.getpid():
            self.process.kill()
            self.process.communicate()
        self.process = None


_reader = _Reader()
atexit.register(_reader.end)
