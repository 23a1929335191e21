"""Open-loop flight of any body: a point mass with a constant bank angle, and its rotation.

The state lives in the Earth-fixed frame E, which turns at a constant rate about its z axis: six numbers
``(r_BE_E, v_BE_E)``, or thirteen with ``(q_BI, omega_BI_B)``. The inertial frame I is E at time zero.
"""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.earth.geodesy import Ellipsoid, height_and_up, to_geodetic
from homeward.math import quaternion
from homeward.math.attitude_triples import Four, apply, join4, rows, split4, symmetric_inverse, turn_rate
from homeward.math.numerics import rk4_step
from homeward.math.triples import Triple, add, axpy, cross, dot, join, scale, split, subtract
from homeward.typing import Array, Count, Float, Mat33, Scalar, Vec3
from homeward.world.dynamics.gravity_gradient import gravity_gradient_torque
from homeward.world.environment.interfaces import (
    AbstractAerodynamics,
    AbstractAtmosphere,
    AbstractGravity,
    AbstractWind,
    Air,
)
from homeward.world.environment.wind import NoWind

State = Float[Array, " k"]  # 6 numbers, or 13 with the rotation
Motion = tuple[Triple, Triple]  # position and velocity, E
Turning = tuple[Triple, Triple, Four, Triple]  # and q_BI, omega_BI_B

# Within about this many radians of straight up or down the lift plane has no meaning: lift fades out.
VERTICAL = 1e-6


class NoGravity(AbstractGravity):
    """Nothing pulls: for closed-form comparisons."""

    def acceleration(self, r_E: Vec3) -> Vec3:
        """Zero everywhere."""
        return jnp.zeros_like(r_E)


class Body(eqx.Module):
    """What flies: mass [kg], area [m2], trim aerodynamics, bank [rad], nose radius [m], inertia [kg m2].

    Positive bank turns right; at bank 0 lift points up. The last three are used only with a state of 13
    numbers: moments of inertia about the body axes; their ``products`` xy, xz, yz [kg m2], None where the
    axes are principal; and ``damping`` [m2], the derivative of each moment's coefficient by omega l / 2V
    times the square of its reference length l, None where nothing damps. ``gradient_mu`` [m3/s2] is
    that of the gravity gradient's torque, None where it does not turn the body.
    """

    mass: Scalar
    area: Scalar
    aero: AbstractAerodynamics
    bank: Scalar
    nose_radius: Scalar
    inertia: Vec3
    products: Vec3 | None = None
    damping: Vec3 | None = None
    gradient_mu: Scalar | None = None


class Planet(eqx.Module):
    """What it flies through: shape, turning rate [rad/s], gravity, air and wind."""

    ellipsoid: Ellipsoid
    rate: Scalar
    gravity: AbstractGravity
    atmosphere: AbstractAtmosphere
    wind: AbstractWind


def altitude(planet: Planet, y: State) -> Scalar:
    """Altitude [m] above the ellipsoid."""
    return to_geodetic(planet.ellipsoid, y[:3])[2]


def air_relative(planet: Planet, r_E: Triple, v_E: Triple) -> tuple[Air, Triple, Triple]:
    """Air at a position, velocity relative to it [m/s, E], and the ellipsoid's normal there (up, E)."""
    h, up = height_and_up(planet.ellipsoid, r_E)
    air = planet.atmosphere.at(h)
    if isinstance(planet.wind, NoWind):
        return air, v_E, up
    inverse = 1.0 / jnp.maximum(jnp.sqrt(up[0] * up[0] + up[1] * up[1]), 1e-12)  # at a pole, any east will do
    east = (-up[1] * inverse, up[0] * inverse, jnp.zeros_like(h))
    north_wind, east_wind, down_wind = split(planet.wind.at(h))
    level = axpy(north_wind, cross(up, east), scale(east_wind, east))
    return air, subtract(v_E, axpy(-down_wind, up, level)), up


def aerodynamic_acceleration(body: Body, air: Air, v_air: Triple, up: Triple) -> tuple[Triple, Triple]:
    """Drag and lift accelerations [m/s2], in the axes of ``v_air`` [m/s] and ``up``.

    ``D = rho V**2 S CD / 2m`` against the velocity relative to the air; ``L = rho V**2 S CL / 2m``
    perpendicular to it, at bank 0 in its plane with the local vertical, turned about it to the right
    by the bank angle. Source: Vinh, Busemann and Culp (1980), chapter 2.
    """
    speed2 = dot(v_air, v_air)
    speed = jnp.sqrt(speed2)
    cl, cd = body.aero.coefficients(speed / air.sound_speed)
    per_coefficient = 0.5 * air.density * body.area / body.mass
    drag = scale(-per_coefficient * cd * speed, v_air)
    right = cross(v_air, up)
    inverse_sine = 1.0 / jnp.sqrt(dot(right, right) + VERTICAL**2 * speed2 + 1e-30)
    # |v| (right x v) / |right| is |v|^2 times the unit vector of lift at bank 0; no division by |v|.
    direction = axpy(jnp.cos(body.bank), cross(right, v_air), scale(jnp.sin(body.bank) * speed, right))
    return drag, scale(per_coefficient * cl * speed * inverse_sine, direction)


