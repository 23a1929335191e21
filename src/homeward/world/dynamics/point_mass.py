"""Forces on the ship and their integration: one right-hand side for orbit, entry and descent.

Integration runs in the Earth-fixed frame over one control tick, where air and ground stand still; the
rotation enters as Coriolis and centrifugal acceleration. State outside is inertial, as everywhere.
"""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.earth.constants import G0, J2_EGM96, MU_EGM96, RADIUS_EGM96
from homeward.earth.geodesy import height_and_up
from homeward.earth.orientation import EarthSpin
from homeward.math.numerics import rk4_step
from homeward.math.trigonometry import sine_cosine
from homeward.math.triples import Triple, add, axpy, cross, dot, join, scale, split, subtract
from homeward.typing import Flag, Quat, Scalar, Vec3
from homeward.world.aerodynamics.heating import heat_rate
from homeward.world.world import World

FASTEST = 1e5  # m/s: no ship that returns to the Earth is ever as fast
HEAVIEST = 1e3  # g: nothing that is flown here, and no crew, is in one piece at such a load


class Inputs(eqx.Module):
    """What is held over one control tick."""

    mass: Scalar  # kg at its start
    mass_rate: Scalar  # kg/s, negative while burning
    push_E: Vec3  # thrust and slow perturbations held over the tick, m/s2 at the starting mass
    lifting: Scalar  # 1 where the trim table applies (capsule in air), 0 for the stack in orbit
    area: Scalar  # m2: CD x area on top of the trim table's (stack, canopy)
    area_rate: Scalar  # m2/s
    bank: Scalar  # rad at its start
    bank_rate: Scalar  # rad/s, mean over it


class Forces(eqx.Module):
    """What the body feels at one instant."""

    acceleration_E: Vec3  # non-gravitational, m/s2, in E
    altitude: Scalar  # m
    density: Scalar  # kg/m3
    speed: Scalar  # m/s relative to the air
    mach: Scalar
    dynamic_pressure: Scalar  # Pa
    load: Scalar  # g
    heat_rate: Scalar  # W/m2
    wind_north: Scalar
    wind_east: Scalar


def aerodynamic(world: World, inputs: Inputs, r: Triple, v: Triple, time: Scalar) -> tuple[Triple, Forces]:
    """Acceleration by the air [m/s2, E] and everything that is told about it, ``time`` [s] into the tick."""
    altitude, up = height_and_up(world.ellipsoid, r)
    air = world.atmosphere.at(altitude)
    north_wind, east_wind, down_wind = split(world.wind.at(altitude))
    horizontal = jnp.sqrt(up[0] * up[0] + up[1] * up[1])
    inverse = 1.0 / jnp.maximum(horizontal, 1e-12)
    east = (-up[1] * inverse, up[0] * inverse, jnp.zeros_like(altitude))
    north = cross(up, east)
    wind = add(axpy(north_wind, north, scale(east_wind, east)), scale(-down_wind, up))
    relative = subtract(v, wind)
    speed2 = dot(relative, relative)
    speed = jnp.sqrt(speed2)
    inverse_speed = 1.0 / jnp.maximum(speed, 1e-6)
    mach = speed / air.sound_speed
    cl, cd = world.aerodynamics.coefficients(mach)
    mass = inputs.mass + inputs.mass_rate * time
    pressure = 0.5 * air.density * speed2
    area = inputs.area + inputs.area_rate * time
    lifting = inputs.lifting * world.capsule.area
    drag = pressure * (lifting * cd + area) / mass
    lift = pressure * lifting * cl / mass
    bank = inputs.bank + inputs.bank_rate * time
    side = cross(relative, up)
    # The lift plane of a capsule that falls straight down is whatever its last heading was: keep it finite.
    inverse_side = jax.lax.rsqrt(dot(side, side) + 1e-6)
    right = scale(inverse_side, side)
    along = scale(inverse_speed, relative)
    lift_up = cross(right, along)
    sine, cosine = sine_cosine(bank)
    a = axpy(-drag, along, axpy(lift * cosine, lift_up, scale(lift * sine, right)))
    return a, Forces(
        acceleration_E=join(a), altitude=altitude, density=air.density, speed=speed, mach=mach,
        dynamic_pressure=pressure, load=jnp.sqrt(dot(a, a)) / G0,
        heat_rate=heat_rate(air.density, speed, world.capsule.nose_radius),
        wind_north=north_wind, wind_east=east_wind,
    )  # fmt: skip


