"""The formats in which sources come, the first that fits is taken."""

from collections.abc import Sequence
from pathlib import Path

from ain_analytics.errors import UnreadableExtract
from ain_analytics.formats.format import Format
from ain_analytics.formats.native import NATIVE
from ain_analytics.formats.omop import OMOP
from ain_analytics.sender import OPTIONS_FILE, SenderOptions

FORMATS: dict[str, Format] = {known.name: known for known in (NATIVE, OMOP)}
"""Every format by its name, in the order in which they are tried."""

__all__ = ["FORMATS", "NATIVE", "Format", "recognise"]


def recognise(paths: Sequence[Path], options: SenderOptions) -> Format:
    """Tell the format of files: what the sender says, else the first that fits, else the native one.

    Raises
    ------
    UnreadableExtract
        The sender names a format that the program does not know.
    """
    if options.format:
        if options.format not in FORMATS:
            known = ", ".join(FORMATS)
            raise UnreadableExtract(OPTIONS_FILE, "it names an unknown format", f"Known ones: {known}.")
        return FORMATS[options.format]
    return next((known for known in FORMATS.values() if known.looks_like(paths)), NATIVE)
