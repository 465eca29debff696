"""Synthetic registries: known truth, realistic extract, same seed and same bytes."""

import hashlib
import math
import re
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ain_analytics import schema
from ain_analytics.codes import code_list
from ain_analytics.definitions import DAYS_PER_MONTH
from ain_analytics.errors import AinError, BadDefinition, BadOutput
from ain_analytics.registry import open_registry
from ain_analytics.schema.derived import CASE_CLASS
from ain_analytics.synthetic import NaturalHistory, SyntheticRegistry, demo_registry, simulate
from ain_analytics.synthetic.arrays import NEVER
from ain_analytics.synthetic.chaos import UNKNOWN_UNITS
from ain_analytics.synthetic.children import draw_children
from ain_analytics.synthetic.counts import level
from ain_analytics.synthetic.disorder import LAB_ERRORS, Disorder

PRIMARY = ("primary_autoimmune", "idiopathic")
IS_PRIMARY = pl.col("true_class").is_in(PRIMARY)


@pytest.fixture(scope="module")
def demo() -> SyntheticRegistry:
    return demo_registry()


@pytest.fixture(scope="module")
def many() -> SyntheticRegistry:
    return simulate(6000, seed=11)


@pytest.fixture(scope="module")
def orderly() -> SyntheticRegistry:
    """A registry in which nothing goes wrong."""
    rates = [f.name for f in fields(Disorder) if f.name in LAB_ERRORS]
    rates += ["duplicate", "incomplete", "mismatch_share", "other_bad_date", "other_unknown_patient"]
    rates += ["other_duplicate", "bad_birth_date", "conflicting_birth_date", "duplicate_patient"]
    rates += ["missing_patient_id"]
    disorder = replace(Disorder(), **dict.fromkeys(rates, 0.0))
    return simulate(2500, seed=3, parameters=NaturalHistory(disorder=disorder))


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("file_format", ["csv", "csv.gz", "parquet"])
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path, file_format):
    for name, seed in (("one", 7), ("two", 7), ("other", 8)):
        simulate(80, seed=seed).write(tmp_path / name, file_format=file_format)
    first = hashes(tmp_path / "one")
    assert first == hashes(tmp_path / "two")
    assert len(first) == 7 + 1 + 2  # tables, extract.toml, truth twice
    other = hashes(tmp_path / "other")
    same = {name for name in first if first[name] == other[name]}
    assert same == {"extract/extract.toml"}


def test_the_extract_folder_holds_the_tables_and_nothing_else(demo, tmp_path):
    extract = demo.write(tmp_path)
    assert {path.name for path in extract.iterdir()} == {f"{t}.csv" for t in schema.RAW} | {"extract.toml"}
    assert {path.name for path in tmp_path.iterdir()} == {"extract", "truth.csv", "truth.parquet"}
    assert (extract / "extract.toml").read_text() == 'extracted_on = 2024-06-30\nsource = "synthetic"\n'


def test_the_truth_is_not_in_the_extract(demo):
    told_by_both = {"patient_id", "enrolled_on", "died_on"}
    for frame in demo.tables.values():
        assert set(frame.columns) & set(demo.truth.columns) <= told_by_both
        for column in frame.columns:
            assert not frame[column].drop_nulls().is_in(CASE_CLASS).any()
            assert not frame[column].drop_nulls().str.contains("|".join(CASE_CLASS)).any()


def test_the_exact_share_resolved_by_the_median_is_one_half():
    for months in (9.0, 17.0, 30.0):
        assert NaturalHistory(resolution_median_months=months).share_resolved_by(months) == pytest.approx(0.5)


def test_the_mixture_is_the_sum_of_its_parts():
    history = NaturalHistory(long_share=0.0, never_share=0.0, usual_sigma=0.5)
    assert history.usual_median_months == pytest.approx(17.0)  # one part: its median is the median
    one_sigma_later = 17.0 * math.exp(0.5)
    assert history.share_resolved_by(one_sigma_later) == pytest.approx(0.8413447, abs=1e-6)  # Φ(1)
    assert NaturalHistory().share_resolved_by(1e9) == pytest.approx(0.95)  # 5 % never resolve


