"""How the command line ends when it is told to stop: one sentence, the usual status, soon, and no child left.

Python runs a signal's handler between two steps of the main thread, which may be compiling for half a
minute. So a thread of its own hears of the signal at once, gives the main thread ``GRACE`` to put things in
order, and then ends the process without it. The interpreter is never taken down the usual way after a signal:
compilers that still run in other threads would be pulled from under, which aborts.
"""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

from homeward._process.children import end_descendants

GRACE = 1.5  # s
NAMES = tuple(name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
_once = threading.Lock()


class Stopped(KeyboardInterrupt):
    """Another process asked this one to end; caught wherever an interrupt is."""


class Ending:
    """``number`` of the signal that has come, 0 while there is none."""

    def __init__(self) -> None:
        self.number = 0

    def leave(self) -> NoReturn:
        """Say that the command was stopped and end the process, its children with it."""
        if not _once.acquire(blocking=False):
            while True:  # the other thread is ending the process
                time.sleep(1.0)
        if self.number and hasattr(signal, "SIGINT") and self.number != signal.SIGINT:
            sentence = f"homeward: stopped by {signal.Signals(self.number).name}\n"
        else:
            sentence = "homeward: stopped\n"
        with contextlib.suppress(OSError):
            if os.isatty(2):  # the moving bar hides the cursor, and stands in a line of its own
                os.write(2, b"\r\x1b[K\x1b[?25h")
            os.write(2, sentence.encode())
        end_descendants()
        os._exit(128 + (self.number or signal.SIGINT))


@contextlib.contextmanager
def orderly() -> Iterator[Ending]:
    """While the command runs, a signal to stop interrupts it, and ends it at once if it goes on."""
    ending = Ending()
    if threading.current_thread() is not threading.main_thread():
        yield ending
        return
    read, write = os.pipe()
    os.set_blocking(write, False)
    numbers = {int(getattr(signal, name)) for name in NAMES}

    def interrupt(number: int, _: FrameType | None) -> None:
        ending.number = ending.number or number
        raise KeyboardInterrupt if number == signal.SIGINT else Stopped

    def watch() -> None:
        while True:
            told = os.read(read, 1)
            if not told:
                return
            if told[0] in numbers:
                ending.number = ending.number or told[0]
                time.sleep(GRACE)
                ending.leave()

    def unraised(told: "sys.UnraisableHookArgs") -> None:
        # Where Python cannot raise (a callback of the collector, a destructor) it prints a traceback, and the
        # interrupt is lost. The thread above ends the process then.
        if not (ending.number and issubclass(told.exc_type, KeyboardInterrupt)):
            hook(told)

    hook, sys.unraisablehook = sys.unraisablehook, unraised
    before = {}
    for number in numbers:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup asks for
            before[number] = signal.signal(number, interrupt)
    old = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    threading.Thread(target=watch, daemon=True, name="ending").start()
    try:
        yield ending
    finally:
        sys.unraisablehook = hook
        signal.set_wakeup_fd(old)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(write)  # which ends the thread


def sound_streams() -> None:
    """Give the process the standard streams it was started without: a file would take their numbers."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115


__all__ = ["Ending", "Stopped", "orderly", "sound_streams"]
