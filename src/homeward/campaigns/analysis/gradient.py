"""Gradients through the entry itself: what each dispersion does to the opening, by ``jax.jvp`` of the flight.

Two blocks are flown about one nominal flight. In one each lane is moved by one sigma of one dispersion,
in the other by all that a run of the campaign has drawn, profiles of air and wind included. Up to the
interface the difference is flown out (a burn ends at a tick, which has no derivative); from there to the
opening the derivative is carried through the closed loop, decisions held. The flights stand beside it.

With J that derivative and S the covariance of the draws, the covariance of the opening is J S J^T; as lane i
of the second block is J d_i, its sample covariance estimates that without S ever being written down.
"""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import numpy as np

from homeward.dispersion.returns import disperse
from homeward.dispersion.sampling import RANDOM, Plan
from homeward.missions.return_flight import run_keys, spread_legs
from homeward.missions.return_summary import places_program
from homeward.planning.return_plan import ReturnPlan
from homeward.scenario.schema.distribution import RETURN_DRAWS
from homeward.sim.core.carry import Carry
from homeward.sim.forward_mode import directions, fly_tangent, prepare_tangent, pushed_along
from homeward.sim.lanes import fly_leg, pick_flight, pick_world
from homeward.sim.mission import MissionLeg, fly_mission
from homeward.world.state import TruthState
from homeward.world.world import World

NONE = {
    "density_profile_low": 0.0, "density_profile_high": 0.0, "density_bias": 0.0, "forecast_error_m_s": 0.0,
    "drag": 0.0, "lift_to_drag": 0.0, "mass": 0.0, "thrust": 0.0, "thrust_pointing_deg": 0.0,
    "state_position_m": 0.0, "state_velocity_m_s": 0.0, "interface_angle_deg": 0.0,
    "interface_speed_m_s": 0.0, "distribution": (), "forecast_bias_m_s": 0.0,
    "center_of_mass_m": (0.0, 0.0, 0.0), "inertia": 0.0, "product_of_inertia": 0.0,
    "drag_by_mach": (0.0, 0.0, 0.0), "normal_force_by_mach": (0.0, 0.0, 0.0),
    "trim_by_mach_deg": (0.0, 0.0, 0.0), "pitch_damping": (0.0, 0.0), "thruster_thrust": 0.0,
    "thruster_direction_deg": 0.0, "parachute_area": 0.0, "parachute_fill": 0.0, "reefed_fraction": 0.0,
    "retro_thrust": 0.0, "retro_delay_s": 0.0, "altimeter_bias_m": 0.0, "barometer_bias_m": 0.0,
}  # fmt: skip
NO_ERROR = {
    "position_sigma_m": 0.0, "velocity_sigma_m_s": 0.0, "blackout_accelerometer_bias_ug": 0.0,
    "blackout_misalignment_arcsec": 0.0,
}  # fmt: skip
STILL = 1e-9  # km, g, m/s: what moves nothing more than this is left out
# What is told of the opening: name, unit, and text.
RESULTS = {
    "open_along_km": ("km", "opening beyond the aim, along the nominal motion"),
    "open_across_km": ("km", "opening to the left of the aim"),
    "peak_load_g": ("g", "greatest load of the entry"),
    "open_speed_m_s": ("m/s", "speed at the opening"),
}


class Units(Plan):
    """A plan whose run k draws one sigma of the k-th number, and nothing else."""

    def __init__(self) -> None:
        super().__init__("random", 0, 1, True)
        self.axes = [(name, k) for name, (_, count) in RETURN_DRAWS.items() for k in range(count)]

    def standard(self, runs: np.ndarray) -> dict[str, np.ndarray]:
        """See ``Plan``."""
        told = {name: np.zeros((len(runs), count)) for name, (_, count) in RETURN_DRAWS.items()}
        for lane, run in enumerate(runs):
            if run < len(self.axes):
                name, k = self.axes[run]
                told[name][lane, k] = 1.0
        return told


@dataclasses.dataclass
class Moved:
    """Lanes moved off the nominal flight: results less the nominal ones, linear and flown, a row a lane."""

    names: list[str]
    linear: np.ndarray
    flown: np.ndarray
    reversals: np.ndarray  # more than the nominal flight's
    nominal: np.ndarray


@dataclasses.dataclass
class Nominal:
    """The flight about which others are moved, the same in every lane, as its entry begins."""

    plan: ReturnPlan
    lanes: int
    seed: int
    legs: list[MissionLeg]
    world: World
    flight: Any
    carry: Carry

    @property
    def first(self) -> int:
        """Number of the entry."""
        return _entry(self.legs)


