"""The stored flight of the first generation, and how its end answers to everything: made before the flight.

The flight computer's own model is flown once, from the planned interface to the opening, with the nominal
lift; then it is differentiated backwards. The truth is not asked.
"""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward._aot.program import program
from homeward.earth.constants import G0
from homeward.flight.entry.onboard_model import OnboardModel
from homeward.math.numerics import norm, rk4_step, unit
from homeward.math.triples import split
from homeward.typing import Array, Float, Scalar, Vec3

STEPS = 1000  # of the stored flight
WIND_FADE_BOTTOM, WIND_FADE_TOP = 30e3, 40e3  # m, above which the forecast no longer matters
HOLD_RATE, HOLD_DAMPING = 0.06, 0.9  # rad/s and share of critical: how a drag is held
SCALE_HEIGHT = 7.2e3  # m, near 60 km
CATCH_RATE = 120.0  # m/s of descent below which a fall from beyond orbit counts as caught
LIMIT_SOFTNESS = 2.0  # g over the onset at which lift is fully up


class Profile(eqx.Module):
    """Nominal lift against speed.

    The bank is ``bank`` [rad] down to ``speed_start`` [m/s] and goes in a straight line to ``bank_end`` at
    ``speed_end``. An entry faster than ``speed_start`` falls with the lift up until it is caught and then
    holds the drag ``hold`` [m/s2] down to ``speed_start``, with a bank of at most ``most``; an entry from
    orbit never is. Lift goes up above ``load_limit`` [g].
    """

    bank: Scalar
    bank_end: Scalar
    speed_start: Scalar
    speed_end: Scalar
    hold: Scalar
    most: Scalar
    load_limit: Scalar


class Push(eqx.Module):
    """Small changes from the nominal: L/D upward and to the right [1], wind in E [m/s]."""

    up: Scalar
    right: Scalar
    wind: Vec3


State = Float[Array, "7"]  # direction from the centre, altitude [m], Earth-fixed velocity [m/s]


def nominal_share(profile: Profile, speed: Scalar) -> Scalar:
    """Share of the lift that points up in the profile: the cosine of its bank."""
    part = jnp.clip((speed - profile.speed_end) / (profile.speed_start - profile.speed_end), 0.0, 1.0)
    return jnp.cos(profile.bank_end + (profile.bank - profile.bank_end) * part)


def hold_share(
    model: OnboardModel, u: Vec3, altitude: Scalar, v: Vec3, drag: Scalar, wanted: Scalar
) -> Scalar:
    """Share of the lift, -1 to 1, that brings the drag [m/s2] to the one wanted and holds it there.

    With ``e = ln(drag / wanted)`` and ``de/dt = -dh/dt / H - 2 D / V`` the vertical acceleration asked for is
    that of a damped oscillator in ``e``; as the constant-drag phase of Apollo (Graves and Harpold, NASA TN
    D-6725, 1972) does with two gains.
    """
    radius = model.radius(u[2]) + altitude
    omega = jnp.stack([jnp.zeros_like(radius), jnp.zeros_like(radius), model.rotation])
    v_I = v + radius * jnp.cross(omega, u)
    rate, speed = jnp.sum(v * u), norm(v)
    aside = norm(v_I - u * jnp.sum(v_I * u))
    sink = -2.0 * wanted * SCALE_HEIGHT / speed
    e, de = jnp.log(jnp.maximum(drag, 0.1) / wanted), -(rate - sink) / SCALE_HEIGHT
    asked = SCALE_HEIGHT * (2.0 * HOLD_DAMPING * HOLD_RATE * de + HOLD_RATE**2 * e) + sink * wanted / speed
    _, ratio = model.aerodynamics(speed)
    weight = model.mu / radius**2 - aside**2 / radius
    up = asked + weight + drag * rate / speed
    return jnp.clip(up / jnp.maximum(drag * ratio, 0.1), -1.0, 1.0)


def _air_drag(model: OnboardModel, altitude: Scalar, speed: Scalar) -> tuple[Scalar, Scalar]:
    area, ratio = model.aerodynamics(speed)
    return 0.5 * model.density(altitude) * area * speed * speed, ratio


