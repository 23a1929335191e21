"""What an open-loop flight tells at one instant, and at the events that a person asks for."""

import jax
import jax.numpy as jnp

from homeward.earth.constants import G0
from homeward.earth.geodesy import north_east_down, to_geodetic
from homeward.math import quaternion
from homeward.math.attitude_triples import split4
from homeward.math.numerics import norm
from homeward.math.triples import join, split
from homeward.sim.open_loop.dynamics import (
    Body,
    Planet,
    State,
    advance,
    aerodynamic_acceleration,
    altitude,
    damping_moment,
    gradient_torque,
)
from homeward.typing import Count, Mat33, Scalar, Vec3
from homeward.world.aerodynamics.heating import heat_rate

AXES = "xyz"


def turn_z(angle: Scalar) -> Mat33:
    """``C_EI`` of an Earth that has turned by ``angle`` [rad] about z."""
    s, c = jnp.sin(angle), jnp.cos(angle)
    zero, one = jnp.zeros_like(s), jnp.ones_like(s)
    return jnp.stack([jnp.stack([c, s, zero]), jnp.stack([-s, c, zero]), jnp.stack([zero, zero, one])])


def inertial(planet: Planet, t: Scalar, r_E: Vec3, v_E: Vec3) -> tuple[Vec3, Vec3]:
    """Position and velocity relative to and in components of I, at time ``t`` [s]."""
    omega = jnp.stack([jnp.zeros_like(planet.rate), jnp.zeros_like(planet.rate), planet.rate])
    C_EI = turn_z(planet.rate * t)
    return r_E @ C_EI, (v_E + jnp.cross(omega, r_E)) @ C_EI


def _course(v_N: Vec3) -> tuple[Scalar, Scalar, Scalar]:
    """Speed, flight path angle (up positive) and heading (east of north) of a velocity in N [deg]."""
    along = jnp.sqrt(v_N[0] ** 2 + v_N[1] ** 2)
    heading = jnp.mod(jnp.degrees(jnp.arctan2(v_N[1], v_N[0])), 360.0)
    return norm(v_N), jnp.degrees(jnp.arctan2(-v_N[2], along)), heading


def channels(body: Body, planet: Planet, t: Scalar, y: State) -> dict[str, Scalar]:
    """Every channel of the table at one instant, by its unit-suffixed name."""
    r_E, v_E = y[:3], y[3:6]
    latitude, longitude, h = to_geodetic(planet.ellipsoid, r_E)
    C_NE = north_east_down(latitude, longitude)
    wind_E = planet.wind.at(h) @ C_NE
    air, v_air = planet.atmosphere.at(h), v_E - wind_E
    drag, lift = map(join, aerodynamic_acceleration(body, air, split(v_air), split(-C_NE[2])))
    airspeed, force = norm(v_air), drag + lift
    r_I, v_I = inertial(planet, t, r_E, v_E)
    v_N = C_NE @ v_E
    v_inertial_N = C_NE @ turn_z(planet.rate * t) @ v_I
    speed, angle, heading = _course(v_N)
    inertial_speed, inertial_angle, inertial_heading = _course(v_inertial_N)
    told = {
        "time_s": t,
        "latitude_deg": jnp.degrees(latitude),
        "longitude_deg": jnp.degrees(longitude),
        "altitude_m": h,
        "altitude_rate_m_s": -v_N[2],
        "speed_m_s": speed,
        "flight_path_angle_deg": angle,
        "heading_deg": heading,
        "inertial_speed_m_s": inertial_speed,
        "inertial_flight_path_angle_deg": inertial_angle,
        "inertial_heading_deg": inertial_heading,
        "velocity_north_m_s": v_N[0],
        "velocity_east_m_s": v_N[1],
        "velocity_down_m_s": v_N[2],
        "airspeed_m_s": airspeed,
        "mach": airspeed / air.sound_speed,
        "density_kg_m3": air.density,
        "temperature_k": air.temperature,
        "pressure_pa": air.pressure,
        "sound_speed_m_s": air.sound_speed,
        "dynamic_pressure_pa": 0.5 * air.density * airspeed**2,
        "drag_m_s2": norm(drag),
        "lift_m_s2": norm(lift),
        "load_g": norm(force) / G0,
        "heat_rate_w_m2": heat_rate(air.density, airspeed, body.nose_radius),
        "gravity_m_s2": norm(planet.gravity.acceleration(r_E)),
    }
    for name, vector, unit in (
        ("position_earth", r_E, "m"),
        ("velocity_earth", v_E, "m_s"),
        ("position_inertial", r_I, "m"),
        ("velocity_inertial", v_I, "m_s"),
    ):
        told |= {f"{name}_{axis}_{unit}": vector[i] for i, axis in enumerate(AXES)}
    if y.shape[0] == 13:
        told |= _rotation(body, planet, t, y, C_NE, force)
    return told


def _rotation(body: Body, planet: Planet, t: Scalar, y: State, C_NE: Mat33, force: Vec3) -> dict[str, Scalar]:
    """Euler angles from N (yaw, pitch, roll), inertial rates, force and moment of the air in B."""
    q_BI, omega = quaternion.normalise(y[6:10]), y[10:]
    C_BE = quaternion.to_matrix(q_BI) @ turn_z(planet.rate * t).T
    C_BN = C_BE @ C_NE.T
    moment = damping_moment(body, planet, split(y[:3]), split(y[3:6]), split4(q_BI), split(omega))
    gradient = gradient_torque(body, planet, t, split(y[:3]), split4(q_BI))
    told = {
        "yaw_deg": jnp.degrees(jnp.arctan2(C_BN[0, 1], C_BN[0, 0])),
        "pitch_deg": -jnp.degrees(jnp.arcsin(jnp.clip(C_BN[0, 2], -1.0, 1.0))),
        "roll_deg": jnp.degrees(jnp.arctan2(C_BN[1, 2], C_BN[2, 2])),
    }
    told |= {f"q_body_inertial_{i}": q_BI[i] for i in range(4)}
    for name, vector, unit in (
        ("rate_inertial_body", jnp.degrees(omega), "deg_s"),
        ("aero_force_body", C_BE @ force * body.mass, "n"),
        ("aero_moment_body", join(moment), "n_m"),
        ("gravity_gradient_torque_body", join(gradient), "n_m"),
    ):
        told |= {f"{name}_{axis}_{unit}": vector[i] for i, axis in enumerate(AXES)}
    return told


def offset_of_altitude(body: Body, planet: Planet, y: State, step: Scalar, wanted: Scalar) -> Scalar:
    """Time [s] within one step at which an altitude [m] is crossed; the caller has seen the sign change.

    Bisection on the length of the integrator's own last step: the event is as exact as the flight.
    """
    below = altitude(planet, y) < wanted

    def halve(_: Count, bounds: tuple[Scalar, Scalar]) -> tuple[Scalar, Scalar]:
        low, high = bounds
        middle = 0.5 * (low + high)
        same = (altitude(planet, advance(body, planet, y, middle)) < wanted) == below
        return jnp.where(same, middle, low), jnp.where(same, high, middle)

    low, high = jax.lax.fori_loop(0, 45, halve, (jnp.zeros_like(step), step))
    return 0.5 * (low + high)
