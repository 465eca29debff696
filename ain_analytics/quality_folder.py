"""The quality report as a folder: page, tables, charts and manifest, all or nothing."""

from pathlib import Path

from ain_analytics.charts import QUALITY_CHARTS, save_chart
from ain_analytics.charts.look import WIDE
from ain_analytics.manifest import manifest
from ain_analytics.output import atomic_folder, write_manifest, write_tables
from ain_analytics.quality import Quality
from ain_analytics.quality_page import quality_page
from ain_analytics.quality_shared import shared_quality
from ain_analytics.registry import Registry


def write_quality(registry: Registry, seen: Quality, place: Path, *, command: str | None = None) -> None:
    """Write quality.html and charts, which may be shown to others, and tables, which stay in the house.

    Parameters
    ----------
    registry : Registry
    seen : Quality
        A look at it.
    place : Path
        A place that `check_output` has allowed.
    command : str, optional
        What to note in the manifest as the command.
    """
    shown = shared_quality(seen)
    with atomic_folder(place) as folder:
        write_tables(seen.tables, folder / "tables")
        for name, draw in QUALITY_CHARTS.items():
            save_chart(draw(shown[name], WIDE), folder / "charts", name)
        (folder / "quality.html").write_text(quality_page(seen), encoding="utf-8")
        said = manifest(registry, tables=seen.tables, command=command, folder=folder)
        write_manifest(said, folder)
