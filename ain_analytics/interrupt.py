"""Ctrl-C that always ends the program, also where a library does not hear it."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 5.0
"""Seconds that an orderly end may take."""
INTERRUPTED = 130
"""Exit code of a command that was interrupted."""


@contextmanager
def ending_on_interrupt(say: Callable[[], object]) -> Iterator[None]:
    """End the process some seconds after Ctrl-C, if its first thread has not by then.

    DuckDB 2.0 waits without looking for signals while another of its threads does all the work of a query;
    then nothing of Python runs in the first thread. What was being written lies beside its place, and the
    next run clears it away.
    """
    if threading.current_thread() is not threading.main_thread():  # no signal arrives there
        yield
        return
    heard, told = os.pipe()
    os.set_blocking(told, False)
    before = signal.set_wakeup_fd(told, warn_on_full_buffer=False)

    def wait() -> None:
        with os.fdopen(heard, "rb", buffering=0) as signals:
            while (found := signals.read(1)) != bytes([signal.SIGINT]):
                if not found:
                    return
        time.sleep(PATIENCE)
        if not is_over.is_set():
            say()
            sys.stderr.flush()
            os._exit(INTERRUPTED)

    is_over = threading.Event()
    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    try:
        yield
    finally:
        is_over.set()
        signal.set_wakeup_fd(before)
        os.close(told)
