"""Ship and station as they are, under one force model: what they do to each other relatively just emerges.

Both are carried in inertial axes by kicks and drifts. A kick is a second of gravity and drag, its potential
corrected so that the scheme is of fourth order where gravity is central; between two kicks the bodies drift,
and the ship's thrusters push. Source: M. Takahashi, M. Imada, J. Phys. Soc. Japan 53 (1984) 3765.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.earth.constants import MU_EGM96
from homeward.earth.ephemeris import ThirdBodies
from homeward.earth.geodesy import Ellipsoid, height_and_up
from homeward.earth.orientation import AbstractOrientation, EarthSpin
from homeward.math.triples import cross, dot, join, scale, split, subtract
from homeward.typing import Scalar, Vec3
from homeward.vehicle.parameters import Engine
from homeward.world.dynamics.docking_bodies import Hull
from homeward.world.environment.interfaces import AbstractAtmosphere, AbstractGravity
from homeward.world.fault_schedule import Faults
from homeward.world.sensors.rendezvous import PairSensors


class PairWorld(eqx.Module):
    """Earth, air, ship and station. Drag is CD A [m2] of the ship, CD A / m [m2/kg] of the station."""

    orientation: AbstractOrientation
    ellipsoid: Ellipsoid
    gravity: AbstractGravity
    third_bodies: ThirdBodies | None
    thin_air: AbstractAtmosphere
    density_scale: Scalar
    ship_drag: Scalar
    station_drag: Scalar
    engine: Engine  # the main engine
    trim: Engine  # the thrusters that push forward, together
    thrust_misalignment: Vec3  # rad, small turn of both about the axes of I
    accelerometer_scale: Scalar  # of velocity gained, relative
    sensors: PairSensors
    hull: Hull
    faults: Faults = eqx.field(default_factory=lambda: Faults(jnp.zeros(()), jnp.zeros(())))


class Bodies(eqx.Module):
    """Inertial states of both [m, m/s] and the kick [m/s2] that belongs to their places."""

    r_BI_I: Vec3
    v_BI_I: Vec3
    r_TI_I: Vec3
    v_TI_I: Vec3
    pull_B: Vec3
    pull_T: Vec3


def pull(
    world: PairWorld, spin: EarthSpin, t: Scalar, tidal: Vec3, r_I: Vec3, v_I: Vec3, drag: Scalar, h: Scalar
) -> Vec3:
    """Acceleration [m/s2, I] by gravity and air, for kicks ``h`` [s] apart. ``drag`` in m2/kg."""
    C = spin.C_EI(t)
    r_E = jnp.sum(C * r_I[None, :], axis=1)
    gravity = jnp.sum(C * world.gravity.acceleration(r_E)[:, None], axis=0)
    altitude, _ = height_and_up(world.ellipsoid, split(r_E))
    density = world.thin_air.at(altitude).density * world.density_scale
    omega = jnp.sum(C * spin.omega_EI_E[:, None], axis=0)
    wind = subtract(split(v_I), cross(split(omega), split(r_I)))
    air = scale(-0.5 * density * drag * jnp.sqrt(dot(wind, wind)), wind)
    r2 = jnp.sum(r_I * r_I)
    # Gradient of the squared pull of a point mass: -4 mu^2 / r^5 along r, a 24th of it times h^2.
    corrected = -(h * h / 6.0) * MU_EGM96**2 / (r2 * r2 * r2)
    return gravity + tidal + join(air) + corrected * r_I


def tidal_pull(world: PairWorld, t: Scalar, r_I: Vec3) -> Vec3:
    """Pull of Sun and Moon [m/s2, I]: the same for both bodies, held for some seconds."""
    if world.third_bodies is None:
        return jnp.zeros(3)
    return world.third_bodies.acceleration(t, r_I)


def pulled(
    world: PairWorld, spin: EarthSpin, t: Scalar, tidal: Vec3, bodies: Bodies, mass: Scalar, h: Scalar
) -> Bodies:
    """The bodies with the pull that belongs to where they are at ``t`` [s]."""
    b = bodies
    ship = pull(world, spin, t, tidal, b.r_BI_I, b.v_BI_I, world.ship_drag / mass, h)
    station = pull(world, spin, t, tidal, b.r_TI_I, b.v_TI_I, world.station_drag, h)
    return eqx.tree_at(lambda x: (x.pull_B, x.pull_T), b, (ship, station))


def kicked(b: Bodies, h: Scalar) -> Bodies:
    """Both velocities after ``h`` [s] of their pulls."""
    return eqx.tree_at(lambda x: (x.v_BI_I, x.v_TI_I), b, (b.v_BI_I + h * b.pull_B, b.v_TI_I + h * b.pull_T))


def drifted(b: Bodies, h: Scalar, gained: Vec3, moved: Vec3, station_gained: Vec3) -> Bodies:
    """Both bodies after ``h`` [s] between kicks: the ship gains ``gained`` [m/s] and is moved by
    ``moved`` [m] by its thrust; what hits the station gives it ``station_gained`` [m/s]."""
    return eqx.tree_at(
        lambda x: (x.r_BI_I, x.v_BI_I, x.r_TI_I, x.v_TI_I),
        b,
        (
            b.r_BI_I + h * b.v_BI_I + moved,
            b.v_BI_I + gained,
            b.r_TI_I + h * b.v_TI_I + (0.5 * h) * station_gained,
            b.v_TI_I + station_gained,
        ),
    )


def bodies_at(r_BI_I: Vec3, v_BI_I: Vec3, r_TI_I: Vec3, v_TI_I: Vec3) -> Bodies:
    """Both bodies; their pulls still to be found (``pulled``)."""
    return Bodies(r_BI_I, v_BI_I, r_TI_I, v_TI_I, jnp.zeros(3), jnp.zeros(3))
