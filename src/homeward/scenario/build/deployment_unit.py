"""The parachute deployment unit of a scenario: its sensors, and what the flight software expects of them."""

import equinox as eqx
import numpy as np

from homeward.earth.constants import G0
from homeward.earth.time import Epoch
from homeward.flight.descent.deployment_logic import DeploymentSettings
from homeward.flight.executive.flight_computer import FlightComputer
from homeward.scenario.build.world import build_air, number, numbers
from homeward.scenario.schema.scenario import Scenario
from homeward.world.sensors.deployment_sensors import DeploymentSensors, static_pressure

DRAWS = 10  # standard normal numbers of a flight: biases, scale errors of both kinds, the vent's coefficient
CIRCULAR = 7500.0  # m/s, seen from the ground: an entry from low orbit, until the return is planned
NOMINAL_MACH = 0.7  # at the deployment: taken for the flow's correction where navigation is lost


def deployment_sensors(scenario: Scenario, draws: np.ndarray) -> DeploymentSensors:
    """The unit's sensors with the ``DRAWS`` standard normal numbers of a flight."""
    f, vent, x = scenario.truth.deployment, scenario.truth.vent, draws
    return DeploymentSensors(
        bias=numbers(f.transducer_bias_pa * x[0:3]), scale_factor=numbers(f.transducer_scale * x[3:6]),
        noise=number(f.transducer_noise_pa),
        cavity=number(vent.pressure_coefficient + f.vent_pressure_coefficient_sigma * x[9]),
        lag=number(vent.lag_s), works=numbers([1.0, 1.0, 1.0]),
        load_scale=numbers(f.accelerometer_scale * x[6:9]),
    )  # fmt: skip


def nominal_draws() -> np.ndarray:
    """A nominal flight carries the 1-sigma figures themselves, signs in turn."""
    return np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, 0.0])


def build_deployment(scenario: Scenario, epoch: Epoch) -> DeploymentSettings:
    """What the flight software was loaded with."""
    data, d = scenario.onboard_data, scenario.flight.descent
    vent = data.vent
    altitude = scenario.return_.legs.opening_altitude_m
    air = build_air(scenario.as_believed(), epoch).at(number(altitude))
    density = air.density * data.air.density_scale
    return DeploymentSettings(
        altitude=number(altitude), arm_altitude=number(altitude + d.arm_margin_m),
        pressure=number(float(static_pressure(density, air.sound_speed))),
        scale_height=number(float(air.sound_speed) ** 2 / (1.4 * G0)),
        pressure_sigma=number(d.pressure_sigma_m), cavity=number(vent.pressure_coefficient),
        lag=number(vent.lag_s), sound_speed=number(float(air.sound_speed)),
        nominal_speed=number(NOMINAL_MACH * float(air.sound_speed)), timer=number(d.deployment_timer_s),
        entry_speed=number(CIRCULAR), load=number(d.deployment_load_g),
    )  # fmt: skip


def expecting(flight: FlightComputer, v_E: np.ndarray) -> FlightComputer:
    """The flight computer loaded with the planned speed at the interface, of ``v_E`` [m/s]."""
    speed = float(np.linalg.norm(v_E))
    if not np.isfinite(speed):
        return flight
    return eqx.tree_at(lambda f: f.deployment.entry_speed, flight, number(speed))