def nominal(plan: ReturnPlan, lanes: int, seed: int) -> Nominal:
    """The nominal flight to the interface, in so many lanes."""
    zero = np.zeros(lanes, int)
    legs = spread_legs(plan.legs, lanes)
    world, flight, truth = disperse(_still(plan), seed, zero)
    carry = _to_interface(world, flight, truth, legs, run_keys(seed, zero))
    return Nominal(plan, lanes, seed, legs, world, flight, carry)


def one_by_one(about: Nominal) -> "list[Block]":
    """Each dispersion alone, one sigma of it a lane."""
    units = Units()
    drawn = _still(about.plan, profiles_only=True)
    count, made = len(units.axes), []
    for k in range(0, count, about.lanes):
        kept = min(about.lanes, count - k)
        made.append(_block(about, np.arange(k, k + about.lanes), units, drawn, True, kept))
    return made


def all_at_once(about: Nominal, sampling: Plan = RANDOM, count: int | None = None) -> "Block":
    """The first ``count`` runs of a campaign (default: one for each lane), with all that they have drawn."""
    kept = about.lanes if count is None else min(count, about.lanes)
    return _block(about, np.minimum(np.arange(about.lanes), kept - 1), sampling, about.plan, False, kept)


def units_of(blocks: list[Moved]) -> Moved:
    """What the blocks of ``one_by_one`` have moved, by dispersion; those that move nothing are left
    out."""
    names = [f"{name}_{'xyz456'[k]}" if RETURN_DRAWS[name][1] > 1 else name for name, k in Units().axes]
    linear, flown, turned = (
        np.concatenate(x)[: len(names)]
        for x in zip(*((b.linear, b.flown, b.reversals) for b in blocks), strict=True)
    )
    kept = np.flatnonzero(np.any(np.abs(linear) > STILL, axis=1))
    return Moved([names[k] for k in kept], linear[kept], flown[kept], turned[kept], blocks[0].nominal)


def _still(plan: ReturnPlan, profiles_only: bool = False) -> ReturnPlan:
    """The plan with nothing to draw; its nominal world stays. ``profiles_only`` leaves the numbers drawn."""
    s = plan.scenario
    drawn, truth = s.dispersion, s.truth
    profiles = {"density_profile_low": 0.0, "density_profile_high": 0.0, "forecast_error_m_s": 0.0}
    no = profiles if profiles_only else NONE
    laws = tuple(d for d in drawn.distribution if d.kind != "profile") if profiles_only else ()
    flat = {"wind_m_s": tuple(0.0 for _ in drawn.wind_m_s), "distribution": laws}
    drawn = drawn.model_copy(update=no | flat)
    calm = truth.wind.model_copy(update={"gust_m_s": 0.0})
    truth = truth.model_copy(update={"wind": calm})
    if not profiles_only:
        truth = truth.model_copy(update={"navigation": truth.navigation.model_copy(update=NO_ERROR)})
    return dataclasses.replace(plan, scenario=s.model_copy(update={"dispersion": drawn, "truth": truth}))


@dataclasses.dataclass
class Block:
    """Lanes off the nominal flight as its entry begins, and what the first ``kept`` of them have more than
    that one; the others fill the block up, so that it is flown by a program of its width."""

    kept: int
    world: World
    flight: Any
    carry: Carry
    keys: Any
    change: tuple[World, Any, Carry]


def _block(
    about: Nominal, runs: np.ndarray, sampling: Plan, drawn: ReturnPlan, alike: bool, kept: int
) -> Block:
    """Lanes flown to the interface with what they have drawn.

    ``alike`` gives every lane the noise of the nominal flight, so that nothing else tells them apart.
    """
    zero = np.zeros(about.lanes, int)
    keys = run_keys(about.seed, zero if alike else runs)
    picked, laid = (zero, _At(sampling, runs)) if alike else (runs, sampling)
    world, flight, truth = disperse(drawn, about.seed, picked, laid)
    carry = _to_interface(world, flight, truth, about.legs, keys)
    ways = ((world, about.world), (flight, about.flight), (carry, about.carry))
    change = tuple(jax.tree.map(_less, there, here) for there, here in ways)
    slopes = jax.tree.map(lambda x: x[:kept], directions(change))
    return Block(kept, world, flight, carry, keys, slopes)


def prepare_entry(about: Nominal, count: int) -> None:
    """Have the derivative of the entry compiled in the background, of all units and so many runs at once."""
    alone = np.array([0])
    world, flight = pick_world(about.world, alone), pick_flight(about.flight, alone)
    entry = about.legs[about.first].leg
    leg, carry = jax.tree.map(lambda x: np.asarray(x)[alone], (entry, about.carry))
    prepare_tangent(world, flight, leg, carry, run_keys(about.seed, alone), len(Units().axes) + count)


