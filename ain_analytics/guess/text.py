"""The text of a first extract.toml, and what is said of it on the screen."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from os.path import commonprefix
from pathlib import Path

from ain_analytics.guess.content import Days, ordered
from ain_analytics.guess.samples import Sample
from ain_analytics.guess.tables import TableGuess
from ain_analytics.guess.words import LocalWords, toml_text
from ain_analytics.mapped_files import ending_of
from ain_analytics.schema import OBLIGATORY_TABLES, obligatory_names_of
from ain_analytics.schema.raw import RAW
from ain_analytics.statistics_file import STATISTICS_ENDINGS

MOST_NAMED = 3
"""More files of one shape are named by a pattern."""
_ASK = "# ? "
_ANY = "ascii"


@dataclass(slots=True)
class _Block:
    """One mapping: the lines that are equal for several files, and the files."""

    table: str
    body: tuple[str, ...]
    after: tuple[str, ...]
    samples: list[Sample] = field(default_factory=list)


def as_toml(
    name: str,
    guesses: Sequence[TableGuess],
    local: LocalWords,
    marks: Mapping[tuple[Path, str], str],
    every_day: Sequence[Days],
    day_first: bool | None,
    notes: Sequence[str],
) -> tuple[str, list[str]]:
    """Write extract.toml, and a summary of what is sure and what is to be answered."""
    used = [guess.sample for guess in guesses]
    text_files = [sample for sample in used if sample.is_text] or used
    usual = {
        "encoding": _most([s.encoding for s in text_files if s.encoding != _ANY], "utf-8"),
        "delimiter": _most([sample.delimiter for sample in text_files], ","),
        "decimal_mark": _most([mark for s in used if (mark := marks[s.path, s.sheet])], "."),
    }
    lines = [
        f"# A first extract.toml for {name}, written by `ain map`. Please read it line by line.",
        '# Lines that begin with "# ?" are questions: mend them and take "# ? " away, or delete them.',
        'format = "tables"',
        *_extracted_on(guesses, day_first),
        *(f"{key} = {toml_text(text)}" for key, text in usual.items()),
        *_formats(every_day, day_first),
        *(f"# {note}" for note in notes),
    ]
    blocks = _blocks(guesses, usual, marks)
    for table in RAW:
        own = [block for block in blocks if block.table == table]
        head = f"[[tables.{table}]]" if len(own) > 1 else f"[tables.{table}]"
        for block in own:
            lines += ["", head, _files(block, used), *block.body, *block.after]
        if not own and table in OBLIGATORY_TABLES:
            lines += ["", f"{_ASK}[tables.{table}]", f"{_ASK}files = which file holds them?"]
            lines += [f"{_ASK}columns.{column} = which column?" for column in obligatory_names_of(RAW[table])]
    if local.codes or local.code_questions:
        lines += ["", "[codes]", *(f'{toml_text(own)} = "{code}"' for own, code in local.codes.items())]
        lines += [_ASK + question for question in local.code_questions]
    if local.unit_questions:
        lines += ["", "[units]", *(_ASK + question for question in local.unit_questions)]
    return "\n".join(lines) + "\n", _summary(name, blocks, lines, local, notes)


def _most(found: Sequence[str], default: str) -> str:
    return Counter(found).most_common(1)[0][0] if found else default


def _formats(every_day: Sequence[Days], day_first: bool | None) -> list[str]:
    forms = Counter(form for day in every_day for form in day.forms)
    if not forms:
        return []
    known = [form for form, _ in forms.most_common()]
    if day_first is None and any("?" in form for form in known):
        clear = [form for form in known if "?" not in form]
        first, second = (_list(ordered(known, order)) for order in (True, False))
        return [
            f"date_formats = {_list(clear)}",
            f"{_ASK}date_formats = {first}",
            f"{_ASK}date_formats = {second}",
            "#   which of the two? no day above 12 tells whether the day or the month comes first",
        ]
    lines = [f"date_formats = {_list(ordered(known, bool(day_first)))}"]
    if any("%y" in form for form in known):
        lines.append(
            f"{_ASK}years of two digits: up to 68 they are read as 20.., from 69 on as 19..; is that right?"
        )
    return lines


def _list(texts: Sequence[str]) -> str:
    return "[" + ", ".join(map(toml_text, texts)) + "]"


def _extracted_on(guesses: Sequence[TableGuess], day_first: bool | None) -> list[str]:
    """Ask for the day of the extract: the end of the month of the last day that is not after today."""
    last = None
    for guess in guesses:
        header = guess.columns.get("sampled_at")
        if header:
            cells = guess.sample.cells(header[0])
            forms = ordered([form for day in guess.days() for form in day.forms], bool(day_first))
            for form in ("%Y-%m-%d", *forms):
                day = re.split(" %[HI]", form)[0]
                words = r"^(\d{4}-\d\d-\d\d|\S+" + r" \S+" * day.count(" ") + ")"
                days = cells.str.extract(words).str.to_date(day, strict=False)
                seen = days.filter(days <= date.today()).max()
                if isinstance(seen, date) and (last is None or seen > last):
                    last = seen
    if last is None:
        return [f"{_ASK}extracted_on = the last day of which the files can speak, such as 2024-06-30"]
    month_end = (last.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    shown = min(month_end, date.today())
    return [
        f"{_ASK}extracted_on = {shown}  # on which day were the files made? the last days lie in this month"
    ]


def _blocks(
    guesses: Sequence[TableGuess], usual: Mapping[str, str], marks: Mapping[tuple[Path, str], str]
) -> list[_Block]:
    """Make one block of each mapping; files for which all the same is said share one."""
    found: list[_Block] = []
    for guess in guesses:
        sample = guess.sample
        encoding = "" if sample.encoding == _ANY and usual["encoding"] != "utf-16" else sample.encoding
        own = {"encoding": encoding, "delimiter": sample.delimiter} if sample.is_text else {}
        if ending_of(sample.path) in STATISTICS_ENDINGS:
            own["encoding"] = encoding
        own["decimal_mark"] = marks[sample.path, sample.sheet]
        body = [f"sheet = {toml_text(sample.sheet)}"] if sample.sheet else []
        body += [f"{key} = {toml_text(text)}" for key, text in own.items() if text not in ("", usual[key])]
        body.append("columns = { " + ", ".join(map(_column, guess.columns.items())) + " }")
        body += [f"constants.{name} = {toml_text(text)}" for name, text in guess.constants.items()]
        for name, words in guess.values.items():
            said = ", ".join(f"{toml_text(word)} = {toml_text(meant)}" for word, meant in words.items())
            body.append(f"values.{name} = {{ {said} }}")
        missing = [] if guess.wide else _missing(guess)
        body += [f"{_ASK}{question}" for question in (*guess.questions, *missing)]
        left = _not_used(guess, guesses)
        body += [f"# columns that are not used: {', '.join(map(toml_text, left))}"] if left else []
        after = [f"[tables.{guess.table}.wide]", *guess.wide_lines] if guess.wide else []
        alike = [b for b in found if (b.table, b.body, b.after) == (guess.table, tuple(body), tuple(after))]
        block = alike[0] if alike else _Block(guess.table, tuple(body), tuple(after))
        block.samples.append(sample)
        found += [] if alike else [block]
    return found


def _column(item: tuple[str, list[str]]) -> str:
    name, headers = item
    return f"{name} = {toml_text(headers[0]) if len(headers) == 1 else _list(headers)}"


def _missing(guess: TableGuess) -> list[str]:
    asked = " ".join(guess.questions)
    return [
        f"columns.{name} = which column?"
        for name in obligatory_names_of(RAW[guess.table])
        if name not in guess.columns and name not in asked
    ]


def _not_used(guess: TableGuess, guesses: Sequence[TableGuess]) -> list[str]:
    used = {
        header
        for other in guesses
        if other.sample is guess.sample
        for headers in (*other.columns.values(), other.wide, other.wide.values())
        for header in headers
    }
    return [header for header in guess.sample.header if header and header not in used]


def _files(block: _Block, used: Sequence[Sample]) -> str:
    names = [sample.path.name for sample in block.samples]
    beginning = commonprefix(names)  # noqa: RUF071  characters are meant, not folders
    pattern = beginning + "*" + ending_of(block.samples[0].path)
    fits = {s.path.name for s in used if s.path.match(pattern)} <= {*names}
    return f"files = {_list([pattern] if len(names) > MOST_NAMED and fits and pattern[0] != '*' else names)}"


def _summary(
    name: str, blocks: Sequence[_Block], lines: Sequence[str], local: LocalWords, notes: Sequence[str]
) -> list[str]:
    said = [f"{name}:"]
    for block in blocks:
        rows = sum(sample.rows.height for sample in block.samples)
        shape = ", one column an analyte" if block.after else ""
        places = ", ".join(dict.fromkeys(sample.path.name for sample in block.samples[:MOST_NAMED]))
        said.append(f"  {block.table:<14} {places}: {rows} rows looked at{shape}")
    if local.codes:
        said.append(f"  {len(local.codes)} local code(s) known by name, please check them")
    said += [f"  {note}" for note in notes]
    asked = [line.removeprefix(_ASK) for line in lines if line.startswith(_ASK)]
    said.append(
        f"To be answered: {len(asked)}"
        if asked
        else "Nothing is to be answered; please read it all the same."
    )
    return [*said, *(f"  {question}" for question in asked)]
