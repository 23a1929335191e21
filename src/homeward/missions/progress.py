"""Progress of a long call in Python, shown where a person looks on: a terminal or a notebook."""

import contextlib
import functools
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

QUIET = 2.0  # s: a call that has ended by then shows nothing
PAUSE = 1.0  # s between two looks at the clock


def watched() -> bool:
    """Whether the error stream is a terminal or a notebook's: a script's log stays empty."""
    stream = sys.stderr
    with contextlib.suppress(AttributeError, ValueError):
        return stream.isatty() or type(stream).__module__.startswith("ipykernel")
    return False


class Line:
    """One line on the error stream, written over: stage, share done, seconds."""

    def __init__(self, what: str) -> None:
        self._what, self._stage = what, "preparing; programs are compiled on first use"
        self._share: float | None = None
        self._began, self._width = time.monotonic(), 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="progress")
        self._thread.start()

    def __call__(self, stage: Any, share: float | None = None) -> None:
        """A stage and the share done, or the count of a campaign (``campaigns.execution.local.Count``)."""
        if not isinstance(stage, str):
            stage, share = stage.told(), stage.done / max(stage.wanted, 1)
        self._stage, self._share = stage, share

    def text(self) -> str:
        """What the line says now."""
        done = "" if self._share is None else f", {100.0 * self._share:.0f} %"
        return f"{self._what}: {self._stage}{done} ({time.monotonic() - self._began:.0f} s)"

    def close(self) -> None:
        """Take the line away."""
        self._ended.set()
        self._thread.join()
        if self._width:
            self._write("")

    def _run(self) -> None:
        pause = QUIET
        while not self._ended.wait(pause):
            pause = PAUSE
            self._write(self.text())

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write("\r" + text.ljust(self._width) + ("" if text else "\r"))
            sys.stderr.flush()
        self._width = len(text)


_silent: list[bool] = []  # a command has its own display, and one that is shown already is enough


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """No line of our own meanwhile: the caller shows the progress."""
    _silent.append(True)
    try:
        yield
    finally:
        _silent.pop()


def shows_progress(function: Callable[P, R]) -> Callable[P, R]:
    """Give a long function a line of progress where nobody passed ``progress`` and a person looks on.

    ``progress=False`` asks for silence.
    """

    @functools.wraps(function)
    def call(*args: P.args, **options: P.kwargs) -> R:
        asked = options.get("progress")
        if asked is False:
            options["progress"] = None
        if asked is not None or _silent or not watched():
            return function(*args, **options)
        line = Line(function.__name__)
        options["progress"] = line
        try:
            with silent():
                return function(*args, **options)
        finally:
            line.close()

    return call


__all__ = ["Line", "shows_progress", "silent", "watched"]
