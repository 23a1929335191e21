"""From a checked scenario to arrays: the only crossing between the file and what is computed."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.program import program
from homeward.earth.constants import G0, J2_EGM96, MU_EGM96, RADIUS_EGM96
from homeward.earth.ephemeris import build_third_bodies, sun_direction
from homeward.earth.geodesy import Ellipsoid
from homeward.earth.orientation import AbstractOrientation, UniformRotation, build_orientation
from homeward.earth.time import Epoch
from homeward.errors import InputError
from homeward.scenario.faults.schedule import with_storm
from homeward.scenario.schema.scenario import Scenario
from homeward.typing import Scalar
from homeward.vehicle.parameters import Capsule, Engine, Parachutes, Retro, Stack
from homeward.world.aerodynamics.six_dof import BodyAerodynamics
from homeward.world.aerodynamics.trim import ConstantAerodynamics, apollo
from homeward.world.environment.atmosphere import (
    ExponentialAtmosphere,
    TableAtmosphere,
    UsStandard1976,
    msis_table,
    sample,
    table_atmosphere,
)
from homeward.world.environment.gravity import CentralGravity, J2Gravity, egm96
from homeward.world.environment.interfaces import AbstractAerodynamics, AbstractAtmosphere, AbstractGravity
from homeward.world.environment.wind import WindTable, wind_table
from homeward.world.fault_schedule import Faults
from homeward.world.position_fix import micro_g
from homeward.world.six_dof_model import BodyModel
from homeward.world.world import NavigationErrorModel, World

AIR_STEP, AIR_ROWS = 500.0, 301  # m: the air of entry and descent, to 150 km
THIN_STEP, THIN_BOTTOM, THIN_ROWS = 5000.0, 100e3, 181  # the air of the orbit, to 1,000 km
ARCSECOND = np.pi / 648000.0


def number(value: float | int) -> jax.Array:
    """A scalar array: no number in a pytree stays a Python float, which would compile anew each time."""
    return jnp.asarray(float(value), float)


def numbers(values: Sequence[float] | np.ndarray) -> jax.Array:
    """A row of numbers as an array; without a stated type JAX would compile a program for every length."""
    return jnp.asarray(np.asarray(values, float), float)


def build_ellipsoid(scenario: Scenario) -> Ellipsoid:
    """The body that altitude is measured from."""
    earth = scenario.truth.earth
    return Ellipsoid.sphere(earth.radius_m) if earth.shape == "sphere" else Ellipsoid.wgs84()


def build_earth(scenario: Scenario, epoch: Epoch, span: float) -> AbstractOrientation:
    """How the Earth turns over ``span`` [s] from the epoch."""
    earth = scenario.truth.earth
    if earth.orientation == "uniform":
        return UniformRotation.of(0.0, earth.rotation_rate_rad_s)
    return build_orientation(epoch, span)


def build_gravity(scenario: Scenario) -> AbstractGravity:
    """The field that pulls."""
    g = scenario.truth.gravity
    mu = MU_EGM96 if g.mu_m3_s2 is None else g.mu_m3_s2
    match g.model:
        case "central":
            return CentralGravity(number(mu))
        case "j2":
            return J2Gravity(number(mu), number(RADIUS_EGM96), number(J2_EGM96))
        case _:
            return egm96(g.degree)


def build_air(scenario: Scenario, epoch: Epoch) -> AbstractAtmosphere:
    """The air as the scenario's model gives it, before any dispersion."""
    air = scenario.truth.air
    match air.model:
        case "exponential":
            model: AbstractAtmosphere = ExponentialAtmosphere(
                number(air.surface_density_kg_m3), number(air.scale_height_m), number(250.0)
            )
        case "table":
            assert air.altitude_m is not None and air.density_kg_m3 is not None
            model = table_atmosphere(air.altitude_m, air.density_kg_m3, air.temperature_k)
        case "msis":
            altitudes = np.concatenate([np.arange(0.0, 150e3, 1e3), np.arange(150e3, 1001e3, 10e3)])
            latitudes = np.full(altitudes.shape, np.radians(scenario.site.latitude_deg))
            longitudes = np.full(altitudes.shape, np.radians(scenario.site.longitude_deg))
            model = msis_table(epoch.to_iso(), altitudes, latitudes, longitudes, f107=air.f107, ap=air.ap)
        case _:
            model = UsStandard1976()
    return model


def entry_table(model: AbstractAtmosphere, scale: float) -> TableAtmosphere:
    """The rows in which entry and descent read the air."""
    return _sampled(model, number(0.0), number(AIR_STEP), number(np.log(scale)), rows=AIR_ROWS)


def orbit_table(model: AbstractAtmosphere, scale: float) -> TableAtmosphere:
    """The rows in which the orbit reads the air."""
    return _sampled(model, number(THIN_BOTTOM), number(THIN_STEP), number(np.log(scale)), rows=THIN_ROWS)


@program
def _sampled(model: AbstractAtmosphere, h0: Scalar, dh: Scalar, shift: Scalar, rows: int) -> TableAtmosphere:
    table = sample(model, h0, dh, rows)
    return TableAtmosphere(h0, dh, table.rows.at[:, 0].add(shift).at[:, 2].add(shift))


@program
def densities(model: AbstractAtmosphere, altitudes: jax.Array) -> jax.Array:
    """Density [kg/m3] at altitudes [m], both (n,)."""
    return jax.vmap(lambda h: model.at(h).density)(altitudes)


