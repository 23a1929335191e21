"""Numerical prediction of the rest of an entry, in a fixed number of steps.

The state is direction ``u``, altitude and Earth-fixed velocity, so that single precision keeps metres of
altitude beside thousands of kilometres of range. The independent variable is a stretched time ``sigma`` with
``dsigma/dt = 1 + |dv/dt| / g0``: short steps where the load is high, be it in the plunge of a lunar return or
near the peak of an entry from orbit, long ones where the capsule falls freely. Every lane takes the same
number of steps, each an equal share of the stretched time to go: no lane waits for another. The last bit to
the wanted altitude is extrapolated.
"""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.earth.constants import G0
from homeward.flight.onboard import OnboardModel
from homeward.math.components import Triple, cross, dot, scale
from homeward.math.numerics import rk4_step
from homeward.math.trigonometry import sine_cosine
from homeward.typing import Scalar

WIND_FADE_BOTTOM, WIND_FADE_TOP = 30e3, 40e3  # m, above which the forecast no longer matters
FACTOR_MEMORY = 15e3  # m of altitude over which a local density factor says something: 2 x 8 km
LOAD_SOFTNESS = 2.0  # g over the onset at which lift is fully up


class PredictorStart(eqx.Module):
    """Where a prediction starts: direction, altitude [m], Earth-fixed velocity [m/s], bank [rad]."""

    u: Triple
    altitude: Scalar
    velocity: Triple
    bank: Scalar


class BankPlan(eqx.Module):
    """Bank against speed, and at most one reversal at a planned time.

    The magnitude is ``now`` [rad] at ``speed_now`` [m/s] and goes in a straight line to ``end`` at
    ``speed_end``; it stands on ``side`` (+1 right) until ``switch`` [s from the start] and on the other after
    it, crossing lift-up in ``roll_time`` [s].
    """

    now: Scalar
    end: Scalar
    speed_now: Scalar
    speed_end: Scalar
    side: Scalar
    switch: Scalar
    roll_time: Scalar
    rate_limit: Scalar
    acceleration_limit: Scalar
    load_limit: Scalar
    all_lift_lateral: Scalar  # 1: terminal, reach counts the whole lift; 0: only its sideways part


MEAN_PACE = 2.7  # stretched seconds in a second, over an entry: for first guesses
NO_SWITCH = 1e6  # s: a plan without a reversal


class Factors(eqx.Module):
    """Drag and lift seen in flight over the onboard model's: near the present altitude, and lasting."""

    drag_here: Scalar
    drag_lasting: Scalar
    lift: Scalar


class Prediction(eqx.Module):
    """End of a prediction: direction, time to the wanted altitude, and what sideways lift does.

    ``duration`` [s] is that time, ``length`` [s] the same in stretched time. ``reach`` [m] is how far
    sideways lift could move the end if it kept one side, ``sideways`` [m] how far the plan's own does,
    right positive.
    """

    u: Triple
    duration: Scalar
    length: Scalar
    reach: Scalar
    sideways: Scalar


def pace(acceleration: Triple) -> Scalar:
    """Stretched seconds in a second of flight under a whole acceleration [m/s2]."""
    return 1.0 + jnp.sqrt(dot(acceleration, acceleration)) * (1.0 / G0)


