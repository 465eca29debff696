"""The textbook definition as the plain numbers that every peer reads."""

from ain_analytics.definitions import TEXTBOOK

BEFORE_BIRTHDAY, FROM_BIRTHDAY = (band.entry_limit for band in TEXTBOOK.anc_bands)
BIRTHDAY_MONTHS = TEXTBOOK.anc_bands[1].from_months
HIGHEST_LIMIT = max(BEFORE_BIRTHDAY, FROM_BIRTHDAY)
RESOLUTION_DAYS = TEXTBOOK.resolution_days
CHRONIC_MONTHS = TEXTBOOK.chronic_months
SEVERE_BELOW, MODERATE_BELOW = TEXTBOOK.severe_below, TEXTBOOK.moderate_below

PEERS_KNOW = {
    "same_day": "lowest",
    "limit_is_inclusive": False,
    "max_silence_days": None,
    "onset_counts": 1,
    "onset_days": 0,
    "resolution_counts": 2,
    "unconfirmed_end": "resolve",
}
"""What is written into the peers, because they derive by this definition only."""


def refuse_other_rules() -> None:
    """Fail where the textbook definition has become another than the peers know."""
    changed = [name for name, value in PEERS_KNOW.items() if getattr(TEXTBOOK, name) != value]
    if changed or any(band.entry_limit != band.exit_limit for band in TEXTBOOK.anc_bands):
        raise SystemExit(f"The textbook definition has changed ({', '.join(changed)}): change the peers too.")


refuse_other_rules()