def test_half_of_the_primary_children_resolve_by_17_months_within_the_monte_carlo_error():
    children = draw_children(200_000, NaturalHistory(), np.random.Generator(np.random.PCG64(4)))
    days = (children.resolution - children.onset)[children.is_of(*PRIMARY)]
    share = float((days < 17 * DAYS_PER_MONTH).mean())
    assert abs(share - 0.5) < 3 * math.sqrt(0.25 / days.size)
    never = float((children.resolution[children.is_of(*PRIMARY)] == NEVER).mean())
    assert abs(never - 0.05) < 3 * math.sqrt(0.05 * 0.95 / days.size)


def test_older_children_resolve_later_as_the_studies_say():
    children = draw_children(20_000, NaturalHistory(), np.random.Generator(np.random.PCG64(4)))
    of = children.is_of("primary_autoimmune") & (children.resolution < NEVER)
    age, days = (children.onset - children.born)[of], (children.resolution - children.onset)[of]
    is_older = age > np.median(age)
    assert np.median(days[is_older]) > np.median(days[~is_older])


def test_the_truth_keeps_the_order_of_time(many):
    days = many.truth.with_columns(pl.col("true_resolution_on").fill_null(date(2300, 1, 1)))
    assert days.filter(pl.col("born_on") > pl.col("true_onset_on")).is_empty()
    assert days.filter(pl.col("true_onset_on") > pl.col("detected_on")).is_empty()
    assert days.filter(pl.col("detected_on") >= pl.col("true_resolution_on")).is_empty()
    assert days.filter(pl.col("detected_on") > pl.col("enrolled_on")).is_empty()
    assert days.filter(pl.col("last_count_on") > many.extracted_on).is_empty()
    resolved = many.truth.drop_nulls("true_resolution_on")
    span = (resolved["true_resolution_on"] - resolved["true_onset_on"]).dt.total_days()
    assert (span == resolved["duration_days"]).all()
    assert many.truth.filter(pl.col("true_resolution_on").is_null())["duration_days"].null_count() > 0


def test_the_noise_free_count_crosses_the_limit_on_the_day_of_resolution():
    history = NaturalHistory()
    children = draw_children(3000, history, np.random.Generator(np.random.PCG64(2)))
    child = np.flatnonzero(children.resolution < NEVER)
    day = children.resolution[child]
    at_end = np.exp(level(children, history, child, day))
    is_infant = day - children.born[child] < 365.25
    assert at_end == pytest.approx(np.where(is_infant, 1.0, 1.5))
    later = np.exp(level(children, history, child, day + history.recovery_days))
    assert (later > at_end).all()


def test_every_class_is_in_the_demonstration(demo):
    simulated = {course.true_class for course in NaturalHistory().courses}
    named = {"primary_autoimmune", "secondary_autoimmune", "secondary_immunodeficiency", "idiopathic"}
    named |= {"neonatal_alloimmune", "drug_induced", "congenital", "cyclic", "duffy_null_associated"}
    assert named <= simulated <= set(CASE_CLASS)
    assert set(demo.truth["true_class"]) == simulated
    assert demo.truth.height == 600
    assert demo.truth.filter(IS_PRIMARY).height > 300
    assert 20 <= demo.truth["n_counts"].mean() <= 30


def test_the_tables_have_the_columns_of_the_schema_and_hold_text(demo):
    assert set(demo.tables) == set(schema.RAW)
    for table, frame in demo.tables.items():
        assert frame.columns == schema.columns_of(table)
        assert set(frame.dtypes) == {pl.String}
        assert frame.height > 0


def parameters_of(thing: object) -> list[tuple[str, str]]:
    """Name and source of every parameter, of what it holds too."""
    found = []
    for f in fields(thing):  # type: ignore[arg-type]
        value = getattr(thing, f.name)
        found.append((f.name, f.metadata["source"]))
        assert f.metadata["meaning"]
        assert "unit" in f.metadata
        parts = value if isinstance(value, tuple) else (value,)
        for part in parts:
            if is_dataclass(part):
                found += parameters_of(part)
    return found


def test_every_parameter_names_its_source_or_says_our_choice():
    history = NaturalHistory()
    sources = parameters_of(history) + [(c.true_class, c.source) for c in history.courses]
    assert len(sources) > 100
    said = re.compile(r"our choice|[FR]\d{3}|design, section|of the row|names its own|lists shipped|cycle of")
    assert [name for name, source in sources if not said.search(source)] == []


def test_cited_rows_of_the_literature_are_there():
    folder = files("ain_analytics").joinpath("published")
    known = set()
    for name in ("published_resolution.csv", "published_cohort_features.csv"):
        known |= set(pl.read_csv(folder.joinpath(name).read_bytes(), infer_schema=False)["id"])
    history = NaturalHistory()
    sources = parameters_of(history) + [("", c.source) for c in history.courses]
    cited = {row for _, source in sources for row in re.findall(r"[FR]\d{3}", source)}
    assert len(cited) > 20
    assert cited <= known


