"""Charts in notebooks without a network: what JupyterLab draws itself, and a picture for everything else."""

import base64
import sys
from typing import Any

NAME = "ain"
LAB_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.20.1.json"
LAB_TYPE = "application/vnd.vegalite.v5+json"
"""JupyterLab 4.6 carries Vega-Lite 5 and shows nothing of a newer type; Altair's own page needs a network."""
PIXELS = 2


def bundle(spec: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Give a chart to the notebook twice: to be drawn by JupyterLab, and as a picture."""
    import vl_convert  # heavy, so only once a chart is shown

    picture = vl_convert.svg_to_png(vl_convert.vegalite_to_svg(spec), scale=PIXELS)
    return {LAB_TYPE: {**spec, "$schema": LAB_SCHEMA}, "image/png": base64.b64encode(picture).decode()}


def enable() -> None:
    """Make Altair show charts this way from now on."""
    import altair

    altair.renderers.register(NAME, bundle)
    altair.renderers.enable(NAME)


def enable_in_notebook() -> bool:
    """Enable it where a notebook's kernel runs; elsewhere do nothing, and quickly."""
    shell = sys.modules.get("IPython")
    running = shell.get_ipython() if shell is not None else None
    if running is None or not hasattr(running, "kernel"):
        return False
    enable()
    return True
