"""What a sender says of itself, checked before it is believed: flight, dictionary, how much was sent.

The description is JSON that came over the network or out of somebody's archive: its size, its depth, the type
of every value and the range of every number are bounded here and nowhere else.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from homeward.earth.time import Epoch
from homeward.errors import InputError
from homeward.ground.telemetry.dictionary import APIDS, Dictionary, flight_dictionary

LONGEST_ABOUT = 16384  # octets of the packet
MOST_THRUSTERS, MOST_LEGS, MOST_PACKETS = 256, 500, 10**9
Text = Annotated[str, StringConstraints(max_length=200)]
Counts = dict[str, int]


class About(BaseModel):
    """The keys of a description that are read; others are left alone."""

    model_config = ConfigDict(strict=True, extra="ignore")

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    epoch_utc: Text
    groups: Annotated[list[Text], Field(max_length=16)]
    thrusters: Annotated[int, Field(ge=0, le=MOST_THRUSTERS)]
    dictionary: Text
    legs: Annotated[list[Text], Field(max_length=MOST_LEGS)] = []


def read_about(octets: bytes | str) -> dict[str, Any]:
    """The description in these octets; raises InputError where they hold none.

    ``first`` (the count of the first packet of each group that the sender sends to this listener) and
    ``sent`` (how many packets of each group a flight has) are left out where they make no sense.
    """
    try:
        raw = _Raw.model_validate_json(octets)
        about = About.model_validate_json(octets).model_dump()
    except (ValidationError, RecursionError, ValueError):
        raise InputError("the sender does not tell which flight and which dictionary it sends") from None
    if not all(text.isprintable() for text in (about["name"], *about["legs"], *about["groups"])):
        raise InputError("the sender does not tell which flight and which dictionary it sends")
    dictionary_of(about)
    for key in ("first", "sent"):
        counts = counts_of(getattr(raw, key), about["groups"])
        if counts:
            about[key] = counts
    return about


class _Raw(BaseModel):
    model_config = ConfigDict(extra="ignore")

    first: Any = None
    sent: Any = None


def counts_of(value: Any, groups: list[str]) -> Counts:
    """Packets by group as a sender tells them; empty where they are no such counts."""
    if not isinstance(value, dict) or not value:
        return {}
    for group, count in value.items():
        if group not in groups or type(count) is not int or not 0 <= count <= MOST_PACKETS:
            return {}
    return dict(value)


def dictionary_of(about: dict[str, Any]) -> Dictionary:
    """The dictionary of a description; raises InputError where it is not one of this program's."""
    messages = {name: message for message, (name, _, _) in APIDS.items()}
    try:
        groups = [messages[g] for g in about["groups"] if g != "cabin"]
        made = flight_dictionary(tuple(dict.fromkeys(groups)), about["thrusters"])
        Epoch.from_iso(about["epoch_utc"])
    except (KeyError, InputError):
        raise InputError("the sender does not tell which flight and which dictionary it sends") from None
    if made.fingerprint != about["dictionary"]:
        raise InputError("the sender's dictionary is another one: use the same version at both ends")
    return made


__all__ = ["LONGEST_ABOUT", "About", "Counts", "counts_of", "dictionary_of", "read_about"]
