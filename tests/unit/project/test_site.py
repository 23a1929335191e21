"""The documentation site: its pages, its reference of the command line, and the commands that pages name."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

import homeward as hw
from homeward.cli.reference_page import commands, page

ROOT = Path(__file__).parents[3]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^```(?:sh|text)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"^    (homeward [^\n]*)", re.MULTILINE)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def commands_on(text: str) -> list[str]:
    """Lines of code that call ``homeward``, without the comment beside them."""
    lines = [line for block in FENCE.findall(text) for line in block.splitlines()]
    found = [line for line in lines if line.startswith("homeward ")] + INDENTED.findall(text)
    return [re.split(r"\s{2,}|\s+#|\s\\$", line)[0] for line in found]


def test_the_reference_of_the_command_line_is_that_of_the_commands():
    told = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    assert told == page(), "run `make docs`"


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_commands_of_a_page_exist_with_their_options(path):
    known = commands()
    for line in commands_on(path.read_text(encoding="utf-8")):
        words = [w for w in shlex.split(line) if w != "homeward"]
        if words[0].startswith("-") or words[0].isupper() or words[0].endswith(","):
            continue  # `homeward --install-completion`, `homeward COMMAND`, a list of commands
        assert words[0] in known, f"{name(path)}: {line}: there is no such command"
        options = {o for p in known[words[0]].params for o in p.opts}
        for word in words[1:]:
            option = word.partition("=")[0]
            assert not option.startswith("--") or option in options, f"{name(path)}: {line}: no {option}"


def test_the_python_reference_names_every_public_function():
    told = (ROOT / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
    described = set(re.findall(r"^::: homeward\.([\w.]+)", told, re.MULTILINE))
    for public in set(hw.__all__) - {"__version__"}:
        value = getattr(hw, public)
        place = f"{value.__module__}.{value.__qualname__}".removeprefix("homeward.")
        assert place in described or value.__module__.removeprefix("homeward.") in described, public


def test_every_page_of_the_navigation_is_there():
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    outside = set(re.findall(r'"[\w/.]+": "([\w.]+)"', (ROOT / "docs/_hooks/site.py").read_text()))
    pages = re.findall(r"^\s+- (?:[^:\n]+: )?([\w/-]+\.md)$", text, re.MULTILINE)
    assert len(pages) > 20
    assert [p for p in pages if p not in outside and not (ROOT / "docs" / p).exists()] == []


def test_the_site_asks_no_other_machine():
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert "font: false" in text and "http" not in text.replace("https://squidfunk", "")
    assert "offline" not in text.partition("plugins:")[2].partition("markdown_extensions")[0]


def test_a_capsule_page_names_keys_that_are_there():
    page_ = (ROOT / "docs/how-to/capsule.md").read_text(encoding="utf-8")
    keys = (ROOT / "docs/scenario.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| ([^|]+) \|", page_, re.MULTILINE)
    assert [int(n) for n, _ in rows] == list(range(1, 31))
    for _, cell in rows:
        for key in re.findall(r"`([\w.]+)`", cell):
            last = key.rpartition(".")[2]
            assert f"`{last}`" in keys or f"{key}]" in keys or f"[{key}" in keys, key


@pytest.mark.slow
def test_the_site_is_built_with_every_link_whole():
    """In an environment of its own, as ``make site`` does; no page loads anything from another machine."""
    done = subprocess.run(["make", "site"], cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    made = sorted((ROOT / "build" / "site").rglob("*.html"))
    assert len(made) > 60
    for file in made:
        loaded = re.findall(r"<(?:script|img|iframe)[^>]+src=\"?(https?:[^\s\">]+)", file.read_text())
        sheets = re.findall(r"<link[^>]+rel=\"?stylesheet[^>]+href=\"?(https?:[^\s\">]+)", file.read_text())
        assert not loaded + sheets, f"{file.name}: {loaded + sheets}"