def test_the_first_antibody_test_finds_what_the_declared_sensitivity_says(orderly):
    care = NaturalHistory().care
    tests = orderly.tables["antibody_test"].filter(pl.col("subject") == "patient")
    first = tests.sort("sampled_on").unique("patient_id", keep="first", maintain_order=True)
    first = first.filter(pl.col("result") != "indeterminate").join(orderly.truth, on="patient_id")
    for has_antibody, finds in ((True, care.sensitivity), (False, 1 - care.specificity)):
        result = first.filter(pl.col("has_antibody") == has_antibody)["result"]
        bound = 4 * math.sqrt(finds * (1 - finds) / len(result))
        assert len(result) > 80
        assert abs((result == "positive").mean() - finds) < bound


def test_antibody_tests_are_repeated_until_one_is_positive(orderly):
    tests = orderly.tables["antibody_test"].filter(pl.col("subject") == "patient").sort("sampled_on")
    earlier = tests.group_by("patient_id", maintain_order=True).agg(pl.col("result").slice(0, pl.len() - 1))
    assert earlier.explode("result", empty_as_null=True).filter(pl.col("result") == "positive").is_empty()
    per_child = tests.group_by("patient_id").len()["len"]
    assert per_child.max() == NaturalHistory().care.most_tests


def visit_days(registry: SyntheticRegistry) -> pl.DataFrame:
    """One row per child and day with a readable date, with the truth beside."""
    return (
        registry.tables["lab_result"]
        .select("patient_id", pl.col("sampled_at").str.slice(0, 10).str.to_date(strict=False).alias("on"))
        .unique()
        .join(registry.truth, on="patient_id")
        .sort("patient_id", "on")
        .with_columns(gap=pl.col("on").diff().over("patient_id").dt.total_days())
    )


def test_visits_are_further_apart_after_resolution_than_before(orderly):
    gaps = visit_days(orderly).filter(IS_PRIMARY, pl.col("on") > pl.col("detected_on")).drop_nulls("gap")
    before = gaps.filter(pl.col("on") < pl.col("true_resolution_on"))["gap"]
    well_for_a_year = pl.col("on") > pl.col("true_resolution_on").dt.offset_by("12mo")
    after = gaps.filter(well_for_a_year)["gap"]
    assert min(len(before), len(after)) > 500
    assert after.mean() > 2 * before.mean()
    first_weeks = pl.col("on") < pl.col("detected_on").dt.offset_by("90d")
    assert 7 <= gaps.filter(first_weeks)["gap"].mean() <= 28  # every one to four weeks


def test_children_drop_out_once_they_are_well(many):
    dropped = many.truth.filter(IS_PRIMARY).drop_nulls(["dropped_out_on", "true_resolution_on"])
    is_after = dropped["dropped_out_on"] > dropped["true_resolution_on"]
    assert is_after.mean() > 0.7


def test_dense_children_are_sampled_three_times_a_week_for_six_weeks(orderly):
    long_seen = pl.col("detected_on") < orderly.extracted_on - timedelta(days=60)
    cyclic = visit_days(orderly).filter(pl.col("true_class") == "cyclic", long_seen)
    in_six_weeks = pl.col("on").is_between("detected_on", pl.col("detected_on").dt.offset_by("41d"))
    is_dense = cyclic.group_by("patient_id").agg(n=in_six_weeks.sum())["n"] >= 18
    share = NaturalHistory().care.dense_share
    assert abs(is_dense.mean() - share) < 3 * math.sqrt(share * (1 - share) / len(is_dense))
    assert len(is_dense) > 40


def test_without_disorder_every_value_is_a_number_with_a_known_unit(orderly):
    rows = orderly.tables["lab_result"]
    number = rows["value"].str.strip_prefix("<").cast(pl.Float64, strict=False)
    assert number.null_count() == 0
    assert number.min() >= 0
    assert rows["unit"].null_count() == 0
    assert (rows["value"] == "<0.1").any()
    is_one_of_few = pl.col("patient_id") <= "S0000200"
    few = {table: frame.filter(is_one_of_few) for table, frame in orderly.tables.items()}
    fates = open_registry(few, extracted_on=orderly.extracted_on).frame("row_fate")
    assert set(fates["fate"]) <= {"used", "superseded", "other_analyte"}


