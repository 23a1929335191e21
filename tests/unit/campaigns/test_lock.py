"""The locked requirements of a release: the versions of every set-up, each with hashes, and no address."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


def name_of(text):
    return re.sub(r"[-_.]+", "-", text).lower()


def pins(file):
    return {
        name_of(name): version for name, version in PINNED.findall((ROOT / file).read_text(encoding="utf-8"))
    }


def test_the_lock_has_the_versions_of_the_constraints():
    locked, constrained = pins("requirements.lock"), pins("constraints.txt")
    assert len(locked) > 50
    assert {n: v for n, v in locked.items() if constrained.get(n) != v} == {}


def test_all_that_is_asked_for_is_locked_with_hashes():
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*asked["project"]["dependencies"], *asked["project"]["optional-dependencies"]["console"]]
    names = {name_of(re.split(r"[<>=!~\[; ]", text)[0]) for text in wanted}
    assert names <= pins("requirements.lock").keys()
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    for entry in re.split(r"\n(?=[A-Za-z])", text)[1:]:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry[:60]
    assert not re.search(r"https?://|index-url|find-links|trusted-host", text)


def test_the_build_backend_is_pinned():
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert all("==" in text for text in asked["build-system"]["requires"])
