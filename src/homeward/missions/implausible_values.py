"""Numbers beyond physics: a flight that tells one has failed, whatever else it says.

The loop ends a run in the tick in which its motion stops being physical (``world.dynamics.physical``). What
is told of a flight is looked at here once more, so that no figure that is not a number, or that nothing flown
could have, reaches a summary, a campaign or a picture as a result.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from homeward.scenario.schema.scenario import Scenario
from homeward.scenario.schema.truth import Truth

# Least and most of each figure, SI but for loads [g]. Wide: they part numbers from what is none.
EARTH_ROUND = 2.1e7  # m: half way round the Earth
BOUNDS: dict[str, tuple[float, float]] = {
    "interface_speed": (0.0, 1e5), "interface_flight_path_angle": (-1.6, 1.6),
    "peak_load": (0.0, 1e3), "peak_heat_rate": (0.0, 1e12), "peak_dynamic_pressure": (0.0, 1e9),
    "heat_load": (0.0, 1e14), "open_speed": (0.0, 1e5), "open_altitude": (-1.2e4, 1e9),
    "open_miss": (0.0, EARTH_ROUND), "peak_opening_load": (0.0, 1e3), "peak_landing_load": (0.0, 1e3),
    "touchdown_vertical_speed": (0.0, 5e3), "touchdown_miss": (0.0, EARTH_ROUND), "propellant": (-1.0, 1e7),
}  # fmt: skip
PAIR_BOUNDS: dict[str, tuple[float, float]] = {
    "delta_v": (0.0, 2e4), "propellant": (-1.0, 1e7), "closest": (0.0, np.inf), "closing": (-1e4, 1e4),
    "lateral_rate": (0.0, 1e4), "lateral": (0.0, 1e6), "plume": (0.0, 1e12),
}  # fmt: skip

# Keys that decide what happens in a leg, the likeliest first.
KEYS: dict[str, tuple[str, ...]] = {
    "descent": ("capsule.mass_kg", "parachute.main_area_m2", "parachute.drogue_area_m2",
                  "parachute.backup_area_m2", "retro.thrust_n", "air.density_scale"),
    "entry": ("capsule.mass_kg", "capsule.diameter_m", "capsule.drag_coefficient", "air.density_scale",
              "capsule.bank_acceleration_limit_deg_s2"),
    "deorbit burn": ("engine.thrust_n", "engine.count", "stack.propellant_kg", "capsule.mass_kg"),
}  # fmt: skip
USUAL = 1.5  # a key within this factor of its usual value is not the likely one


def implausible(
    numbers: Mapping[str, np.ndarray], bounds: Mapping[str, tuple[float, float]] = BOUNDS
) -> np.ndarray:
    """Place in ``bounds`` of the first figure of every lane that is none or beyond them; -1 where none is."""
    found = np.full(len(numbers["failed"]), -1)
    for place, (name, (least, most)) in enumerate(bounds.items()):
        if name not in numbers:
            continue
        values = np.asarray(numbers[name], float)
        bad = ~(np.isfinite(values) & (values >= least) & (values <= most))
        if most == np.inf:
            bad &= values != np.inf  # a least distance of nothing at all
        found[bad & (found < 0)] = place
    return found


def pair_implausible(numbers: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], list[str]]:
    """The figures of a block of rendezvous with ``failed`` of what is beyond physics, and which that is.

    A contact that never was has no figures to be looked at.
    """
    met = np.asarray(numbers["contacts"]) > 0
    looked_at = dict(numbers) | {
        name: np.where(met, numbers[name], 0.0) for name in ("closing", "lateral_rate", "lateral")
    }
    found = np.where(numbers["failed"], -1, implausible(looked_at, PAIR_BOUNDS))
    names = ["" if k < 0 else list(PAIR_BOUNDS)[k] for k in found]
    return dict(numbers) | {"failed": numbers["failed"] | (found >= 0)}, names


def likely_keys(scenario: Scenario, leg: str) -> list[str]:
    """Keys of ``[truth]`` that act in a leg and are far from their usual values, the farthest first."""
    group = next((keys for name, keys in KEYS.items() if name == leg), KEYS["entry"])
    usual, off = Truth(), []
    for key in group:
        mine, theirs = _value(scenario.truth, key), _value(usual, key)
        if mine is None or not theirs or mine <= 0.0:
            continue
        factor = max(mine / theirs, theirs / mine)
        if factor > USUAL:
            off.append((factor, key))
    return [f"truth.{key}" for _, key in sorted(off, reverse=True)]


def named(reason: str, keys: Sequence[str]) -> str:
    """A reason with the likely key behind it."""
    return f"{reason}; likely because of {' or '.join(keys[:2])}" if keys else reason


def _value(truth: Truth, key: str) -> float | None:
    value: object = truth
    for part in key.split("."):
        value = getattr(value, part, None)
    return float(value) if isinstance(value, int | float) else None


__all__ = ["BOUNDS", "PAIR_BOUNDS", "implausible", "likely_keys", "named", "pair_implausible"]
