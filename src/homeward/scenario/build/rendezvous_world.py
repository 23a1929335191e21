"""From a scenario's rendezvous to arrays: the true world of ship and station, and what is believed of it."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from homeward._aot.program import program
from homeward.earth.constants import G0, MU_EGM96, OMEGA_WGS84, RADIUS_EGM96, WGS84_A
from homeward.earth.ephemeris import build_third_bodies
from homeward.earth.frames import earth_spin
from homeward.earth.time import Epoch
from homeward.errors import InputError
from homeward.flight.navigation.mechanization import ZonalEarth
from homeward.flight.rendezvous.orbit_propagator import PairModel, fly
from homeward.scenario.build.docking_survey import drawn_geometry, survey_offsets, surveyed
from homeward.scenario.build.initial_state import InitialState
from homeward.scenario.build.launch import Insertion
from homeward.scenario.build.sensors import ZONALS, antennas_of, inertial_unit, nominal_draws
from homeward.scenario.build.thruster_layout import docking_thrusters
from homeward.scenario.build.world import (
    build_air,
    build_earth,
    build_ellipsoid,
    build_gravity,
    densities,
    number,
    numbers,
    orbit_table,
)
from homeward.scenario.schema.rendezvous import Rendezvous
from homeward.scenario.schema.scenario import Scenario
from homeward.vehicle.parameters import Engine
from homeward.world.dynamics.docking_bodies import Hull, StationMotion
from homeward.world.dynamics.two_spacecraft import PairWorld
from homeward.world.environment.atmosphere import UsStandard1976
from homeward.world.environment.interfaces import AbstractAtmosphere
from homeward.world.sensors.rendezvous import PairSensors
from homeward.world.sensors.rendezvous_specifications import pair_sensors

SENSOR_PLACES = ("star", "satellite", "station", "relative", "radar", "lidar", "camera")
AIR_LOW, AIR_HIGH = 150e3, 420e3  # m between which the believed air is one exponential
LEAST_RISE = 50e3  # m between two altitudes, at least, that an exponential is laid through
# Both assumed: a plume half as strong 27 deg off its axis; a docking ring that gives back 0.4 of the speed.
PLUME_POWER, RESTITUTION = 6.0, 0.4
CARRY_STEP = 30.0  # s at most between the steps by which a station's state is carried to the launch


def build_hull(scenario: Scenario, told: Rendezvous) -> Hull:
    """Inertia, thrusters, ports, and how the station moves."""
    s, t = told.ship, told.station
    # The station's axes are those of its orbit but for its small motion: see docs/models/docking.md.
    drawn = drawn_geometry(told)
    thrusters = docking_thrusters(
        s.length_m, s.radius_m, s.center_of_mass_m, axial=s.axial_thrust_n, lateral=s.lateral_thrust_n,
        minimum_pulse=s.minimum_pulse_s, specific_impulse=s.specific_impulse_s,
    )  # fmt: skip
    if told.faults.thruster >= len(np.asarray(thrusters.thrust)):
        raise InputError(
            f"{scenario.place('rendezvous.faults.thruster')}: expected a number below "
            f"{len(np.asarray(thrusters.thrust))}, that of the thrusters, not {told.faults.thruster}"
        )
    if told.faults.thruster >= 0:
        share = np.ones(len(np.asarray(thrusters.thrust)))
        share[told.faults.thruster] = 0.0
        thrusters = eqx.tree_at(lambda x: x.share, thrusters, numbers(share))
    size = 4.0 * t.half_size_m[0] * t.half_size_m[2]
    return Hull(
        inertia=numbers(np.diag(s.inertia_kg_m2)), inertia_mass=number(s.mass_kg), thrusters=thrusters,
        inertial=inertial_unit(scenario, nominal_draws()),
        dock_B=drawn.dock_B, port_T=drawn.port_T, C_DT=drawn.C_DT,
        motion=StationMotion(
            numbers(np.radians(np.array(t.offset_deg) - t.tumble_from_s * np.array(t.tumble_deg_s))),
            numbers(np.radians(t.swing_deg)),
            numbers(2.0 * np.pi / np.array(t.swing_period_s)), numbers([0.0, 1.0, 2.0]),
            numbers(np.radians(t.tumble_deg_s)),
        ),
        station_mass=number(t.mass_kg), station_area=number(size), plume_power=number(PLUME_POWER),
        missed_captures=jnp.asarray(told.faults.missed_captures, int), restitution=number(RESTITUTION),
        corridor=number(np.tan(np.radians(t.corridor_deg))),
    )  # fmt: skip


def build_pair_sensors(scenario: Scenario, told: Rendezvous) -> PairSensors:
    """The sensors with the scenario's factors, and the satellite receiver's antennas."""
    f = told.sensors
    works = numbers([0.0 if name in f.failed else 1.0 for name in SENSOR_PLACES])
    return pair_sensors(
        satellite=f.satellite, station=f.satellite, relative=f.relative, radar=f.radar, lidar=f.lidar,
        camera=f.camera, camera_latency=f.camera_latency_s, camera_tag_error=f.camera_tag_error_s,
        works=works, antennas=antennas_of(scenario.truth.sensors),
    )  # fmt: skip


def trim_engine(told: Rendezvous) -> Engine:
    """The four thrusters that push forward, as one engine."""
    return Engine(number(4.0 * told.ship.axial_thrust_n), number(told.ship.specific_impulse_s * G0))


def main_engine(scenario: Scenario) -> Engine:
    """The ship's main engine."""
    e = scenario.truth.engine
    return Engine(number(e.count * e.thrust_n), number(e.specific_impulse_s * G0))


