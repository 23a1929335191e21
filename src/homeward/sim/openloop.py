"""Open-loop flight of any body: a point mass with a constant bank angle, and its free rotation.

The state lives in the Earth-fixed frame E, which turns at a constant rate about its z axis: six numbers
``(r_BE_E, v_BE_E)``, or thirteen with ``(q_BI, omega_BI_B)``. The inertial frame I is E at time zero.
"""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.earth.geodesy import Ellipsoid, north_east_down, to_geodetic
from homeward.math import quaternion
from homeward.math.numerics import norm, rk4_step
from homeward.typing import Array, Float, Scalar, Vec3
from homeward.world.interfaces import (
    AbstractAerodynamics,
    AbstractAtmosphere,
    AbstractGravity,
    AbstractWind,
    Air,
)
from homeward.world.wind import NoWind

State = Float[Array, " k"]  # 6 numbers, or 13 with the rotation

# Within about this many radians of straight up or down the lift plane has no meaning: lift fades out.
VERTICAL = 1e-6


class NoGravity(AbstractGravity):
    """Nothing pulls: for closed-form comparisons."""

    def acceleration(self, r_E: Vec3) -> Vec3:
        """Zero everywhere."""
        return jnp.zeros_like(r_E)


class Body(eqx.Module):
    """What flies: mass [kg], area [m2], trim aerodynamics, bank [rad], nose radius [m], inertia [kg m2].

    Positive bank turns right; at bank 0 lift points up. The three principal ``inertia`` are used only with
    a state of thirteen numbers.
    """

    mass: Scalar
    area: Scalar
    aero: AbstractAerodynamics
    bank: Scalar
    nose_radius: Scalar
    inertia: Vec3


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


def air_relative(planet: Planet, r_E: Vec3, v_E: Vec3) -> tuple[Air, Vec3, Vec3]:
    """Air at a position, velocity relative to it [m/s, E], and the local vertical (up, E)."""
    latitude, longitude, h = to_geodetic(planet.ellipsoid, r_E)
    C_NE = north_east_down(latitude, longitude)
    velocity = v_E
    if not isinstance(planet.wind, NoWind):
        velocity = v_E - planet.wind.at(h) @ C_NE
    return planet.atmosphere.at(h), velocity, -C_NE[2]


def aerodynamic_acceleration(body: Body, air: Air, v_air: Vec3, up: Vec3) -> tuple[Vec3, Vec3]:
    """Drag and lift accelerations [m/s2], in the axes of ``v_air`` [m/s] and ``up``.

    ``D = rho V**2 S CD / 2m`` against the velocity relative to the air; ``L = rho V**2 S CL / 2m``
    perpendicular to it, at bank 0 in its plane with the local vertical, turned about it to the right
    by the bank angle. Source: Vinh, Busemann and Culp (1980), chapter 2.
    """
    speed = norm(v_air)
    cl, cd = body.aero.coefficients(speed / air.sound_speed)
    per_coefficient = 0.5 * air.density * body.area / body.mass
    drag = -per_coefficient * cd * speed * v_air
    right = jnp.cross(v_air, up)
    sine = jnp.sqrt(jnp.sum(right * right) + (VERTICAL * speed) ** 2 + 1e-30)
    # |v| (right x v) / |right| is |v|^2 times the unit vector of lift at bank 0; no division by |v|.
    upward, sideways = jnp.cross(right, v_air), speed * right
    direction = jnp.cos(body.bank) * upward + jnp.sin(body.bank) * sideways
    return drag, per_coefficient * cl * (speed / sine) * direction


def rates(body: Body, planet: Planet, y: State) -> State:
    """Time derivative of the state: gravity, drag, lift, Coriolis and centrifugal accelerations.

    The rotation is free: ``I domega/dt = -omega x (I omega)`` in principal axes.
    """
    r_E, v_E = y[:3], y[3:6]
    air, v_air, up = air_relative(planet, r_E, v_E)
    drag, lift = aerodynamic_acceleration(body, air, v_air, up)
    w = planet.rate
    zero = jnp.zeros_like(w)
    turning = jnp.stack([w * (w * r_E[0] + 2.0 * v_E[1]), w * (w * r_E[1] - 2.0 * v_E[0]), zero])
    parts = [v_E, planet.gravity.acceleration(r_E) + drag + lift + turning]
    if y.shape[0] == 13:
        q_BI, omega = y[6:10], y[10:]
        parts += [
            quaternion.derivative(q_BI, omega),
            -jnp.cross(omega, body.inertia * omega) / body.inertia,
        ]
    return jnp.concatenate(parts)


def advance(body: Body, planet: Planet, y: State, step: Scalar) -> State:
    """The state one Runge-Kutta step [s] later; a negative step goes back."""
    return rk4_step(lambda _, x: rates(body, planet, x), jnp.zeros_like(step), y, step)


def fly_open_loop(
    body: Body, planet: Planet, y0: State, step: Scalar, steps: int, stop_altitude: Scalar
) -> tuple[Scalar, State]:
    """Time [s] and state at the descent through an altitude [m], or after ``steps`` steps [s].

    One lane of a batch: no history and no branch, so ``vmap`` it over states, bodies or planets. A lane
    below the altitude stands still until the others have landed. The last step is then taken back by Newton's
    method on its own length, so that the event carries the integrator's error and not the step's.
    """

    def body_of_loop(_: Array, carry: tuple[Scalar, State]) -> tuple[Scalar, State]:
        t, y = carry
        h = jnp.where(altitude(planet, y) > stop_altitude, step, 0.0)
        return t + h, advance(body, planet, y, h)

    t, y = jax.lax.fori_loop(0, steps, body_of_loop, (jnp.zeros_like(step), y0))
    landed = altitude(planet, y) <= stop_altitude
    back = jnp.zeros_like(step)
    for _ in range(3):
        at = advance(body, planet, y, back)
        h, h_rate = jax.jvp(lambda r: to_geodetic(planet.ellipsoid, r)[2], (at[:3],), (at[3:6],))
        back = back + jnp.where(landed, (stop_altitude - h) / jnp.where(h_rate < 0.0, h_rate, -1.0), 0.0)
        back = jnp.clip(back, -step, step)
    return t + back, advance(body, planet, y, back)
