"""The example of a rendezvous runs as it stands: docked, told of, and written down."""

import json
import runpy
from pathlib import Path

import pytest

from homeward.output.save_rendezvous import PICTURES

EXAMPLE = Path(__file__).parents[2] / "examples" / "rendezvous.py"
LINES = 7


@pytest.mark.slow
def test_the_example_docks_and_writes_its_files(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    told = capsys.readouterr().out
    assert "'inside_idss': True" in told and "arrival at the aim point" in told
    folder = tmp_path / "rendezvous"
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["success"] and summary["port"] == "forward"
    for name in PICTURES:
        assert (folder / f"{name}.png").stat().st_size > 50_000


def test_the_example_is_short():
    code = EXAMPLE.read_text(encoding="utf-8").split('"""')[2]
    assert len([line for line in code.splitlines() if line.strip()]) == LINES
