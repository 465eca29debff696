"""The rules of counts and episodes once more: plain, slow, obvious, one child at a time.

Written from the rules in words; of the package it reads nothing but the attributes of `Definitions`.
"""

from calendar import monthrange
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

Row = dict[str, Any]


class Child(NamedTuple):
    """One child: its counts with their time, its courses as (agent, first day, last day or None)."""

    birth_date: date
    counts: list[tuple[datetime, float]]
    courses: list[tuple[str, date, date | None]]
    died_on: date | None = None


def months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def count_of_the_day(results: list[tuple[datetime, float]], d: Any) -> float:
    values = [anc for _, anc in results]
    if d.same_day in ("first", "last"):
        wanted = (min if d.same_day == "first" else max)(time for time, _ in results)
        return min(anc for time, anc in results if time == wanted)
    if d.same_day == "mean":
        return round(sum(values) / len(values), d.anc_decimals)
    return max(values) if d.same_day == "highest" else min(values)


def is_masked(day: date, child: Child, d: Any) -> bool:
    for agent, start, end in child.courses:
        mask_days = getattr(d, f"{agent}_mask_days")
        if mask_days is not None and start <= day <= (end or start) + timedelta(mask_days):
            return True
    return False


def daily_anc(child: Child, d: Any) -> list[Row]:
    rows = []
    for day in sorted({time.date() for time, _ in child.counts}):
        results = [(time, anc) for time, anc in child.counts if time.date() == day]
        anc = count_of_the_day(results, d)
        band = [b for b in d.anc_bands if months_later(child.birth_date, b.from_months) <= day][-1]
        is_low = anc <= band.entry_limit if d.limit_is_inclusive else anc < band.entry_limit
        is_normal = anc > band.exit_limit if d.limit_is_inclusive else anc >= band.exit_limit
        rows.append({
            "sampled_on": day, "age_days": (day - child.birth_date).days, "anc": anc,
            "entry_limit": band.entry_limit, "exit_limit": band.exit_limit, "is_neutropenic": is_low,
            "is_normal": is_normal, "is_masked": is_masked(day, child, d), "n_results": len(results),
        })  # fmt: skip
    return rows


def observations(child: Child, d: Any) -> list[list[Row]]:
    """Split the unmasked counts where the silence between two of them is too long."""
    found: list[list[Row]] = []
    for row in (row for row in daily_anc(child, d) if not row["is_masked"]):
        silence = (row["sampled_on"] - found[-1][-1]["sampled_on"]).days if found else 0
        if not found or (d.max_silence_days is not None and silence > d.max_silence_days):
            found.append([])
        found[-1].append(row)
    return found


def is_long_enough(run: list[Row], n_counts: int, n_days: int) -> bool:
    return len(run) >= n_counts and (run[-1]["sampled_on"] - run[0]["sampled_on"]).days >= n_days


def episodes(child: Child, d: Any) -> list[Row]:
    found: list[Row] = []
    all_observations = observations(child, d)
    for number, seen in enumerate(all_observations, start=1):
        onset, run = None, []  # onset: place of the episode's first count, None while outside; run: below
        for i, count in enumerate(seen):
            if onset is None:  # outside an episode: the neutropenic counts in a row so far
                run = [*run, count] if count["is_neutropenic"] else []
                if run and is_long_enough(run, d.onset_counts, d.onset_days):
                    onset, run = i - len(run) + 1, []
            else:  # inside: the normal counts in a row so far
                run = [*run, count] if count["is_normal"] else []
                if run and is_long_enough(run, d.resolution_counts, d.resolution_days):
                    found.append(ended(d, seen, onset, i - len(run) + 1, "confirmed"))
                    found[-1]["confirmed_on"] = count["sampled_on"]
                    onset, run = None, []
        if onset is not None and run and d.unconfirmed_end == "resolve":
            found.append(ended(d, seen, onset, len(seen) - len(run), "uncontradicted"))
        elif onset is not None:
            last_reason = "death" if child.died_on else "end_of_data"
            found.append(ended(d, seen, onset, len(seen) - len(run), "open"))
            found[-1]["censoring_reason"] = "silence" if number < len(all_observations) else last_reason
    return [{"episode_number": n, **row} for n, row in enumerate(found, start=1)]


def ended(d: Any, seen: list[Row], onset: int, after: int, kind: str) -> Row:
    """Describe the episode from `seen[onset]` to just before `seen[after]`, its last normal run."""
    inside, is_resolved = seen[onset:after], kind != "open"
    onset_by, last = inside[0]["sampled_on"], inside[-1]["sampled_on"]
    end = seen[after]["sampled_on"] if is_resolved else last
    nadir, nadir_on = min((count["anc"], count["sampled_on"]) for count in inside)  # the first day of equals
    if_not_severe = "moderate" if nadir < d.moderate_below else "mild"
    if_not_long = "transient" if is_resolved else "undetermined"
    return {
        "onset_after": seen[onset - 1]["sampled_on"] if onset else None, "onset_by": onset_by,
        "resolution_after": last if is_resolved else None, "resolution_by": end if is_resolved else None,
        "confirmed_on": None, "end_kind": kind, "is_resolved": is_resolved,
        "censored_on": None if is_resolved else end, "censoring_reason": None,
        "last_observed_on": seen[-1]["sampled_on"], "nadir": nadir, "nadir_on": nadir_on,
        "severity": "severe" if nadir < d.severe_below else if_not_severe,
        "course": "chronic" if end > months_later(onset_by, d.chronic_months) else if_not_long,
        "n_counts": len(inside) + is_resolved, "age_at_onset_days": inside[0]["age_days"],
        "n_neutropenic": sum(count["is_neutropenic"] for count in inside),
    }  # fmt: skip
