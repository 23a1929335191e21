"""Tables of winds for commands and forecasts: what is none names file and line."""

import pytest

from homeward.errors import InputError
from homeward.ground.commands.commands import read_winds

CALM = ((1000.0, 1.0, 2.0), (12000.0, 10.0, 20.0))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"), ("\n\n", "is empty"), ("# only a comment\n", "is empty"),
        ("altitude_m,north_m_s,east_m_s\n", "2 to 40"), ("0,1,2\n", "2 to 40"),
        ("0,1,2\n-5,1,2\n", "line 2"), ("0,1,2\n0,1,2\n", "line 2"), ("0,1,2\n10,nan,2\n", "line 2"),
        ("0,1,2\n10,1\n", "line 2"), ("0,1,2\n10,300,2\n", "row 2: wind"),
        ("0,1,2\n1e7,3,2\n", "row 2: altitude"),
        ("".join(f"{k},1,2\n" for k in range(41)), "2 to 40"),
    ],
)  # fmt: skip
def test_a_table_of_winds_that_is_none_names_file_and_line(text, told, tmp_path):
    path = tmp_path / "winds.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=rf"winds\.csv: .*{told}"):
        read_winds(str(path))


def test_a_table_of_winds_as_other_programs_write_it(tmp_path):
    path = tmp_path / "winds.csv"
    path.write_bytes(b"\xef\xbb\xbfaltitude_m,north_m_s,east_m_s\r\n1000,1,2\r\n12000,10,20\r\n")
    assert read_winds(str(path)) == CALM
