"""How a ship that turns has held its attitude: the ``attitude`` part of a summary, from the fast record."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.program import program
from homeward.sim.core.legs import ORBIT
from homeward.sim.mission import MissionLeg, Outcome
from homeward.world.aerodynamics.six_dof import trim
from homeward.world.world import World

FELT = 0.2  # g: from here on the air holds the angle of attack
STEADY = np.radians(5.0)  # a command that has moved by less than this has been steady
HANGING = 60.0  # s over which the hang angle is taken, before the landing rockets
MAIN = 3  # parachute stage from which the canopy is fully open
HALFWAY = 4  # parts into which an interval of the aerodynamic table is cut for the trim angle


@dataclasses.dataclass(frozen=True)
class AttitudeGoals:
    """What the attitude is measured against.

    ``trim`` holds Mach numbers and stable trim angles of attack [rad] in two rows, ``thrust_I`` the
    direction in which the deorbit burn was to push, None where there was no burn.
    """

    trim: np.ndarray
    thrust_I: np.ndarray | None

    def trim_at(self, mach: np.ndarray) -> np.ndarray:
        """Trim angle of attack [rad] at Mach numbers."""
        return np.interp(mach, self.trim[0], self.trim[1])


def attitude_goals(world: World, legs: list[MissionLeg]) -> AttitudeGoals | None:
    """The goals of one lane's flight (``world`` without a lane axis); None where nothing turns."""
    if world.body is None:
        return None
    nodes = np.asarray(world.body.aero.mach)
    steps = np.arange(HALFWAY) / HALFWAY
    mach = np.append((nodes[:-1, None] + np.diff(nodes)[:, None] * steps).ravel(), nodes[-1])
    burn = next((m.step for m in legs if m.name == "deorbit burn"), None)
    return AttitudeGoals(
        np.stack([mach, np.asarray(_trims(world.body.aero, jnp.asarray(mach)))]),
        None if burn is None else np.asarray(burn.direction_I),
    )


@program
def _trims(aero, mach):
    return jax.vmap(lambda m: trim(aero, m)[0])(mach)


def settling_time(rate: float, acceleration: float) -> float:
    """Seconds in which the capsule banks by half a turn, the largest there is: ``pi / w + w / a``."""
    return np.pi / rate + rate / acceleration


def steady_command(time: np.ndarray, command: np.ndarray, settling: float) -> np.ndarray:
    """Rows before which the commanded bank has moved by less than 5 deg for the settling time [s]."""
    steady = np.zeros(len(time), bool)
    if len(time) < 2:
        return steady
    rows = int(np.ceil(settling / float(np.median(np.diff(time))))) + 1
    if len(time) >= rows:
        window = np.lib.stride_tricks.sliding_window_view(np.unwrap(command), rows)
        steady[rows - 1 :] = np.ptp(window, axis=1) < STEADY
    return steady


def pulses(valve_share: np.ndarray) -> int:
    """How often a valve has opened: a valve that stays open over a whole tick goes on in the next."""
    open_now = valve_share > 0.0
    went_on = np.zeros_like(open_now)
    went_on[1:] = valve_share[:-1] >= 1.0 - 1e-9
    return int(np.sum(open_now & ~went_on))


def attitude_facts(
    world: World, settling: float, goals: AttitudeGoals | None, outcome: Outcome,
    legs: list[MissionLeg], history: dict[str, np.ndarray], body: dict[str, np.ndarray], lane: int = 0,
) -> dict[str, Any]:  # fmt: skip
    """The summary's ``attitude``, from one lane's records; nothing where there is no fast record.

    ``world`` is that lane's, without a lane axis; ``settling`` [s] see ``settling_time``. A figure whose part
    of the flight was not flown is None.
    """
    if not body or goals is None:
        return {}
    entry = next(leg for name, leg in outcome.legs if name == "entry")
    rows = (body["time"] >= entry.start[lane]) & (body["time"] <= entry.end[lane])
    # A bank command is steady or not within the entry alone.
    in_entry = {key: values[rows] for key, values in body.items()}
    before, after = outcome.starts["entry"], outcome.ends["entry"]
    assert before.body is not None and after.body is not None
    used = float(before.body.propellant[lane] - after.body.propellant[lane])
    told = entry_figures(goals, settling, history, in_entry) | {
        "bank_settling_s": settling,
        "entry_thruster_propellant_kg": used,
        "stack_thruster_propellant_kg": _stack_propellant(world, outcome, legs, body, lane),
        "hang_angle_deg": hang_angle(history, body),
        "firings": pulses(body["valve_share"]),
    }
    return {"attitude": told}


