"""One flown rendezvous: its telemetry, its summary, its files."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from homeward.campaign.pair_history import PairHistory
from homeward.scenario.rendezvous_plan import RendezvousPlan


@dataclasses.dataclass
class RendezvousFlight:
    """``summary`` for machines, ``history`` row by row, ``save`` for files and pictures."""

    plan: RendezvousPlan
    history: PairHistory
    summary: dict[str, Any]

    def save(self, folder: str | Path, progress: Callable[[str, float], None] | None = None) -> list[Path]:
        """Write summary, telemetry and pictures into a folder; returns the files."""
        from homeward.output.rendezvous_files import save_rendezvous

        return save_rendezvous(self, Path(folder), progress)
