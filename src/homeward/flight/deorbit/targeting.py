"""The deorbit burn: when, how long and in which direction, for the wanted entry angle and downrange."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.program import program
from homeward.earth.geodesy import Ellipsoid, to_geodetic
from homeward.flight.deorbit.orbit_propagator import OrbitModel, propagate
from homeward.flight.deorbit.thrust_pitch import PITCHES, cheapest_pitch
from homeward.flight.entry.onboard_model import OnboardModel
from homeward.flight.entry.predictor import (
    MEAN_PACE,
    NO_SWITCH,
    BankPlan,
    Factors,
    Prediction,
    PredictorStart,
    predict,
)
from homeward.icd import EntryTarget
from homeward.math.numerics import norm, unit
from homeward.math.triples import split
from homeward.typing import Scalar, Vec3

STEPS, ENTRY_STEPS = 60, 96  # of a coast, a burn or a fall; of the predicted entry
ENTRY_TIME = 620.0  # s from the interface to the opening, for a first guess
ROUNDS = 12  # of Newton's method; it settles in four to six
NUDGE = np.array([1.0, 0.1, 1.0])  # s, m/s, s: finite differences
LIMIT = np.array([400.0, 30.0, 300.0])  # largest change a round


class DeorbitTask(eqx.Module):
    """What is asked of the burn, and the ship that makes it."""

    entry_angle: Scalar  # inertial, rad, negative
    interface_altitude: Scalar  # m
    bank: Scalar  # nominal bank magnitude at the interface, rad
    bank_end: Scalar
    speed_end: Scalar
    rate_limit: Scalar
    acceleration_limit: Scalar
    load_limit: Scalar
    mass: Scalar  # at ignition, kg
    thrust: Scalar  # N
    exhaust_speed: Scalar  # m/s


class DeorbitPlan(eqx.Module):
    """The solved burn. Times [s] count from the state it was solved from."""

    ignition: Any
    delta_v: Any  # m/s
    duration: Any  # s
    direction_E: Any  # unit vector of the thrust at ignition, in E at that instant
    pitch: Any  # above (+) or below (-) the backward horizontal, rad
    fall: Any  # s from cut-off to the interface
    r_interface_E: Any
    v_interface_E: Any
    flight_path_angle: Any  # inertial at the interface, rad
    cross_range: Any  # site right (+) of where a flight without sideways lift comes down, m
    down_range: Any  # from the interface to the aim point, m
    residual: Any
    reach: Any  # how far sideways the nominal bank, held to one side, carries, m


def burn_direction(model: OrbitModel, r_E: Vec3, v_E: Vec3, pitch: Scalar) -> Vec3:
    """Backward along the local horizontal of the inertial velocity, turned up by ``pitch`` [rad]."""
    v_I = v_E + jnp.cross(model.omega_E, r_E)
    up = unit(r_E)
    forward = unit(v_I - up * jnp.sum(v_I * up))
    return -jnp.cos(pitch) * forward + jnp.sin(pitch) * up


BLOCK = 32  # burns evaluated at once: one compiled shape for every use


def coast_burn_fall(
    model: OrbitModel, task: DeorbitTask, r: Vec3, v: Vec3, unknowns: Any, pitch: Scalar
) -> tuple[Vec3, Vec3, Vec3, Scalar]:
    """Coast, burn and fall for one ``(ignition [s], delta-v [m/s], fall time [s])``: state at the end in E,
    thrust direction at ignition in E, length of the burn [s]."""
    ignition, delta_v, fall = unknowns
    none = jnp.zeros(3)
    flow = task.thrust / task.exhaust_speed
    duration = task.mass / flow * (1.0 - jnp.exp(-delta_v / task.exhaust_speed))

    def part(k, state):
        # Three parts of one loop rather than three copies of the propagation: it compiles once.
        r, v, direction = state
        direction = jnp.where(k == 1, burn_direction(model, r, v, pitch), direction)
        lit = jnp.where(k == 1, 1.0, 0.0)
        lasts = jnp.where(k == 0, ignition, jnp.where(k == 1, duration, fall))
        push = lit * direction * (task.thrust / task.mass)
        r, v, _ = propagate(model, r, v, lasts, STEPS, push, lit * flow / task.mass)
        return r, v, direction

    return (*jax.lax.fori_loop(0, 3, part, (r, v, none)), duration)


def _fly(model, onboard, ellipsoid, task, target, r, v, unknowns, pitch):
    """The end of coast, burn and fall, and what is asked of it."""
    r, v, direction, duration = coast_burn_fall(model, task, r, v, unknowns, pitch)
    _, _, altitude = to_geodetic(ellipsoid, r)
    v_I = v + jnp.cross(model.omega_E, r)
    angle = jnp.arcsin(jnp.sum(r * v_I) / (norm(r) * norm(v_I)))
    overshoot, aside, reach = _predicted_end(onboard, task, target, r, v)
    plane = unit(jnp.cross(r, v))
    site = -jnp.arcsin(jnp.sum(plane * unit(target.aim_E))) * onboard.equatorial_radius
    return {
        "angle": angle,
        "altitude": altitude,
        "overshoot": overshoot,
        "down_range": _range_to(onboard, target, r, v),
        "cross_range": site - aside,
        "reach": reach,
        "r": r,
        "v": v,
        "direction": direction,
        "duration": duration,
    }


_block = program(jax.vmap(_fly, in_axes=(None, None, None, None, None, 0, 0, 0, 0)))


def _padded(function, *rows: np.ndarray):
    """Call a batched function block by block; the last block is filled up with its own last row."""
    count = len(rows[0])
    parts = []
    for first in range(0, count, BLOCK):
        pick = np.minimum(np.arange(first, first + BLOCK), count - 1)
        parts.append(jax.tree.map(np.asarray, function(*(row[pick] for row in rows))))
    return jax.tree.map(lambda *leaves: np.concatenate(leaves)[:count], *parts)


def solve_deorbit(
    model: OrbitModel, onboard: OnboardModel, ellipsoid: Ellipsoid, task: DeorbitTask, target: EntryTarget,
    r_E: np.ndarray, v_E: np.ndarray, ignition_guess: np.ndarray, pitch: np.ndarray,
    entry_angle: np.ndarray | None = None, down_range: float | None = None,
) -> DeorbitPlan:  # fmt: skip
    """Newton's method on ignition time, delta-v and fall time for entry angle, altitude and downrange.

    Arrays lead with a batch axis (b, ...): orbits, guesses [s], thrust pitches [rad] and, if given, entry
    angles [rad] that replace the task's. The downrange wanted is what the onboard predictor flies with the
    nominal bank; if ``down_range`` [m] is given, that distance from interface to aim point is held instead.
    Returns a plan whose fields lead with the batch axis; ``residual`` [rad, m, m] tells how well it closed.
    """
    count = len(ignition_guess)
    wanted = np.full(count, float(task.entry_angle)) if entry_angle is None else np.asarray(entry_angle)
    altitude = float(task.interface_altitude)

    def evaluate(points: np.ndarray) -> dict[str, np.ndarray]:
        copies = len(points) // count
        rows = (np.tile(r_E, (copies, 1)), np.tile(v_E, (copies, 1)), points, np.tile(pitch, copies))
        return _padded(lambda *a: _block(model, onboard, ellipsoid, task, target, *a), *rows)

    def misses(points: np.ndarray, ranged: bool) -> np.ndarray:
        flown = evaluate(points)
        off = flown["angle"] - np.tile(wanted, len(points) // count)
        along = flown["overshoot"] if down_range is None else down_range - flown["down_range"]
        return np.stack([off, flown["altitude"] - altitude, along if ranged else 0.0 * off], axis=1)

    guess = first_guess(model, altitude, wanted, np.asarray(r_E), np.asarray(v_E), ignition_guess, pitch)
    x = np.column_stack([ignition_guess, guess])
    scale = np.array([1e-3, 1e4, 1e5])
    for ranged, rounds in ((False, 5), (True, ROUNDS)):
        # Entry angle and altitude first: the predictor must not be asked about a flight that starts
        # underground. Ignition time then moves the range.
        for _ in range(rounds):
            shifts = [np.zeros(3), *np.diag(NUDGE)]
            values = misses(np.concatenate([x + s for s in shifts]), ranged).reshape(4, count, 3)
            jacobian = np.stack([(values[k + 1] - values[0]) / NUDGE[k] for k in range(3)], axis=2)
            if not ranged:
                jacobian[:, 2, 0] = 1.0  # ignition stays where it is
            jacobian = np.nan_to_num(jacobian / scale[:, None]) + 1e-12 * np.eye(3)
            step = np.linalg.solve(jacobian, (values[0] / scale)[:, :, None])[:, :, 0]
            x = x - np.clip(np.nan_to_num(step), -LIMIT, LIMIT)
            x = np.maximum(x, np.array([-np.inf, 1.0, 60.0]))
            if (np.abs(values[0]) < np.array([1e-8, 1.0, 10.0])).all():
                break
    flown = evaluate(x)
    along = flown["overshoot"] if down_range is None else down_range - flown["down_range"]
    return DeorbitPlan(
        ignition=x[:, 0], delta_v=x[:, 1], duration=flown["duration"], direction_E=flown["direction"],
        pitch=np.asarray(pitch), fall=x[:, 2], r_interface_E=flown["r"], v_interface_E=flown["v"],
        flight_path_angle=flown["angle"], cross_range=flown["cross_range"], down_range=flown["down_range"],
        residual=np.stack([flown["angle"] - wanted, flown["altitude"] - altitude, along], axis=1),
        reach=flown["reach"],
    )  # fmt: skip


def carried(
    model: OrbitModel, onboard: OnboardModel, ellipsoid: Ellipsoid, task: DeorbitTask, target: EntryTarget,
    r_E: np.ndarray, v_E: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """How far beyond the aim point [m] the nominal bank carries from states (b, 3) at the interface: (b,)."""
    still, level = np.zeros((len(r_E), 3)), np.zeros(len(r_E))
    return _padded(lambda *a: _block(model, onboard, ellipsoid, task, target, *a), r_E, v_E, still, level)[
        "overshoot"
    ]


def cheapest_deorbit(
    model: OrbitModel, onboard: OnboardModel, ellipsoid: Ellipsoid, task: DeorbitTask, target: EntryTarget,
    r_E: np.ndarray, v_E: np.ndarray, ignition_guess: float,
) -> DeorbitPlan:  # fmt: skip
    """The solution whose thrust direction costs the least delta-v; fields without a batch axis."""
    many = len(PITCHES)

    def solve(pitches: np.ndarray) -> DeorbitPlan:
        return solve_deorbit(
            model, onboard, ellipsoid, task, target, np.tile(r_E, (many, 1)), np.tile(v_E, (many, 1)),
            np.full(many, ignition_guess), pitches,
        )  # fmt: skip

    def costs(pitches: np.ndarray) -> np.ndarray:
        plan = solve(pitches)
        closed = np.abs(plan.residual[:, 0]) < 1e-5
        return np.where(closed & np.isfinite(plan.delta_v), plan.delta_v, np.inf)

    plan = solve(np.full(many, cheapest_pitch(costs)))
    return jax.tree.map(lambda leaf: leaf[0], plan)


def first_guess(
    model: OrbitModel, altitude: float, entry_angle: np.ndarray, r_E: np.ndarray, v_E: np.ndarray,
    ignition: np.ndarray, pitch: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Delta-v [m/s] and fall time [s] of an impulse on the two-body orbit, each row: (b, 2).

    Any ellipse will do: the state at ignition comes from Kepler's equation, the impulse by bisection.
    """
    mu, end = float(model.mu), float(model.radius) + altitude
    distance = np.linalg.norm(r_E, axis=1)
    v_I = v_E + np.cross(np.asarray(model.omega_E), r_E)
    outward = np.sum(r_E * v_I, axis=1) / distance
    across = np.sqrt(np.maximum(np.sum(v_I * v_I, axis=1) - outward**2, 0.0))
    r, outward, across = _along_ellipse(mu, distance, outward, across, ignition)

    def after(impulse: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return outward + impulse * np.sin(pitch), across - impulse * np.cos(pitch)

    def steepness(impulse: np.ndarray) -> np.ndarray:
        up, along = after(impulse)
        speed2 = up * up + along * along + 2.0 * mu * (1.0 / end - 1.0 / r)
        cosine = along * r / (end * np.sqrt(np.maximum(speed2, 1.0)))
        # No real angle: the orbit does not come down to the interface at all.
        return np.where(cosine < 1.0, np.arccos(np.clip(cosine, -1.0, 1.0)), -1.0)

    low, high = np.zeros_like(r), np.full_like(r, 1500.0)
    for _ in range(40):
        middle = 0.5 * (low + high)
        shallow = steepness(middle) < np.abs(entry_angle)
        low, high = np.where(shallow, middle, low), np.where(shallow, high, middle)
    up, along = after(high)
    energy = 0.5 * (up * up + along * along) - mu / r
    a = -mu / (2.0 * energy)
    e = np.sqrt(np.maximum(1.0 - (r * along) ** 2 / (mu * a), 1e-12))
    here = np.arctan2(r * up / np.sqrt(mu * a), 1.0 - r / a)
    there = -np.arccos(np.clip((1.0 - end / a) / e, -1.0, 1.0))
    mean = (there - e * np.sin(there)) - (here - e * np.sin(here))
    return np.stack([high, np.mod(mean, 2.0 * np.pi) * np.sqrt(a**3 / mu)], axis=1)


def _along_ellipse(
    mu: float, r: np.ndarray, outward: np.ndarray, across: np.ndarray, time: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distance, radial and horizontal speed a ``time`` [s] later on the two-body ellipse."""
    a = 1.0 / (2.0 / r - (outward**2 + across**2) / mu)
    e = np.sqrt(np.maximum(1.0 - (r * across) ** 2 / (mu * a), 1e-12))
    start = np.arctan2(r * outward / np.sqrt(mu * a) / e, (1.0 - r / a) / e)
    mean = start - e * np.sin(start) + time * np.sqrt(mu / a**3)
    anomaly = mean
    for _ in range(30):
        anomaly = anomaly - (anomaly - e * np.sin(anomaly) - mean) / (1.0 - e * np.cos(anomaly))
    later = a * (1.0 - e * np.cos(anomaly))
    return later, np.sqrt(mu * a) * e * np.sin(anomaly) / later, r * across / later


def _range_to(onboard: OnboardModel, target: EntryTarget, r: Vec3, v: Vec3) -> Scalar:
    """Angle along the motion from the interface to beside the aim point, times the radius [m]."""
    plane = unit(jnp.cross(r, v))
    aim = unit(target.aim_E)
    here = unit(r)
    foot = aim - plane * jnp.sum(plane * aim)
    return (
        jnp.arctan2(jnp.sum(jnp.cross(here, foot) * plane), jnp.sum(here * foot)) * onboard.equatorial_radius
    )


def nominal_entry(
    onboard: OnboardModel, task: DeorbitTask, altitude: Scalar, r: Vec3, v: Vec3
) -> tuple[Prediction, PredictorStart, BankPlan]:
    """The entry from a state at the interface [m, m/s, E] down to an altitude [m], under the nominal bank
    held to the right; and where and how it was begun."""
    distance = norm(r)
    u = r / distance
    speed = norm(v)
    start = PredictorStart(split(u), distance - onboard.radius(u[2]), split(v), task.bank)
    zero = jnp.zeros_like(speed)
    plan = BankPlan(
        now=task.bank, end=task.bank_end, speed_now=speed, speed_end=task.speed_end,
        side=zero + 1.0, switch=zero + NO_SWITCH, roll_time=zero + 10.0,
        rate_limit=task.rate_limit, acceleration_limit=task.acceleration_limit,
        load_limit=task.load_limit, all_lift_lateral=zero,
    )  # fmt: skip
    one = zero + 1.0
    factors = Factors(one, one, one)

    def again(length: Scalar, _) -> tuple[Scalar, Prediction]:
        told = predict(onboard, start, plan, factors, length, altitude, ENTRY_STEPS)
        return told.length, told

    # Each pass finds the time to go that the next divides into steps. It starts from what an entry takes, not
    # from the range: a burn far from the right place must still be told how far.
    _, passes = jax.lax.scan(again, zero + MEAN_PACE * ENTRY_TIME, None, length=3)
    return jax.tree.map(lambda x: x[-1], passes), start, plan


def _predicted_end(
    onboard: OnboardModel, task: DeorbitTask, target: EntryTarget, r: Vec3, v: Vec3
) -> tuple[Scalar, Scalar, Scalar]:
    """Where the nominal bank leads: beyond the aim point along the motion, right of the entry plane once
    the sideways lift is taken off, and what that lift makes out [m].

    The turning Earth bends the path away from the plane of its start by about 90 km in middle latitudes: the
    plane alone does not tell which site can be reached.
    """
    last, _, _ = nominal_entry(onboard, task, target.altitude, r, v)
    u = r / norm(r)
    end = unit(jnp.stack(last.u))
    plane = unit(jnp.cross(r, v))
    sine = jnp.sum(plane * end)
    flown = end - plane * sine
    angle = jnp.arctan2(jnp.sum(jnp.cross(u, flown) * plane), jnp.sum(u * flown))
    radius = onboard.equatorial_radius
    overshoot = angle * radius - _range_to(onboard, target, r, v)
    return overshoot, -jnp.arcsin(sine) * radius - last.sideways, last.reach
