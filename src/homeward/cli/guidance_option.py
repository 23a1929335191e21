"""``--guidance``: the law of the entry by a word or FILE.py:CLASS, tested before anything is flown."""

from homeward.errors import HomewardError, InputError, one_line
from homeward.scenario.schema.flight import LAWS
from homeward.scenario.schema.scenario import Scenario


def tested_law(text: str, label: str) -> object | None:
    """The user's own law, tested against the contract; None for one of Homeward's own."""
    from homeward.scenario.user_models import load_law

    law = load_law(text, label)
    if law is None:
        return None
    import homeward

    try:
        homeward.check_guidance(law)
    except HomewardError as error:
        raise InputError(f"{label}: {one_line(text, 200)}: {one_line(str(error), 400)}") from None
    except (Exception, SystemExit) as error:
        reason = f"{type(error).__name__}: {one_line(str(error), 200)}"
        raise InputError(
            f"{label}: {one_line(text, 200)}: breaks the contract of guidance: {reason}"
        ) from error
    return law


def with_guidance(scenario: Scenario, guidance: str | None) -> Scenario:
    """The scenario with the law that ``--guidance`` names, if any; the user's own are tested.

    Raises InputError for a law that there is none of, or that breaks the contract.
    """
    from homeward.scenario.user_models import with_law

    if guidance is not None:
        scenario = with_law(scenario, guidance, "--guidance")
    law = scenario.flight.guidance.law
    if law not in LAWS:
        tested_law(law, "--guidance" if guidance is not None else scenario.place("flight.guidance.law"))
    return scenario


__all__ = ["tested_law", "with_guidance"]