def acceleration(body: Body, planet: Planet, r_E: Triple, v_E: Triple) -> Triple:
    """Gravity, drag, lift, Coriolis and centrifugal accelerations [m/s2, E]."""
    air, v_air, up = air_relative(planet, r_E, v_E)
    drag, lift = aerodynamic_acceleration(body, air, v_air, up)
    w = planet.rate
    turning = (w * (w * r_E[0] + 2.0 * v_E[1]), w * (w * r_E[1] - 2.0 * v_E[0]), jnp.zeros_like(v_E[2]))
    gravity = split(planet.gravity.acceleration(join(r_E)))
    return add(add(gravity, turning), add(drag, lift))


def rates(body: Body, planet: Planet, y: State, t: Scalar | None = None) -> State:
    """Time derivative of the state at ``t`` [s], zero if left out; only a gravity gradient asks for it."""
    r_E, v_E = split(y[:3]), split(y[3:6])
    parts = [y[3:6], join(acceleration(body, planet, r_E, v_E))]
    if y.shape[0] == 13:
        moment = None
        if body.damping is not None or body.gradient_mu is not None:
            time = jnp.zeros_like(planet.rate) if t is None else t
            moment = turning_moment(body, planet, time, (r_E, v_E, split4(y[6:10]), split(y[10:])))
        parts.append(_spin(body, y[6:], moment))
    return jnp.concatenate(parts)


def damping_moment(
    body: Body, planet: Planet, r_E: Triple, v_E: Triple, q_BI: Four, omega_BI_B: Triple
) -> Triple:
    """Moment of the air [N m, B] against turning: ``q S l C omega l / 2V``, axis by axis; zero if undamped.

    ``omega`` is relative to the air, which turns with the Earth. The coefficients' form is that of the brick
    in NASA/TM-2015-218675.
    """
    if body.damping is None:
        return tuple(jnp.zeros_like(x) for x in omega_BI_B)  # pyright: ignore[reportReturnType]
    air, v_air, _ = air_relative(planet, r_E, v_E)
    zero = jnp.zeros_like(planet.rate)
    turning = apply(rows(q_BI), (zero, zero, planet.rate))  # the pole is the z axis of E and of I
    factor = 0.25 * air.density * jnp.sqrt(dot(v_air, v_air)) * body.area
    part = split(body.damping)
    return tuple(factor * part[k] * (omega_BI_B[k] - turning[k]) for k in range(3))  # pyright: ignore[reportReturnType]


def gradient_torque(body: Body, planet: Planet, t: Scalar, r_E: Triple, q_BI: Four) -> Triple:
    """Torque of the gravity gradient [N m, B] at ``t`` [s] after I was E; zero where it is left out."""
    if body.gradient_mu is None:
        return tuple(jnp.zeros_like(x) for x in r_E)  # pyright: ignore[reportReturnType]
    s, c = jnp.sin(planet.rate * t), jnp.cos(planet.rate * t)
    r_I = (c * r_E[0] - s * r_E[1], s * r_E[0] + c * r_E[1], r_E[2])
    r2 = dot(r_I, r_I)
    r = jnp.sqrt(r2)
    inertia, _ = symmetric_inverse(inertia_tensor(body))
    return gravity_gradient_torque(
        3.0 * body.gradient_mu / (r2 * r), scale(1.0 / r, apply(rows(q_BI), r_I)), inertia
    )


def turning_moment(body: Body, planet: Planet, t: Scalar, x: Turning) -> Triple:
    """All that turns the body [N m, B] at ``t`` [s]: damping of the air and the gravity gradient."""
    r_E, v_E, q_BI, omega = x
    moment = damping_moment(body, planet, r_E, v_E, q_BI, omega)
    return add(moment, gradient_torque(body, planet, t, r_E, q_BI))


