"""A turning ship: force, torque and their integration over one control tick.

Within a guidance cycle everything is reckoned in a frozen inertial frame F, the Earth-fixed axes at the
cycle's start. Air, wind and gravity are taken at the middle of a tick and held over it, the Mach number's
coefficients at its start: some two metres of error in an entry, and the stages of the integrator then see
nothing but attitude.
"""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.earth.constants import G0
from homeward.earth.geodesy import height_and_up
from homeward.math.attitude_triples import (
    Four,
    Rows,
    apply,
    apply_transposed,
    rows,
    symmetric_inverse,
    turn_rate,
    unit4,
)
from homeward.math.numerics import rk4_step
from homeward.math.triples import Triple, add, axpy, cross, dot, join, scale, split, subtract
from homeward.typing import Count, Mat33, Scalar, Vec3
from homeward.world.aerodynamics.heating import heat_rate
from homeward.world.dynamics.gravity_gradient import gravity_gradient_torque
from homeward.world.dynamics.point_mass import Forces, oblate_gravity
from homeward.world.six_dof_model import BodyModel
from homeward.world.world import World

Motion = tuple[Triple, Triple, Four, Triple]  # position and velocity in F, q_BF, omega_BF_B

ORBIT, AIR, CANOPY = "orbit", "air", "canopy"  # what the ship flies through, static


class Around(eqx.Module):
    """The world about the ship, held over one tick: air, its velocity and gravity in F."""

    altitude: Scalar
    density: Scalar
    sound_speed: Scalar
    air_F: Triple  # velocity of the air, m/s
    gravity_F: Triple  # m/s2
    wind_north: Scalar
    wind_east: Scalar
    gradient: tuple[Scalar, Triple] | None = None  # 3 mu / r^3 [1/s2] and up in F; None leaves it out


class Pushes(eqx.Module):
    """What acts on the ship besides air and gravity, held over one tick."""

    mass: Scalar  # kg
    inertia: Mat33  # kg m2, about the centre of mass, B
    force_B: Triple  # N
    torque_B: Triple  # N m
    drag_area: Scalar  # m2: CD x area of the stack in orbit, or of the canopy
    drag_area_rate: Scalar  # m2/s


def turned(angle: Triple, v: Triple) -> Triple:
    """``v`` turned by a small rotation vector [rad], to second order: 1e-12 for a second of the Earth."""
    once = cross(angle, v)
    return add(add(v, once), scale(0.5, cross(angle, once)))


def around(world: World, where: str, omega: Triple, since: Scalar, r_F: Triple, slow: Triple) -> Around:
    """The world at a position ``since`` seconds after F was the Earth's frame.

    ``slow`` [m/s2, E] is the field less its J2 part, held over the cycle.
    """
    angle = scale(since, omega)
    r_E = turned(scale(-1.0, angle), r_F)
    altitude, up = height_and_up(world.ellipsoid, r_E)
    air_F = cross(omega, r_F)
    zero = jnp.zeros_like(altitude)
    if where == ORBIT:
        air, north_wind, east_wind = world.thin_air.at(altitude), zero, zero
    else:
        air = world.atmosphere.at(altitude)
        north_wind, east_wind, down_wind = split(world.wind.at(altitude))
        north_wind, east_wind = north_wind + world.faults.gale[0], east_wind + world.faults.gale[1]
        inverse = 1.0 / jnp.maximum(jnp.sqrt(up[0] * up[0] + up[1] * up[1]), 1e-12)
        east = (-up[1] * inverse, up[0] * inverse, zero)
        wind = add(axpy(north_wind, cross(up, east), scale(east_wind, east)), scale(-down_wind, up))
        air_F = add(air_F, turned(angle, wind))
    gravity = turned(angle, add(oblate_gravity(world, r_E), slow))
    density = air.density * world.faults.density
    gradient = None
    if where == ORBIT and world.body is not None and world.body.gradient_mu is not None:
        inverse = 1.0 / jnp.sqrt(dot(r_F, r_F))
        gradient = 3.0 * world.body.gradient_mu * inverse * inverse * inverse, scale(inverse, r_F)
    return Around(altitude, density, air.sound_speed, air_F, gravity, north_wind, east_wind, gradient)


