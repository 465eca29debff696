"""The three rules by which an episode may end: a study follows one, the others are its bounds."""

from dataclasses import replace

from ain_analytics.definitions import BOUNDING_PRESETS, PRESETS, TEXTBOOK, Definitions


def rules_of_ending(definitions: Definitions) -> dict[str, Definitions]:
    """Give the study's definition and the two other rules of ending an episode, by name.

    Of the three rules (a last run resolves, one normal count, a strict confirmation) each study
    follows one; the other two are its bounds.
    """
    single, strict = (PRESETS[name] for name in BOUNDING_PRESETS)
    needs_more = _confirming(definitions) != _confirming(single)
    confirmed = definitions if needs_more else _confirmed_like(definitions, TEXTBOOK)
    rules = {
        single.name: _confirmed_like(definitions, single),
        TEXTBOOK.name: replace(confirmed, unconfirmed_end=TEXTBOOK.unconfirmed_end),
        strict.name: replace(confirmed, unconfirmed_end=strict.unconfirmed_end),
    }
    own = definitions.unconfirmed_end if needs_more else None
    followed = next(
        (name for name in (TEXTBOOK.name, strict.name) if rules[name].unconfirmed_end == own), single.name
    )
    others = [_renamed(rule, name, definitions) for name, rule in rules.items() if name != followed]
    return {definitions.name: definitions} | {rule.name: rule for rule in others}


def _confirming(d: Definitions) -> tuple[int, int]:
    """Say what confirms; where one count does, how a last run ends is no question."""
    return d.resolution_counts, d.resolution_days


def _confirmed_like(d: Definitions, like: Definitions) -> Definitions:
    return replace(d, resolution_counts=like.resolution_counts, resolution_days=like.resolution_days)


def _renamed(d: Definitions, rule: str, base: Definitions) -> Definitions:
    """Name a variant after the preset that it equals, else after its base and its rule."""
    preset = next((p for p in PRESETS.values() if replace(d, name=p.name) == p and p.name != base.name), None)
    return preset or replace(d, name=f"{base.name}_{rule}")
