"""The flight computer of a scenario, loaded with the onboard data set and nothing else."""

import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.program import program
from homeward.earth.constants import G0, J2_EGM96, MU_EGM96, OMEGA_WGS84, SUTTON_GRAVES_EARTH, WGS84_A
from homeward.earth.geodesy import north_east_down
from homeward.earth.orientation import AbstractOrientation
from homeward.earth.time import Epoch
from homeward.flight.descent.parachute_drift import LAYER, LAYERS, aim_point, drift
from homeward.flight.descent.sequencer import DescentSettings
from homeward.flight.entry.onboard_model import OnboardModel, fit_air
from homeward.flight.entry.predictor_corrector import PredictiveEntryGuidance, PredictiveSettings
from homeward.flight.entry.predictor_corrector_v1 import PredictiveV1EntryGuidance, PredictiveV1Settings
from homeward.flight.executive.flight_computer import FlightComputer
from homeward.flight.interfaces import AbstractEntryGuidance, AbstractNavigation
from homeward.flight.navigation.fix_navigation import FixNavigation
from homeward.flight.navigation.inertial_navigation import StrapdownNavigation
from homeward.icd import EntryTarget
from homeward.scenario.build.deployment_unit import build_deployment
from homeward.scenario.build.entry_guidance import build_ballistic, build_fnpeg, build_reference, build_watch
from homeward.scenario.build.initial_navigation import nothing_known
from homeward.scenario.build.initial_state import initial_state
from homeward.scenario.build.main_deployment import build_main_timing
from homeward.scenario.build.sensors import build_strapdown, build_waiting
from homeward.scenario.build.six_dof_body import build_health, build_steering
from homeward.scenario.build.wind_estimation import build_winds
from homeward.scenario.build.world import (
    build_aerodynamics,
    build_air,
    build_earth,
    build_ellipsoid,
    build_parachutes,
    build_wind,
    densities,
    number,
    numbers,
)
from homeward.scenario.schema.scenario import Scenario
from homeward.vehicle.parameters import Parachutes
from homeward.world.environment.wind import WindTable

SPEED_KNOTS = np.array([60.0, 150.0, 250.0, 320.0, 400.0, 620.0, 1200.0, 3000.0, 9000.0])  # m/s
# Steps of the predictor: 16 leave some 0.5 km at the interface of an entry from orbit, 96 as much of one from
# the Moon; both shrink with the range to go.
ORBIT_STEPS, FAST_STEPS, FAST_ENTRY = 12, 48, 9000.0
FAST_STEPS_V1 = 96
HEAT_SHARE, NO_LIMIT = 0.95, 1e30  # of the limit of heat load that the law keeps to; where there is none
# Of the limit of load: foreseen in a first dip, met by no plan, held. The rest is for air not foreseen.
GUARD_ON, LOAD_KEPT, LOAD_HELD = 0.88, 0.975, 0.95
SOUND_SPEED = 300.0  # m/s: the flight computer takes Mach for speed over this
HALF_AIR = 1.6  # of the nominal rate of descent: more than a sound main's in air half as dense, 1.4
LESS = 0.8  # of the backup's area: with less open than that it is called for
HIGH_LAYER = 80  # of the air's layers, 8 km up: to there the main hangs
STEERING_LAYER = (10e3, 25e3)  # m: whose mean forecast wind the predictor uses


@program
def _coefficients(aero, mach):
    return jax.vmap(aero.coefficients)(mach)


def believed_mass(scenario: Scenario) -> float:
    """Mass of the capsule [kg] that the flight computer reckons with."""
    return scenario.onboard_data.capsule.mass_kg


def believed_parachutes(scenario: Scenario) -> Parachutes:
    """Canopies and heat shield as the onboard data set has them."""
    return build_parachutes(scenario.as_believed())


def forecast_of(scenario: Scenario) -> WindTable:
    """The mean wind that the flight software is told before any forecast of the day."""
    return build_wind(scenario.as_believed())


def believed_orientation(
    scenario: Scenario, epoch: Epoch, span: float, true: AbstractOrientation
) -> AbstractOrientation:
    """How the Earth turns by the onboard data; ``true`` itself where the two say the same."""
    same = scenario.onboard_data.earth == scenario.truth.earth
    return true if same else build_earth(scenario.as_believed(), epoch, span)


