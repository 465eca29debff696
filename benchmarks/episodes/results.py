"""Results as a CSV file of a run, one row a measurement, and as one page for all runs."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import NamedTuple

STAGES = ("imports", "preparing", "reading", "work")
SORT = "sort"
PAGE = """# Episode derivation: what it costs

Written by `python -m benchmarks.episodes`; how to read it stands in [README.md](../README.md).

"""
HEAD = (
    "| | CPU s | × ours | × sort | wall s | × ours | imports CPU s | before or reading CPU s | process CPU s "
    "| × ours | peak MB |\n| --- |" + " ---: |" * 10
)


class Measurement(NamedTuple):
    """One peer in one round."""

    peer: str
    round: int
    rows: int
    seconds: dict[str, tuple[float, float]]
    """Wall and processor seconds by stage; `process` is all of it."""
    peak_mb: float


def write_csv(path: Path, facts: dict[str, str], found: Iterable[Measurement]) -> None:
    """Write measurements below comments that say where and when."""
    stages = (*STAGES, "process")
    text = io.StringIO()
    for name, value in facts.items():
        text.write(f"# {name}: {value}\n")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(
        ["round", "peer", "rows", *(f"{s}_{kind}" for s in stages for kind in ("wall", "cpu")), "peak_mb"]
    )
    for one in found:
        cells = [f"{value:.3f}" for stage in stages for value in one.seconds.get(stage, (0.0, 0.0))]
        table.writerow([one.round, one.peer, one.rows, *cells, f"{one.peak_mb:.0f}"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.getvalue(), encoding="utf-8")


def read_csv(path: Path) -> tuple[dict[str, str], list[Measurement]]:
    """Read what `write_csv` wrote."""
    lines = path.read_text(encoding="utf-8").splitlines()
    told = [line.removeprefix("# ").partition(": ") for line in lines if line.startswith("# ")]
    rows = csv.DictReader(line for line in lines if not line.startswith("# "))
    found = [
        Measurement(
            row["peer"],
            int(row["round"]),
            int(row["rows"]),
            {s: (float(row[f"{s}_wall"]), float(row[f"{s}_cpu"])) for s in (*STAGES, "process")},
            float(row["peak_mb"]),
        )
        for row in rows
    ]
    return {name: value for name, _, value in told}, found


def table(found: list[Measurement], says: dict[str, str]) -> str:
    """Write the medians of a run as a Markdown table."""
    of: dict[str, list[Measurement]] = {}
    for one in found:
        of.setdefault(one.peer, []).append(one)
    lines = [HEAD]
    for peer, its in of.items():
        before = median(
            sum(one.seconds.get(stage, (0, 0))[1] for stage in ("preparing", "reading")) for one in its
        )
        cells = [
            says.get(peer, peer),
            _number(_median(its, "work", 1)),
            _ratio(its, of.get("ours"), "work", 1),
            _ratio(its, of.get(SORT), "work", 1),
            _number(_median(its, "work", 0)),
            _ratio(its, of.get("ours"), "work", 0),
            _number(_median(its, "imports", 1)),
            _number(before) if before else "",
            _number(_median(its, "process", 1)),
            _ratio(its, of.get("ours"), "process", 1),
            f"{median(one.peak_mb for one in its):,.0f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _median(its: list[Measurement], stage: str, kind: int) -> float:
    return median(one.seconds[stage][kind] for one in its)


def _ratio(its: list[Measurement], base: list[Measurement] | None, stage: str, kind: int) -> str:
    if not base:
        return ""
    of_round = {one.round: one.seconds[stage][kind] for one in base}
    pairs = [(one.seconds[stage][kind], of_round[one.round]) for one in its if one.round in of_round]
    ratios = [mine / other for mine, other in pairs if other]
    return _number(median(ratios)) if ratios else ""


def _number(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def write_page(folder: Path, says: dict[str, str]) -> Path:
    """Write one page from every run that lies in a folder."""
    runs = [read_csv(path) for path in sorted(folder.glob("episodes_*.csv"))]
    runs.sort(key=lambda run: (run[0]["registry"], int(run[0]["counts"]), run[0]["settings"]))
    parts = []
    for facts, found in runs:
        n_rounds = len({one.round for one in found})
        limits = f", {facts['settings']}" if facts["settings"] != "none" else ""
        labels = {**says, "ours_limited": f"this program, {facts['settings']}"}
        parts.append(
            f"## {facts['registry'].capitalize()} registry, {int(facts['counts']):,} counts{limits}\n\n"
            f"{facts['date']}, {n_rounds} round{'s' if n_rounds > 1 else ''}. "
            f"{facts['machine']}. {facts['versions']}.\n\n"
            f"{table(found, labels)}\n"
        )
    path = folder / "episodes.md"
    path.write_text(PAGE + "\n".join(parts), encoding="utf-8")
    return path
