"""The laws of an arena: words of Homeward's own, `FILE.py:CLASS`, and the first generation as of 2005."""

import dataclasses
from collections.abc import Sequence

from homeward.errors import InputError, one_line
from homeward.planning.return_plan import ReturnPlan, plan_return
from homeward.scenario.schema.errors import nearest
from homeward.scenario.schema.flight import LAWS, split_law
from homeward.scenario.schema.scenario import Scenario
from homeward.scenario.user_models import load_law, with_law

AS_OF_2005 = "reference-2005"
#: What `--laws` takes beside FILE.py:CLASS; the fall-back steers nowhere and is not among them.
WORDS = (*(law for law in LAWS if law != "ballistic"), AS_OF_2005)
#: The first generation without its last phase and without a forecast of the wind (docs/guidance-arena.md).
SETTINGS_2005 = {"law": "reference", "reference_terminal_speed_m_s": 0.0}


@dataclasses.dataclass(frozen=True)
class Entrant:
    """A law of an arena: ``name`` in tables, ``text`` on the command line, ``dated``: as of 2005."""

    name: str
    text: str
    dated: bool = False


def entrants_of(words: Sequence[str]) -> list[Entrant]:
    """The laws that are named, in that order.

    Raises ``InputError`` for a word that is none, for a law named twice and for a file that cannot be run.
    """
    told: list[Entrant] = []
    for text in words:
        parts = split_law(text)
        if parts is None and text not in WORDS:
            like = nearest(text, WORDS)
            hint = f"; did you mean {like}?" if like else ""
            raise InputError(
                f"--laws: {one_line(text, 200)}: expected {', '.join(WORDS)} or FILE.py:CLASS{hint}"
            )
        if parts is not None:
            load_law(text, "--laws")
        name = text if parts is None else parts[1]
        same = [e.name for e in told]
        if text in [e.text for e in told]:
            raise InputError(f"--laws: {one_line(text, 200)}: named twice")
        while name in same:
            name += "'"
        told.append(Entrant(name, text, text == AS_OF_2005))
    if not told:
        raise InputError(f"--laws: expected at least one of {', '.join(WORDS)} or FILE.py:CLASS")
    return told


def scenario_of(scenario: Scenario, entrant: Entrant) -> Scenario:
    """The scenario with a law, and with what belongs to it."""
    if not entrant.dated:
        return with_law(scenario, entrant.text, "--laws")
    flight = scenario.flight
    guidance = flight.guidance.model_copy(update=SETTINGS_2005)
    believed = flight.believed.model_copy(update={"wind": "none"})
    flight = flight.model_copy(update={"guidance": guidance, "believed": believed})
    return scenario.model_copy(update={"flight": flight})


def law_of(scenario: Scenario, entrant: Entrant, fidelity: str = "point-mass") -> object:
    """The law as loaded for the planned return of a scenario; a user's own is an object of its class."""
    plan: ReturnPlan = plan_return(scenario_of(scenario, entrant), fidelity=fidelity)
    return plan.flight.guidance


__all__ = ["AS_OF_2005", "WORDS", "Entrant", "entrants_of", "law_of", "scenario_of"]