def forecast_wind(scenario: Scenario, wind: WindTable) -> jax.Array:
    """Mean forecast wind of the steering layer in Earth-fixed components [m/s] at the site."""
    return _steering_wind(
        wind, number(np.radians(scenario.site.latitude_deg)), number(np.radians(scenario.site.longitude_deg))
    )


def steering_wind(wind: WindTable, latitude, longitude) -> jax.Array:
    """Mean wind of the steering layer, Earth-fixed [m/s], at a place [rad]; zero if no row lies in it."""
    heights = wind.altitudes()
    inside = ((heights >= STEERING_LAYER[0]) & (heights <= STEERING_LAYER[1])).astype(float)
    mean = jnp.sum(wind.rows * inside[:, None], axis=0) / jnp.maximum(jnp.sum(inside), 1.0)
    C_NE = north_east_down(latitude, longitude)
    return C_NE[0] * mean[0] + C_NE[1] * mean[1]


_steering_wind = program(steering_wind)


def build_onboard(scenario: Scenario, epoch: Epoch, wind: WindTable) -> OnboardModel:
    """The onboard model: a polynomial air, straight lines for drag and lift against speed."""
    own, data = scenario.as_believed(), scenario.onboard_data
    cl, cd = _coefficients(build_aerodynamics(own), SPEED_KNOTS / SOUND_SPEED)
    area = np.pi * data.capsule.diameter_m**2 / 4
    heights = np.arange(0.0, 130e3, 1e3)
    density = np.asarray(densities(build_air(own, epoch), heights)) * data.air.density_scale
    ellipsoid = build_ellipsoid(own)
    rate = data.earth.rotation_rate_rad_s if data.earth.orientation == "uniform" else OMEGA_WGS84
    mu, calm = data.gravity.mu_m3_s2 or MU_EGM96, scenario.flight.believed.wind == "none"
    return OnboardModel(
        mu=number(mu),
        j2=number(0.0 if data.gravity.model == "central" else J2_EGM96),
        equatorial_radius=ellipsoid.a, flattening=ellipsoid.f, rotation=number(rate),
        air=numbers(fit_air(heights, density)), speed_knots=numbers(SPEED_KNOTS),
        drag=numbers(np.asarray(cd) * area / believed_mass(scenario)),
        lift_to_drag=numbers(np.asarray(cl) / np.asarray(cd)),
        wind=numbers(np.zeros(3)) if calm else forecast_wind(scenario, wind),
    )  # fmt: skip


def build_law(scenario: Scenario, onboard: OnboardModel) -> AbstractEntryGuidance:
    """The law of Homeward's own that the scenario names."""
    match scenario.flight.guidance.law:
        case "reference":
            return build_reference(scenario, onboard)
        case "ballistic":
            return build_ballistic(scenario, onboard)
        case "fnpeg":
            return build_fnpeg(scenario, onboard, entry_speed(scenario) > FAST_ENTRY)
        case "predictive-v1":
            return build_guidance_v1(scenario, onboard)
        case _:
            return build_guidance(scenario, onboard)


def entry_speed(scenario: Scenario) -> float:
    """Inertial speed [m/s] at the interface of a flight that starts there, or above it; 0 from orbit."""
    if scenario.return_.legs.start != "interface":
        return 0.0
    interface = scenario.return_.initial.interface
    if interface is not None:
        return interface.speed_m_s
    start = initial_state(scenario)
    radius = WGS84_A + scenario.flight.guidance.interface_altitude_m
    fallen = 2.0 * MU_EGM96 * (1.0 / radius - 1.0 / float(np.linalg.norm(start.r_I)))
    return float(np.sqrt(max(float(start.v_I @ start.v_I) + fallen, 0.0)))


def guarded_load(scenario: Scenario, onboard: OnboardModel) -> float:
    """Load [g] that must not be passed: the crew's, or that at which the dynamic pressure is at its limit."""
    limits = scenario.onboard_data.limits
    force = (
        limits.dynamic_pressure_pa * float(onboard.drag[-1]) * np.hypot(1.0, float(onboard.lift_to_drag[-1]))
    )
    return min(limits.load_g, force / G0)


