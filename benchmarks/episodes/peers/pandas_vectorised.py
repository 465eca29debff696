"""pandas at its best: text as categories, one sort by a packed key, `shift`, `cumsum`, one grouping."""

from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.episodes import rules

DAYS = 1 << 16
NEVER = 1 << 30
DAY = "datetime64[D]"


def derive(folder: Path) -> pd.DataFrame:
    """Keep the low counts, the first of each normal run after them and the confirming ones; group these."""
    patient = pd.read_parquet(folder / "patient.parquet")
    born = patient["birth_date"].astype("datetime64[s]")
    birthday = _months_later(born, rules.BIRTHDAY_MONTHS)
    daily = _daily(folder, patient["patient_id"], _day_number(birthday))
    kept, last_day = _kept(daily)
    found = _grouped(kept)
    patient_of = found["child"].to_numpy()
    found["last_observed_on"] = _date(last_day[patient_of])
    found["patient_id"] = patient["patient_id"].to_numpy()[patient_of]
    found["died_on"] = patient["died_on"].astype("datetime64[s]").to_numpy()[patient_of]
    found["birth_date"] = born.to_numpy()[patient_of]
    return _described(found)


def _daily(folder: Path, patient_id: pd.Series, birthday: np.ndarray) -> pd.DataFrame:
    counts = pd.read_parquet(
        folder / "anc_result.parquet",
        columns=["patient_id", "sampled_on", "anc", "is_alone"],
        read_dictionary=["patient_id"],
    )
    number_of = pd.Index(patient_id).get_indexer(counts["patient_id"].cat.categories)
    child = number_of[counts["patient_id"].cat.codes.to_numpy()]
    anc = counts["anc"].to_numpy()
    ever_low = np.zeros(len(patient_id), dtype=bool)
    ever_low[child[anc < rules.HIGHEST_LIMIT]] = True
    is_used = ever_low[child] & (child >= 0)
    child, anc = child[is_used], anc[is_used]
    day = _day_number(counts["sampled_on"][is_used])
    keyed = pd.DataFrame({"key": child * DAYS + day, "anc": anc})
    is_alone = counts["is_alone"].to_numpy()[is_used]
    repeated = keyed[~is_alone].groupby("key", as_index=False, sort=False)["anc"].min()
    in_order = pd.concat([keyed[is_alone], repeated]).sort_values("key", ignore_index=True)
    key, anc = in_order["key"].to_numpy(), in_order["anc"].to_numpy()
    child, day = key // DAYS, key % DAYS
    limit = np.where(day < birthday[child], rules.BEFORE_BIRTHDAY, rules.FROM_BIRTHDAY)
    return pd.DataFrame({"child": child, "day": day, "anc": anc, "is_low": anc < limit})


