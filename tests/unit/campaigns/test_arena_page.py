"""The page of an arena: its figures are those of the rows, and the sentence follows from them."""

import json

import numpy as np
import pytest
from test_arena_scores import arena_of, flown

from homeward.campaigns.arena.page import write_page
from homeward.errors import InputError


def saved(tmp_path, second, first, dated):
    result = arena_of(predictive=flown(second), reference=flown(first), reference_2005=flown(dated))
    return result, result.save(tmp_path / "run")


@pytest.mark.parametrize(
    ("first", "word"),
    [([0.5, 0.6, 0.7, 0.8], "**yes**, by 100.0 m"), ([0.1, 0.5, 0.7, 0.8], "no; better than the median"),
     ([0.01, 0.02, 0.03, 0.8], "no; better than the worst"), ([0.01] * 4, "no")],
)  # fmt: skip
def test_the_sentence_is_put_to_the_test(tmp_path, first, word):
    _, folder = saved(tmp_path, [0.1, 0.2, 0.3, 0.4], first, [3.0, 4.0, 5.0, np.inf])
    docs = tmp_path / "docs"
    (docs / "pictures").mkdir(parents=True)
    text = write_page([folder], docs).read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if line.startswith("| Dispersed returns"))
    cells = [c.strip() for c in row.split("|")]
    assert cells[1:3] == ["Dispersed returns (4 of 4)", "0.400"]
    middle = sorted(first)[1]
    assert cells[3] == f"{min(first):.3f} / {middle:.3f} / {max(first):.3f}" and cells[4] == word
    assert cells[5] == "3.000 / 4.000 / failed" and cells[6] == "**yes**, by 2600.0 m"


def test_its_data_and_picture_go_along(tmp_path):
    result, folder = saved(tmp_path, [0.1] * 4, [0.2] * 4, [3.0] * 4)
    docs = tmp_path / "docs"
    (docs / "pictures").mkdir(parents=True)
    text = write_page([folder], docs).read_text(encoding="utf-8")
    assert json.loads((docs / "data/arena/dispersed.json").read_text()) == json.loads(
        json.dumps(result.summary)
    )
    assert (docs / "data/arena/dispersed.csv").is_file() and (docs / "pictures/arena_dispersed.png").is_file()
    assert "pictures/arena_dispersed.png" in text and "1000 m" in text and "204 ug" in text


def test_a_folder_without_an_arena_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match="homeward arena --out"):
        write_page([tmp_path], tmp_path)
