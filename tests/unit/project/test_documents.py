"""TOML and JSON that anybody may have written: refused soon where they are too large or too deep."""

import time

import pytest

from homeward.campaigns.verification.requirements import read_requirements
from homeward.cli.app import main
from homeward.documents import DocumentError, parse_json, parse_toml
from homeward.errors import InputError
from homeward.scenario.files.shipped import shipped_file
from homeward.scenario.load import load

SOON = 5.0  # s
HOSTILE = {
    "a key of dots": "a" + ".b" * 100_000 + " = 1",
    "dots with spaces": "a" + " . b" * 100_000 + " = 1",
    "a key of quoted parts": '"a"' + '."b"' * 20_000 + " = 1",
    "a header of parts": "[" + ".".join("a" * 20_000) + "]",
    "a key within a list": "a = [{" + ".".join("b" * 20_000) + " = 1}]",
    "15 MB of list": "a = [" + "1.5," * 3_750_000 + "]",
    "lists within lists": "a = " + "[" * 100_000,
    "tables within tables": "a = " + "{b=" * 400 + "1" + "}" * 400,
    "headers that go on": "\n".join(f"[{'.'.join('a' * 31)}.k{i}]" for i in range(20_000)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_one_sentence_soon(name, tmp_path, capsys):
    path = tmp_path / "hostile.toml"
    path.write_text(HOSTILE[name])
    for read in (lambda: load(path), lambda: read_requirements(path)):
        began = time.process_time()
        with pytest.raises(InputError) as caught:
            read()
        assert time.process_time() - began < SOON
        assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    for command in ("check", "return", "propagate"):
        assert main([command, str(path)]) == 2
        assert "internal error" not in capsys.readouterr().err


def test_what_is_sane_is_read():
    text = shipped_file("shenzhou-15").read_text(encoding="utf-8")
    assert parse_toml(text)["schema"] == 1
    assert parse_toml('a.b.c = "x.y.z.' + "w." * 20 + '"')["a"]["b"]["c"].startswith("x.y.z")
    assert parse_toml("a = [" + "1.5, " * 1000 + "]")["a"][-1] == 1.5
    assert parse_json(b'{"a": [1, 2]}') == {"a": [1, 2]}


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"a":' * 100_000, b"1" * 2_000_000, b"\xff", b"nan?"])
def test_hostile_json(content):
    with pytest.raises(DocumentError):
        parse_json(content)


@pytest.mark.parametrize("character", ["\x1b", "\x00", "\x07", "\x7f", "\x9b", "\u202e"])
def test_a_control_character_in_a_scenario_is_refused_by_its_key(character, tmp_path):
    escaped = f"\\u{ord(character):04x}"
    with pytest.raises(InputError, match=r"site\.name: expected text without control characters") as caught:
        load("shenzhou-15", {"site.name": f'"evil{escaped}"'})
    assert character not in str(caught.value)
    asked = tmp_path / "asked.toml"
    asked.write_text(f'schema = 1\nrequirements = [{{text = "open_miss_km max <= 1", id = "R{escaped}"}}]\n')
    with pytest.raises(InputError, match=r"requirements\[0\]\.id: expected text without control characters"):
        read_requirements(asked)
