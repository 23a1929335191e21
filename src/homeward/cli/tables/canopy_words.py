"""The line that tells of the canopies' loads."""

from collections.abc import Mapping
from typing import Any


def canopy_words(chute: Mapping[str, Any]) -> str:
    """Of the summary's ``parachute``; empty where the loads were not kept."""
    told = chute.get("canopies")
    if not told:
        return ""
    parts = [
        f"{stage} {told[stage]['opening_n'] / 1e3:.1f} kN (snatch {told[stage]['snatch_n'] / 1e3:.1f} kN)"
        for stage in ("drogue", "reefed", "main", "backup")
        if stage in told
    ]
    return ", ".join(parts) + f"; one main at most {told['greatest_main_n'] / 1e3:.1f} kN"


__all__ = ["canopy_words"]
