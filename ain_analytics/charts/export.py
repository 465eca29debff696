"""Charts as files that need nothing else: HTML with its own code, SVG, PNG."""

from pathlib import Path
from typing import Any

LESS_THAN = "\uf8f1"
"""Stands for “<” until it is written as an escape: a page of HTML ends its code at </script>."""
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
    spec = chart.to_dict(validate=False)
    svg = vl_convert.vegalite_to_svg(spec)
    contents = {
        "html": _html_of(spec).encode(),
        "svg": svg.encode(),
        "png": vl_convert.svg_to_png(svg, scale=PIXELS),
    }
    for ending, content in contents.items():
        (place / f"{name}.{ending}").write_bytes(content)
    return [place / f"{name}.{ending}" for ending in contents]


def _html_of(spec: Any) -> str:
    """Draw a chart as a page; no text of it can end the code that it stands in."""
    import vl_convert

    page: str = vl_convert.vegalite_to_html(_without_markup(spec), bundle=True)
    return page.replace(LESS_THAN, "\\u003c")


def _without_markup(part: Any) -> Any:
    if isinstance(part, dict):
        return {_without_markup(key): _without_markup(value) for key, value in part.items()}
    if isinstance(part, list):
        return [_without_markup(value) for value in part]
    return part.replace("<", LESS_THAN) if isinstance(part, str) else part


def svg_of(chart: Any) -> str:
    """Draw a chart as SVG."""
    import vl_convert

    drawn: str = vl_convert.vegalite_to_svg(chart.to_dict(validate=False))
    return drawn
