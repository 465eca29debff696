"""The words of a sample: sexes, results, local codes, units. Shown is what is known, or what many share."""

from dataclasses import dataclass, field

import polars as pl

from ain_analytics.codes import code_list
from ain_analytics.guess.content import analytes_of, is_number, word_synonyms
from ain_analytics.guess.tables import TableGuess, parts_of
from ain_analytics.registry import open_registry

SHARED_BY = 5
"""A word that the program does not know is shown if so many children have it; our choice, as small cells."""
MOST_UNITS = 300
MOST_SHOWN = 20
LARGEST_IN_GIGA = 100
"""Counts whose median is below are in 10⁹/L, else in cells/µL; a hint, asked and never taken."""
_PROBES = {"count": "751-8", "percent": "770-8", "fraction": "71676-1"}
_WORDS = {
    "patient": {"sex": "sex", "duffy_status": "duffy_status"},
    "antibody_test": {"result": "result", "subject": "subject"},
    "marrow_exam": {"cellularity": "cellularity", "segmented_reduced": "segmented_reduced"},
    "genetic_test": {"result": "gene_result"},
}
_READ_ANYWAY = {"sex": {"f": "female", "m": "male"}}


@dataclass(slots=True)
class LocalWords:
    """What stands in [codes] and [units]: lines that are sure, and questions."""

    codes: dict[str, str] = field(default_factory=dict)
    code_questions: list[str] = field(default_factory=list)
    unit_questions: list[str] = field(default_factory=list)


def units_known(units: list[str]) -> dict[str, str]:
    """Tell the kind of measure that each known unit is of, by asking the program itself."""
    asked = units[:MOST_UNITS]
    rows = [
        (
            "1",
            f"2020-01-01T{number // 60 % 24:02d}:{number % 60:02d}:{number % 60:02d}",
            code,
            "1",
            unit,
            f"{kind}{number}",
        )
        for kind, code in _PROBES.items()
        for number, unit in enumerate(asked)
    ]
    names = ("patient_id", "sampled_at", "code", "value", "unit", "specimen_id")
    patient = pl.DataFrame({"patient_id": ["1"], "birth_date": ["2019-01-01"], "sex": ["female"]})
    lab = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    with open_registry({"patient": patient, "lab_result": lab}) as probe:
        rejected = probe.frame("rejected_row").filter(
            pl.col("reason").is_in(["unknown_unit", "missing_unit"])
        )
    unknown = {*rejected["row_number"]}
    mass = {*code_list("unit").filter(pl.col("kind") == "mass")["unit"]}
    found = {unit: "mass" for unit in asked if unit.lower().replace(" ", "") in mass}
    for number, row in reversed([*enumerate(rows, start=1)]):
        if number not in unknown:
            found[row[4]] = next(kind for kind, code in _PROBES.items() if code == row[2])
    return found


def add_words(guess: TableGuess) -> None:
    """Say what the words of the columns of a table mean."""
    for name, kind in _WORDS.get(guess.table, {}).items():
        if name not in guess.columns:
            continue
        known = word_synonyms(kind)
        found = {word.lower() for word in guess.sample.cells(guess.columns[name][0]).unique()}
        if name == "sex" and {"h", "m"} <= found and not found & {"f", "w"}:
            known = known | {"m": "female"}
        plainly = _READ_ANYWAY.get(name, {})
        means = {w: known[w] for w in sorted(found) if w in known and known[w] != plainly.get(w, w)}
        if means:
            guess.values[name] = means
        strange = {word for word in found if word not in known and word not in known.values()}
        shown = [word for word in shared(guess, name) if word.lower() in strange]
        if strange:
            listed = f": {', '.join(map(repr, shown[:MOST_SHOWN]))}" if shown else ""
            guess.questions.append(
                f"{name} holds {len(strange)} word(s) that the program does not know{listed}"
            )


def shared(guess: TableGuess, name: str) -> list[str]:
    """Give the words of a column that several children have, the most frequent first."""
    place = [f"c{guess.sample.header.index(guess.columns[n][0])}" for n in ("patient_id", name)]
    frame = guess.sample.rows.select(pl.col(place[0]).alias("child"), pl.col(place[1]).alias("word"))
    counted = frame.drop_nulls().group_by("word").agg(pl.col("child").n_unique().alias("n"), pl.len())
    often = counted.filter(pl.col("n") >= SHARED_BY).sort("len", "word", descending=[True, False])
    return often["word"].to_list()


