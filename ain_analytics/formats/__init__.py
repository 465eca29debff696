"""The formats in which sources come, the first that fits is taken."""

from collections.abc import Sequence
from pathlib import Path

from ain_analytics.errors import UnreadableExtract
from ain_analytics.formats.fhir import FHIR
from ain_analytics.formats.format import Format, Found
from ain_analytics.formats.native import NATIVE
from ain_analytics.formats.omop import OMOP
from ain_analytics.formats.redcap import REDCAP
from ain_analytics.formats.sdtm import SDTM_FORMAT
from ain_analytics.formats.tables import TABLES
from ain_analytics.sender import OPTIONS_FILE, SenderOptions

FORMATS: dict[str, Format] = {
    known.name: known for known in (NATIVE, OMOP, FHIR, REDCAP, SDTM_FORMAT, TABLES)
}
"""Every format by its name, in the order in which they are tried."""

__all__ = ["FHIR", "FORMATS", "NATIVE", "OMOP", "TABLES", "Format", "Found", "recognise"]


def recognise(paths: Sequence[Path], options: SenderOptions) -> Format:
    """Tell the format of files: what the sender says, else the first that fits, else the native one.

    Raises
    ------
    UnreadableExtract
        The sender names a format that the program does not know.
    """
    if options.format and options.format not in FORMATS:
        known = ", ".join(FORMATS)
        raise UnreadableExtract(OPTIONS_FILE, "it names an unknown format", f"Known ones: {known}.")
    if options.format:
        chosen = FORMATS[options.format]
    elif any(mapping.is_said for mapping in options.tables):
        chosen = TABLES
    else:
        chosen = next((known for known in FORMATS.values() if known.looks_like(paths)), NATIVE)
    return TABLES if chosen is NATIVE and options.tables else chosen
