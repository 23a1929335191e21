"""Tells on the error stream what a long command is doing, so that standard output stays the answer's."""

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

QUIET = 1.0  # s: a command that is done by then shows nothing


class Talk:
    """``talk(stage, fraction)``: a moving bar on a terminal, one line a stage elsewhere.

    ``fraction`` is the part of the whole that is done, None where nobody knows.
    """

    def __init__(self) -> None:
        self._console = Console(file=sys.stderr)
        self._start = time.monotonic()
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._stage = ""

    def __enter__(self) -> "Talk":
        if self._console.is_terminal:
            self._progress = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(bar_width=24),
                TimeElapsedColumn(),
                console=self._console,
                transient=True,
            )
            self._progress.start()
            self._task = self._progress.add_task("", total=None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def __call__(self, stage: str, fraction: float | None = None) -> None:
        if self._progress is not None and self._task is not None:
            total = None if fraction is None else 1.0
            self._progress.update(self._task, description=stage, total=total, completed=fraction or 0.0)
        elif stage != self._stage and time.monotonic() - self._start > QUIET:
            print(f"{stage} ...", file=sys.stderr, flush=True)
        self._stage = stage
