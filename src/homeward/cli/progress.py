"""Tells on the error stream what a long command is doing, so that standard output stays the answer's."""

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from types import TracebackType

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from homeward.cli.tables.streams import SafeConsole
from homeward.missions.progress import silent

QUIET = 2.0  # s: where there is no terminal, a command that is done by then tells nothing


class Talk:
    """``talk(stage, fraction)``: a moving bar on a terminal, one line a stage elsewhere.

    ``fraction`` is the part of the whole that is done, None where nobody knows.
    """

    def __init__(self) -> None:
        self._console = SafeConsole(file=sys.stderr)
        self._start = time.monotonic()
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._stage = ""
        self._told = ""
        self._timer = threading.Timer(QUIET, self._tell)
        self._timer.daemon = True

    def __enter__(self) -> "Talk":
        if self._console.is_terminal:
            self._progress = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=24),
                TimeElapsedColumn(),
                console=self._console,
                transient=True,
            )
            self._progress.start()
            self._task = self._progress.add_task("", total=None)
        else:
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._progress is not None:
            self._progress.stop()

    def __call__(self, stage: str, fraction: float | None = None) -> None:
        self._stage = stage
        if self._progress is not None and self._task is not None:
            total = None if fraction is None else 1.0
            self._progress.update(self._task, description=stage, total=total, completed=fraction or 0.0)
        elif time.monotonic() - self._start > QUIET:
            self._tell()

    def _tell(self) -> None:
        """One line on the error stream for a stage that has not been told yet."""
        if self._stage and self._stage != self._told:
            self._told = self._stage
            print(f"{self._stage} ...", file=sys.stderr, flush=True)


@contextlib.contextmanager
def working() -> Iterator[Talk]:
    """Progress on the error stream; whatever a model or a user's law prints goes there as well."""
    with contextlib.redirect_stdout(sys.stderr), silent(), Talk() as talk:
        talk("getting ready")
        yield talk