def _kept(daily: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """Mark the days, keep those that matter, and give each child's last day."""
    child, day, is_low = daily["child"], daily["day"], daily["is_low"]
    begins = child != child.shift()
    was_low = is_low.shift(fill_value=False)
    daily["recovers"] = ~begins & ~is_low & was_low
    turns = begins | (is_low != was_low)
    run_from = day.where(daily["recovers"], NEVER).where(turns).ffill() + rules.RESOLUTION_DAYS
    yesterday = day.shift(fill_value=0)
    daily["confirms"] = ~is_low & ~turns & (day >= run_from) & (yesterday < run_from)
    daily["previous"] = yesterday.where(~begins)
    daily["place"] = np.arange(len(daily))
    is_last = (child != child.shift(-1)).to_numpy()
    last_day = np.zeros(int(child.max()) + 1, dtype=np.int64)
    last_day[child.to_numpy()[is_last]] = day.to_numpy()[is_last]
    return daily[is_low | daily["recovers"] | daily["confirms"]].copy(), last_day


def _grouped(kept: pd.DataFrame) -> pd.DataFrame:
    is_low = kept["is_low"]
    begins = kept["child"] != kept["child"].shift()
    kept["episode"] = (is_low & (begins | kept["confirms"].shift(fill_value=False))).cumsum()
    kept["low"] = kept["anc"].where(is_low)
    kept["low_day"], kept["low_place"] = kept["day"].where(is_low), kept["place"].where(is_low)
    kept["recovered"], kept["confirmed"] = (
        kept["day"].where(kept["recovers"]),
        kept["day"].where(kept["confirms"]),
    )
    kept["nadir_day"] = kept["day"].where(kept["low"] == kept.groupby("episode")["low"].transform("min"))
    by = kept.groupby("episode", sort=True)
    first, largest, last = by.first(), by.max(), by.nth(-1).set_index("episode")
    begun = kept[~kept["episode"].duplicated()].set_index("episode")
    resolves = ~last["is_low"]
    found = pd.DataFrame({
        "child": begun["child"],
        "onset_after": _date(begun["previous"]),
        "onset_by": _date(begun["day"]),
        "last_low_on": _date(largest["low_day"]),
        "resolution_by": _date(largest["recovered"].where(resolves)),
        "confirmed_on": _date(largest["confirmed"]),
        "nadir": by["low"].min(),
        "nadir_on": _date(first["nadir_day"]),
        "n_counts": (largest["low_place"] - begun["place"] + 1 + resolves).astype("int32"),
        "n_neutropenic": by["is_low"].sum().astype("int32"),
    })  # fmt: skip
    found["episode_number"] = (found.groupby("child").cumcount() + 1).astype("int32")
    return found


def _described(found: pd.DataFrame) -> pd.DataFrame:
    is_resolved = found["resolution_by"].notna()
    until = found["resolution_by"].fillna(found["last_low_on"])
    is_chronic = until > _months_later(found["onset_by"], rules.CHRONIC_MONTHS)
    found["resolution_after"] = found["last_low_on"].where(is_resolved)
    found["censored_on"] = found["last_low_on"].where(~is_resolved)
    found["is_resolved"] = is_resolved
    found["end_kind"] = np.select(
        [found["confirmed_on"].notna(), is_resolved], ["confirmed", "uncontradicted"], "open"
    )
    found["censoring_reason"] = np.select(
        [is_resolved, found["died_on"].isna()], [None, "end_of_data"], "death"
    )
    found["severity"] = np.select(
        [found["nadir"] < rules.SEVERE_BELOW, found["nadir"] < rules.MODERATE_BELOW],
        ["severe", "moderate"],
        "mild",
    )
    found["course"] = np.select([is_chronic, is_resolved], ["chronic", "transient"], "undetermined")
    found["age_at_onset_days"] = (found["onset_by"] - found["birth_date"]).dt.days.astype("int32")
    return found.drop(columns=["child", "died_on", "birth_date", "last_low_on"])


def _months_later(dates: pd.Series, months: int) -> pd.Series:
    """Add calendar months; a day that the month lacks becomes its last."""
    month = dates.to_numpy().astype("datetime64[M]")
    first = (month + months).astype(DAY)
    length = (month + months + 1).astype(DAY) - first
    day = dates.to_numpy().astype(DAY) - month.astype(DAY)
    return pd.Series((first + np.minimum(day, length - 1)).astype("datetime64[s]"), index=dates.index)


def _day_number(dates: pd.Series) -> np.ndarray:
    return dates.to_numpy().astype(DAY).astype(np.int64)


def _date(days: pd.Series | np.ndarray) -> pd.Series | np.ndarray:
    """Turn days since 1970, or none, into dates."""
    if isinstance(days, np.ndarray):
        return days.astype(DAY).astype("datetime64[s]")
    return pd.Series(pd.to_datetime(days, unit="D"), index=days.index)


def save(made: pd.DataFrame, path: Path) -> None:
    """Write the episodes."""
    made.to_parquet(path, index=False)


def count(made: pd.DataFrame) -> int:
    """Count the episodes."""
    return len(made)
