"""From a checked open-loop file to arrays: the only crossing between the two."""

# JAX tells pyright only part of its types.
# pyright: reportUnknownMemberType=false

import jax
import jax.numpy as jnp
import numpy as np

from homeward.earth.constants import J2_EGM96, MU_EGM96, RADIUS_EGM96, WGS84_A, WGS84_F
from homeward.earth.geodesy import Ellipsoid, from_geodetic, north_east_down, to_geodetic
from homeward.math import quaternion
from homeward.scenario.open_loop.schema import OpenLoopFile
from homeward.scenario.open_loop.sections import (
    OpenAir,
    OpenAttitude,
    OpenBody,
    OpenEarth,
    OpenGravity,
    OpenInitial,
    OpenWind,
)
from homeward.sim.open_loop.dynamics import Body, NoGravity, Planet, State
from homeward.sim.open_loop.propagate import OpenLoop
from homeward.typing import Array, Float, Mat33, Vec3
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
from homeward.world.environment.interfaces import (
    AbstractAerodynamics,
    AbstractAtmosphere,
    AbstractGravity,
    AbstractWind,
)
from homeward.world.environment.wind import NoWind, disturbed_wind, wind_table

LOWEST_GROUND = -500.0  # m: no land lies lower, and below it nothing flies
GUST_TOP = 1.0e5  # gusts reach from the ground to here, m


def build(file: OpenLoopFile) -> OpenLoop:
    """The flight of a checked file."""
    planet = build_planet(file)
    y0 = _start(file.initial, planet)
    if file.attitude is not None:
        y0 = jnp.concatenate([y0, _rotation(file.attitude, planet, y0[:3])])
    step = file.output.step_s
    every = file.output.record_s if file.output.record_s is not None else 1.0
    return OpenLoop(
        name=file.name,
        body=_body(file.body, file.attitude, file.gravity),
        planet=planet,
        y0=y0,
        step=step,
        record_every=max(round(every / step), 1),
        stop_time=file.stop.time_s,
        stop_altitude=LOWEST_GROUND if file.stop.altitude_m is None else file.stop.altitude_m,
        crossings=file.output.crossings_m,
    )


def build_planet(file: OpenLoopFile) -> Planet:
    """Shape, turning, gravity, air and wind of a checked file."""
    ellipsoid = _ellipsoid(file.earth)
    rate = jnp.asarray(file.earth.rotation_rate_rad_s)
    air = _air(file.air, file, ellipsoid)
    return Planet(ellipsoid, rate, _gravity(file.gravity), air, _wind(file.wind))


def _body(body: OpenBody, attitude: OpenAttitude | None, gravity: OpenGravity) -> Body:
    ratio = body.lift_to_drag
    aero: AbstractAerodynamics
    if body.ballistic_coefficient_kg_m2 is not None:
        mass = body.mass_kg or 1.0
        area = mass / body.ballistic_coefficient_kg_m2
        aero = ConstantAerodynamics(ratio or 0.0, 1.0).scaled(body.drag_scale)
    else:
        mass, diameter = body.mass_kg or 0.0, body.diameter_m or 0.0
        area = body.area_m2 or np.pi / 4.0 * diameter**2
        if body.aero == "apollo":
            aero = apollo(ratio, body.drag_scale)
        else:
            cd = body.drag_coefficient or 0.0
            cl = body.lift_coefficient or (ratio or 0.0) * cd
            aero = ConstantAerodynamics(cl, cd).scaled(body.drag_scale)
    inertia = attitude.inertia_kg_m2 if attitude is not None else (1.0, 1.0, 1.0)
    scalars = (mass, area, np.radians(body.bank_deg), body.nose_radius_m)
    m, s, bank, nose = (jnp.asarray(x, float) for x in scalars)
    products, damping = None, None
    if attitude is not None and any(attitude.products_of_inertia_kg_m2):
        products = jnp.asarray(attitude.products_of_inertia_kg_m2, float)
    if attitude is not None and any(attitude.damping):
        lengths = np.asarray(attitude.reference_lengths_m, float)
        damping = jnp.asarray(np.asarray(attitude.damping) * lengths**2, float)
    gradient = None
    if attitude is not None and attitude.gravity_gradient and gravity.model != "none":
        gradient = jnp.asarray(_mu(gravity), float)
    return Body(m, s, aero, bank, nose, jnp.asarray(inertia, float), products, damping, gradient)


def _ellipsoid(earth: OpenEarth) -> Ellipsoid:
    match earth.shape:
        case "wgs84":
            return Ellipsoid(jnp.asarray(WGS84_A), jnp.asarray(WGS84_F))
        case "sphere":
            return Ellipsoid(jnp.asarray(earth.radius_m), jnp.asarray(0.0))
        case "ellipsoid":
            return Ellipsoid(jnp.asarray(earth.radius_m), jnp.asarray(earth.flattening))


def _mu(gravity: OpenGravity) -> float:
    own = gravity.model != "egm96" and gravity.mu_m3_s2 is not None
    return gravity.mu_m3_s2 if own and gravity.mu_m3_s2 is not None else MU_EGM96


def _gravity(gravity: OpenGravity) -> AbstractGravity:
    mu = _mu(gravity)
    match gravity.model:
        case "none":
            return NoGravity()
        case "central":
            return CentralGravity(mu)
        case "j2":
            radius = gravity.radius_m if gravity.radius_m is not None else RADIUS_EGM96
            return J2Gravity(mu, radius, gravity.j2 if gravity.j2 is not None else J2_EGM96)
        case "egm96":
            return egm96(gravity.degree)