def thin_drag(world: World, inputs: Inputs, r: Triple, v: Triple, time: Scalar) -> tuple[Triple, Forces]:
    """As ``aerodynamic``, in orbit: drag against air that turns with the Earth, no lift, no heating told."""
    altitude, _ = height_and_up(world.ellipsoid, r)
    air = world.thin_air.at(altitude)
    speed2 = dot(v, v)
    speed = jnp.sqrt(speed2)
    mass = inputs.mass + inputs.mass_rate * time
    drag = 0.5 * air.density * speed * inputs.area / mass
    a = scale(-drag, v)
    zero = jnp.zeros_like(altitude)
    return a, Forces(
        acceleration_E=join(a), altitude=altitude, density=air.density, speed=speed,
        mach=speed / air.sound_speed, dynamic_pressure=0.5 * air.density * speed2, load=drag * speed / G0,
        heat_rate=zero, wind_north=zero, wind_east=zero,
    )  # fmt: skip


def integrate_tick(
    world: World,
    inputs: Inputs,
    omega_E: Vec3,
    r_E: Vec3,
    v_E: Vec3,
    dt: Scalar,
    slow_gravity: Vec3 | None,
    orbit: bool,
    pull_E: Vec3 | None = None,
) -> tuple[Vec3, Vec3]:
    """One RK4 step [dt in s] of position and velocity in the turning frame.

    ``slow_gravity`` [m/s2, E], if given, is the field less its J2 part, held over the guidance cycle: in
    entry it changes by 1e-6 m/s2 in a second, and leaving it out of the inner loop halves the cost.
    ``orbit`` (static) takes the thin air of the orbit instead of the air of the entry. ``pull_E`` [m/s2] is
    that of Sun and Moon, held over the tick.
    """
    forces = thin_drag if orbit else aerodynamic
    omega = split(omega_E)
    push = split(inputs.push_E)

    def rates(time: Scalar, state: tuple[Triple, Triple]) -> tuple[Triple, Triple]:
        r, v = state
        if slow_gravity is None:
            g = split(world.gravity.acceleration(join(r)))
        else:
            g = add(oblate_gravity(world, r), split(slow_gravity))
        if pull_E is not None:
            g = add(g, split(pull_E))
        mass = inputs.mass + inputs.mass_rate * time
        a, _ = forces(world, inputs, r, v, time)
        a = add(add(a, g), scale(inputs.mass / mass, push))
        turning = cross(omega, add(scale(2.0, v), cross(omega, r)))
        return v, subtract(a, turning)

    r, v = rk4_step(rates, jnp.zeros_like(dt), (split(r_E), split(v_E)), dt)
    return join(r), join(v)


def oblate_gravity(world: World, r: Triple) -> Triple:
    """The central and J2 part [m/s2, E] that ``slow_gravity`` leaves to the inner loop.

    Any figures would do: what they miss of the true field is in ``slow_gravity``.
    """
    inverse2 = 1.0 / dot(r, r)
    inverse = jnp.sqrt(inverse2)
    central = -MU_EGM96 * inverse2 * inverse
    k = 1.5 * J2_EGM96 * RADIUS_EGM96**2 * inverse2
    z2 = 5.0 * r[2] * r[2] * inverse2
    flat = central * (1.0 + k * (1.0 - z2))
    return flat * r[0], flat * r[1], central * (1.0 + k * (3.0 - z2)) * r[2]


def slow_gravity(world: World, r_E: Vec3) -> Vec3:
    """The true field less ``oblate_gravity`` at a point [m/s2, E]."""
    return world.gravity.acceleration(r_E) - join(oblate_gravity(world, split(r_E)))


def third_body_pull(world: World, spin: EarthSpin, time: Scalar, r_E: Vec3) -> Vec3 | None:
    """Pull of Sun and Moon [m/s2, E] at ``time`` [s since the epoch]; None where the world has neither."""
    if world.third_bodies is None:
        return None
    C_EI = spin.C_EI(time)
    r_I = jnp.sum(C_EI.T * r_E[None, :], axis=1)
    return jnp.sum(C_EI * world.third_bodies.acceleration(time, r_I)[None, :], axis=1)


def as_fast_as_ships(*velocities: Vec3) -> Flag:
    """Whether every velocity [m/s] is one that a ship can have; not true of what is not a number."""
    fastest = jnp.stack([jnp.sum(v * v) for v in velocities])
    return jnp.all(fastest < FASTEST * FASTEST)


def physical(v: Triple, acceleration: Triple) -> Flag:
    """Whether a speed [m/s] and an acceleration [m/s2] are such as a ship can have.

    A step too long for what acts on the ship (a huge canopy on a light capsule) grows without bound and would
    otherwise be flown to the ground. Not true of what is not a number either.
    """
    slow, light = dot(v, v) < FASTEST * FASTEST, dot(acceleration, acceleration) < (HEAVIEST * G0) ** 2
    return slow & light


def finite(*values: Vec3 | Quat) -> Flag:
    """True where every number is finite."""
    total = jnp.asarray(0.0)
    for value in values:
        total = total + jnp.sum(value * 0.0)
    return total == 0.0
