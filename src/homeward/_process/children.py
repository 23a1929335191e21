"""Processes that Homeward starts: isolated from the folder they are started in, ended with their parent.

A child imports this very package and what its parent can import, never a file that happens to lie in the
working directory: that folder may be somebody else's, and a ``signal.py`` in it is no part of Homeward.
"""

import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

# Runs in the child, isolated (-I): the package by its own path, other places after those of the interpreter.
_BOOT = """
import importlib, importlib.util, json, sys
told = json.loads(sys.argv.pop(1))
sys.path.extend(place for place in told["places"] if place not in sys.path)
folder = told["package"]
spec = importlib.util.spec_from_file_location(
    "homeward", folder + "/__init__.py", submodule_search_locations=[folder]
)
package = sys.modules["homeward"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(package)
importlib.import_module("homeward._process.children").follow_parent()
module, _, name = told["run"].partition(":")
sys.exit(getattr(importlib.import_module(module), name)(*sys.argv[1:]))
"""
SAFE_PATH = "PYTHONSAFEPATH"


def child_command(function: str, arguments: Sequence[str] = ()) -> list[str]:
    """The command line that calls ``module:function`` of this package with texts, in a process of its own.

    The child ends when its standard input does, so its parent keeps that pipe open for as long as it lives.
    """
    told = {"run": function, "package": str(Path(__file__).resolve().parents[1]), "places": _places()}
    return [sys.executable, "-I", "-c", _BOOT, json.dumps(told), *arguments]


def homeward_command(arguments: Sequence[str]) -> list[str]:
    """The same of a command as a user types it, without the word ``homeward``."""
    return child_command("homeward.__main__:run_words", arguments)


def _places() -> list[str]:
    """Where this process finds other packages, without the working directory and the script's folder."""
    here = os.path.realpath(os.getcwd()) if os.path.isdir(os.curdir) else ""
    script = os.path.realpath(os.path.dirname(sys.argv[0])) if sys.argv and sys.argv[0] else ""
    return [
        place for place in sys.path if os.path.isabs(place) and os.path.realpath(place) not in (here, script)
    ]


@contextlib.contextmanager
def isolated() -> Iterator[None]:
    """Python processes that a library starts meanwhile do not look into the working directory either."""
    before = os.environ.get(SAFE_PATH)
    os.environ[SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(SAFE_PATH, None)
        else:
            os.environ[SAFE_PATH] = before


def follow_parent() -> None:
    """End this process as soon as its standard input ends, however its parent ended and whatever it does."""

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        end_descendants()
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="parent").start()


def follow_spawner() -> None:
    """The same of a process of ``multiprocessing``, which knows its parent."""
    import multiprocessing
    from multiprocessing.connection import wait

    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        end_descendants()
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="parent").start()


def end_descendants() -> None:
    """End every process that this one has started, and theirs, at once; where the system tells of them."""
    for process in reversed(_descendants(os.getpid())):
        with contextlib.suppress(OSError):
            os.kill(process, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)


def _descendants(process: int) -> list[int]:
    """Numbers of the processes that come from one, parents before their children."""
    if sys.platform != "linux":
        import multiprocessing

        return [child.pid for child in multiprocessing.active_children() if child.pid is not None]
    parents: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdecimal():
            with contextlib.suppress(OSError, ValueError, IndexError):
                with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                    above = int(file.read().rpartition(")")[2].split()[1])
                parents.setdefault(above, []).append(int(entry))
    found: list[int] = []
    left = [process]
    while left:
        children = parents.get(left.pop(), [])
        found += children
        left += children
    return found


__all__ = [
    "child_command",
    "end_descendants",
    "follow_parent",
    "follow_spawner",
    "homeward_command",
    "isolated",
]