def test_the_demonstration_holds_every_kind_of_error(demo):
    fates = open_registry(demo.tables, extracted_on=demo.extracted_on).frame("row_fate")
    of_results = set(fates.filter(pl.col("table_name") == "lab_result")["fate"])
    expected = {"unknown_patient", "unusable_patient", "other_analyte", "bad_date", "before_birth"}
    expected |= {"after_extract", "missing_value", "value_not_a_number", "missing_unit", "unknown_unit"}
    expected |= {"impossible_value", "duplicate", "incomplete", "superseded", "used"}
    assert expected <= of_results
    of_patients = set(fates.filter(pl.col("table_name") == "patient")["fate"])
    assert {"conflicting_birth_date", "duplicate", "used"} <= of_patients


def test_unknown_units_are_units_of_nothing_that_is_measured():
    assert not {unit.lower() for unit in UNKNOWN_UNITS} & set(code_list("unit")["unit"].str.to_lowercase())


def test_g_csf_and_mothers_are_in_the_demonstration(demo):
    assert (demo.tables["treatment"]["code"] == "L03AA02").sum() > 20
    assert (demo.tables["antibody_test"]["subject"] == "mother").sum() > 10
    assert (demo.tables["marrow_exam"]["cellularity"] == "promyelocyte_arrest").any()
    assert demo.tables["genetic_test"]["result"].is_in(["pathogenic", "likely_pathogenic"]).any()


@pytest.mark.parametrize("n_patients", [1, 2, 3])
def test_few_children_can_be_written_and_read_back(tmp_path, n_patients):
    for seed in range(3):
        registry = simulate(n_patients, seed=seed)
        folder = registry.write(tmp_path / str(seed))
        assert registry.truth.height == n_patients
        assert registry.tables["lab_result"].height >= n_patients
        back = pl.read_csv(folder / "patient.csv", infer_schema=False)
        assert back.columns == schema.columns_of("patient")


@pytest.mark.parametrize("n_patients", [0, -1, 2.5, True])
def test_no_children_cannot_be_simulated(n_patients):
    with pytest.raises(BadDefinition, match="n_patients"):
        simulate(n_patients, seed=1)


def test_a_negative_seed_is_refused():
    with pytest.raises(AinError, match="seed"):
        simulate(1, seed=-1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"never_share": 0.6},
        {"long_share": -0.1},
        {"healthy_newborn": 0.0},
        {"age_and_duration": 1.0},
        {"extracted_on": date(2008, 2, 1)},
        {"courses": NaturalHistory().courses[:3]},
        {"courses": NaturalHistory().courses * 2},
    ],
)
def test_impossible_parameters_are_refused(wrong):
    with pytest.raises(BadDefinition):
        NaturalHistory(**wrong)


def test_impossible_rates_are_refused():
    with pytest.raises(BadDefinition, match="bad_date"):
        Disorder(bad_date=1.5)
    with pytest.raises(BadDefinition, match="methods"):
        Disorder(methods=(("automated", 0.5),))
    with pytest.raises(BadDefinition, match="laboratory rows"):
        Disorder(bad_date=0.6, missing_value=0.6)


def test_a_registry_is_written_over_its_predecessor_but_over_nothing_else(tmp_path):
    registry = simulate(5, seed=1)
    registry.write(tmp_path, file_format="parquet")
    extract = registry.write(tmp_path, file_format="csv")
    assert not list(extract.glob("*.parquet"))
    (extract / "letters.doc").write_text("not ours")
    with pytest.raises(BadOutput, match="not of a synthetic extract"):
        registry.write(tmp_path)
    assert (extract / "letters.doc").read_text() == "not ours"
    (tmp_path / "file").write_text("")
    with pytest.raises(BadOutput, match="cannot be written"):
        registry.write(tmp_path / "file")
    with pytest.raises(BadDefinition, match="file_format"):
        registry.write(tmp_path, file_format="xlsx")


def test_progress_is_told_up_to_the_end():
    told: list[tuple[str, float]] = []
    simulate(5, seed=1, progress=lambda stage, share: told.append((stage, share)))
    assert [share for _, share in told] == sorted(share for _, share in told)
    assert told[-1][1] == 1.0


def test_a_registry_shows_its_tables(demo):
    assert repr(demo) == "SyntheticRegistry(n_patients=600, seed=1975)"
    assert "lab_result" in demo._repr_html_()
