"""The truth of one flight at one instant."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from homeward.typing import Array, Count, Flag, Float, Mat33, Quat, Scalar, Vec3
from homeward.world.sensors.deployment_sensors import CavityState, empty_cavity


class NavigationErrorState(eqx.Module):
    """What is wrong with the onboard state: slow random error, and drift since satellites were lost."""

    position: Vec3  # Gauss-Markov part, m, in I
    velocity: Vec3  # m/s
    drift_position: Vec3  # inertial drift of a black-out, m, in I
    drift_velocity: Vec3  # m/s
    blackout: Flag


class CanopyLoads(eqx.Module):
    """What each stage of the parachutes bore so far: drogue, reefed main, main, backup."""

    force: Float[Array, "4"]  # N, greatest mean drag of the canopies over a control tick
    pressure: Float[Array, "4"]  # Pa, dynamic pressure as the stage began
    area: Float[Array, "4"]  # m2, CD x area that had opened when the force was greatest


def no_canopy_loads() -> CanopyLoads:
    """Of a flight whose loads under the canopies are to be kept."""
    return CanopyLoads(*(jnp.asarray(np.zeros(4), float) for _ in range(3)))


class Extremes(eqx.Module):
    """The worst of the flight so far."""

    load: Scalar  # g, of the entry, up to the parachute
    opening_load: Scalar  # g, under the parachutes, up to the landing rockets: mean over a control tick
    landing_load: Scalar  # g, the same while the landing rockets burn
    heat_rate: Scalar  # W/m2
    dynamic_pressure: Scalar  # Pa
    bank_reversals: Count
    bank_side: Scalar  # +1 right, -1 left, 0 not banked yet
    canopy: CanopyLoads | None = None  # kept only where they are asked for


class BodyState(eqx.Module):
    """What a turning ship has besides; vectors in B, whose origin is the centre of mass."""

    q_BI: Quat
    omega_BI_B: Vec3  # rad/s
    inertia: Mat33  # kg m2, of all that flies on
    level: Float[Array, " n"]  # force of each thruster over its full force
    engine_level: Scalar  # the same of the main engines
    propellant: Scalar  # kg, of the capsule's thrusters
    tip_off: Vec3  # rad/s, what the separations of this flight leave, one way and the other
    foremost: Scalar  # largest cosine between x and the motion in the air, in the entry: above 0, a tumble
    flow: Scalar  # kg that the attitude thrusters have taken since the cycle's start
    sensors: Any  # state of the sensors
    unit: Any  # state of the inertial unit


class TruthState(eqx.Module):
    """Truth of one flight. ``body`` is None where the ship is a point mass.

    ``drag_area`` is CD x area [m2] of what flies where no trim table applies (stack in orbit, canopy).
    """

    time: Scalar  # s since the epoch
    r_BI_I: Vec3  # m
    v_BI_I: Vec3  # m/s
    mass: Scalar  # kg, of all that flies on
    propellant: Scalar  # kg, main engine
    drag_area: Scalar  # m2
    bank: Scalar  # rad
    bank_rate: Scalar  # rad/s
    sensed_delta_v: Scalar  # m/s delivered along the thrust since the leg began
    stage: Count  # parachute: 0 none, 1 drogue, 2 main reefed, 3 main, 4 backup
    stage_time: Scalar  # s since the stage began
    retro_time: Scalar  # s the landing rockets have burnt
    heat_load: Scalar  # J/m2
    navigation_error: NavigationErrorState
    extremes: Extremes
    cavity: CavityState  # of the deployment unit's vent
    ends_at: Scalar  # s, when the leg ends by the flight software's word; infinite before it is known
    done: Flag  # the leg's end lies within the next tick, or has come
    settled: Flag  # the state stands at the end itself
    failed: Flag  # a number is not finite, or the leg took too long
    failed_time: Scalar  # s, where it did
    body: BodyState | None = None


def initial_truth(
    time: float | Array, r_BI_I: Float[Array, "3"], v_BI_I: Float[Array, "3"], mass: float | Array,
    canopy_loads: bool = False,
) -> TruthState:  # fmt: skip
    """A ship at a position [m, I] and velocity [m/s, I], wings level, nothing used up yet.

    ``canopy_loads`` keeps those of the parachutes, which programs compiled ahead do not.
    """
    canopy = no_canopy_loads() if canopy_loads else None
    zero, none = jnp.asarray(0.0, float), jnp.asarray(0, int)
    zeros = jnp.asarray(np.zeros(3), float)
    no = jnp.asarray(False, bool)
    return TruthState(
        time=jnp.asarray(time, float), r_BI_I=r_BI_I, v_BI_I=v_BI_I, mass=jnp.asarray(mass, float),
        propellant=zero, drag_area=zero, bank=zero, bank_rate=zero, sensed_delta_v=zero,
        stage=none, stage_time=zero, retro_time=zero, heat_load=zero,
        navigation_error=NavigationErrorState(zeros, zeros, zeros, zeros, no),
        extremes=Extremes(zero, zero, zero, zero, zero, none, zero, canopy), cavity=empty_cavity(),
        ends_at=jnp.asarray(np.inf, float), done=no, settled=no, failed=no, failed_time=zero,
    )  # fmt: skip
