"""`ain plan`: what it says on the terminal, and the folder that it writes."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ain_analytics.charts import chart_plan, save_chart
from ain_analytics.manifest import versions
from ain_analytics.output import PROGRAM, atomic_folder, check_output, write_manifest
from ain_analytics.plan_result import ESTIMATOR_IN_WORDS, RULE_IN_WORDS, Plan
from ain_analytics.planner import plan
from ain_analytics.terminal import make_console, progress_bar, typed_command


def say_plan(out: Path | None, *, width_months: float | None, shown: dict[str, str], **asked: Any) -> None:
    """Plan, print the rows that are to be shown, and write a folder where one was named."""
    place = None if out is None else check_output(out)
    with progress_bar() as progress:
        found = plan(progress=progress, **asked)
    console = make_console()
    for line in [found.assumptions[0], *found.in_words(**shown)]:
        console.print(line)
    if width_months is not None:
        of = {"rule": "last_run", "estimator": "interval"} | shown
        n = found.children_for(width_months=width_months, rule=of["rule"], estimator=of["estimator"])
        said = f"rule {RULE_IN_WORDS[of['rule']]}, {ESTIMATOR_IN_WORDS[of['estimator']]}"
        line = f"For limits of the median {width_months:g} months wide: about {n} children ({said})."
        console.print(line, style="bold")
    if place is not None:
        write_plan(found, place, command=typed_command())
        console.print(f"Figure: {Path(str(out)) / 'plan.html'}", style="bold green")


def write_plan(found: Plan, out: Path, *, command: str | None = None) -> Path:
    """Write the table, the figure and the manifest into a folder that is put in its place whole."""
    with atomic_folder(out) as folder:
        found.table.write_csv(folder / "plan.csv")
        save_chart(chart_plan(found), folder, "plan")
        said = {
            "program": PROGRAM,
            "versions": versions(),
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": command,
            "scenario": dict(found.scenario),
            "is_refined": found.is_refined,
            "assumptions": list(found.assumptions),
        }
        write_manifest(said, folder)
    return out
