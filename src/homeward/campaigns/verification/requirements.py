"""Requirements in one sentence each, read from TOML: ``open_miss_km p99.7 <= 1.5 at 95 % confidence``."""

import dataclasses
import re
from pathlib import Path
from typing import Any

from homeward.documents import LARGEST, DocumentError, control_character, parse_toml
from homeward.errors import InputError, one_line
from homeward.scenario.schema.errors import nearest
from homeward.textfile import read_text

FOLDER = Path(__file__).parents[2] / "scenario" / "requirements"
FORM = (
    "expected QUANTITY pXX|share|max|min|count <=|>= LIMIT at CC % confidence, "
    'as in "open_miss_km p99.7 <= 1.5 at 95 % confidence"'
)
SENTENCE = re.compile(
    r"(?P<quantity>[A-Za-z_]\w*)\s+(?P<statistic>share|count|max|min|p\d+(?:\.\d+)?)\s*"
    r"(?P<sign><=|>=|≤|≥)\s*(?P<limit>[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)\s*(?P<percent>%)?"
    r"(?:\s+at\s+(?P<confidence>\d+(?:\.\d+)?)\s*%(?:\s+confidence)?)?"
)
KEYS, TABLE_KEYS = ("schema", "fidelity", "requirements"), ("id", "text", "why")
FIDELITY_ANY = ""


@dataclasses.dataclass(frozen=True)
class Requirement:
    """A requirement as it was read.

    ``statistic`` is quantile (of the share ``p``), share, max, min or count; ``upper`` says that the limit is
    one from above; ``place`` names file and key for messages.
    """

    text: str
    quantity: str
    statistic: str
    upper: bool
    limit: float
    p: float = 1.0
    confidence: float = 0.95
    id: str = ""
    why: str = ""
    place: str = ""


def parse(text: str, place: str = "requirement", id: str = "", why: str = "") -> Requirement:
    """A requirement from its sentence; raises ``InputError`` for one that cannot be read."""
    shown = one_line(text, 120)
    found = SENTENCE.fullmatch(text.strip())
    if found is None:
        raise InputError(f'{place}: "{shown}": {_what_is_wrong(text)}')
    statistic, upper = found["statistic"], found["sign"] in ("<=", "≤")
    limit, p = float(found["limit"]), 1.0
    if statistic.startswith("p"):
        p, statistic = float(statistic[1:]) / 100.0, "quantile"
        if not 0.0 < p < 1.0:
            raise InputError(
                f'{place}: "{shown}": expected a percentile between p0 and p100; max is the greatest'
            )
    if found["percent"]:
        if statistic != "share":
            raise InputError(
                f'{place}: "{shown}": expected a limit in the unit of {found["quantity"]}, not in %'
            )
        limit /= 100.0
    if statistic == "share" and not 0.0 < limit < 1.0:
        raise InputError(
            f'{place}: "{shown}": expected a share between 0 and 1; count says how many runs at most'
        )
    if (statistic == "max" and not upper) or (statistic == "min" and upper):
        raise InputError(f'{place}: "{shown}": expected max with <= or min with >=')
    confidence = float(found["confidence"] or 95.0) / 100.0
    if not 0.5 <= confidence < 1.0:
        raise InputError(f'{place}: "{shown}": expected a confidence from 50 % to less than 100 %')
    return Requirement(
        text.strip(), found["quantity"], statistic, upper, limit, p, confidence, id, why, place
    )


def _what_is_wrong(text: str) -> str:
    words = text.replace("<", " <").replace(">", " >").split()
    known = ("share", "count", "max", "min", "p50", "p99", "p99.7")
    like = nearest(words[1], known) if len(words) > 1 and words[1] not in known else None
    return f"did you mean {like} instead of {one_line(words[1])}? {FORM}" if like else FORM


def read_requirements(file: str | Path, fidelity: str | None = None) -> list[Requirement]:
    """The requirements in a TOML file; raises ``InputError``, one sentence, naming file and key.

    ``fidelity`` is that of the campaign: tables that ask for another one are left out.
    """
    label = one_line(str(file), 200)
    try:
        data = parse_toml(read_text(file, "a file of requirements", LARGEST))
    except DocumentError as error:
        raise InputError(f"{label}: {one_line(str(error), 200)}") from None
    found = control_character(data)
    if found is not None:
        raise InputError(
            f"{label}: {one_line(found[0], 200)}: expected text without control characters, but it holds "
            f"{found[1]}"
        )
    for key in data:
        if key not in KEYS:
            like = nearest(key, KEYS)
            raise InputError(f"{label}: {one_line(key)}: no such key; " + (
                f"did you mean {like}?" if like else f"known here: {', '.join(KEYS)}"))  # fmt: skip
    if data.get("schema", 1) != 1:
        raise InputError(f"{label}: schema: expected 1")
    listed = data.get("requirements")
    if not isinstance(listed, list) or not listed:
        raise InputError(
            f"{label}: requirements: expected a list of sentences or tables with at least one entry"
        )
    made = [_entry(item, f"{label}: requirements[{k}]") for k, item in enumerate(listed)]
    return [r for wanted, r in made if fidelity is None or wanted in (None, fidelity)]


def _entry(item: Any, place: str) -> tuple[str | None, Requirement]:
    """A requirement and the fidelity it is for."""
    if isinstance(item, str):
        return None, parse(item, place)
    if not isinstance(item, dict):
        raise InputError(f"{place}: expected a sentence or a table with text")
    for key, value in item.items():
        if key not in (*TABLE_KEYS, "fidelity"):
            raise InputError(
                f"{place}.{one_line(key)}: no such key; known here: {', '.join(TABLE_KEYS)}, fidelity"
            )
        if not isinstance(value, str):
            raise InputError(f"{place}.{key}: expected a text")
    if "text" not in item:
        raise InputError(f"{place}.text: this key is missing (the requirement in one sentence)")
    wanted = item.get("fidelity")
    if wanted not in (None, "six-dof", "point-mass"):
        raise InputError(f'{place}.fidelity: expected six-dof or point-mass, not "{one_line(wanted)}"')
    return wanted, parse(item["text"], f"{place}.text", item.get("id", ""), item.get("why", ""))


def default_file(scenario: str, kind: str) -> Path:
    """The requirements that ship for a scenario, or those of any flight of its kind."""
    own = FOLDER / f"{Path(scenario).name}.{kind}.toml"
    return own if own.is_file() else FOLDER / f"{kind}.toml"


def default_requirements(scenario: str, kind: str, fidelity: str | None = None) -> list[Requirement]:
    """The shipped requirements for campaigns of a scenario."""
    return read_requirements(default_file(scenario, kind), fidelity)


__all__ = ["Requirement", "default_file", "default_requirements", "parse", "read_requirements"]
