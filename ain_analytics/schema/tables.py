"""What a sender's own tables hold that the native format has no place for."""

from ain_analytics.schema.raw import RawRow, said


class WideCell(RawRow):
    """One row per record and column of a wide table, the empty cells too.

    A record of a wide table is a visit or a specimen; `extract.toml` says which of its columns measure
    what. An empty cell is nothing measured and makes no result, also where a unit stands beside it.
    """

    patient_id = said("Key of the child.", obligatory=True)
    sampled_at = said("Day, and time if known, at which the blood was drawn.", obligatory=True)
    specimen_id = said("Key of the blood sample.")
    method = said("How it was measured, as written, for all results of the record.")
    mapping = said("Which of the sender's mappings speaks of the file; the first is 0.")
    column_name = said("Name of the column, in small letters.")
    value = said("The result as written.")
    unit = said("Unit, where a column of the record holds it.")


SOURCE_TABLES: dict[str, type[RawRow]] = {"wide_cell": WideCell}
"""Tables of the source beside those of the native format."""
