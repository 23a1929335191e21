"""What can be reached from a state: the ends of held banks by the onboard predictor, and a place among them.

Range and cross-range are arcs on the sphere along the plane of motion and right of it. What lies between the
ends of the banks held to either side can be had by reversals: they are the rim of what can be reached.
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.program import program
from homeward.flight.deorbit.orbit_propagator import OrbitModel, propagate
from homeward.flight.entry.onboard_model import OnboardModel
from homeward.flight.entry.predictor import MEAN_PACE, NO_SWITCH, BankPlan, Factors, PredictorStart, predict
from homeward.math.numerics import norm
from homeward.math.triples import split
from homeward.typing import Float, Scalar, Vec3

BANKS = np.radians(np.linspace(10.0, 115.0, 8))  # held to one side: what the laws on board may command
STEPS, PASSES = 96, 4
SHARE = 0.9  # of the way from the middle to the rim: the rest is for winds, air and errors
COAST_STEP, COAST_STEPS = 10.0, 540  # s: a revolution


@dataclasses.dataclass(frozen=True)
class Reach:
    """The rim from a state [m, m/s, E]: along the motion and right of it [m], (n, 2), right side first."""

    r_E: np.ndarray
    v_E: np.ndarray
    radius: float
    rim: np.ndarray

    def place(self, point_E: np.ndarray) -> np.ndarray:
        """A point in E along the motion and right of it [m], (2,)."""
        return arcs(self.r_E, self.v_E, np.asarray(point_E)[None], self.radius)[0]

    def objection(self, point_E: np.ndarray) -> str:
        """Why a point cannot be reached, telling what can; empty where it can."""
        at = self.place(point_E)
        near, far = float(self.rim[:, 0].min()), float(self.rim[:, 0].max())
        middle = self.rim.mean(axis=0)
        inner = middle + SHARE * (self.rim - middle)
        if inside(inner, at):
            return ""
        left, right = _width(inner, float(at[0]))
        wide = (
            f", and at that range from {left / 1e3:.0f} to {right / 1e3:.0f} km to the right"
            if left < right
            else ""
        )
        return (
            f"{at[0] / 1e3:.0f} km ahead and {at[1] / 1e3:+.0f} km to the right, and the lift reaches from "
            f"{near / 1e3:.0f} to {far / 1e3:.0f} km ahead{wide}"
        )


def arcs(r: np.ndarray, v: np.ndarray, ends: np.ndarray, radius: float) -> np.ndarray:
    """Ends (n, 3) along the motion from a state and right of it [m], (n, 2)."""
    here = r / np.linalg.norm(r)
    plane = np.cross(r, v)
    plane = plane / np.linalg.norm(plane)
    ahead = np.cross(plane, here)
    there = ends / np.linalg.norm(ends, axis=1, keepdims=True)
    along = np.arctan2(there @ ahead, there @ here) % (2.0 * np.pi)
    along = np.where(along > 1.9 * np.pi, along - 2.0 * np.pi, along)
    return radius * np.stack([along, -np.arcsin(np.clip(there @ plane, -1.0, 1.0))], axis=1)


def inside(rim: np.ndarray, point: np.ndarray) -> bool:
    """Whether a point (2,) lies inside a polygon (n, 2): a ray crosses its sides an odd number of times."""
    a, b = rim, np.roll(rim, -1, axis=0)
    spans = (a[:, 0] > point[0]) != (b[:, 0] > point[0])
    run = np.where(spans, b[:, 0] - a[:, 0], 1.0)
    height = a[:, 1] + (point[0] - a[:, 0]) * (b[:, 1] - a[:, 1]) / run
    return bool(np.count_nonzero(spans & (height > point[1])) % 2)


def _width(rim: np.ndarray, along: float) -> tuple[float, float]:
    """From where to where to the right [m] a polygon reaches at a range; equal where it does not."""
    a, b = rim, np.roll(rim, -1, axis=0)
    spans = (a[:, 0] > along) != (b[:, 0] > along)
    if not spans.any():
        return 0.0, 0.0
    a, b = a[spans], b[spans]
    height = a[:, 1] + (along - a[:, 0]) * (b[:, 1] - a[:, 1]) / (b[:, 0] - a[:, 0])
    return float(height.min()), float(height.max())


def reach_from(
    model: OnboardModel, r_E: np.ndarray, v_E: np.ndarray, bank: float, altitude: float,
    limits: tuple[float, float, float],
) -> Reach:  # fmt: skip
    """What can be reached in the air from a state [m, m/s, E] at a bank [rad] down to an altitude [m].

    ``limits`` are bank rate [rad/s], bank acceleration [rad/s2] and load [g] of the ship.
    """
    banks = np.concatenate([BANKS, -BANKS[::-1]])
    numbers = (np.asarray(x, float) for x in (r_E, v_E, bank, altitude, *limits))
    ends = np.asarray(_ends(model, *numbers, np.abs(banks), np.sign(banks)))
    radius = float(model.equatorial_radius)
    return Reach(np.asarray(r_E), np.asarray(v_E), radius, arcs(r_E, v_E, ends, radius))


@program
def _ends(
    model: OnboardModel, r: Vec3, v: Vec3, bank: Scalar, altitude: Scalar, rate: Scalar, acceleration: Scalar,
    load: Scalar, banks: Float[jax.Array, " n"], sides: Float[jax.Array, " n"],
) -> Float[jax.Array, "n 3"]:  # fmt: skip
    distance, speed = norm(r), norm(v)
    u = r / distance
    height = distance - model.radius(u[2])
    start = PredictorStart(split(u), height, split(v), bank)
    zero, one = jnp.zeros_like(speed), jnp.ones_like(speed)
    # A first guess of the time to go, by the height to fall and the speed to lose.
    guess = MEAN_PACE * jnp.maximum(speed / 8000.0 * 620.0, 30.0)

    def end(held: Scalar, side: Scalar):
        plan = BankPlan(
            now=held, end=held, speed_now=speed + 60.0, speed_end=zero + 60.0, side=side,
            switch=zero + NO_SWITCH, roll_time=zero + 10.0, rate_limit=rate, acceleration_limit=acceleration,
            load_limit=load, all_lift_lateral=zero,
        )  # fmt: skip

        def again(length: Scalar, _):
            told = predict(model, start, plan, Factors(one, one, one), length, altitude, STEPS)
            return told.length, jnp.stack(told.u)

        _, passes = jax.lax.scan(again, guess, None, length=PASSES)
        return passes[-1]

    return jax.vmap(end)(banks, sides)


def coasted(
    model: OrbitModel, r_E: np.ndarray, v_E: np.ndarray, altitude: float
) -> tuple[float, np.ndarray, np.ndarray] | None:
    """Time [s] and state in E at which a coast falls through an altitude [m]; None within a revolution."""
    path = np.concatenate(
        [np.concatenate([r_E, v_E])[None], np.asarray(_path(model, np.asarray(r_E), np.asarray(v_E)))]
    )
    size = np.linalg.norm(path[:, :3], axis=1)
    a, f = float(model.radius), float(model.flattening)
    above = size - a * (1.0 - f * (path[:, 2] / size) ** 2) - altitude
    if not above[0] > 0.0:
        return 0.0, np.asarray(r_E), np.asarray(v_E)
    low = ~(above > 0.0)
    if not low.any():
        return None
    k = int(np.argmax(low)) - 1
    part = float(above[k] / (above[k] - above[k + 1]))
    # Along a fall of ten seconds the height goes by a parabola: once more from the place found so.
    time = COAST_STEP * part
    r, v = _carried(model, path[k, :3], path[k, 3:], np.asarray(time))
    r, v = np.asarray(r), np.asarray(v)
    left = float(np.linalg.norm(r) - a * (1.0 - f * (r[2] / np.linalg.norm(r)) ** 2) - altitude)
    sink = -float(v @ r) / float(np.linalg.norm(r))
    time += left / max(sink, 1.0)
    r, v = _carried(model, path[k, :3], path[k, 3:], np.asarray(time))
    return COAST_STEP * k + time, np.asarray(r), np.asarray(v)


@program
def _path(model: OrbitModel, r: Vec3, v: Vec3):
    return propagate(model, r, v, jnp.asarray(COAST_STEP * COAST_STEPS), COAST_STEPS)[2]


@program
def _carried(model: OrbitModel, r: Vec3, v: Vec3, time: Scalar):
    return propagate(model, r, v, time, 4)[:2]
