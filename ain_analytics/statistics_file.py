"""The rows of a SAS, SPSS or Stata file, as text."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from ain_analytics.errors import UnreadableExtract
from ain_analytics.records import ENCODING_HINT

STATISTICS_ENDINGS = (".xpt", ".sas7bdat", ".sav", ".dta")
_READER = Path(__file__).with_name("statistics_reader.py")
_OTHER_ENCODING, _SEVERAL_TABLES, _TOO_LARGE = 11, 12, 13
"""Exit codes of the reader, which is a program of its own."""


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
        what = "header" if header_only else "rows"
        # -P: the folder of the reader is no place to import from
        command = [sys.executable, "-P", "-W", "ignore", str(_READER)]
        done = subprocess.run(
            [*command, str(path.absolute()), ending, encoding, str(output), what],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        if done.returncode or not output.is_file():
            raise _refused(path, ending, done.returncode)
        rows = pl.read_ipc(output.read_bytes())
    return rows.columns, rows


def _refused(path: Path, ending: str, exit_code: int) -> UnreadableExtract:
    found, do = {
        _OTHER_ENCODING: ("its text is in another encoding", ENCODING_HINT),
        _SEVERAL_TABLES: ("it holds more than one table", "Send each table in a file of its own."),
        _TOO_LARGE: ("it claims far more rows than it can hold", "If that is right, send a .csv."),
    }.get(exit_code, (f"it is no readable {ending} file", "Export it again."))
    return UnreadableExtract(path, found, do)
