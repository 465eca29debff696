"""Fields of a definition: each carries unit, meaning, source, and the stage that reads it."""

from dataclasses import field
from typing import Any, Literal

Stage = Literal["staging", "counts", "episodes", "cases", "follow_up", "estimates", "release"]
DESIGN = "textbook definition of this program"
OURS = "our choice"
CTCAE = "CTCAE 5.0, neutrophil count decreased"


def choice(default: Any, unit: str, meaning: str, *, source: str, stage: Stage) -> Any:
    """Make a dataclass field that carries unit, meaning, source and the stage that reads it."""
    return field(
        default=default, metadata={"unit": unit, "meaning": meaning, "source": source, "stage": stage}
    )


def _stage(name: Stage):  # type: ignore[no-untyped-def]
    def at(default: Any, unit: str, meaning: str, source: str = OURS) -> Any:
        return choice(default, unit, meaning, source=source, stage=name)

    return at


staging, counts, episodes = _stage("staging"), _stage("counts"), _stage("episodes")
cases, follow_up = _stage("cases"), _stage("follow_up")
estimates, release = _stage("estimates"), _stage("release")
