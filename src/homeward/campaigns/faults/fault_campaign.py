"""The matrices of one scenario: its return's, its rendezvous', or both, and their files."""

import dataclasses
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from homeward.campaigns.faults.matrix import CLASSES, LOST, Matrix, Row
from homeward.campaigns.faults.returns import return_faults
from homeward.campaigns.faults.worlds import Case, replay_words
from homeward.errors import InputError
from homeward.output.files.result_folder import FAULTS, ResultFolder
from homeward.scenario.faults.catalogue import fault_kinds, names
from homeward.scenario.faults.schedule import FaultEvent
from homeward.scenario.schema.scenario import Scenario


@dataclasses.dataclass
class FaultMatrices:
    """One matrix a half of the mission."""

    scenario: Scenario
    seed: int
    matrices: list[Matrix]
    called: Sequence[str] = ()  # words that name the scenario on a command line; () are its name

    def summary(self) -> dict[str, Any]:
        """The JSON of ``homeward faults``: all cases together, and each half's own figures."""
        rows = [
            {"what": m.what, **row.told(), **self._replay(m, row)} for m in self.matrices for row in m.rows
        ]
        dispersed = any(m.world_seed is not None for m in self.matrices)
        return {
            "scenario": self.scenario.name, "seed": self.seed,
            "world": "dispersed" if dispersed else "nominal", "cases": len(rows),
            "counts": {name: sum(m.counts[name] for m in self.matrices) for name in CLASSES},
            "halves": {
                m.what: {
                    "cases": len(m.rows), "counts": m.counts, "unfaulted": m.nominal, "wall_s": m.wall,
                    "abort": m.abort,
                }
                for m in self.matrices
            },
            "rows": rows,
        }  # fmt: skip

    def _replay(self, m: Matrix, row: Row) -> dict[str, str]:
        """Of a lost case, the command line that flies it again in the same world."""
        if row.outcome != LOST:
            return {}
        called = self.called or (self.scenario.name,)
        if m.what == "rendezvous" and "--guidance" in called:  # a law of the entry
            at = list(called).index("--guidance")
            called = [*called[:at], *called[at + 2 :]]
        return {"replay": replay_words(m.what, called, Case(row.strikes, row.run), self.seed)}

    def save(self, folder: Path | str) -> Path:
        """Write ``faults.json`` and a picture of each half into a folder."""
        from homeward.output.campaigns.fault_matrix import draw_matrix

        made = ResultFolder.begin(folder, FAULTS)
        told = self.summary()
        text = json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False)
        made.put("faults.json", lambda path: path.write_text(text + "\n", encoding="utf-8"))
        for m in self.matrices:
            mine = [row for row in told["rows"] if row["what"] == m.what]
            title = f"{self.scenario.name}: {m.what}, {told['world']} worlds"
            made.put(f"faults_{m.what}.png", partial(draw_matrix, mine, title))
        return made.folder


def fault_matrices(
    scenario: Scenario, halves: Sequence[str], seed: int = 0, *, pairs: int = 0,
    fault: str | None = None, progress: Callable[[str, float], None] | None = None,
    nominal_world: bool = False, most: int | None = None, called: Sequence[str] = (),
) -> FaultMatrices:  # fmt: skip
    """Fly the matrices of halves, ``return`` and ``rendezvous``; with ``pairs``, so many pairs instead.

    ``fault`` flies one kind only, such as ``gnss`` (``scenario.faults``), ``most`` so many cases of a half,
    evenly taken, and ``nominal_world`` all of them in the undispersed world instead of a dispersed one
    each. ``called`` are the words that name the scenario on a command line, for the replays of lost cases.
    Raises ``InputError`` where a half has none of a kind, and for pairs of one kind or of so many cases.
    """
    if most is not None and (isinstance(most, bool) or not isinstance(most, int) or most < 1):
        raise InputError(f"faults: most: expected a whole number of at least 1, not {most!r}")
    if most is not None and pairs:
        raise InputError("faults: pairs are counted by themselves; expected no number of cases beside them")
    if fault is not None and pairs:
        raise InputError("faults: pairs are drawn of different kinds; expected no single kind beside them")
    for half in halves:
        if fault is not None and not fault_kinds(fault, half):
            raise InputError(f'faults: "{fault}" is no fault of a {half}; expected {", ".join(names(half))}')
    matrices = []
    for k, half in enumerate(halves):

        def share(name: str, part: float, k: int = k, half: str = half) -> None:
            if progress is not None:
                progress(f"{half}: {name}", (k + part) / len(halves))

        fly = return_faults
        if half == "rendezvous":
            from homeward.campaigns.faults.rendezvous import rendezvous_faults as fly
        kinds = None if fault is None else fault_kinds(fault, half)
        only = None if kinds is None else partial(_is_one_of, kinds)
        matrices.append(fly(scenario, seed, pairs=pairs, progress=share, only=only,
                            nominal_world=nominal_world, most=most))  # fmt: skip
    return FaultMatrices(scenario, seed, matrices, called)


def _is_one_of(kinds: frozenset[str], case: FaultEvent) -> bool:
    return case.failure.what in kinds
