"""Synthetic registries: children with a known truth, and the extract that a registry would send of them."""

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, cast

import numpy as np
import polars as pl

from ain_analytics import schema
from ain_analytics.definition_checks import refuse_unless_whole
from ain_analytics.errors import BadDefinition, BadOutput
from ain_analytics.synthetic.arrays import NEVER, Ints, as_dates, draw_labels
from ain_analytics.synthetic.boosts import draw_boosts
from ain_analytics.synthetic.causes import diagnoses, treatments
from ain_analytics.synthetic.chaos import lab_table, other_table, patient_keys, patient_table
from ain_analytics.synthetic.children import Children, draw_children
from ain_analytics.synthetic.evidence import antibody_tests, genetic_tests, marrow_exams
from ain_analytics.synthetic.exposed import Exposed, draw_exposed, recorded_diagnoses, recorded_treatments
from ain_analytics.synthetic.exposures import Exposures
from ain_analytics.synthetic.forms import FORMS
from ain_analytics.synthetic.laboratory import report_counts
from ain_analytics.synthetic.natural_history import NaturalHistory
from ain_analytics.synthetic.people import patients
from ain_analytics.synthetic.visits import Visits, draw_visits

__all__ = ["Exposures", "NaturalHistory", "SyntheticRegistry", "demo_registry", "simulate"]

DEMO_CHILDREN, DEMO_SEED = 600, 1975
FILE_FORMATS = ("csv", "csv.gz", "parquet")
FORM_NAMES = ("native", *FORMS)
GZIP_LEVEL = 4
USUAL = NaturalHistory()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SyntheticRegistry:
    """A made-up registry: what it would send, and apart from it, what is true.

    Parameters
    ----------
    tables : mapping of table to frame
        The raw tables of the native format, every column text; `ain.open_registry` takes them.
    truth : polars.DataFrame
        One row per child, never part of the extract.
    extracted_on : date
        Last day of which the extract speaks.
    seed : int
    parameters : NaturalHistory
    """

    tables: Mapping[str, pl.DataFrame]
    truth: pl.DataFrame
    extracted_on: date
    seed: int
    parameters: NaturalHistory

    def write(self, folder: Path | str, *, file_format: str = "csv", form: str = "native") -> Path:
        """Write the extract to `folder/extract` and the truth beside it.

        Parameters
        ----------
        folder : path
            Made if it is not there; files that an earlier call wrote are replaced.
        file_format : {"csv", "csv.gz", "parquet"}
            Of the native form.
        form : {"native", "omop", "fhir", "redcap", "sdtm", "tables"}
            Format in which the extract is written; in another form than the native one its folder must be
            empty or not there yet.

        Returns
        -------
        Path
            The extract's folder, which `ain.open_registry` takes.

        Raises
        ------
        BadDefinition
            The format or the form is not known.
        BadOutput
            The folder cannot be written, or the extract's folder holds other files.
        """
        if file_format not in FILE_FORMATS:
            raise BadDefinition("file_format", file_format, f"must be one of {', '.join(FILE_FORMATS)}")
        if form not in FORM_NAMES:
            raise BadDefinition("form", form, f"must be one of {', '.join(FORM_NAMES)}")
        extract = Path(folder) / "extract"
        try:
            if form == "native":
                _make_room(extract)
                for table, frame in self.tables.items():
                    _write_table(frame, extract / f"{table}.{file_format}")
                said = f'extracted_on = {self.extracted_on.isoformat()}\nsource = "synthetic"\n'
                (extract / "extract.toml").write_text(said, encoding="utf-8", newline="\n")
            else:
                extract.mkdir(parents=True, exist_ok=True)
                if any(extract.iterdir()):
                    raise BadOutput(extract, "is not empty; name another folder")
                FORMS[form](self.tables, extract, self.extracted_on)
            _write_table(self.truth, Path(folder) / "truth.csv")
            _write_table(self.truth, Path(folder) / "truth.parquet")
        except OSError as error:
            if isinstance(error, BadOutput):
                raise
            raise BadOutput(folder, f"cannot be written ({error.strerror})") from error
        return extract

    def __repr__(self) -> str:
        return f"SyntheticRegistry(n_patients={self.truth.height}, seed={self.seed})"

    def _repr_html_(self) -> str:
        sizes = [frame.height for frame in self.tables.values()]
        return pl.DataFrame({"table": list(self.tables), "rows": sizes})._repr_html_()


def _make_room(extract: Path) -> None:
    """Remove what an earlier call wrote, so that no table is there in two formats."""
    extract.mkdir(parents=True, exist_ok=True)
    ours = {f"{table}.{ending}" for table in schema.RAW for ending in FILE_FORMATS} | {"extract.toml"}
    found = list(extract.iterdir())
    if any(path.name not in ours for path in found):
        raise BadOutput(extract, "holds files that are not of a synthetic extract; name another folder")
    for path in found:
        path.unlink()


def _write_table(frame: pl.DataFrame, path: Path) -> None:
    if path.name.endswith(".parquet"):
        frame.write_parquet(path, compression="zstd")
    elif path.name.endswith(".gz"):
        with (
            path.open("wb") as file,
            gzip.GzipFile("", "wb", compresslevel=GZIP_LEVEL, fileobj=file, mtime=0) as packed,
        ):
            frame.write_csv(cast(IO[bytes], packed))
    else:
        frame.write_csv(path)


