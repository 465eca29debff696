"""The answer under many definitions, and which choice it depends on."""

import dataframely as dy

CHOICES = {
    "units": "Counts that are taken from the extract, and which are set aside.",
    "same_day": "Which of a day's counts stands for the day.",
    "masks": "After which treatments counts are masked, and how long.",
    "limits": "Below which counts a child is neutropenic, and at which it is normal again.",
    "silence": "Whether a long time without a count splits the observation.",
    "onset": "What opens an episode.",
    "resolution": "What confirms its end.",
    "last_run": "What a last run of normal counts does that nobody confirmed.",
    "evidence": "What speaks for a class, and when.",
    "class_view": "Which classes are kept, by what was known when.",
    "time_origin": "Day zero.",
    "entry": "Whether a child is at risk only from its enrolment.",
    "estimator": "How the curve is estimated.",
}
"""Choices that a grid of definitions may vary, in the order of the way of the data."""
NUMBER = dy.Int64(primary_key=True, min=1, description="Number of the definition in the whole grid, from 1 (the base).", metadata={"unit": "definitions"})
QUANTITY = ["median", "unresolved"]
SHARE = {"unit": "share"}


def way(meaning: str) -> dy.String:
    """Declare the column of one choice."""
    return dy.String(nullable=True, description=f"{meaning} Name of the way taken; none where the grid does not vary it.")


class MultiverseRows(dy.Schema):
    """One row per definition of a grid and group of children: what comes out."""

    definition_number = NUMBER
    stratum = dy.String(primary_key=True, description="`all`, or a group that is compared.")
    n_changed = dy.Int32(min=0, description="Choices made in another way than in the base.", metadata={"unit": "choices"})
    units = way(CHOICES["units"])
    same_day = way(CHOICES["same_day"])
    masks = way(CHOICES["masks"])
    limits = way(CHOICES["limits"])
    silence = way(CHOICES["silence"])
    onset = way(CHOICES["onset"])
    resolution = way(CHOICES["resolution"])
    last_run = way(CHOICES["last_run"])
    evidence = way(CHOICES["evidence"])
    class_view = way(CHOICES["class_view"])
    time_origin = way(CHOICES["time_origin"])
    entry = way(CHOICES["entry"])
    estimator = way(CHOICES["estimator"])
    n = dy.Int64(nullable=True, min=0, description="Episodes that the estimate rests on.", metadata={"unit": "episodes"})
    n_resolved = dy.Int64(nullable=True, min=0, description="Of them, seen to resolve.", metadata={"unit": "episodes"})
    median = dy.Float64(nullable=True, min=0, description="Day by which half have resolved; none where it is not reached.", metadata={"unit": "days"})
    unresolved = dy.Float64(nullable=True, min=0, max=1, description="Share unresolved at the months of the grid; none where nobody is followed so long.", metadata=SHARE)
    note = dy.String(nullable=True, description="What to know of the two: not_reached, beyond_follow_up, conditional_on_day_…, nobody_followed, hidden.")


class MultiverseSpread(dy.Schema):
    """One row per choice of a grid, quantity and scale: how much of the spread of the answers it explains."""

    choice = dy.Enum(list(CHOICES), primary_key=True, description="What was chosen.")
    quantity = dy.Enum(QUANTITY, primary_key=True, description="Of which answer: the median, or the share unresolved.")
    scale = dy.Enum(["days", "rank", "share"], primary_key=True, description="On which scale the spread is measured. On ranks a median that is not reached is later than all others, so that none is left out.")
    main_share = dy.Float64(nullable=True, max=1, description="Share of the variance that this choice explains by itself; none without any spread. Of a part of a grid it is estimated and may fall below 0.", metadata=SHARE)
    total_share = dy.Float64(nullable=True, min=0, max=1, description="Share of the variance that is left among definitions which differ in this choice only, interactions with others included; of a whole grid alone.", metadata=SHARE)
    largest_difference = dy.Float64(nullable=True, min=0, description="Largest difference between the means of two ways.", metadata={"unit": "days, ranks or share"})
    n_definitions = dy.Int64(min=0, description="Definitions that it rests on.", metadata={"unit": "definitions"})
    n_left_out = dy.Int64(min=0, description="Definitions without this answer, because it is not reached, nobody is followed so long, or it is hidden.", metadata={"unit": "definitions"})


class MultiverseReversal(dy.Schema):
    """One row per comparison: the smallest change of definition that reverses it."""

    comparison = dy.String(primary_key=True, description="What is compared with what.")
    at_base = dy.Enum(["earlier", "later", "same", "not_told"], description="How the first stands to the second under the base definition; by the median, or by the share unresolved at the months of the grid.")
    answer = dy.Enum(["reversed", "never_reversed", "not_told"], description="Whether any definition of the grid reverses it; not told where the base does not say an order.")
    n_changed = dy.Int32(nullable=True, min=1, description="Choices that the smallest reversing change makes in another way.", metadata={"unit": "choices"})
    change = dy.String(nullable=True, description="These choices, each with the way taken.")
    definition_number = dy.Int64(nullable=True, min=1, description="Definition that reverses it.", metadata={"unit": "definitions"})
    n_reversed = dy.Int64(min=0, description="Definitions that reverse it.", metadata={"unit": "definitions"})
    n_told = dy.Int64(min=0, description="Definitions that say an order.", metadata={"unit": "definitions"})
    n_definitions = dy.Int64(min=0, description="Definitions asked.", metadata={"unit": "definitions"})
