"""Charts as files that need nothing else: HTML with its own code, SVG, PNG."""

from pathlib import Path
from typing import Any

PIXELS = 2
"""Pixels of a PNG for one of the chart."""


def save_chart(chart: Any, folder: Path | str, name: str) -> list[Path]:
    """Write a chart as `name`.html, `name`.svg and `name`.png.

    Parameters
    ----------
    chart : altair chart
    folder : path
        Made where it is missing.
    name : str
        Name of the files without an ending.

    Returns
    -------
    list of Path
        What was written. The HTML page holds its own code and loads nothing from elsewhere.
    """
    import vl_convert  # only drawing needs it, and it is heavy

    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    spec = chart.to_dict()
    svg = vl_convert.vegalite_to_svg(spec)
    contents = {
        "html": vl_convert.vegalite_to_html(spec, bundle=True).encode(),
        "svg": svg.encode(),
        "png": vl_convert.svg_to_png(svg, scale=PIXELS),
    }
    for ending, content in contents.items():
        (place / f"{name}.{ending}").write_bytes(content)
    return [place / f"{name}.{ending}" for ending in contents]


def svg_of(chart: Any) -> str:
    """Draw a chart as SVG."""
    import vl_convert

    drawn: str = vl_convert.vegalite_to_svg(chart.to_dict(validate=False))
    return drawn
