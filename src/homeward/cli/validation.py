"""What several commands refuse in the same words: a word that is none of theirs, numbers that are none."""

from collections.abc import Collection, Mapping
from typing import Any

from homeward.errors import Infeasible, InputError, one_line
from homeward.scenario.schema.errors import nearest


def known_word(option: str, word: str | None, known: Collection[str], problem: str = "") -> str | None:
    """The word of an option as it was given; raises InputError for one that is not known."""
    if word is None or word in known:
        return word
    like = nearest(word, known)
    hint = f"; did you mean {like}?" if like else ""
    raise InputError(f'{option} "{one_line(word)}": {problem}expected {", ".join(known)}{hint}')


def refuse_broken(summary: Mapping[str, Any]) -> None:
    """A flight that went wrong is a result; a number that is none is not. What was flown is told before."""
    failure = summary.get("failure")
    if failure and failure.get("not_finite"):
        when = f"{failure['time_s']:.1f} s in the leg {failure['leg']}"
        raise Infeasible(
            f"{summary['scenario']}: {failure['reason']}, at {when}; look at what the guidance and the "
            "models give there"
        )
