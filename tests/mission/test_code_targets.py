"""The exported library on other machines: other compilers, aarch64 under an emulator, a Cortex-M7."""

import shutil
import subprocess

import pytest

from homeward.cli.app import main
from homeward.codegen.compiler import STRICT

pytestmark = pytest.mark.slow
ENTRY = ["apollo-10", "--fidelity", "point-mass", "--set", "return.legs.end=opening"]
M7 = ["-mcpu=cortex-m7", "-mthumb", "-mfpu=fpv5-d16", "-mfloat-abi=hard"]


def _needs(*programs):
    lacking = [p for p in programs if shutil.which(p) is None]
    return pytest.mark.skipif(bool(lacking), reason=f"no {', '.join(lacking)}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("targets")
    assert main(["export", *ENTRY, "--out", str(out)]) == 0
    return out


def _run(*words, cwd):
    told = subprocess.run(words, cwd=cwd, capture_output=True, text=True)
    assert told.returncode == 0, told.stdout + told.stderr
    return told.stdout


@pytest.mark.parametrize("name", [pytest.param("gcc", marks=_needs("gcc")),
                                  pytest.param("clang", marks=_needs("clang"))])  # fmt: skip
def test_a_compiler_takes_it_without_a_word_and_its_program_replays(folder, name):
    _run(name, *STRICT, "-O2", "-o", f"replay_{name}", "main.c", "homeward_flight.c", "-lm", cwd=folder)
    _run(name, *STRICT, "-O2", "-o", f"process_{name}", "process.c", "homeward_link.c", "homeward_flight.c",
         "-lm", cwd=folder)  # fmt: skip
    assert ", 0 beyond the tolerance" in _run(f"./replay_{name}", "golden.txt", cwd=folder)


@_needs("aarch64-linux-gnu-gcc", "qemu-aarch64")
def test_aarch64_replays_the_golden_vectors(folder):
    sources = ("main.c", "homeward_flight.c", "-lm")
    _run("aarch64-linux-gnu-gcc", *STRICT, "-O2", "-static", "-o", "replay_arm", *sources, cwd=folder)
    assert ", 0 beyond the tolerance" in _run("qemu-aarch64", "./replay_arm", "golden.txt", cwd=folder)


@_needs("arm-none-eabi-gcc")
@pytest.mark.parametrize("source", ["homeward_flight.c", "homeward_link.c"])
def test_a_cortex_m7_compiles_it(folder, source):
    _run("arm-none-eabi-gcc", *M7, *STRICT, "-O2", "-c", "-o", "m7.o", source, cwd=folder)