def _rates(model: OnboardModel, start: PredictorStart, plan: BankPlan, factors: Factors, time, state):
    u, h, v, w, _, x, _ = state
    radius = model.radius(u[2]) + h
    fade = jnp.clip((WIND_FADE_TOP - h) / (WIND_FADE_TOP - WIND_FADE_BOTTOM), 0.0, 1.0)
    air = tuple(c - model.wind[i] * fade for i, c in enumerate(v))
    speed = jnp.sqrt(dot(air, air))
    inverse_speed = 1.0 / speed
    drag_area, lift_to_drag = model.aerodynamics(speed)
    memory = jnp.clip(1.0 - (start.altitude - h) / FACTOR_MEMORY, 0.0, 1.0)
    density = model.density(h) * (factors.drag_lasting + (factors.drag_here - factors.drag_lasting) * memory)
    drag_per_speed = 0.5 * density * drag_area * speed
    drag = drag_per_speed * speed
    lift = drag * lift_to_drag * factors.lift
    load = drag * jnp.sqrt(1.0 + lift_to_drag * lift_to_drag) * (1.0 / G0)

    share = jnp.clip((speed - plan.speed_end) / (plan.speed_now - plan.speed_end), 0.0, 1.0)
    side = plan.side * jnp.clip((plan.switch - time) / (0.5 * plan.roll_time), -1.0, 1.0)
    turn = side * (plan.end + (plan.now - plan.end) * share) - start.bank
    turn = turn - jnp.round(turn * (0.5 / jnp.pi)) * (2.0 * jnp.pi)  # the shorter way, as the actuator takes
    # Accelerate to the rate limit, then hold it: how far the bank can have come by now.
    knee = plan.rate_limit / plan.acceleration_limit
    reach = plan.rate_limit * jnp.where(time < knee, 0.5 * time * time / knee, time - 0.5 * knee)
    bank = start.bank + jnp.clip(turn, -reach, reach)
    bank = bank * (1.0 - jnp.clip((load - plan.load_limit) * (1.0 / LOAD_SOFTNESS), 0.0, 1.0))
    sine, cosine = sine_cosine(bank)

    flat = cross(air, u)  # horizontal, to the right of the motion
    right = scale(jax.lax.rsqrt(dot(flat, flat) + 1e-3), flat)
    up = cross(right, scale(inverse_speed, air))  # perpendicular to the motion, in its vertical plane
    gravity = model.gravity(u, radius)
    vertical = dot(v, u)
    inverse_radius = 1.0 / radius
    du = tuple((v[i] - vertical * u[i]) * inverse_radius for i in range(3))
    dh = vertical + 2.0 * model.equatorial_radius * model.flattening * u[2] * du[2]
    # Below ``speed_end`` the lift will be turned to both sides: on the whole it pushes neither way, which
    # leaves the terminal steering its reach in every direction.
    sided = jnp.maximum(plan.all_lift_lateral, jnp.clip((speed - plan.speed_end) * 0.02, 0.0, 1.0))
    up_force, right_force = lift * cosine, lift * sine * sided
    dv = tuple(
        gravity[i] - drag_per_speed * air[i] + up_force * up[i] + right_force * right[i] for i in range(3)
    )
    turn = 2.0 * model.rotation
    dv = (dv[0] + turn * v[1], dv[1] - turn * v[0], dv[2])
    possible = lift * jnp.maximum(plan.all_lift_lateral, jnp.abs(sine) * sided)
    dw = possible - drag_per_speed * w
    dx = right_force - drag_per_speed * x
    return du, dh, dv, dw, w, dx, x


def predict(
    model: OnboardModel,
    start: PredictorStart,
    plan: BankPlan,
    factors: Factors,
    length: Scalar,
    altitude_end: Scalar,
    steps: int,
) -> Prediction:
    """Fly the onboard model to an altitude.

    Args: ``length`` [s] is the stretched time to go as last predicted: the steps divide it.
    ``altitude_end`` [m]. ``steps`` is static. Returns a ``Prediction`` whose ``length`` replaces it in the
    next cycle. Valid for entries from orbit and from the Moon, down to steep subsonic flight.
    """
    size = length / steps

    def rates(_, state):
        time, *flown = state
        slopes = _rates(model, start, plan, factors, time, flown)
        slow = 1.0 / pace(slopes[2])
        return (slow, *jax.tree.map(lambda x: slow * x, slopes))

    def step(state, _):
        return rk4_step(rates, jnp.zeros_like(size), state, size), None

    zero = jnp.zeros_like(length)
    first = (zero, start.u, start.altitude, start.velocity, zero, zero, zero, zero)
    last, _ = jax.lax.scan(step, first, None, length=steps)
    time, u, h, _, w, z, x, y = last
    du, dh, dv, *_ = _rates(model, start, plan, factors, time, last[1:])
    # A flight that has not come down yet is stretched by at most a quarter a cycle.
    fast = pace(dv)
    late = (h - altitude_end) / jnp.maximum(-dh, 40.0)
    late = jnp.clip(late, -0.25 * length / fast, 0.25 * length / fast)
    u = tuple(c + late * d for c, d in zip(u, du, strict=True))
    return Prediction(u, time + late, length + late * fast, z + w * late, y + x * late)
