"""A Python of its own for peers whose pins are not ours, made once in ``build/``."""

import subprocess
import sys
from pathlib import Path

from benchmarks.measure import Skip

ROOT = Path(__file__).parents[1]


def python_with(name: str, *packages: str) -> Path:
    """The Python of the environment ``build/NAME`` with exactly these packages, made if it is not there.

    Raises ``Skip`` where it cannot be made.
    """
    folder = ROOT / "build" / name
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    ready = folder / ".ready"
    if not ready.exists():
        print(f"  installing {', '.join(packages)} into {folder.relative_to(ROOT)} (once)", flush=True)
        made = subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=False)
        if made.returncode:
            raise Skip("a virtual environment could not be made")
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
        failed = subprocess.run(pip, check=False, capture_output=True, text=True)
        if failed.returncode:
            raise Skip(f"{', '.join(packages)} could not be installed")
        ready.touch()
    return python
