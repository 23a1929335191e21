"""``homeward`` and ``python -m homeward``: the command line, ready to be stopped before it is loaded."""

import os
import sys
from collections.abc import Sequence

from homeward._process.children import SAFE_PATH
from homeward._process.ending import orderly, sound_streams


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line in a process of its own; returns the exit status."""
    sound_streams()
    os.environ.setdefault(SAFE_PATH, "1")  # no child of any library looks into the working directory
    with orderly() as ending:
        try:
            from homeward.cli.app import command_line

            status = command_line(sys.argv[1:] if arguments is None else arguments)
        except KeyboardInterrupt:
            ending.leave()
        if ending.number:
            ending.leave()
    return status


def run_words(*arguments: str) -> int:
    """The same of arguments that are given one by one: what a child process is started with."""
    return run(arguments)


if __name__ == "__main__":
    sys.exit(run())