def rates(model: OnboardModel, profile: Profile, push: Push, caught: Scalar, x: State) -> State:
    """``dx/dt`` under the nominal lift and a push.

    ``du/dt = (v - (v.u) u) / r``, ``dv/dt = g + D + L - 2 w x v``; the lift's sideways part is left out,
    since reversals spend it both ways.
    """
    u, h, v = x[:3], x[3], x[4:]
    radius = model.radius(u[2]) + h
    fade = jnp.clip((WIND_FADE_TOP - h) / (WIND_FADE_TOP - WIND_FADE_BOTTOM), 0.0, 1.0)
    air = v - (model.wind + push.wind) * fade
    speed = norm(air)
    drag, ratio = _air_drag(model, h, speed)
    along = air / speed
    right = unit(jnp.cross(air, u))
    up = jnp.cross(right, along)
    held = jnp.maximum(hold_share(model, u, h, v, drag, profile.hold), jnp.cos(profile.most))
    held = jnp.where(caught > 0.5, held, 1.0)
    share = jnp.where(speed > profile.speed_start + jnp.where(caught < -0.5, jnp.inf, 0.0), held,
                      nominal_share(profile, speed))  # fmt: skip
    load = drag * jnp.sqrt(1.0 + ratio * ratio) / G0
    share = share + (1.0 - share) * jnp.clip((load - profile.load_limit) / LIMIT_SOFTNESS, 0.0, 1.0)
    lift = drag * (ratio * share + push.up) * up + drag * push.right * right
    vertical = jnp.sum(v * u)
    turn = 2.0 * model.rotation * jnp.stack([v[1], -v[0], jnp.zeros_like(h)])
    dv = jnp.stack(model.gravity(split(u), radius)) - drag * along + lift + turn
    du = (v - vertical * u) / radius
    dh = vertical + 2.0 * model.equatorial_radius * model.flattening * u[2] * du[2]
    return jnp.concatenate([du, dh[None], dv])


def _no_push() -> Push:
    zero = jnp.asarray(0.0)
    return Push(zero, zero, jnp.zeros(3))


def _step(model, profile, push, caught, x, size):
    return rk4_step(lambda _, y: rates(model, profile, push, caught, y), jnp.zeros_like(size), x, size)


def _caught(caught: Scalar, x: State, profile: Profile) -> Scalar:
    """-1 for an entry from orbit, 0 while a faster one falls, 1 once it is caught."""
    falls = jnp.sum(x[4:] * x[:3]) < -CATCH_RATE
    return jnp.where((caught > -0.5) & (caught < 0.5) & ~falls, 1.0, caught)


@program
def fly_profile(model: OnboardModel, profile: Profile, x: State, fast: Scalar, size: Scalar):
    """The stored flight from a state, ``STEPS`` steps of ``size`` [s].

    ``fast`` is 1 for an entry from beyond orbit. Returns the states and the caught marks, one more than
    steps.
    """

    def step(carry, _):
        x, caught = carry
        caught = _caught(caught, x, profile)
        return (_step(model, profile, _no_push(), caught, x, size), caught), (x, caught)

    start = jnp.where(fast > 0.5, 0.0, -1.0)
    (last, mark), (path, marks) = jax.lax.scan(step, (x, start), None, length=STEPS)
    return jnp.concatenate([path, last[None]]), jnp.concatenate([marks, mark[None]])


@program
def sensitivities(
    model: OnboardModel, profile: Profile, path: Float[Array, "n 7"], marks: Float[Array, " n"], size: Scalar
):
    """How the end, along and right of the last motion [m], answers to each state and to a push from it on.

    The adjoint of the stored flight, step by step and exact for its steps: ``l_k = (dF/dx)^T l_(k+1)``,
    and the pushes sum up as ``g_k = g_(k+1) + (dF/dp)^T l_(k+1)``. The end is where the altitude is that
    of the last state: ``l_N = de/dx - (de/dt) / (dh/dt) dh/dx``. Source: Bryson and Ho, Applied Optimal
    Control (1975), sections 2.7 and 3.7. Returns arrays over the states: by state (n, 2, 7), by up (n, 2),
    by right (n, 2), by wind (n, 2, 3).
    """
    last = path[-1]
    u, v = last[:3], last[4:]
    forward = unit(v - u * jnp.sum(u * v))
    right = jnp.cross(forward, u)
    a = model.equatorial_radius
    rate = rates(model, profile, _no_push(), marks[-1], last)

    def axis(e: Vec3) -> State:
        row = jnp.concatenate([a * e, jnp.zeros(4)])
        return row.at[3].add(-jnp.sum(row * rate) / rate[3])

    ends = jnp.stack([axis(forward), axis(right)])
    none = jax.tree.map(lambda z: jnp.stack([z, z]), _no_push())

    def back(carry, here):
        costate, sums = carry
        x, caught = here
        _, pull = jax.vjp(lambda x, p: _step(model, profile, p, caught, x, size), x, _no_push())
        by_x, by_push = jax.vmap(pull)(costate)
        sums = jax.tree.map(lambda s, d: s + d, sums, by_push)
        return (by_x, sums), (by_x, sums)

    _, (states, pushes) = jax.lax.scan(back, (ends, none), (path[:-1], marks[:-1]), reverse=True)
    states = jnp.concatenate([states, ends[None]])
    pushes = jax.tree.map(lambda s, z: jnp.concatenate([s, z[None]]), pushes, none)
    return states, pushes.up, pushes.right, pushes.wind