def long_words(guess: TableGuess, kinds: dict[str, str], local: LocalWords) -> None:
    """Say what the codes of a long table of results mean, and which of its units are unknown."""
    sample = guess.sample
    at = {n: f"c{sample.header.index(h[0])}" for n, h in guess.columns.items()}
    loinc = {*code_list("loinc_anc")["code"]}
    rows = sample.rows.select(
        pl.col(at["code"]).alias("code"),
        pl.col(at["value"]).alias("value"),
        (pl.col(at["unit"]) if "unit" in at else pl.lit(None, pl.String)).alias("unit"),
    ).drop_nulls("code")
    often = {*shared(guess, "code")}
    others = []
    for (word,), own in rows.group_by("code", maintain_order=True):
        if word in loinc:
            continue
        meant = analytes_of(str(word))
        if not meant:
            others += [str(word)] if word in often else []
            continue
        kind = kind_of(own["unit"], kinds) or (next(iter(meant)) if len(meant) == 1 else "")
        if kind in meant and not meant[kind][1]:
            local.codes[str(word)] = meant[kind][0]
        elif kind in meant:
            local.code_questions.append(f'{toml_text(str(word))} = "{meant[kind][0]}"  # {meant[kind][1]}')
        else:
            either = " or ".join(f'"{code}" ({one})' for one, (code, _) in meant.items())
            local.code_questions.append(f"{toml_text(str(word))} = {either}?  # its units do not tell")
    if others:
        local.code_questions.append(
            f"not known, and left alone ({len(others)}): {', '.join(map(toml_text, others[:MOST_SHOWN]))}"
        )
    if "unit" in at:
        strange = [unit for unit in shared(guess, "unit") if unit not in kinds]
        local.unit_questions += [f'{toml_text(unit)} = "10*9/L"?' for unit in strange[:MOST_SHOWN]]
    else:
        numbers = [h for h in guess.columns["value"] if is_number(sample.cells(h))]
        hint = likely_unit(sample.cells(numbers[0])) if numbers else "10*9/L"
        guess.questions.append(f'no column is the unit; if there is one for all: constants.unit = "{hint}"')


def wide_words(guess: TableGuess, kinds: dict[str, str]) -> None:
    """Say what each column of a wide table measures, and in which unit."""
    held_by: dict[str, str] = {}
    for header, unit_column in guess.wide.items():
        name, unit = parts_of(header)
        meant = analytes_of(name)
        cells = guess.sample.cells(header)
        said = f", unit_column = {toml_text(unit_column)}" if unit_column else ""
        kind = kind_of(guess.sample.cells(unit_column), kinds) if unit_column else kinds.get(unit, "")
        kind = kind or ("percent" if "%" in name else next(iter(meant)) if len(meant) == 1 else "")
        question = ""
        if not unit_column and unit in kinds:
            said = f", unit = {toml_text(unit)}"
        elif not unit_column and kind == "percent":
            said = ', unit = "%"'
        elif not unit_column and "unit" not in guess.columns:
            said = f', unit = "{"g/dL" if kind == "mass" else likely_unit(cells)}"'
            question = "in which unit?"
        if kind not in meant:
            kind = next(iter(meant))
            question = f"which of {', '.join(meant)}, and in which unit?"
        code, why = meant[kind]
        question = why or question
        if code in held_by and _both(guess, held_by[code], header):
            question = f"{toml_text(held_by[code])} measures {code} too, in the same rows; which of the two?"
        held_by.setdefault(code, header)
        line = f'{toml_text(header)} = {{ code = "{code}"{said} }}'
        guess.wide_lines.append(f"# ? {line}  # {question}" if question else line)


def _both(guess: TableGuess, one: str, other: str) -> bool:
    """Tell whether two columns are filled in the same row."""
    places = [f"c{guess.sample.header.index(header)}" for header in (one, other)]
    return not guess.sample.rows.select(places).drop_nulls().is_empty()


def kind_of(units: pl.Series, kinds: dict[str, str]) -> str:
    """Give the kind of measure of most of the units, else nothing."""
    found = units.drop_nulls().replace_strict(kinds, default=None, return_dtype=pl.String).drop_nulls()
    return str(found.mode().sort()[0]) if len(found) else ""


def likely_unit(cells: pl.Series) -> str:
    """Tell from the size of counts in which unit they may be."""
    numbers = cells.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False).drop_nulls()
    median = numbers.median()
    return "/uL" if isinstance(median, float) and median >= LARGEST_IN_GIGA else "10*9/L"


def toml_text(text: str) -> str:
    """Write a text as TOML does."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08X}" for c in escaped) + '"'
