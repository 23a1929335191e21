"""Files of mean elements: which set of which object is meant, in two lines or as an OMM.

A file may be a catalogue of many objects or the history of one. Sets are told apart by what is cheap to read,
and only the one that is used is parsed in full, so that a bad set does no harm to the others.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from homeward.earth.time import Epoch
from homeward.errors import HomewardError, InputError
from homeward.io.omm import omm_elements, omm_epoch, omm_number, omm_records
from homeward.io.tle import Tle, looks_like, parse_tle, quick_check, quick_epoch
from homeward.textfile import display_name, read_kept, read_text

_LISTED = 6  # objects named in a refusal


@dataclass(frozen=True)
class ElementSet:
    """One set of a file: what it is of, from when, and how to read it in full.

    ``problem`` says why it cannot be read, if a look at it tells so.
    """

    name: str
    catalogue: str
    epoch: Epoch | None
    parse: Callable[[], Tle]
    problem: str = ""

    def is_of(self, wanted: str) -> bool:
        """Whether this is of the object with a catalogue number or a name."""
        text = wanted.strip().upper()
        return text.lstrip("0") in (self.catalogue.upper().lstrip("0"), self.name.upper().lstrip("0"))


def read_sets(path: str | Path) -> list[ElementSet]:
    """All sets of a file; raises ``InputError`` where it holds none or cannot be read as text."""
    name = display_name(path)
    text = read_text(path, "a file of mean elements (TLE or OMM)")
    records = omm_records(text, name)
    sets = _of_lines(text, name) if records is None else [_of_record(*record) for record in records]
    if not sets:
        raise InputError(f"{name}: the file is empty, expected a two-line element set or an OMM")
    return sets


def read_elements(path: str | Path, epoch: Epoch | None = None, wanted: str | None = None) -> Tle:
    """The set nearest to ``epoch``, or the newest, of the object ``wanted`` or of the only one.

    Raises ``InputError`` for a file of several objects if none is asked for, of which the one asked for is
    none, or whose sets cannot be read.
    """
    name, sets = display_name(path), read_kept(read_sets, path)
    good = [s for s in sets if not s.problem]
    if not good:
        raise InputError(sets[0].problem)
    if wanted is not None:
        of_it = [s for s in sets if s.is_of(wanted)]
        if not of_it:
            raise InputError(f"{name}: there is no object {wanted[:40]!r}; it holds {_listed(good)}")
        good = [s for s in of_it if not s.problem]
        if not good:
            raise InputError(of_it[0].problem)
    if len({s.catalogue for s in good}) > 1:
        raise InputError(
            f"{name}: holds elements of several objects ({_listed(good)}); say which with the key object, "
            f"as in object = {_quoted(good[0].catalogue)}"
        )

    def order(s: ElementSet) -> float:
        if s.epoch is None:
            return float("inf")
        return -s.epoch.mjd() if epoch is None else abs(s.epoch.since(epoch))

    first: HomewardError | None = None
    for candidate in sorted(good, key=order):
        try:
            return candidate.parse()
        except InputError as error:
            first = first or error
    assert first is not None
    raise first


def _listed(sets: list[ElementSet]) -> str:
    objects = {s.catalogue: s.name for s in sets}
    told = [f"{number} {name}".strip() for number, name in list(objects.items())[:_LISTED]]
    more = len(objects) - len(told)
    return ", ".join(told) + (f" and {more} more" if more else "")


def _quoted(catalogue: str) -> str:
    return catalogue if catalogue.isdigit() else f'"{catalogue}"'


def _of_record(where: str, fields: dict[str, str]) -> ElementSet:
    name, number = fields.get("OBJECT_NAME", "").strip(), omm_number(fields)
    try:
        epoch = omm_epoch(fields, where)
    except InputError as error:
        return ElementSet(name, number, None, lambda: omm_elements(fields, where), str(error))
    return ElementSet(name, number, epoch, lambda: omm_elements(fields, where))


def _of_lines(text: str, file: str) -> list[ElementSet]:
    """Two-line sets, a name before them or not; ``#`` starts a comment."""
    numbered = [(n, line.strip()) for n, line in enumerate(text.split("\n"), start=1)]
    lines = [(n, line) for n, line in numbered if line and not line.startswith("#")]
    sets: list[ElementSet] = []
    i = 0
    while i < len(lines):
        if looks_like(2, lines[i][1]):
            problem = f"{file}: line {lines[i][0]}: line 2 of the elements stands where line 1 was expected"
            sets.append(_unread("", lines[i][1][2:7], problem))
            i += 1
            continue
        named = not looks_like(1, lines[i][1])
        block = lines[i : i + 2 + named]
        first = block[named][1] if len(block) > named else ""
        if len(block) < 2 + named:
            problem = f"{file}: line {block[-1][0]}: the element set is cut short"
            sets.append(_unread("", first[2:7], problem))
            break
        sets.append(_of_block(block, file))
        # Where the second line is missing, the next set may begin there.
        second = block[-1][1]
        cut = not second.startswith("2 ") and not looks_like(2, first)
        i += 1 + named if cut else 2 + named
    return sets


def _of_block(block: list[tuple[int, str]], file: str) -> ElementSet:
    texts, numbers = [line for _, line in block], [n for n, _ in block]
    name = texts[0].removeprefix("0 ") if len(texts) == 3 else ""
    try:
        quick_check(texts, file, numbers)
    except InputError as error:
        return _unread(name, texts[-2][2:7], str(error))
    return ElementSet(
        name, texts[-2][2:7].strip(), quick_epoch(texts[-2]), lambda: parse_tle(texts, file, numbers)
    )


def _unread(name: str, catalogue: str, problem: str) -> ElementSet:
    def refuse() -> Tle:
        raise InputError(problem)

    return ElementSet(name, catalogue.strip(), None, refuse, problem)
