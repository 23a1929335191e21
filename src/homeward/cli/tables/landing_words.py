"""The line that tells of a touchdown that was assessed."""

from collections.abc import Mapping
from typing import Any


def landing_words(ground: Mapping[str, Any]) -> str:
    """Of the summary's ``touchdown``; empty where it was not assessed."""
    told = ground.get("landing")
    if not told:
        return ""
    words = (
        f"{ground['horizontal_speed_m_s']:.1f} m/s over {told['surface']}, axis {told['tilt_deg']:.1f} deg "
    )
    words += f"from its normal; pulse {told['pulse_g']:.1f} g for {1e3 * told['pulse_s']:.0f} ms, "
    words += f"crew dose {told['crew_dose']:.2f}"
    index = told["tip_over_index"]
    return words + ("" if index is None else f", tip-over index {index:.2f}")


__all__ = ["landing_words"]
