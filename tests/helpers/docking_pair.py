"""A world of two bodies built by hand, without a scenario: what the tests of the rendezvous' truth share."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward.earth.constants import MU_EGM96, ROTATION_RATE
from homeward.earth.geodesy import Ellipsoid
from homeward.earth.orientation import UniformRotation
from homeward.flight.rendezvous.port_dynamics import PORTS
from homeward.scenario.build.thruster_layout import docking_thrusters
from homeward.vehicle.parameters import Engine
from homeward.world.dynamics.docking_bodies import Hull, StationMotion
from homeward.world.dynamics.rendezvous_state import PairTruth, first_truth
from homeward.world.dynamics.two_spacecraft import (
    Bodies,
    PairWorld,
    bodies_at,
    drifted,
    kicked,
    pulled,
    tidal_pull,
)
from homeward.world.environment.atmosphere import ExponentialAtmosphere
from homeward.world.environment.gravity import CentralGravity
from homeward.world.sensors.imu import InertialUnit, Triad
from homeward.world.sensors.rendezvous import INITIAL_NOISES, initial_pair_sensors
from homeward.world.sensors.rendezvous_specifications import pair_sensors

EARTH = 6378137.0
MASS, STATION_MASS = 8000.0, 90000.0
DOCK, PORT = 4.6, 9.0  # m, of the ship's and the station's port from the centre of mass
NOTHING = jnp.zeros(3)


def still(**changes) -> StationMotion:
    """A station that holds its orbital frame; ``changes`` [rad, rad/s] take the place of zeros."""
    parts = {name: jnp.zeros(3) for name in ("offset", "swing", "rate", "phase", "drift")}
    return StationMotion(**parts | {k: jnp.asarray(v, float) for k, v in changes.items()})


def hull(port="aft", motion=None, restitution=0.4, misses=0) -> Hull:
    """Ship and station whose inertial unit measures without error."""
    axes = np.array(PORTS[port])
    none = Triad(NOTHING, NOTHING, jnp.zeros(6), jnp.zeros(()))
    return Hull(
        inertia=jnp.diag(jnp.array([9e3, 54e3, 54e3])), inertia_mass=jnp.asarray(MASS),
        thrusters=docking_thrusters(8.8, 1.25, 4.2), inertial=InertialUnit(none, none, NOTHING),
        dock_B=jnp.array([DOCK, 0.0, 0.0]), port_T=jnp.asarray(PORT * axes[0]), C_DT=jnp.asarray(axes),
        motion=still() if motion is None else motion, station_mass=jnp.asarray(STATION_MASS),
        station_area=jnp.asarray(100.0), plume_power=jnp.asarray(6.0),
        missed_captures=jnp.asarray(misses, int), restitution=jnp.asarray(restitution),
        corridor=jnp.tan(jnp.radians(10.0)),
    )  # fmt: skip


def pair_world(gravity=None, air=0.0, ship_drag=26.0, station_drag=0.006, rate=ROTATION_RATE, **of_hull):
    """Gravity of a point unless told; ``air`` scales an exponential atmosphere of 60 km scale height."""
    one = jnp.ones(())
    return PairWorld(
        orientation=UniformRotation.of(0.4, rate), ellipsoid=Ellipsoid.wgs84(),
        gravity=CentralGravity() if gravity is None else gravity, third_bodies=None,
        thin_air=ExponentialAtmosphere(jnp.asarray(2e-9), jnp.asarray(60e3), jnp.asarray(900.0)),
        density_scale=jnp.asarray(float(air)), ship_drag=jnp.asarray(ship_drag),
        station_drag=jnp.asarray(station_drag), engine=Engine(1e4 * one, 2840.0 * one),
        trim=Engine(600.0 * one, 2800.0 * one), thrust_misalignment=NOTHING, accelerometer_scale=0.0 * one,
        sensors=pair_sensors(), hull=hull(**of_hull),
    )  # fmt: skip


def orbit(altitude=390e3, apogee=None, tilt=0.72, node=0.6, argument=0.3, anomaly=0.0, mu=MU_EGM96):
    """Position and velocity [m, m/s] by the altitudes of perigee and apogee [m] and angles [rad]."""
    rp, ra = EARTH + altitude, EARTH + (altitude if apogee is None else apogee)
    e, p = (ra - rp) / (ra + rp), 2.0 * ra * rp / (ra + rp)
    c, s = np.cos(anomaly), np.sin(anomaly)
    r = p / (1.0 + e * c) * np.array([c, s, 0.0])
    v = np.sqrt(mu / p) * np.array([-s, e + c, 0.0])
    turn = turned(2, node) @ turned(0, tilt) @ turned(2, argument)
    return jnp.asarray(turn @ r), jnp.asarray(turn @ v)


def turned(axis: int, angle: float) -> np.ndarray:
    """Matrix that turns a vector about a coordinate axis."""
    c, s = np.cos(angle), np.sin(angle)
    i, j = (axis + 1) % 3, (axis + 2) % 3
    R = np.eye(3)
    R[i, i], R[i, j], R[j, i], R[j, j] = c, -s, s, c
    return R


@eqx.filter_jit
def flown(world: PairWorld, bodies: Bodies, h: float, steps: int, mass=MASS, every: int = 1) -> Bodies:
    """Free flight in kicks ``h`` [s] apart, as the legs make them: the state after each ``every`` steps."""
    step, m = jnp.asarray(h, float), jnp.asarray(mass, float)
    start = pulled(world, world.orientation.at(jnp.zeros(())), jnp.zeros(()), NOTHING, bodies, m, step)

    def one(carry, _):
        t, b = carry
        spin = world.orientation.at(t)
        tidal = tidal_pull(world, t, b.r_TI_I)
        b = drifted(kicked(b, 0.5 * step), step, NOTHING, NOTHING, NOTHING)
        b = kicked(pulled(world, spin, t + step, tidal, b, m, step), 0.5 * step)
        return (t + step, b), None

    def some(carry, _):
        carry, _ = jax.lax.scan(one, carry, None, length=every)
        return carry, carry[1]

    _, rows = jax.lax.scan(some, (jnp.zeros(()), start), None, length=steps // every)
    return rows


def truth_of(world: PairWorld, bodies: Bodies, q_BI, omega_B=NOTHING, time=0.0) -> PairTruth:
    """A truth with the given bodies and attitude; sensors without error."""
    sensors = initial_pair_sensors(world.sensors, jnp.zeros(INITIAL_NOISES))
    truth = first_truth(
        jnp.asarray(time), bodies, jnp.asarray(MASS), jnp.asarray(1000.0), sensors,
        world.hull.thrusters.thrust.shape[0],
    )  # fmt: skip
    return eqx.tree_at(lambda t: (t.q_BI, t.omega_BI_B), truth, (q_BI, omega_B))


__all__ = ["DOCK", "EARTH", "MASS", "NOTHING", "PORT", "STATION_MASS", "bodies_at", "flown", "hull", "orbit",
           "pair_world", "still", "truth_of", "turned"]  # fmt: skip
