"""Who listens to a flight while it is flown: told what flies, then its rows, chunk by chunk.

A listener may take its time, and the flight then waits: that is how a flight is held to a clock. Where nobody
listens nothing is done.
"""

import contextlib
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from typing import Any, Protocol, runtime_checkable

from homeward.earth.time import Epoch


@runtime_checkable
class Listener(Protocol):
    """Hears of a flight in the process that flies it."""

    def begin(self, epoch: Epoch, legs: Sequence[str]) -> None:
        """What flies: the epoch that its times count from, and its legs or stages by number."""
        ...

    def hear(self, rows: Any) -> None:
        """The rows of a chunk: a ``Frame`` or a ``PairFrame`` with axes of lanes and rows."""
        ...


_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextlib.contextmanager
def watching(listener: Listener | None) -> Iterator[None]:
    """Within it, the listener is told of every flight that is recorded; None lets nobody hear."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def begun(epoch: Epoch, legs: Sequence[str]) -> None:
    """Say what will fly."""
    listener = _listener.get()
    if listener is not None:
        listener.begin(epoch, legs)


def tell(rows: Any) -> None:
    """Hand over the rows of a chunk."""
    listener = _listener.get()
    if listener is not None:
        listener.hear(rows)
