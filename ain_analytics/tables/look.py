"""How every table looks, and how it says that a number is hidden or not there."""

from collections.abc import Iterable

from great_tables import GT

HIDDEN = "few"
"""Stands for a number that is hidden."""
NONE = "–"
"""Stands where there is nothing to say."""


def dressed(table: GT, notes: Iterable[str] = ()) -> GT:
    """Give a table the plain look of the house: rules, no boxes, notes below."""
    for note in notes:
        table = table.tab_source_note(note)
    return table.tab_options(
        table_width="100%",
        table_font_size="14px",
        data_row_padding="4px",
        column_labels_font_weight="bold",
        row_group_font_weight="bold",
        table_border_top_style="none",
        table_border_bottom_style="none",
        source_notes_font_size="12px",
        container_overflow_x="auto",
        container_overflow_y="visible",
    )


def hidden_note(few: int) -> str:
    """Say what a hidden number means."""
    return f"“{HIDDEN}”: hidden, because it is under {few}, or would give away a number that is."
