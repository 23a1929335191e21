"""The dispersed world of a case, and the words that fly the case again in it."""

import dataclasses
import shlex
import zlib
from collections.abc import Mapping, Sequence

from homeward.scenario.faults.schedule import FaultEvent

RUNS = 2**31  # runs of a seed that the command line can name


@dataclasses.dataclass(frozen=True)
class Case:
    """What strikes, and the run of the seed's draws whose world it strikes in (None: the undispersed one)."""

    strikes: tuple[FaultEvent, ...]
    run: int | None = None


def run_of(strikes: Sequence[FaultEvent]) -> int:
    """Run of the seed's draws in whose world a case flies.

    A checksum of what strikes and when, so that a case has the same world in any choice of cases, and flown
    alone.
    """
    words = "; ".join(f"{s.words}|{s.leg}|{s.time:.3f}" for s in strikes)
    return zlib.crc32(words.encode()) % RUNS


def moved_into(case: Case, nominal: Mapping[str, float], flown: Mapping[str, float]) -> Case:
    """The case with its failures as far into their legs of its own world as into the nominal ones.

    ``nominal`` and ``flown`` are the legs' durations [s]. For a leg that in its own world was over before
    the failure came: up to there nothing had failed, so its duration is that of the flight without failure.
    """
    strikes = []
    for s in case.strikes:
        leg = s.leg or ""
        if leg not in flown or leg not in nominal:  # one that was not flown: nothing to move it by
            strikes.append(s)
            continue
        share = s.time / nominal[leg] if nominal[leg] > 0.0 else 0.0
        strikes.append(dataclasses.replace(s, time=_rounded(share * flown[leg])))
    return dataclasses.replace(case, strikes=tuple(strikes))


def _rounded(time: float) -> float:
    """To the millisecond below: what a command line says is what was flown, and comes within its leg."""
    return int(time * 1e3) / 1e3


def replay_words(half: str, scenario: Sequence[str], case: Case, seed: int) -> str:
    """The command line that flies a case again, with its telemetry, in the same world.

    ``scenario`` are the words that name the scenario: its name or file, changed keys, the guidance law.
    """
    faults = ",".join(
        f'{{what="{_numbered(s)}",when="{s.leg}+{s.time:.3f}",how="{s.failure.how}"}}' for s in case.strikes
    )
    words = ["homeward", half, *scenario, "--set", f"fault=[{faults}]"]
    if case.run is not None:
        words += ["--seed", str(seed), "--run", str(case.run)]
    return shlex.join(words)


def _numbered(strike: FaultEvent) -> str:
    return f"{strike.failure.what} {strike.number}" if strike.failure.count else strike.failure.what


__all__ = ["RUNS", "Case", "moved_into", "replay_words", "run_of"]