def build_guidance(scenario: Scenario, onboard: OnboardModel) -> PredictiveEntryGuidance:
    """The second generation, with the scenario's settings."""
    g, c, limits = scenario.flight.guidance, scenario.onboard_data.capsule, scenario.onboard_data.limits
    rate, turn = c.bank_rate_limit_deg_s, c.bank_acceleration_limit_deg_s2
    rad = np.radians
    fast = entry_speed(scenario) > FAST_ENTRY
    most = guarded_load(scenario, onboard)
    heat = np.sqrt(c.nose_radius_m) / SUTTON_GRAVES_EARTH
    taken = limits.heat_load_j_m2
    return PredictiveEntryGuidance(
        onboard,
        PredictiveSettings(
            bank_start=number(rad(g.bank_nominal_deg)), bank_end=number(rad(g.bank_end_deg)),
            bank_minimum=number(rad(10.0)), bank_maximum=number(rad(165.0)), bank_step=number(rad(6.0)),
            speed_end=number(530.0), terminal_speed=number(530.0), final_speed=number(3200.0),
            early_share=number(g.early_share), reversal_share=number(0.3),
            load_limit=number(g.load_limit_g), guard_on=number(GUARD_ON * most),
            load_kept=number(LOAD_KEPT * most), load_held=number(LOAD_HELD * most),
            heat_most=number(heat * limits.heat_rate_w_m2),
            heated_most=number(NO_LIMIT if taken is None else HEAT_SHARE * heat * taken),
            drag_memory=number(8.0), lasting_memory=number(40.0), cycle=number(1.0 / g.rate_hz),
            rate_limit=number(rad(rate)), acceleration_limit=number(rad(turn)),
        ),
        steps=g.predictor_steps or (FAST_STEPS if fast else ORBIT_STEPS), plans=3 if fast else 1,
        heat_kept=taken is not None,
    )  # fmt: skip


def build_guidance_v1(scenario: Scenario, onboard: OnboardModel) -> PredictiveV1EntryGuidance:
    """The second generation with one bank parameter, with the scenario's settings."""
    g, c = scenario.flight.guidance, scenario.onboard_data.capsule
    rate, turn = c.bank_rate_limit_deg_s, c.bank_acceleration_limit_deg_s2
    rad = np.radians
    fast = entry_speed(scenario) > FAST_ENTRY
    return PredictiveV1EntryGuidance(
        onboard,
        PredictiveV1Settings(
            bank_start=number(rad(g.bank_nominal_deg)), bank_end=number(rad(g.bank_end_deg)),
            bank_minimum=number(rad(10.0)), bank_maximum=number(rad(115.0)),
            bank_fast=number(rad(g.bank_fast_deg)), bank_step=number(rad(6.0)),
            speed_end=number(530.0), terminal_speed=number(530.0), final_speed=number(3200.0),
            reversal_share=number(0.3),
            load_limit=number(g.load_limit_g), load_lead=number(5.0),
            drag_memory=number(8.0), lasting_memory=number(40.0), cycle=number(1.0 / g.rate_hz),
            rate_limit=number(rad(rate)), acceleration_limit=number(rad(turn)),
        ),
        steps=g.predictor_steps or (FAST_STEPS_V1 if fast else ORBIT_STEPS),
    )  # fmt: skip


def build_target(scenario: Scenario, epoch: Epoch, forecast: WindTable) -> EntryTarget:
    """The aim point under a forecast: the site, shifted upwind by the drift."""
    parachutes, mass = believed_parachutes(scenario), number(believed_mass(scenario))
    return target_under(scenario, parachutes, mass, low_air(scenario, epoch), forecast)


def low_air(scenario: Scenario, epoch: Epoch) -> jax.Array:
    """Expected density [kg/m3] in the layers that the drift is reckoned in."""
    levels = LAYER * np.arange(LAYERS + 50)
    air = build_air(scenario.as_believed(), epoch)
    return numbers(np.asarray(densities(air, levels)) * scenario.onboard_data.air.density_scale)


def target_under(scenario: Scenario, parachutes, mass, density, forecast: WindTable) -> EntryTarget:
    """The aim point for a given forecast: runs under ``vmap`` over forecasts."""
    own = scenario.as_believed()
    site, opening = own.site, scenario.return_.legs.opening_altitude_m
    latitude, longitude = np.radians(site.latitude_deg), np.radians(site.longitude_deg)
    place = numbers([latitude, longitude, site.altitude_m, opening])
    return _target(
        build_ellipsoid(own), parachutes, mass, density, forecast, place,
        calm=scenario.flight.believed.wind == "none", ends_high=scenario.return_.legs.end == "opening",
    )  # fmt: skip