def loads(
    body: BodyModel, where: str, there: Around, row, pushes: Pushes, time: Scalar, state: Motion, C: Rows
) -> tuple[Triple, Triple]:
    """Force [N] and torque about the centre of mass [N m] that the ship feels, both in B."""
    _, v, _, omega = state
    v_B = apply(C, subtract(v, there.air_F))
    speed2 = dot(v_B, v_B)
    speed = jnp.sqrt(speed2)
    inverse = 1.0 / jnp.maximum(speed, 1e-6)
    pressure = 0.5 * there.density * speed2
    area = pushes.drag_area + pushes.drag_area_rate * time
    force, torque = pushes.force_B, pushes.torque_B
    if where == ORBIT:
        # Of the stack only the drag is known; its torque is a thousandth of a thruster's.
        force = axpy(-0.5 * there.density * speed * area, v_B, force)
    else:
        reduced = scale(0.5 * body.aero.length * inverse, omega)
        air_force, air_torque = body.aero.loads(row, scale(inverse, v_B), pressure, reduced)
        force, torque = add(force, air_force), add(torque, air_torque)
    if where == CANOPY:
        place = split(body.riser_place)
        at_riser = add(v_B, cross(omega, place))
        speed = jnp.sqrt(dot(at_riser, at_riser))
        pull = scale(-0.5 * there.density * area * speed, at_riser)
        force, torque = add(force, pull), add(torque, cross(place, pull))
    return force, torque


def row_of(body: BodyModel, where: str, there: Around, v_F: Triple):
    """The aerodynamic coefficients at this tick's Mach number; None in orbit."""
    if where == ORBIT:
        return None
    v = subtract(v_F, there.air_F)
    return body.aero.at_mach(jnp.sqrt(dot(v, v)) / there.sound_speed)


def fly_tick(
    body: BodyModel, where: str, there: Around, pushes: Pushes, state: Motion, dt: Scalar, substeps: int
) -> Motion:
    """RK4 steps over one tick [dt in s]: ``m dv/dt = F + m g``, ``I domega/dt = T - omega x I omega``."""
    row = row_of(body, where, there, state[1])
    inertia, inverse = symmetric_inverse(pushes.inertia)
    per_mass = 1.0 / pushes.mass

    def rates(time: Scalar, x: Motion) -> Motion:
        _, v, q, omega = x
        C = rows(q)
        force, torque = loads(body, where, there, row, pushes, time, x, C)
        a = axpy(per_mass, apply_transposed(C, force), there.gravity_F)
        if there.gradient is not None:
            strength, up_F = there.gradient
            torque = add(torque, gravity_gradient_torque(strength, apply(C, up_F), inertia))
        spin = subtract(torque, cross(omega, apply(inertia, omega)))
        return v, a, turn_rate(q, omega), apply(inverse, spin)

    h = dt / substeps

    def step(k: Count | int, state: Motion) -> Motion:
        r, v, q, omega = rk4_step(rates, k * h, state, h)
        return r, v, unit4(q), omega

    return step(0, state) if substeps == 1 else jax.lax.fori_loop(0, substeps, step, state)


def told(body: BodyModel, world: World, where: str, there: Around, pushes: Pushes, state: Motion) -> Forces:
    """What is felt at an instant, for telemetry and limits; ``acceleration_E`` is in F."""
    C = rows(state[2])
    row = row_of(body, where, there, state[1])
    force, _ = loads(body, where, there, row, pushes, jnp.zeros_like(there.altitude), state, C)
    a = scale(1.0 / pushes.mass, apply_transposed(C, force))
    v = subtract(state[1], there.air_F)
    speed = jnp.sqrt(dot(v, v))
    heat = jnp.zeros_like(speed)
    if where != ORBIT:
        heat = heat_rate(there.density, speed, world.capsule.nose_radius)
    return Forces(
        acceleration_E=join(a), altitude=there.altitude, density=there.density, speed=speed,
        mach=speed / there.sound_speed, dynamic_pressure=0.5 * there.density * speed * speed,
        load=jnp.sqrt(dot(a, a)) / G0, heat_rate=heat, wind_north=there.wind_north, wind_east=there.wind_east,
    )  # fmt: skip


def nose_ahead(state: Motion, air_F: Triple) -> Scalar:
    """Cosine of the angle between the x axis and the motion through the air: -1, heat shield first."""
    v = subtract(state[1], air_F)
    return dot(rows(state[2])[0], v) / jnp.maximum(jnp.sqrt(dot(v, v)), 1e-6)


def wind_angles(v_B: Vec3) -> tuple[Scalar, Scalar, Scalar]:
    """Angle of attack, sideslip and total angle of attack [rad] of a velocity relative to the air in B."""
    x, y, z = split(v_B)
    side = jnp.sqrt(y * y + z * z)
    return jnp.arctan2(z, x), jnp.arctan2(y, jnp.sqrt(x * x + z * z)), jnp.arctan2(side, x)
