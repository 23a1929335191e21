"""What the command line writes to: any encoding, full or closed; terminals obey what they are sent."""

import json
import os
import subprocess
import sys

import pytest

from homeward.cli.app import main
from homeward.cli.tables.streams import SafeConsole, showable

HOMEWARD = [sys.executable, "-m", "homeward"]
NAME = "Сэлэнгэ – 神舟"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "gbk", "utf-8"])
@pytest.mark.parametrize("options", [["check"], ["check", "--json"]])
def test_what_the_output_cannot_show_is_written_with_a_backslash(encoding, options):
    command = [*HOMEWARD, *options[:1], "shenzhou-15", "--set", f"site.name={NAME}", *options[1:]]
    answer = subprocess.run(command, capture_output=True, env=os.environ | {"PYTHONIOENCODING": encoding})
    assert (answer.returncode, answer.stderr) == (0, b"") or options[1:]
    assert b"internal error" not in answer.stderr


def test_a_full_output_is_one_sentence_and_a_closed_one_none():
    full = subprocess.run(
        f"{' '.join(HOMEWARD)} scenarios > /dev/full", shell=True, capture_output=True, text=True
    )
    assert full.returncode == 2
    assert full.stderr == "homeward: standard output: cannot be written (No space left on device)\n"
    closed = subprocess.run(f"{' '.join(HOMEWARD)} scenarios >&-", shell=True, capture_output=True, text=True)
    assert (closed.returncode, closed.stderr) == (0, "")
    piped = subprocess.run(
        f"{' '.join(HOMEWARD)} schema | head -1", shell=True, capture_output=True, text=True
    )
    assert piped.stderr == ""


def test_control_characters_are_shown_and_not_sent(capsys):
    assert showable("a\x1b]0;title\x07\x9b31m\x00\tb\n\u202e") == (
        "a\\u001b]0;title\\u0007\\u009b31m\\u0000\tb\n\\u202e"
    )
    SafeConsole().print("[bold]\x1b[2J[/]")
    assert capsys.readouterr().out == "[bold]\\u001b[2J[/]\n"


def test_a_table_of_someone_elses_campaign_sends_no_control_character(tmp_path, capsys):
    name = "evil\x1b[2J\x9b"
    assert main(["query", str(tmp_path), f"select '{name}'"]) == 2
    assert "\x1b" not in "".join(capsys.readouterr())
    told = json.loads(json.dumps({"name": name}))
    assert json.loads(showable(json.dumps(told, ensure_ascii=False))) == told