def _air(air: OpenAir, file: OpenLoopFile, ellipsoid: Ellipsoid) -> AbstractAtmosphere:
    match air.model:
        case "none":
            return ExponentialAtmosphere(0.0, 7200.0)
        case "exponential":
            return ExponentialAtmosphere(air.density_scale * air.surface_density_kg_m3, air.scale_height_m)
        case "us1976":
            if air.density_scale == 1.0:
                return UsStandard1976()
            return _scaled(sample(UsStandard1976(), -5000.0, 100.0, 10051), air.density_scale)
        case "table":
            assert air.altitude_m is not None and air.density_kg_m3 is not None
            h = np.asarray(air.altitude_m)
            temperature = air.temperature_k
            if temperature is None:
                temperature = np.asarray(jax.vmap(UsStandard1976().at)(jnp.asarray(h)).temperature)
            density, step = np.asarray(air.density_kg_m3), max(20.0, float(h[-1] - h[0]) / 2e4)
            table = table_atmosphere(h, density, np.asarray(temperature), step=step, method=air.interpolation)
            return _scaled(table, air.density_scale)
        case "msis":
            latitude, longitude, _ = to_geodetic(ellipsoid, _position(file.initial, ellipsoid))
            h = np.arange(0.0, 1.0e6 + 1.0, 2000.0)
            where = (np.full_like(h, float(latitude)), np.full_like(h, float(longitude)))
            return _scaled(msis_table(air.epoch_utc, h, *where, air.f107, air.ap), air.density_scale)


def _scaled(table: TableAtmosphere, factor: float) -> TableAtmosphere:
    shift = jnp.log(jnp.asarray([factor, 1.0, factor, 1.0]))
    return TableAtmosphere(table.h0, table.dh, table.rows + shift[None, :])


def _wind(wind: OpenWind) -> AbstractWind:
    if wind.model == "none":
        return NoWind()
    h, n, e = (np.asarray(column) for column in (wind.altitude_m, wind.north_m_s, wind.east_m_s))
    if wind.gust_m_s == 0.0:
        return wind_table(h, n, e)
    grid = np.arange(min(h[0], 0.0), max(h[-1], GUST_TOP) + 1.0, 100.0)
    table = wind_table(grid, np.interp(grid, h, n), np.interp(grid, h, e))
    sigma = jnp.full(table.rows.shape[0], wind.gust_m_s)
    return disturbed_wind(table, jax.random.key(wind.seed), sigma, wind.gust_length_m)


def _position(initial: OpenInitial, ellipsoid: Ellipsoid) -> Vec3:
    if initial.position_m is not None:
        return jnp.asarray(initial.position_m)
    assert initial.latitude_deg is not None and initial.longitude_deg is not None
    latitude, longitude = np.radians(initial.latitude_deg), np.radians(initial.longitude_deg)
    return from_geodetic(
        ellipsoid, jnp.asarray(latitude), jnp.asarray(longitude), jnp.asarray(initial.altitude_m)
    )


def _start(initial: OpenInitial, planet: Planet) -> State:
    r_E = _position(initial, planet.ellipsoid)
    if initial.velocity_m_s is not None:
        velocity = jnp.asarray(initial.velocity_m_s)
    else:
        if initial.speed_m_s is not None:
            angle, heading = np.radians(initial.flight_path_angle_deg), np.radians(initial.heading_deg)
            along = initial.speed_m_s * np.cos(angle)
            down = -initial.speed_m_s * np.sin(angle)
            v_N = [along * np.cos(heading), along * np.sin(heading), down]
        else:
            v_N = [initial.north_m_s, initial.east_m_s, initial.down_m_s]
        velocity = jnp.asarray(v_N) @ _local(planet, r_E)
    if initial.relative_to == "inertial":
        velocity = velocity - jnp.cross(_turning(planet), r_E)
    return jnp.concatenate([r_E, velocity])


def _rotation(attitude: OpenAttitude, planet: Planet, r_E: Vec3) -> Float[Array, "7"]:
    """``q_BI`` and ``omega_BI_B`` at the start, where I is E."""
    if attitude.body_from_inertial is not None:
        left, _, right = np.linalg.svd(np.asarray(attitude.body_from_inertial))
        C_BE = jnp.asarray(left @ right)  # the nearest rotation; I is E
        return jnp.concatenate([quaternion.from_matrix(C_BE), _rates(attitude, planet, C_BE)])
    sy, cy = np.sin(np.radians(attitude.yaw_deg)), np.cos(np.radians(attitude.yaw_deg))
    sp, cp = np.sin(np.radians(attitude.pitch_deg)), np.cos(np.radians(attitude.pitch_deg))
    sr, cr = np.sin(np.radians(attitude.roll_deg)), np.cos(np.radians(attitude.roll_deg))
    yaw = np.array([[cy, sy, 0.0], [-sy, cy, 0.0], [0.0, 0.0, 1.0]])
    pitch = np.array([[cp, 0.0, -sp], [0.0, 1.0, 0.0], [sp, 0.0, cp]])
    roll = np.array([[1.0, 0.0, 0.0], [0.0, cr, sr], [0.0, -sr, cr]])
    C_BE = jnp.asarray(roll @ pitch @ yaw) @ _local(planet, r_E)
    return jnp.concatenate([quaternion.from_matrix(C_BE), _rates(attitude, planet, C_BE)])


def _rates(attitude: OpenAttitude, planet: Planet, C_BE: Mat33) -> Vec3:
    omega = jnp.radians(jnp.asarray(attitude.rates_deg_s))
    return omega if attitude.rates_relative_to == "inertial" else omega + C_BE @ _turning(planet)


def _turning(planet: Planet) -> Vec3:
    return jnp.asarray([0.0, 0.0, 1.0]) * planet.rate


def _local(planet: Planet, r_E: Vec3) -> Mat33:
    latitude, longitude, _ = to_geodetic(planet.ellipsoid, r_E)
    return north_east_down(latitude, longitude)
