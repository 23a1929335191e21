"""What is told of a flight while it flies: one ``Frame`` a guidance cycle."""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.earth.geodesy import horizontal_distance, north_east_down, to_geodetic
from homeward.earth.orientation import EarthSpin
from homeward.flight.executive.flight_computer import FlightState
from homeward.icd import EntryTarget, Frame
from homeward.math.numerics import norm
from homeward.sim.core.legs import Leg
from homeward.typing import Mat33, Scalar, Vec3
from homeward.world.dynamics.point_mass import Forces
from homeward.world.state import TruthState
from homeward.world.world import World


def _turn(C: Mat33, x: Vec3) -> Vec3:
    return jnp.sum(C * x[None, :], axis=1)


def frame(
    world: World, truth: TruthState, flight: FlightState, target: EntryTarget, leg: Leg, spin: EarthSpin,
    r_E: Vec3, v_E: Vec3, told: Forces, bank_command: Scalar,
) -> Frame:  # fmt: skip
    """The telemetry row of this instant."""
    latitude, longitude, altitude = to_geodetic(world.ellipsoid, r_E)
    C_NE = north_east_down(latitude, longitude)
    v_N = _turn(C_NE, v_E)
    aim_E = target.aim_E if flight.aim_moved is None else target.aim_E + flight.aim_moved
    speed = norm(v_E)
    zero = jnp.zeros_like(speed)
    error = (zero, zero) if flight.wind is None else flight.wind.error
    return Frame(
        time=truth.time,
        leg=leg.index.astype(int),
        r_BI_I=truth.r_BI_I,
        v_BI_I=truth.v_BI_I,
        latitude=latitude,
        longitude=longitude,
        altitude=altitude,
        speed=speed,
        inertial_speed=norm(truth.v_BI_I),
        flight_path_angle=jnp.arcsin(jnp.clip(-v_N[2] / jnp.maximum(speed, 1e-9), -1.0, 1.0)),
        heading=jnp.arctan2(v_N[1], v_N[0]),
        vertical_speed=-v_N[2],
        mass=truth.mass,
        density=told.density,
        mach=told.mach,
        dynamic_pressure=told.dynamic_pressure,
        load_factor=told.load,
        heat_rate=told.heat_rate,
        heat_load=truth.heat_load,
        bank_command=bank_command,
        bank=truth.bank,
        wind_north=told.wind_north,
        wind_east=told.wind_east,
        range_to_go=horizontal_distance(world.ellipsoid, r_E, aim_E),
        navigation_position_error=_turn(C_NE, flight.last.r_BE_E - r_E),
        navigation_velocity_error=_turn(C_NE, flight.last.v_BE_E - v_E),
        blackout=truth.navigation_error.blackout,
        drag_factor=flight.entry.drag_factor,
        lift_factor=flight.entry.lift_factor,
        predicted_miss=flight.entry.predicted_miss,
        guidance_constraint=flight.entry.constraint.astype(int),
        lift_turn=zero if flight.lift is None else flight.lift.turn,
        wind_departure_north=error[0],
        wind_departure_east=error[1],
        parachute_stage=truth.stage,
    )


def once_known(row: Frame) -> Frame:
    """The row with no number for what navigation believes before its filter has started.

    A filter that has not started believes in no place at all, and its standard deviations are zero: the error
    of such a belief would be the radius of the Earth.
    """
    if row.accuracy is None:
        return row
    known = jnp.any(row.accuracy.position_sigma > 0.0)
    beliefs = (row.navigation_position_error, row.navigation_velocity_error, row.accuracy)
    shown = jax.tree.map(lambda x: jnp.where(known, x, jnp.nan), beliefs)
    return eqx.tree_at(
        lambda r: (r.navigation_position_error, r.navigation_velocity_error, r.accuracy), row, shown
    )