def build_wind(scenario: Scenario) -> WindTable:
    """The mean wind on an even grid."""
    wind = scenario.truth.wind
    if wind.model == "none":
        return wind_table([0.0, 90e3], [0.0, 0.0], [0.0, 0.0], step=WIND_STEP)
    top = max(wind.altitude_m[-1], 90e3)
    altitudes: Sequence[float] = wind.altitude_m
    north, east = list(wind.north_m_s), list(wind.east_m_s)
    if altitudes[-1] < top:
        altitudes, north, east = [*altitudes, top], [*north, north[-1]], [*east, east[-1]]
    return wind_table(altitudes, north, east, step=WIND_STEP)


WIND_STEP = 500.0  # m


def build_aerodynamics(scenario: Scenario) -> AbstractAerodynamics:
    """Trim lift and drag."""
    capsule = scenario.truth.capsule
    ratio, scale = capsule.lift_to_drag, capsule.drag_scale
    if capsule.aero == "constant":
        cd = capsule.drag_coefficient * scale
        return ConstantAerodynamics(number(cd * ratio), number(cd))
    if capsule.aero == "shape":
        from homeward.scenario.build.six_dof_body import shape_trim

        return shape_trim(scenario)
    return apollo(ratio, scale)


def build_capsule(scenario: Scenario) -> Capsule:
    """The descent module."""
    c = scenario.truth.capsule
    return Capsule(
        mass=number(c.mass_kg), area=number(np.pi * c.diameter_m**2 / 4), nose_radius=number(c.nose_radius_m),
        bank_rate_limit=number(np.radians(c.bank_rate_limit_deg_s)),
        bank_acceleration_limit=number(np.radians(c.bank_acceleration_limit_deg_s2)),
    )  # fmt: skip


def build_parachutes(scenario: Scenario) -> Parachutes:
    """Canopies and heat shield."""
    p = scenario.truth.parachute
    return Parachutes(
        *(
            number(x)
            for x in (
                p.drogue_area_m2, p.drogue_fill_s, p.drogue_time_s, p.main_area_m2, p.main_reefed_fraction,
                p.main_reefed_time_s, p.main_fill_s, p.backup_area_m2, p.heat_shield_kg,
                p.heat_shield_altitude_m,
            )
        )
    )  # fmt: skip


def build_world(
    scenario: Scenario,
    epoch: Epoch,
    span: float,
    aero: AbstractAerodynamics | None = None,
    atmosphere: AbstractAtmosphere | None = None,
    turning: bool = False,
) -> World:
    """The true world of an undispersed flight over ``span`` [s] from the epoch; a user's own models go in."""
    from homeward.scenario.build.deployment_unit import deployment_sensors, nominal_draws

    t = scenario.truth
    model = build_air(scenario, epoch) if atmosphere is None else atmosphere
    n = t.navigation
    band = np.asarray(densities(model, numbers([n.blackout_top_m, n.blackout_bottom_m])))
    zeros = numbers([0.0, 0.0, 0.0])
    retro = t.retro
    return World(
        orientation=build_earth(scenario, epoch, span),
        ellipsoid=build_ellipsoid(scenario),
        gravity=build_gravity(scenario),
        third_bodies=build_third_bodies(epoch, span) if t.gravity.sun_and_moon else None,
        atmosphere=entry_table(model, t.air.density_scale),
        thin_air=orbit_table(model, t.air.density_scale),
        wind=build_wind(scenario),
        aerodynamics=build_aerodynamics(scenario) if aero is None or turning else aero,
        capsule=build_capsule(scenario),
        stack=Stack(
            *(
                number(x)
                for x in (
                    t.stack.orbital_module_kg, t.stack.service_module_kg, t.stack.propellant_kg,
                    t.stack.drag_area_m2, t.stack.drag_coefficient, t.stack.service_module_ballistic_kg_m2,
                )
            )
        ),
        engine=Engine(number(t.engine.count * t.engine.thrust_n), number(t.engine.specific_impulse_s * G0)),
        thrust_misalignment=zeros,
        parachutes=build_parachutes(scenario),
        retro=Retro(number(0.0), number(0.0), number(0.0))
        if retro is None
        else Retro(number(retro.height_m), number(retro.thrust_n), number(retro.burn_time_s)),
        navigation=NavigationErrorModel(
            position_sigma=number(n.position_sigma_m), velocity_sigma=number(n.velocity_sigma_m_s),
            correlation_time=number(n.correlation_time_s),
            # A nominal flight carries the 1-sigma figures themselves, one sign an axis.
            accelerometer_bias=numbers(
                np.array([1.0, -1.0, 1.0]) * micro_g(n.blackout_accelerometer_bias_ug)
            ),
            misalignment=numbers(np.array([1.0, 1.0, -1.0]) * n.blackout_misalignment_arcsec * ARCSECOND),
            blackout_density=(number(float(band[0])), number(float(band[1]))),
            blackout_speed=number(n.blackout_speed_m_s),
            altimeter_sigma=number(0.0 if retro is None else retro.altimeter_sigma_m),
        ),
        deployment=deployment_sensors(scenario, nominal_draws()),
        faults=with_storm(
            Faults(
                number(max(float(t.parachute.drogue_fails), t.canopies.drogues_failed / t.canopies.drogues)),
                number(max(float(t.parachute.main_fails), t.canopies.mains_failed / t.canopies.mains)),
            ),
            scenario,
        ),
        ground_altitude=number(scenario.site.altitude_m),
        body=_body(scenario, band, aero, epoch) if turning else None,
    )  # fmt: skip


def _body(scenario: Scenario, band: np.ndarray, aero: object, epoch: Epoch) -> BodyModel:
    from homeward.scenario.build.six_dof_body import build_body

    if aero is not None and not isinstance(aero, BodyAerodynamics):
        raise InputError(
            f"aero={type(aero).__name__}: a ship that turns needs a BodyAerodynamics; lift and drag alone "
            'fly with fidelity="point-mass"'
        )
    return build_body(scenario, (float(band[0]), float(band[1])), aero, sun_direction(epoch))