def _spin(body: Body, turn: Float[Array, "7"], moment: Triple | None = None) -> Float[Array, "7"]:
    """``I domega/dt = M - omega x (I omega)`` and the turning of the attitude."""
    q_BI, omega = turn[:4], turn[4:]
    if body.products is None:
        momentum = body.inertia * omega
        change = (0.0 if moment is None else join(moment)) - jnp.cross(omega, momentum)
        return jnp.concatenate([quaternion.derivative(q_BI, omega), change / body.inertia])
    inertia, inverse = symmetric_inverse(inertia_tensor(body))
    torque = scale(-1.0, cross(split(omega), apply(inertia, split(omega))))
    torque = torque if moment is None else add(torque, moment)
    return jnp.concatenate([quaternion.derivative(q_BI, omega), join(apply(inverse, torque))])


def inertia_tensor(body: Body) -> Mat33:
    """The tensor [kg m2, B] of moments and products of inertia."""
    xx, yy, zz = split(body.inertia)
    zero = jnp.zeros_like(xx)
    xy, xz, yz = (zero, zero, zero) if body.products is None else split(body.products)
    return jnp.stack([join((xx, -xy, -xz)), join((-xy, yy, -yz)), join((-xz, -yz, zz))])


def advance(body: Body, planet: Planet, y: State, step: Scalar, t: Scalar | None = None) -> State:
    """The state one Runge-Kutta step [s] later; a negative step goes back.

    ``t`` [s since I was E] matters to a gravity gradient alone, and is zero if left out.
    """
    if y.shape[0] == 13 and (body.damping is not None or body.gradient_mu is not None):
        return _turn(body, planet, y, step, jnp.zeros_like(step) if t is None else t)
    r_E, v_E = _move(body, planet, (split(y[:3]), split(y[3:6])), step)
    parts = [join(r_E), join(v_E)]
    if y.shape[0] == 13:
        parts.append(rk4_step(lambda _, x: _spin(body, x), jnp.zeros_like(step), y[6:], step))
    return jnp.concatenate(parts)


def _turn(body: Body, planet: Planet, y: State, step: Scalar, t: Scalar) -> State:
    """Path and rotation in one step, for a body that the air damps or the gravity gradient turns."""

    def change(time: Scalar, x: Turning) -> Turning:
        r_E, v_E, q_BI, omega = x
        moment = turning_moment(body, planet, time, x)
        spin = _spin(body, jnp.concatenate([join4(q_BI), join(omega)]), moment)
        return v_E, acceleration(body, planet, r_E, v_E), turn_rate(q_BI, omega), split(spin[4:])

    start = (split(y[:3]), split(y[3:6]), split4(y[6:10]), split(y[10:]))
    r_E, v_E, q_BI, omega = rk4_step(change, t, start, step)
    return jnp.concatenate([join(r_E), join(v_E), join4(q_BI), join(omega)])


def _move(body: Body, planet: Planet, x: Motion, step: Scalar) -> Motion:
    # Components, not vectors: a step of many lanes is then one vectorised loop.
    return rk4_step(lambda _, x: (x[1], acceleration(body, planet, *x)), jnp.zeros_like(step), x, step)


def fly_open_loop(
    body: Body, planet: Planet, y0: Float[Array, "6"], step: Scalar, steps: int, stop_altitude: Scalar
) -> tuple[Scalar, Float[Array, "6"]]:
    """Time [s] and state at the descent through an altitude [m], or after ``steps`` steps [s].

    One lane of a batch: no history and no branch, so ``vmap`` it over states, bodies or planets. A lane
    below the altitude stands still until the others have landed. The last step is then taken back by Newton's
    method on its own length, so that the event carries the integrator's error and not the step's.
    """

    def tick(_: Count, carry: tuple[Scalar, Motion]) -> tuple[Scalar, Motion]:
        t, x = carry
        height = height_and_up(planet.ellipsoid, x[0])[0]  # which the step needs in any case
        h = jnp.where(height > stop_altitude, step, 0.0)
        return t + h, _move(body, planet, x, h)

    start = (jnp.zeros_like(step), (split(y0[:3]), split(y0[3:])))
    t, (r_E, v_E) = jax.lax.fori_loop(0, steps, tick, start)
    y = jnp.concatenate([join(r_E), join(v_E)])
    landed = altitude(planet, y) <= stop_altitude + 1e-3  # the two formulas differ by less than 1e-4 m
    back = jnp.zeros_like(step)
    for _ in range(3):
        at = advance(body, planet, y, back)
        h, h_rate = jax.jvp(lambda r: to_geodetic(planet.ellipsoid, r)[2], (at[:3],), (at[3:6],))
        back = back + jnp.where(landed, (stop_altitude - h) / jnp.where(h_rate < 0.0, h_rate, -1.0), 0.0)
        back = jnp.clip(back, -step, step)
    return t + back, advance(body, planet, y, back)
