"""The validation page sorts its rows by what they compare with, and counts each kind by itself."""

import importlib.util
from pathlib import Path

import pytest

PUBLISHED = Path(__file__).parents[2] / "published"
PAGE = Path(__file__).parents[3] / "docs" / "validation.md"
spec = importlib.util.spec_from_file_location("render_validation", PUBLISHED / "render_validation.py")
assert spec is not None and spec.loader is not None
page = importlib.util.module_from_spec(spec)
spec.loader.exec_module(page)


def row(file, verdict="pass", kind=None):
    return {"test": f"tests/published/{file}.py::test_it", "source": "S", "case": "c", "quantity": "q",
            "theirs": 1.0, "ours": 1.0, "difference": 0.0, "limit": 1.0, "unit": "", "kind": kind,
            "verdict": verdict}  # fmt: skip


def test_every_published_check_has_a_kind():
    files = {p.stem for p in PUBLISHED.glob("test_*.py")}
    assert files == set(page.KIND_OF) and set(page.KIND_OF.values()) <= set(page.KINDS)
    with pytest.raises(KeyError):
        page.kind_of(row("test_of_nobody"))


def test_what_is_read_back_is_no_pass():
    rows = [row("test_nesc"), row("test_nesc", kind="consistency"), row("test_apollo10", "shown")]
    assert page.counted(rows, "program") == "1 comparisons: 1 within their limit, 0 not, 0 shown side by side"
    assert page.counted(rows, "consistency") == "1 rows, 0 of them not as they should be"
    text = page.render(rows)
    assert text.index("## Flown") < text.index("## Other programs") < text.index("## Consistency")


def test_the_page_as_it_stands_keeps_the_kinds_apart():
    text = PAGE.read_text(encoding="utf-8")
    places = [text.index(f"\n## {name}") for name in page.KINDS.values()]
    assert places == sorted(places)
    consistency = text[places[-1] :]
    assert "fitted and read back" in consistency and "9 starts, 300 min" in consistency
    assert "fitted and read back" not in text[: places[-1]] and "9 starts, 300 min" not in text[: places[-1]]
