"""Every reader of text goes through one function: marks, line ends, encodings, gzip, pipes."""

import gzip
import io
import os
import sys
import threading
from pathlib import Path

import pytest

from homeward.errors import InputError
from homeward.io.columns import read_columns
from homeward.textfile import display_name, is_readable, read_text


def packed(octets: bytes) -> bytes:
    """`octets` as gzip, with no time stamp: the same bytes, and so the same test names, in every process."""
    return gzip.compress(octets, mtime=0)


def written(folder: Path, octets: bytes) -> Path:
    path = folder / "file.txt"
    path.write_bytes(octets)
    return path


@pytest.mark.parametrize("octets", [
    b"a\nb\n", b"\xef\xbb\xbfa\nb\n", b"a\r\nb\r\n", b"a\rb\r", packed(b"a\r\nb\n"),
    packed(b"\xef\xbb\xbfa\n") + packed(b"b\n"),
])  # fmt: skip
def test_marks_line_ends_and_gzip_are_no_part_of_the_text(tmp_path, octets):
    assert read_text(written(tmp_path, octets)) == "a\nb\n"


@pytest.mark.parametrize(("octets", "why"), [
    ("é".encode("latin-1"), "byte 0 is not"),
    (b"a\nb\xff", "line 2: .*byte 3 is not"),
    ("a".encode("utf-16"), "UTF-16"),
    ("a".encode("utf-32"), "UTF-32"),
    (b"a\0b", "NUL"),
    (packed(b"abc")[:-6], "cut short"),
    (b"\x1f\x8bnonsense", "damaged"),
    (packed(b"\0" * 5000), "when unpacked"),
    (b"a" * 1001, "larger than"),
])  # fmt: skip
def test_what_is_no_text_is_refused_in_one_sentence(tmp_path, octets, why):
    with pytest.raises(InputError, match=f"file.txt: .*{why}"):
        read_text(written(tmp_path, octets), largest=1000)


def test_missing_files_and_folders_are_told_apart(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        read_text(tmp_path / "none")
    with pytest.raises(InputError, match="this is a folder"):
        read_text(tmp_path, "a scenario file")
    with pytest.raises(InputError, match="cannot be read"):
        read_text("a\0b")
    assert not is_readable(tmp_path) and not is_readable("a\0b") and is_readable("-")
    assert "\x1b" not in display_name("a\x1b[2Jb")


def test_standard_input_and_pipes_are_read_once_and_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("homeward.textfile._streams", {})
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbfa\r\n")))
    assert read_text("-") == read_text("-") == "a\n"
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert is_readable(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("text",))
    writer.start()
    assert read_text(pipe) == read_text(pipe) == "text"
    writer.join()


TABLE = {"names": ("altitude_m", "north_m_s"), "what": "winds", "rows": (2, 4)}


@pytest.mark.parametrize(("text", "why"), [
    ("", "the file is empty"),
    ("# only a comment\n", "the file is empty"),
    ("altitude_m,north_m_s\n", "expected winds of 2 to 4 rows, not 0"),
    ("altitude_m,north\n0,1\n1,1\n", "line 1: .*names of the columns"),
    ("altitude_m,north_m_s\n0,1\n\n0,2\n", "line 4: altitude_m: .*increase"),
    ("altitude_m,north_m_s\n0,1\n1,nan\n", "line 3: north_m_s: .*finite"),
    ("altitude_m,north_m_s\n0,1\n1\n", "line 3: expected 2 numbers"),
    ("altitude_m,north_m_s\n0,1\n1,x\n", "line 3: expected 2 numbers"),
])  # fmt: skip
def test_tables_name_file_and_line(tmp_path, text, why):
    with pytest.raises(InputError, match=f"file.txt: {why}"):
        read_columns(written(tmp_path, text.encode()), **TABLE)


def test_tables_in_any_order_of_columns_with_or_without_names(tmp_path):
    named = read_columns(written(tmp_path, b"north_m_s altitude_m\n3 0\n4 10\n"), **TABLE)
    plain = read_columns(written(tmp_path, b"0;3\n10;4\n"), header=False, **TABLE)
    assert named == plain == {"altitude_m": [0.0, 10.0], "north_m_s": [3.0, 4.0]}
