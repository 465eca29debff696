"""Seconds by the wall clock and of all processors."""

import time
from collections.abc import Callable
from typing import NamedTuple


class Seconds(NamedTuple):
    """What a stage took."""

    wall: float
    cpu: float


class Stopwatch:
    """Times the stages of one process, one after another.

    Parameters
    ----------
    busy : callable
        Gives the processor seconds so far, user and system.
    """

    def __init__(self, busy: Callable[[], float] = time.process_time) -> None:
        self.busy = busy
        self.restart()

    def restart(self) -> None:
        """Begin a stage."""
        self.begun = (time.perf_counter(), self.busy())

    def lap(self) -> Seconds:
        """End a stage and begin the next."""
        wall, cpu = time.perf_counter() - self.begun[0], self.busy() - self.begun[1]
        self.restart()
        return Seconds(wall, cpu)