@program
def _target(
    ellipsoid, parachutes, mass, density, forecast: WindTable, place, calm: bool, ends_high: bool
) -> EntryTarget:
    latitude, longitude, ground, opening = place
    levels = LAYER * jnp.arange(density.shape[0], dtype=float)
    rows = jax.vmap(forecast.at)(levels)
    if calm:
        rows = rows * 0.0
    north = east = jnp.zeros_like(mass)
    if not ends_high:
        moved = drift(parachutes, mass, density, rows[:, 0], rows[:, 1], opening, ground)
        north, east = moved.north, moved.east
    return EntryTarget(aim_point(ellipsoid, latitude, longitude, opening, north, east), opening)


def build_descent(scenario: Scenario, density: jax.Array) -> DescentSettings:
    """Timers and thresholds of the parachute sequence; ``density`` [kg/m3] by ``low_air``."""
    p, retro = scenario.onboard_data.parachute, scenario.onboard_data.retro
    mass = believed_mass(scenario) - p.heat_shield_kg
    rate = float(np.sqrt(2.0 * mass * G0 / (1.1 * p.main_area_m2)))
    low, high = (float(density[k]) for k in (0, HIGH_LAYER))
    # Less is open than four fifths of the backup; a sound main does not fall so fast even in half the air.
    ratio = 1e3 if p.backup_area_m2 <= 0.0 else np.sqrt(p.main_area_m2 / (LESS * p.backup_area_m2))
    return DescentSettings(
        main_check_time=number(p.main_reefed_time_s + p.main_fill_s + 4.0),
        too_fast=number(3.0 * rate),
        heat_shield_altitude=number(p.heat_shield_altitude_m if p.heat_shield_kg > 0 else -1e4),
        retro_height=number(-1e4 if retro is None else retro.height_m),
        retro_speed=number(rate),
        backup_rate=number(max(ratio, HALF_AIR) * np.sqrt(2.0 * mass * G0 / (low * p.main_area_m2))),
        thinning=number(0.5 * np.log(low / high) / (HIGH_LAYER * LAYER)),
        backup_fill=number(p.main_fill_s),
    )


def build_flight(
    scenario: Scenario,
    epoch: Epoch,
    orientation: AbstractOrientation,
    guidance: AbstractEntryGuidance | None = None,
    navigation: AbstractNavigation | None = None,
    turning: bool = False,
) -> FlightComputer:
    """The flight computer, loaded with the onboard data set; a user's own guidance or navigation takes the
    seat of ours. ``orientation`` is how the Earth turns by the onboard data (``believed_orientation``)."""
    wind = forecast_of(scenario)
    onboard = None
    if guidance is None:
        onboard = build_onboard(scenario, epoch, wind)
        guidance = build_law(scenario, onboard)
    if onboard is None:
        onboard = build_onboard(scenario, epoch, wind)
    e, s = scenario.onboard_data.engine, scenario.onboard_data.stack
    mass = believed_mass(scenario) + s.service_module_kg + s.propellant_kg
    if navigation is None:
        filtered = turning and scenario.flight.navigation.law == "filter"
        navigation = build_strapdown(scenario, orientation, epoch) if filtered else FixNavigation(orientation)
    low, alone = low_air(scenario, epoch), number(believed_mass(scenario))
    return FlightComputer(
        navigation=navigation,
        guidance=guidance,
        descent=build_descent(scenario, low),
        main=build_main_timing(scenario, low, alone, wind),
        target=build_target(scenario, epoch, wind),
        ellipsoid=build_ellipsoid(scenario.as_believed()),
        thrust_acceleration=number(e.count * e.thrust_n / mass),
        deployment=build_deployment(scenario, epoch),
        steering=build_steering(scenario, orientation) if turning else None,
        health=build_health(scenario, mass, believed_mass(scenario)) if turning else None,
        entry_watch=build_watch(scenario, guidance, onboard) if turning else None,
        # What it starts from follows from where the flight begins; until then, nothing.
        start=nothing_known() if isinstance(navigation, StrapdownNavigation) else None,
        waiting=build_waiting(scenario, epoch) if turning else None,
        winds=build_winds(scenario, low, alone, wind, onboard),
    )
