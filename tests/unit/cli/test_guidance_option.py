"""``--guidance`` wherever entries are flown, and its words in Python: the law that flies is the one named."""

import pytest

import homeward
from homeward.campaigns.analysis import compare_guidance, entry_corridor
from homeward.campaigns.execution import campaign as running
from homeward.campaigns.execution import return_batch
from homeward.campaigns.faults import fault_campaign
from homeward.cli.app import main
from homeward.missions import return_flight as flying
from homeward.scenario.load import load
from homeward.scenario.schema.flight import LAWS


class StopError(Exception):
    """Ends a command where its flights would begin."""


@pytest.fixture
def law(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(
        "from homeward.flight.entry.ballistic import BallisticEntryGuidance\n"
        "def Mine():\n    return None\nclass Law:\n    pass\n"
    )
    monkeypatch.setattr(homeward, "check_guidance", lambda law: None, raising=False)
    monkeypatch.chdir(tmp_path)
    return "mine.py:Law"


@pytest.fixture
def flown(monkeypatch):
    """The scenarios that commands would fly."""
    seen = []

    def stop(scenario, *told, **more):
        seen.append((scenario.flight.guidance.law, more.get("guidance")))
        raise homeward.InputError("stopped here")

    monkeypatch.setattr(running, "campaign", stop)
    monkeypatch.setattr(entry_corridor, "entry_corridor", stop)
    monkeypatch.setattr(fault_campaign, "fault_matrices", stop)
    monkeypatch.setattr(homeward, "compare_guidance", stop, raising=False)
    return seen


@pytest.mark.parametrize("command", ["campaign", "corridor", "faults"])
def test_every_command_that_flies_entries_takes_a_law(command, law, flown, tmp_path, capsys):
    for text in (*LAWS, law):
        assert main([command, "soyuz-like", "--guidance", text]) == 2
    assert [told for told, _ in flown] == [*LAWS, f"{tmp_path}/mine.py:Law"]
    capsys.readouterr()
    for wrong, words in (("predictiv", "did you mean predictive"), ("none.py:Law", "there is no such file"),
                         ("mine.py:Lax", "did you mean Law")):  # fmt: skip
        assert main([command, "soyuz-like", "--guidance", wrong]) == 2
        said = capsys.readouterr().err
        assert "--guidance" in said and words in said
    assert len(flown) == len(LAWS) + 1


@pytest.mark.parametrize(
    "text",
    [
        "raise SystemExit(7)",
        "raise BaseException",
        "class Law:\n    def __new__(cls):\n        raise GeneratorExit",
    ],
)
def test_whatever_a_law_raises_is_one_sentence(text, tmp_path, capsys):
    (tmp_path / "bad.py").write_text(text + "\n")
    assert main(["campaign", "soyuz-like", "--guidance", f"{tmp_path}/bad.py:Law"]) == 2
    assert "bad.py:Law: the " in capsys.readouterr().err


def test_a_law_of_the_users_flies_beside_both_generations(law, flown, tmp_path, capsys):
    assert main(["compare-guidance", "soyuz-like", "--guidance", law]) == 2
    assert flown == [("predictive", f"{tmp_path}/mine.py:Law")]
    assert main(["compare-guidance", "soyuz-like", "--guidance", "reference"]) == 2
    assert "expected FILE.py:CLASS" in capsys.readouterr().err


@pytest.mark.parametrize("word", LAWS)
def test_python_takes_the_words_of_the_command_line(word, monkeypatch):
    planned = []

    def plan(scenario, guidance=None, *told, **more):
        planned.append((scenario.flight.guidance.law, guidance))
        raise StopError

    monkeypatch.setattr(flying, "plan_return", plan)
    monkeypatch.setattr(flying, "preparing", lambda *told, **more: None)
    monkeypatch.setattr(return_batch, "plan_return", plan)
    scenario = load("soyuz-like")
    for fly in (
        lambda: flying.fly(scenario, guidance=word),
        lambda: return_batch.fly_many(scenario, 2, guidance=word),
    ):
        with pytest.raises(StopError):
            fly()
    assert planned == [(word, None)] * 2
    with pytest.raises(homeward.InputError, match="did you mean reference"):
        flying.fly(scenario, guidance="referenc")


def test_the_comparison_tells_of_every_law_it_flew(law, monkeypatch):
    flown = []

    class Stub:
        unreachable, landed = [], False

    monkeypatch.setattr(
        compare_guidance, "fly_many", lambda s, *told, **more: flown.append(s.flight.guidance.law)
    )
    monkeypatch.setattr(
        compare_guidance, "fly_large_changes", lambda s, *told, **more: flown.append("large") or Stub
    )
    monkeypatch.setattr(compare_guidance, "_without", lambda flights, lost: flights)
    Stub.every = Stub
    kept = []

    def compared(*told):
        kept.append(told)
        raise StopError

    monkeypatch.setattr(compare_guidance, "Comparison", compared)
    with pytest.raises(StopError):
        compare_guidance.compare_guidance(load("soyuz-like"), 2, guidance=law)
    _, _, _, dispersed, changed, _, _ = kept[0]
    assert list(dispersed) == list(changed) == ["predictive", "reference", "own"]
    assert [text.rpartition("/")[2] for text in flown if text != "large"] == [
        "predictive",
        "reference",
        "mine.py:Law",
    ]
