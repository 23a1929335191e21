"""What leaves the command line: only what can be shown, on any terminal, in any encoding.

Names and reasons come from other people's files. A control character in one could move the cursor, rename the
window or hide a line; here, at the last place, each becomes the six characters of its JSON escape. Characters
that the output's encoding lacks are written with a backslash, as Python does on the error stream.
"""

import contextlib
import os
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import Console
from rich.segment import Segment

# C0 and C1 controls but tab and new line, delete, and what turns the direction of writing.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
PIPED_WIDTH = 160


def showable(text: str) -> str:
    """The text with every control character as its escape; tabs and new lines stay."""
    return CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class OutputError(OSError):
    """Standard output refused to be written: full, closed, or its reader has gone (``gone``)."""

    def __init__(self, error: OSError | ValueError) -> None:
        number = getattr(error, "errno", None)
        super().__init__(number, os.strerror(number) if number else str(error))
        self.gone = isinstance(error, BrokenPipeError)


class Output:
    """A stream whose refusals are told apart from those of files."""

    def __init__(self, beneath: Any) -> None:
        self.beneath = beneath

    def write(self, text: str) -> int:
        """Write a text; returns its length. Raises ``OutputError``."""
        try:
            self.beneath.write(text)
        except (OSError, ValueError) as error:
            raise OutputError(error) from None
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write texts one after the other."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Bring out what was written. Raises ``OutputError``."""
        try:
            self.beneath.flush()
        except (OSError, ValueError) as error:
            raise OutputError(error) from None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.beneath, name)


class SafeOutput(Output):
    """The same, for texts of any origin: control characters are shown, not sent."""

    @property
    def rich_proxied_file(self) -> Any:
        """Where Rich writes its colours; what it colours has gone through ``SafeConsole``."""
        return self.beneath

    def write(self, text: str) -> int:
        """Write a text; returns its length. Raises ``OutputError``."""
        self.beneath.write(showable(text))
        return len(text)


class SafeConsole(Console):
    """Rich's console for texts of any origin: no markup is read in them, no control character is sent."""

    def __init__(self, file: Any = None, width: int | None = None) -> None:
        super().__init__(file=file, width=width, highlight=False, markup=False, emoji=False)

    def _render_buffer(self, buffer: Any) -> str:
        safe = [s if s.control else Segment(showable(s.text), s.style) for s in buffer]
        return super()._render_buffer(safe)


def console() -> Console:
    """The console of standard output."""
    screen = SafeConsole()
    # What is piped into a file or a tool is not folded at the width of a terminal that is not there.
    return screen if screen.is_terminal else SafeConsole(width=PIPED_WIDTH)


@contextlib.contextmanager
def safe_streams() -> Iterator[None]:
    """Standard output and error of a command, safe for texts of any origin."""
    before = sys.stdout, sys.stderr
    for stream in before:
        change = getattr(stream, "reconfigure", None)  # the streams of tests have none
        if change is not None:
            change(errors="backslashreplace")
    safe: list[Any] = [SafeOutput(Output(stream)) for stream in before]
    sys.stdout, sys.stderr = safe
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def discard_output() -> None:
    """Send what is left for standard output nowhere, or the interpreter would try once more at its end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


__all__ = ["OutputError", "SafeConsole", "console", "discard_output", "safe_streams", "showable"]