def simulate(
    n_patients: int,
    *,
    seed: int,
    parameters: NaturalHistory = USUAL,
    progress: Callable[[str, float], None] | None = None,
) -> SyntheticRegistry:
    """Make up a registry of children with neutropenia, and the truth about them.

    Parameters
    ----------
    n_patients : int
        Children, at least 1.
    seed : int
        The same seed gives the same bytes with the same versions of numpy and polars.
    parameters : NaturalHistory, optional
        Every number of the simulation, each with unit, meaning and source.
    progress : callable, optional
        Told the name of each finished stage and the share done.

    Returns
    -------
    SyntheticRegistry

    Raises
    ------
    BadDefinition
        There is no child to simulate, or the seed is negative.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> made_up = ain.simulate(50, seed=1)
    >>> made_up.truth.height
    50
    >>> registry = ain.open_registry(made_up.tables, extracted_on=made_up.extracted_on)
    """
    refuse_unless_whole("n_patients", n_patients, 1)
    refuse_unless_whole("seed", seed, 0)
    p = parameters
    tell = progress or (lambda stage, share: None)
    streams = np.random.SeedSequence(seed).spawn(9)
    rng = [np.random.Generator(np.random.PCG64(stream)) for stream in streams]

    exposed = None
    if p.exposures.are_recorded:  # drawn apart: without an effect all else is the same as without exposures
        children, exposed = draw_exposed(
            lambda n: draw_children(n, p, rng[0]), n_patients, p.exposures, rng[8]
        )
    else:
        children = draw_children(n_patients, p, rng[0])
    boosts = draw_boosts(children, p, rng[1])
    tell("children", 0.05)
    visits = draw_visits(children, boosts, p, rng[2])
    tell("visits", 0.3)
    keys = patient_keys(n_patients)
    site = draw_labels(rng[3], p.disorder.sites, n_patients)
    diagnosis, has_second = diagnoses(children, visits, p, rng[4])
    others = {
        "antibody_test": antibody_tests(children, visits.last_on, p.care, rng[5]),
        "diagnosis": diagnosis,
        "treatment": treatments(children, boosts, visits, p, rng[4]),
        "marrow_exam": marrow_exams(children, visits.last_on, p.care, rng[5]),
        "genetic_test": genetic_tests(children, visits.last_on, p.care, rng[5]),
    }
    described = patients(children, visits, site, p, rng[3])
    tell("records", 0.45)
    results = report_counts(children, visits, site, has_second, p.disorder, rng[6])
    tables = {
        "patient": patient_table(described, keys, p.disorder, rng[7]),
        "lab_result": lab_table(results, keys, children.born, visits.closes, p.disorder, rng[7]),
        **{name: other_table(name, rows, keys, p.disorder, rng[7]) for name, rows in others.items()},
    }
    tell("text", 1.0)
    truth = _truth(children, visits, keys)
    if exposed is not None:
        draws = {"diagnosis": recorded_diagnoses, "treatment": recorded_treatments}
        for name, draw in draws.items():
            rows = draw(children, exposed, visits.last_on, p.exposures, rng[8])
            tables[name] = pl.concat([tables[name], other_table(name, rows, keys, p.disorder, rng[8])])
        truth = truth.with_columns(_true_exposures(exposed))
    return SyntheticRegistry(tables, truth, p.extracted_on, seed, p)


def _true_exposures(exposed: Exposed) -> list[pl.Series]:
    """Give the true days of the first parvovirus infection and of each dose, given or postponed."""
    doses = [
        as_dates(days).alias(f"vaccination_{number}_on")
        for number, days in enumerate(exposed.vaccinations.T, start=1)
    ]
    return [as_dates(exposed.parvovirus).alias("parvovirus_on"), *doses]


def _truth(children: Children, visits: Visits, keys: pl.Series) -> pl.DataFrame:
    """One row per child: what no registry knows."""
    never = children.resolution == NEVER
    duration: Ints = np.where(never, 0, children.resolution - children.onset)
    classes = [course.true_class for course in children.courses]
    n_counts = np.bincount(visits.child, minlength=len(children))
    return pl.DataFrame(
        {
            "patient_id": keys,
            "true_class": pl.Series(classes).gather(children.course),
            "born_on": as_dates(children.born),
            "true_onset_on": as_dates(children.onset),
            "true_resolution_on": as_dates(children.resolution),
            "duration_days": pl.select(pl.when(pl.Series(~never)).then(pl.Series(duration))).to_series(),
            "detected_on": as_dates(children.detected),
            "enrolled_on": as_dates(children.enrolled),
            "dropped_out_on": as_dates(visits.dropped_out_on),
            "died_on": as_dates(np.where(children.died <= visits.closes, children.died, NEVER)),
            "last_count_on": as_dates(visits.last_on),
            "n_counts": n_counts,
            "has_antibody": children.has_antibody,
            "ill_level": np.exp(children.low).round(4),
        }
    )


def demo_registry() -> SyntheticRegistry:
    """Give the demonstration registry: 600 children, always the same.

    Returns
    -------
    SyntheticRegistry

    Examples
    --------
    >>> import ain_analytics as ain
    >>> ain.demo_registry()
    SyntheticRegistry(n_patients=600, seed=1975)
    """
    return simulate(DEMO_CHILDREN, seed=DEMO_SEED)
