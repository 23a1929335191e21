"""The documentation keeps its word: links lead somewhere, its indexes and its list of packages are whole."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "benchmarks" / "README.md"],
    key=lambda p: p.relative_to(ROOT).as_posix(),
)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
NAMED = re.compile(r"`((?:tests|examples|benchmarks|docs)/[\w./-]+)`")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
PICTURE_BYTES = 300_000  # what a clone should not be heavier by, a picture


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_relative_links_lead_somewhere(page):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        there = (page.parent / file).resolve() if file else page
        assert there.exists(), f"{name(page)} leads to {target}, which is not there"
        assert not anchor or anchor in anchors(there), f"{name(page)}: no heading for {target}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_files_named_are_there(page):
    for path in NAMED.findall(page.read_text(encoding="utf-8")):
        assert (ROOT / path).exists(), f"{name(page)} names {path}, which is not there"


@pytest.mark.parametrize("folder", ["docs", "docs/models"])
def test_an_index_names_every_page_beside_it(folder):
    index = (ROOT / folder / "README.md").read_text(encoding="utf-8")
    for page in (ROOT / folder).glob("*.md"):
        if page.name != "README.md":
            assert f"({page.name})" in index, f"{folder}/README.md leaves out {page.name}"


def test_every_dependency_has_its_line():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        wanted += extra
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = {part.strip() for line in text.splitlines() if line.startswith("| ") for part in
            re.split(r",| with | \(", line.split("|")[1])}  # fmt: skip
    for requirement in (w for w in wanted if not w.startswith("homeward")):
        package = re.match(r"[\w-]+", requirement)
        assert package and package.group() in rows, f"docs/dependencies.md has no line of {requirement}"


def test_pictures_are_small():
    for picture in (ROOT / "docs" / "pictures").glob("*.png"):
        assert picture.stat().st_size < PICTURE_BYTES, f"{name(picture)} is heavy"


def test_the_validation_page_holds_every_published_check_and_no_failure():
    page = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
    for test in (ROOT / "tests" / "published").glob("test_*.py"):
        assert f"`{name(test)}`" in page, f"{test.name} is not in docs/validation.md: run `make validation`"
    assert "| fail |" not in page
