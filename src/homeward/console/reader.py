"""The thread that takes in a live flight, supervised: what it fails on is shown, and it starts again.

Whoever sends is not trusted: a packet that a decoder stumbles over must not end the display, nor leave it
standing under "Live". A reader that keeps failing without getting on waits longer and longer in between.
"""

import threading
import time
from collections.abc import Callable

from homeward.errors import HomewardError

PATIENCE = 0.05, 5.0  # s between two attempts of a reader that keeps failing: first, and at most
CHECK = 1.0  # s between two looks at whether the thread is still there


class Reader:
    """Calls ``step`` until it returns False; ``ended`` gets the reason, empty where there is none.

    ``step`` takes in what has come; it raises HomewardError where the flight is over for good. Anything else
    is a failure: ``failed`` gets it in words and how many there have been, and reading goes on. Where
    the thread itself has gone, ``alive`` starts another.
    """

    def __init__(
        self, step: Callable[[], bool], failed: Callable[[str, int], None], ended: Callable[[str], None]
    ) -> None:
        self._step, self._failed, self._ended = step, failed, ended
        self.failures = 0
        self.over = False
        self._wait, self._looked = 0.0, time.monotonic()
        self._lock = threading.Lock()
        self._thread = self._started()

    def alive(self) -> bool:
        """Whether the thread runs; where it has gone before its end, another one is started."""
        now = time.monotonic()
        if self.over or now - self._looked < CHECK:
            return self.over or self._thread.is_alive()
        with self._lock:
            self._looked = now
            if self._thread.is_alive() or self.over:
                return True
            self._count("its thread had gone")
            self._thread = self._started()
        return False

    def _started(self) -> threading.Thread:
        thread = threading.Thread(target=self._run, daemon=True, name="telemetry reader")
        thread.start()
        return thread

    def _run(self) -> None:
        why = ""
        while True:
            try:
                if not self._step():
                    break
                self._wait = 0.0
            except HomewardError as error:
                why = str(error)
                break
            except Exception as error:
                self._count(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)
                time.sleep(self._wait)
                self._wait = min(max(2.0 * self._wait, PATIENCE[0]), PATIENCE[1])
        self.over = True
        self._ended(why)

    def _count(self, words: str) -> None:
        self.failures += 1
        self._failed(words, self.failures)
