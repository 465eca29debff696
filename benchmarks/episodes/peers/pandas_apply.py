"""pandas as it is often written: `groupby.apply` with a loop over the counts of one child."""

import calendar
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.episodes import rules
from benchmarks.episodes.peers.pandas_vectorised import count, save

__all__ = ["count", "derive", "save"]

RESOLUTION = timedelta(rules.RESOLUTION_DAYS)


def derive(folder: Path) -> pd.DataFrame:
    """Walk through each child that was ever low."""
    counts = pd.read_parquet(folder / "anc_result.parquet", columns=["patient_id", "sampled_on", "anc"])
    ever_low = counts.loc[counts["anc"] < rules.HIGHEST_LIMIT, "patient_id"].unique()
    counts = counts[counts["patient_id"].isin(ever_low)].sort_values(["patient_id", "sampled_on", "anc"])
    daily = counts.drop_duplicates(["patient_id", "sampled_on"])
    patient = pd.read_parquet(folder / "patient.parquet").set_index("patient_id")
    people = {key: (born, died) for key, born, died in patient.itertuples(name=None)}
    rows = daily.groupby("patient_id").apply(
        lambda child: _episodes(child.name, *people[child.name], child["sampled_on"], child["anc"]),
        include_groups=False,
    )
    return pd.DataFrame([row for of_child in rows for row in of_child])


def _episodes(key: str, born: date, died: date | None, days: Any, counts: Any) -> list[dict[str, Any]]:
    birthday = _months_later(born, rules.BIRTHDAY_MONTHS)
    found: list[dict[str, Any]] = []
    now: dict[str, Any] | None = None
    previous = run_from = None
    for day, anc in zip(days, counts, strict=True):
        if anc < (rules.BEFORE_BIRTHDAY if day < birthday else rules.FROM_BIRTHDAY):
            if now is None:
                now = {
                    "patient_id": key, "episode_number": len(found) + 1,
                    "onset_after": previous, "onset_by": day, "nadir": anc, "nadir_on": day,
                    "n_counts": 0, "n_neutropenic": 0, "waiting": 0,
                }  # fmt: skip
                found.append(now)
            if anc < now["nadir"]:
                now["nadir"], now["nadir_on"] = anc, day
            now["n_counts"] += 1 + now["waiting"]
            now["n_neutropenic"] += 1
            now["waiting"], now["last_low"], run_from = 0, day, None
        elif now is not None:
            now["waiting"] += 1
            run_from = run_from or day
            if day - run_from >= RESOLUTION:
                _end(now, "confirmed", run_from, day)
                now, run_from = None, None
        previous = day
    if now is not None:
        _end(now, "uncontradicted" if run_from else "open", run_from, None)
    for row in found:
        row["last_observed_on"] = previous
        row["age_at_onset_days"] = (row["onset_by"] - born).days
        row["censoring_reason"] = None if row["is_resolved"] else "death" if died else "end_of_data"
    return found


def _end(row: dict[str, Any], kind: str, resolution_by: date | None, confirmed_on: date | None) -> None:
    del row["waiting"]
    last_low = row.pop("last_low")
    is_resolved = kind != "open"
    is_chronic = (resolution_by or last_low) > _months_later(row["onset_by"], rules.CHRONIC_MONTHS)
    moderate = "moderate" if row["nadir"] < rules.MODERATE_BELOW else "mild"
    row.update({
        "resolution_after": last_low if is_resolved else None, "resolution_by": resolution_by,
        "confirmed_on": confirmed_on, "end_kind": kind, "is_resolved": is_resolved,
        "censored_on": None if is_resolved else last_low, "n_counts": row["n_counts"] + is_resolved,
        "severity": "severe" if row["nadir"] < rules.SEVERE_BELOW else moderate,
        "course": "chronic" if is_chronic else "transient" if is_resolved else "undetermined",
    })  # fmt: skip


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
