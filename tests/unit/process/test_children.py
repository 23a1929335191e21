"""Processes that Homeward starts: the same package, and nothing out of the folder they are started in."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import homeward
from homeward._process.children import SAFE_PATH, child_command, isolated

SOURCE = Path(homeward.__file__).parent
TRAPS = ("signal", "json", "contextlib", "jax", "numpy", "homeward", "sitecustomize", "usercustomize")
STARTS = re.compile(
    r"subprocess|create_subprocess|get_context|ray\.init|os\.(exec|spawn|system|popen|fork)\b"
)
WAYS = re.compile(r"child_command\(|homeward_command\(|with isolated\(\)")


@pytest.fixture
def trapped(tmp_path, monkeypatch):
    """A working directory with files that are named like modules, and tell when one of them is run."""
    for name in TRAPS:
        (tmp_path / f"{name}.py").write_text("open('sprung', 'w').close()\nraise SystemExit('trap')\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def asked(command, **options):
    return subprocess.run(command, stdin=subprocess.PIPE, capture_output=True, text=True, **options)


def test_a_child_runs_nothing_of_its_working_directory(trapped, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(trapped))
    monkeypatch.setattr(sys, "path", ["", str(trapped), *sys.path])
    with subprocess.Popen(
        child_command("builtins:print", ["sound"]), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.read() == "sound\n" and child.wait() == 0
    assert not (trapped / "sprung").exists()


def test_a_process_of_a_library_runs_nothing_of_its_working_directory(trapped):
    code = (
        "import multiprocessing, time\nfrom homeward._process.children import isolated\n"
        "if __name__ == '__main__':\n"
        "    with isolated():\n"
        "        child = multiprocessing.get_context('spawn').Process(target=time.sleep, args=(0,))\n"
        "        child.start()\n    child.join()\n    print(child.exitcode)\n"
    )
    program = trapped.parent / "program.py"
    program.write_text(code)
    answer = asked(
        [sys.executable, str(program)], env={k: v for k, v in os.environ.items() if k != SAFE_PATH}
    )
    assert answer.stdout == "0\n", answer.stderr
    assert not (trapped / "sprung").exists()
    before = os.environ.get(SAFE_PATH)
    with isolated():
        assert os.environ[SAFE_PATH] == "1"
    assert os.environ.get(SAFE_PATH) == before


def test_a_child_imports_the_package_of_its_parent(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "homeward").symlink_to(SOURCE)
    code = (
        "import subprocess, homeward\nfrom homeward._process.children import child_command\n"
        "command = child_command('importlib:import_module', ['homeward'])\n"
        "with subprocess.Popen(command, stdin=subprocess.PIPE) as child:\n    child.wait()\n"
    )
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "elsewhere")}
    answer = asked([sys.executable, "-c", code], env=environment)
    assert f"<module 'homeward' from '{SOURCE.resolve()}/__init__.py'>" in answer.stderr


def test_every_process_of_the_package_is_started_isolated():
    starting = {p for p in SOURCE.rglob("*.py") if STARTS.search(p.read_text(encoding="utf-8"))}
    starting.discard(SOURCE / "_process" / "children.py")
    starting.discard(SOURCE / "codegen" / "compiler.py")  # starts a C compiler, which is no Python
    assert {p.name for p in starting} == {
        "compile.py",
        "campaign.py",
        "live.py",
        "ray.py",
        "query.py",
    }
    assert not [p for p in starting if not WAYS.search(p.read_text(encoding="utf-8"))]