def build_pair_world(scenario: Scenario, told: Rendezvous, epoch: Epoch, span: float) -> PairWorld:
    """The true world over ``span`` [s] from the epoch, undispersed."""
    s, t = told.ship, told.station
    gravity = scenario.truth.gravity
    world = PairWorld(
        orientation=build_earth(scenario, epoch, span), ellipsoid=build_ellipsoid(scenario),
        gravity=build_gravity(scenario),
        third_bodies=build_third_bodies(epoch, span) if gravity.sun_and_moon else None,
        thin_air=orbit_table(build_air(scenario, epoch), scenario.truth.air.density_scale),
        density_scale=number(1.0), ship_drag=number(s.drag_area_m2 * s.drag_coefficient),
        station_drag=number(t.drag_area_m2 * t.drag_coefficient / t.mass_kg),
        engine=main_engine(scenario), trim=trim_engine(told), thrust_misalignment=numbers([0.0, 0.0, 0.0]),
        accelerometer_scale=number(0.0), sensors=build_pair_sensors(scenario, told),
        hull=build_hull(scenario, told),
    )  # fmt: skip
    return surveyed(world, numbers(survey_offsets(told)))


def believed_air(scenario: Scenario, epoch: Epoch) -> np.ndarray:
    """Log density at an altitude, its slope and that altitude: see ``PairModel.air``."""
    return _as_exponential(build_air(scenario.as_believed(), epoch))


def believed_air_between(scenario: Scenario, epoch: Epoch, inserted: Insertion) -> np.ndarray:
    """As ``believed_air``, right at the altitudes of the insertion and of the station: what the filter's drag
    goes by. The other is a fit to the bottom of the thermosphere, and a quarter of the density at 390 km."""
    high = max(float(np.linalg.norm(inserted.station[0])) - WGS84_A, AIR_LOW + LEAST_RISE)
    low = min(float(np.linalg.norm(inserted.ship[0])) - WGS84_A, high - LEAST_RISE)
    air = build_air(scenario.as_believed(), epoch)
    one, two = np.log(np.maximum(np.asarray(densities(air, numbers([low, high]))), 1e-30))
    return np.array([two, (two - one) / (high - low), high])


def _as_exponential(air: AbstractAtmosphere) -> np.ndarray:
    heights = np.linspace(AIR_LOW, AIR_HIGH, 109)
    density = np.asarray(densities(air, numbers(heights)))
    # Weighed toward the bottom, where nearly all of the drag is.
    weight = np.sqrt(density / density[0])
    slope, level = np.polyfit(heights - AIR_LOW, np.log(np.maximum(density, 1e-30)), 1, w=weight)
    return np.array([level, slope, AIR_LOW])


def build_model(scenario: Scenario, epoch: Epoch, C_EI: np.ndarray) -> PairModel:
    """The flight's own orbits."""
    gravity = scenario.onboard_data.gravity
    point = gravity.model == "central"
    mu = gravity.mu_m3_s2 or MU_EGM96
    zonals = numbers([0.0, 0.0, 0.0] if point else list(ZONALS))
    earth = ZonalEarth(number(mu), number(RADIUS_EGM96), zonals)
    return PairModel(earth, numbers(C_EI[2]), number(OMEGA_WGS84), numbers(believed_air(scenario, epoch)))


def carried_to(told: Rendezvous, start: InitialState, epoch: Epoch) -> tuple[np.ndarray, np.ndarray]:
    """The station's state [m, m/s, I] at ``epoch``, flown on from (or back to) where it is given.

    Zonal gravity and the air of the U.S. Standard Atmosphere 1976. What it leaves out, the rest of the field
    above all, is about a hundred metres along the orbit in an hour: state the orbit near the launch.
    """
    duration, t = epoch.since(start.epoch), told.station
    earth = ZonalEarth(number(MU_EGM96), number(RADIUS_EGM96), numbers(ZONALS))
    pole = earth_spin([epoch])[0][0][2]
    air = numbers(_as_exponential(UsStandard1976()))
    model = PairModel(earth, numbers(pole), number(OMEGA_WGS84), air)
    drag = number(t.drag_area_m2 * t.drag_coefficient / t.mass_kg)
    # Powers of two: a search for windows would compile a program for each time otherwise.
    steps = 2 ** max(int(np.ceil(np.log2(max(abs(duration), 1.0) / CARRY_STEP))), 0)
    r, v = _flown(model, numbers(start.r_I), numbers(start.v_I), drag, number(duration), steps=steps)
    return np.asarray(r), np.asarray(v)


@program
def _flown(model, r, v, drag, duration, steps: int):
    return fly(model, r, v, drag, duration, steps)