def flown_on(about: Nominal, blocks: list[Block]) -> list[Moved]:
    """The entries of some blocks: by the derivative of the nominal one, all in one flight, and as flown."""
    entry, alone = about.legs[about.first].leg, np.array([0])
    world, flight = pick_world(about.world, alone), pick_flight(about.flight, alone)
    leg, carry = jax.tree.map(lambda x: np.asarray(x)[alone], (entry, about.carry))
    slopes = jax.tree.map(lambda *x: np.concatenate(x), *(b.change for b in blocks))
    end, slope = fly_tangent(world, flight, leg, carry, run_keys(about.seed, alone), slopes)
    told, linear = _results(world, flight, end.truth, (*slopes[:2], slope.truth))
    unmoved = np.array([told[n][0] for n in RESULTS])
    rows, moved = np.stack([linear[n] for n in RESULTS], axis=1), []
    since = 0
    for b in blocks:
        flown, _ = fly_leg(b.world, b.flight, entry, b.carry, b.keys, False)
        real, _ = _results(b.world, b.flight, flown.truth, None, told["frame"])
        change = np.stack([real[n] for n in RESULTS], axis=1) - unmoved
        change[np.asarray(flown.truth.failed)] = np.nan
        turned = np.asarray(flown.truth.extremes.bank_reversals) - np.asarray(
            end.truth.extremes.bank_reversals
        )
        mine = rows[since : since + b.kept]
        since += b.kept
        names = [str(k) for k in range(b.kept)]
        moved.append(Moved(names, mine, change[: b.kept], turned[: b.kept], unmoved))
    return moved


class _At(Plan):
    """A sampling plan asked for other runs than those whose profiles and noise are flown."""

    def __init__(self, plan: Plan, runs: np.ndarray) -> None:
        super().__init__("random", 0, 1, True)
        self._plan, self._runs = plan, runs

    def standard(self, runs: np.ndarray) -> dict[str, np.ndarray]:
        """See ``Plan``."""
        return self._plan.standard(self._runs)


def _entry(legs: list[MissionLeg]) -> int:
    return next(k for k, m in enumerate(legs) if m.name == "entry")


def _to_interface(world, flight, truth, legs: list[MissionLeg], keys) -> Carry:
    """What every lane carries as its entry begins."""
    outcome = fly_mission(world, flight, truth, legs, keys, False, upto=_entry(legs))
    carry = outcome.carries["entry"]
    return eqx.tree_at(lambda c: c.truth, carry, jax.tree.map(np.asarray, outcome.starts["entry"]))


def _less(there: Any, here: Any) -> np.ndarray:
    """Difference of real numbers; zeros of their own kind for all else, and where both are infinite."""
    a, b = np.asarray(there), np.asarray(here)
    if not np.issubdtype(b.dtype, np.floating):
        return np.zeros_like(b)
    with np.errstate(invalid="ignore"):
        return np.where(a == b, np.zeros_like(b), a - b)


def _results(
    world, flight, truth: TruthState, slopes: tuple | None, frame: tuple | None = None
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """``RESULTS`` of every lane; of one flight their derivatives along ``slopes`` too, a row a direction."""

    def of(world, aim, truth):
        told = places_program(world, truth)
        return told["r_E"] - aim, told["v_E"], told["speed"], truth.extremes.load

    lanes = np.asarray(truth.time).size
    aim = np.broadcast_to(np.asarray(flight.target.aim_E), (lanes, 3)).copy()
    d = None
    if slopes is None:
        off, v, speed, load = (np.asarray(x) for x in of(world, aim, truth))
    else:
        told, d = pushed_along(of, (world, aim, truth), (slopes[0], slopes[1].target.aim_E, slopes[2]))
        off, v, speed, load = (np.asarray(x) for x in told)
        d = tuple(np.asarray(x)[:, 0] for x in d)
    if frame is None:
        up = aim[0] / np.linalg.norm(aim[0])
        along = v[0] - up * (v[0] @ up)
        along /= np.linalg.norm(along)
        frame = (along, np.cross(up, along))
    values = {"open_along_km": off @ frame[0] / 1e3, "open_across_km": off @ frame[1] / 1e3,
              "peak_load_g": load, "open_speed_m_s": speed, "frame": frame}  # fmt: skip
    if d is None:
        return values, {}
    return values, {"open_along_km": d[0] @ frame[0] / 1e3, "open_across_km": d[0] @ frame[1] / 1e3,
                    "peak_load_g": d[3], "open_speed_m_s": d[2]}  # fmt: skip


__all__ = [
    "RESULTS",
    "Moved",
    "all_at_once",
    "flown_on",
    "nominal",
    "one_by_one",
    "prepare_entry",
    "units_of",
]
