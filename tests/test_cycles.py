"""The periodogram on counts whose truth is known: cycles of 21 days, and wandering without a cycle."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

import ain_analytics as ain
from ain_analytics.cycles import cyclic_facts, significant_period
from ain_analytics.definitions import TEXTBOOK

from .conftest import BORN, EXTRACTED

N = 100


def days_of(weeks, rng):
    """Three counts a week, on days that differ from week to week."""
    return (
        np.concatenate([7 * week + np.sort(rng.choice(7, 3, replace=False)) for week in range(weeks)]) * 1.0
    )


def cycle_of(days, rng, *, period=21.0, noise=0.35):
    wave = np.cos(2 * np.pi * (days / period + rng.uniform()))
    return np.maximum(0.05, 0.9 + 1.2 * wave) * np.exp(noise * rng.standard_normal(days.size))


def wandering_of(days, rng, *, persistence, noise=0.6):
    """Counts as in autoimmune neutropenia: low, spread as a log-normal, each leaning on the one before."""
    rest = rng.standard_normal(days.size)
    for place in range(1, days.size):
        kept = persistence ** (days[place] - days[place - 1])
        rest[place] = kept * rest[place - 1] + np.sqrt(1 - kept**2) * rest[place]
    return 0.45 * np.exp(noise * rest)


def n_found(weeks, make, *, level=0.01):
    rng = np.random.default_rng(21)
    found = 0
    for _ in range(N):
        days = days_of(weeks, rng)
        found += significant_period(days, make(days, rng), level=level, choices=TEXTBOOK) is not None
    return found


def test_most_cycles_of_21_days_are_found_once_three_of_them_were_seen():
    assert n_found(9, cycle_of) >= 90
    assert n_found(12, lambda days, rng: cycle_of(days, rng, noise=0.6)) >= 75


@pytest.mark.parametrize("persistence", [1e-6, 0.6, 0.8, 0.9, 0.97])
@pytest.mark.parametrize("weeks", [6, 12])
def test_wandering_counts_are_hardly_ever_taken_for_a_cycle(weeks, persistence):
    """At a level of 1 % and with the peak asked to lie at 18 to 24 days; more than 4 of 100 has p < 0.004."""
    assert n_found(weeks, lambda days, rng: wandering_of(days, rng, persistence=persistence)) <= 4


@pytest.mark.parametrize("period", [14.0, 35.0])
def test_a_wave_of_another_period_is_no_cycle(period):
    assert n_found(12, lambda days, rng: cycle_of(days, rng, period=period)) == 0


def test_the_period_is_told():
    days = np.arange(0.0, 84.0, 2.0)
    period = significant_period(days, 1 + 0.9 * np.cos(2 * np.pi * days / 21), level=0.01, choices=TEXTBOOK)
    assert period == pytest.approx(21, abs=1)


def test_constant_counts_have_no_period():
    days = np.arange(0.0, 84.0, 2.0)
    assert significant_period(days, np.full(days.size, 0.4), level=0.5, choices=TEXTBOOK) is None


def registry_of(series):
    rows = [
        {"patient_id": child, "sampled_at": str(BORN + timedelta(200 + int(day))), "code": "751-8",
         "value": f"{anc:.3f}", "unit": "10*9/L"}
        for child, (days, counts) in series.items() for day, anc in zip(days, counts, strict=True)
    ]  # fmt: skip
    patients = pl.DataFrame({"patient_id": list(series), "birth_date": str(BORN), "sex": "female"})
    return ain.open_registry({"patient": patients, "lab_result": pl.DataFrame(rows)}, extracted_on=EXTRACTED)


def test_a_child_with_a_noisy_cycle_is_cyclic_and_later_counts_do_not_make_it_known_earlier():
    rng = np.random.default_rng(5)  # so noisy that the nadirs of the shorter series are not regular
    days = days_of(26, rng)
    counts = np.minimum(cycle_of(days, rng, noise=0.6), 0.9)
    with registry_of({"long": (days, counts), "short": (days[:60], counts[:60])}) as registry:
        facts = cyclic_facts(registry)
        classes = ain.classify(registry)
    assert facts["patient_id"].to_list() == ["long", "short"]
    assert facts["known_on"].n_unique() == 1
    assert classes["case_class_at_end"].to_list() == ["cyclic", "cyclic"]
    assert classes["evidence_at_end"].str.contains("cyclic_pattern").all()


def test_where_regular_nadirs_told_the_cycle_nobody_looks_for_its_period():
    days = np.arange(0.0, 84.0, 2.0)
    counts = np.minimum(0.9 + 0.9 * np.cos(2 * np.pi * days / 21), 0.9)
    with registry_of({"regular": (days, counts)}) as registry:
        assert cyclic_facts(registry).is_empty()
        classes = ain.classify(registry)
    assert classes["case_class_at_end"].to_list() == ["cyclic"]
    assert classes["evidence_at_end"].to_list() == ["regular_nadirs"]