def entry_figures(
    goals: AttitudeGoals, settling: float, history: dict[str, np.ndarray], body: dict[str, np.ndarray]
) -> dict[str, Any]:
    """How well angle of attack and bank were held, from the entry's rows of the fast record.

    The angle of attack counts from 0.2 g on, the bank where its command has been steady for ``settling`` [s].
    """
    if not len(body["time"]):
        return dict.fromkeys(
            ("trim_angle_deg", "angle_of_attack_error_deg_max", "bank_error_deg_max_outside_reversals")
        ) | {"tumbled": False}
    load = np.nan_to_num(body["load_factor"])
    wanted = goals.trim_at(np.interp(body["time"], history["time"], history["mach"]))
    firm = np.maximum.accumulate(load) >= FELT
    settled = steady_command(body["time"], body["bank_command"], settling)
    peak = int(np.argmax(load))
    return {
        "trim_angle_deg": _most(np.degrees(wanted[peak : peak + 1])),
        "angle_of_attack_error_deg_max": _most(_between(body["angle_of_attack"], wanted)[firm]),
        "bank_error_deg_max_outside_reversals": _most(_between(body["bank"], body["bank_command"])[settled]),
        # The heat shield looks along -x: more than 90 deg from the air flow where x leads.
        "tumbled": bool(np.any(np.cos(body["angle_of_attack"]) * np.cos(body["sideslip"]) > 0.0)),
    }


def _between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Difference of two angles [rad], the short way round, in degrees."""
    return np.degrees(np.abs((a - b + np.pi) % (2.0 * np.pi) - np.pi))


def _most(values: np.ndarray) -> float | None:
    finite = values[np.isfinite(values)]
    return float(finite.max()) if finite.size else None


def _stack_propellant(
    world: World, outcome: Outcome, legs: list[MissionLeg], body: dict[str, np.ndarray], lane: int
) -> float | None:
    """What the stack's thrusters took from the main tank [kg]: all that left it, less the engine's share."""
    orbit = [m for m in legs if m.leg.kind == ORBIT]
    if not orbit:
        return None
    used = sum(
        float(outcome.starts[m.name].propellant[lane] - outcome.ends[m.name].propellant[lane]) for m in orbit
    )
    flow = float(world.engine.thrust) / float(world.engine.exhaust_speed)
    tick = float(np.ravel(orbit[0].leg.tick)[0])
    return max(used - float(np.sum(body["engine_share"])) * tick * flow, 0.0)


def hang_angle(history: dict[str, np.ndarray], body: dict[str, np.ndarray]) -> float | None:
    """Angle [deg] between the capsule's axis and the air flow under the open canopy, swing averaged out."""
    open_rows = np.flatnonzero((history["parachute_stage"] >= MAIN) & (history["altitude"] > 0.0))
    if not open_rows.size:
        return None
    # The landing rockets push for the last second or two.
    last = float(history["time"][open_rows[-1]]) - 5.0
    first = max(last - HANGING, float(history["time"][open_rows[0]]))
    rows = (body["time"] >= first) & (body["time"] <= last)
    if not rows.any():
        return None
    attack, aside = body["angle_of_attack"][rows], body["sideslip"][rows]
    flow = np.stack([np.cos(attack) * np.cos(aside), np.sin(aside), np.sin(attack) * np.cos(aside)])
    x, y, z = flow.mean(axis=1)
    return float(np.degrees(np.arctan2(np.hypot(y, z), -x)))
