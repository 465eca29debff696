"""What can go wrong, by name. No message holds a patient's key or value."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

_MOST_NAMES = 30
_LONGEST_NAME = 200
_DIGIT = re.compile(r"\d")
_OF_THE_FORMAT = re.compile(r"\b(patient_id|birth_date|\w+_(on|at))\b")


def one_line(text: str) -> str:
    """Write a name that may hold anything so that it stays one line and says no more than itself."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def first_line(text: str) -> str:
    """Leave out what follows a line break."""
    return (text.splitlines() or [""])[0]


def _name(where: Path | str) -> str:
    return one_line(Path(where).name)


class _Sent(Exception):
    """Can be sent from one process to another, although it is not made of its words."""

    def __reduce__(self) -> tuple[object, ...]:
        return type(self).__new__, (type(self),), vars(self) | {"args": self.args}


class AinError(_Sent):
    """Base of every error that the program raises on purpose."""


class AinWarning(_Sent, UserWarning):
    """Base of every warning about input or an answer that is doubtful but workable."""


class BadDefinition(AinError, ValueError):
    """A study's choice is impossible."""

    def __init__(self, field: str, value: object, must: str) -> None:
        super().__init__(f"Definition {field!r} is {value!r}, but it {must}.")


class UnknownDefinition(AinError, ValueError):
    """Neither a preset nor a readable file of definitions."""

    def __init__(self, name: str, presets: Iterable[str], why: str = "") -> None:
        known = ", ".join(sorted(presets))
        because = f" ({why})" if why else ""
        super().__init__(f"There is no definition {name!r}{because}. Presets: {known}; or give a .toml file.")


class UnreadableExtract(AinError, ValueError):
    """The source cannot be read at all, or one of its files cannot."""

    def __init__(self, where: Path | str, found: str, do: str) -> None:
        super().__init__(f"{_name(where)}: {found}. {do}")


class MissingTable(AinError, ValueError):
    """An obligatory table is not in the source."""

    def __init__(self, table: str, where: Path | str, found: Iterable[str]) -> None:
        present = ", ".join(sorted(found)) or "no table that the program knows"
        super().__init__(
            f"{_name(where)}: table {table!r} is obligatory and missing; found: {present}. "
            f"Add {table}.csv (or .parquet, .xlsx …, see data_dictionary.md); if the names differ, ain map "
            "writes a first extract.toml."
        )


class MissingColumn(AinError, ValueError):
    """An obligatory column is not in a table's file."""

    def __init__(self, table: str, file: str, missing: Iterable[str], found: Iterable[str]) -> None:
        listed = ", ".join(f"{name!r}" for name in missing)
        names = [name[:_LONGEST_NAME] for name in found]
        # A row may stand where the header should, in a name over two lines, or behind a lost line break.
        is_header = names == [*map(first_line, names)] and any(map(_OF_THE_FORMAT.search, names))
        plain = [name for name in names if is_header and not _DIGIT.search(name)]
        shown = [f"'{one_line(name)}'" for name in plain[:_MOST_NAMES]]
        others = [f"{len(names) - len(shown)} other(s)"] if len(shown) < len(names) else []
        present = ", ".join(shown + others)
        super().__init__(
            f"{one_line(file)}: table {table!r} lacks the obligatory column(s) {listed}; found {present}. "
            "If the names differ, rename them; if there is no header, add it; if there is one long name, the "
            'delimiter is probably not the one expected: set delimiter = ";" (or another) in extract.toml.'
        )


class NothingUsable(AinError, ValueError):
    """Every row was set aside, so there is nothing to study."""

    def __init__(self, what: str, reasons: str) -> None:
        super().__init__(f"No {what} is left to study. Set aside: {reasons or 'no row at all'}.")


class UnknownTable(AinError, KeyError):
    """A frame was asked for by a name that no view has."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.text = f"There is no table {name!r}. Tables: {', '.join(sorted(known))}."
        super().__init__(self.text)

    def __str__(self) -> str:
        return self.text


class UnknownPatient(AinError, KeyError):
    """One child was asked for who is not in the registry."""

    def __init__(self, n_children: int) -> None:
        self.text = (
            f"That patient_id is not among the {n_children} usable children. "
            "Keys are text: write '007', not 7; frame('patient') lists them."
        )
        super().__init__(self.text)

    def __str__(self) -> str:
        return self.text


class UnknownColumn(AinError, ValueError):
    """Curves were asked for by a column that cannot split them."""

    def __init__(self, name: str, allowed: Iterable[str]) -> None:
        super().__init__(f"Curves cannot be split by {name!r}. Columns: {', '.join(allowed)}.")


class BadFrame(AinError, ValueError):
    """A frame given to a function lacks a column, or breaks a rule of its schema."""

    def __init__(self, schema: str, found: str) -> None:
        super().__init__(f"The frame is not a valid {schema}: {found}.")


class ImpossibleCurve(AinError, ValueError):
    """No data set gives the curve and the numbers at risk that are printed."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The printed curve is impossible: {why}.")


class OutsideGrid(AinError, ValueError):
    """A planned study lies beyond the scenarios that were simulated."""

    def __init__(self, name: str, value: str, known: Iterable[float]) -> None:
        points = ", ".join(f"{point:g}" for point in known)
        reach = f"; it has {points}" if points else ""
        super().__init__(
            f"The shipped grid does not answer: {name} is {value}{reach}. Take a value between them, or "
            "simulate it: refine=REPETITIONS (ain plan --refine REPETITIONS)."
        )


class EmptyStratum(AinError, ValueError):
    """An estimate was asked for where nobody is at risk."""

    def __init__(self, stratum: str, why: str) -> None:
        super().__init__(f"No estimate for {stratum!r}: {why}.")


class MissingCovariate(AinError, ValueError):
    """Rows of a regression lack the value of a covariate, and nobody said what to do with them."""

    def __init__(self, n_missing: Mapping[str, int], n_rows: int) -> None:
        counted = ", ".join(f"{name} in {n}" for name, n in n_missing.items())
        super().__init__(
            f"Of {n_rows} episodes the covariates are not all known: {counted} unknown. Say missing='drop' "
            "to "
            "take those with every covariate, or missing='impute' to draw the unknown values several times."
        )


class NotEstimable(AinError, ValueError):
    """A regression was asked for that the data cannot answer."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"No estimate for {what}: {why}.")


class NotAtMaximum(AinWarning):
    """An estimate found by iteration misses the conditions of the maximum by too much."""

    def __init__(self, violation: float) -> None:
        super().__init__(
            f"The interval-censored estimate misses the conditions of the maximum by {violation:.1e} "
            "per episode; read it as approximate."
        )


class BadOutput(AinError, OSError):
    """The output folder cannot be written, or holds something that is not ours."""

    def __init__(self, where: Path | str, why: str) -> None:
        super().__init__(f"{_name(where)}: {why}.")


class UnusableEngine(AinError, ValueError):
    """The engine that was asked for is not there, or cannot do its work."""

    def __init__(self, engine: str, found: str, do: str) -> None:
        super().__init__(f"Engine {engine}: {one_line(found)}. {do}")


class BadBuckets(AinError, ValueError):
    """A source cannot be split into buckets as asked."""

    def __init__(self, found: str, advice: str) -> None:
        super().__init__(f"Buckets: {found}. {advice}")


class BadKeep(AinError, ValueError):
    """What was derived cannot be kept as asked."""

    def __init__(self, found: str, advice: str) -> None:
        super().__init__(f"Keep: {found}. {advice}")


class BadFigure(AinError, ValueError):
    """A published figure contradicts itself, or a record of it cannot be read."""

    def __init__(self, record: str, found: str) -> None:
        super().__init__(f"Published figure {one_line(record)!r}: {found}.")
