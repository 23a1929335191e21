"""When the parachute is deployed: armed by navigation or by the load, fired by static pressure.

Three static-pressure transducers behind the heat shield are the primary trigger, by a vote of two of three
(their median); what the flow round the capsule takes off their pressure is corrected by the speed that
navigation believes in. As an altimeter is set to the pressure of the day, so the altitude by pressure is
drawn towards the believed one, by the ratio of their variances and within bounds.

Nothing is fired before it is armed: by the believed altitude, or, where navigation is lost, by the unit's
own accelerometers. They sum the load; once the sum is nearly the speed of the entry the capsule is slow, and
when the load then falls, the dense air is below. A lofted entry, whose load comes and goes at 60 km, has lost
too little speed to be taken for that. If two transducers are dead the believed altitude fires, and where that
is lost too, a timer that starts as the load goes.

The pressure is read once a guidance cycle; the instant within the coming cycle follows from its rate.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.earth.constants import G0
from homeward.icd import DeploymentReadings
from homeward.typing import Count, Flag, Scalar

NOT_FIRED, BY_PRESSURE, BY_NAVIGATION, BY_TIMER = 0, 1, 2, 3  # causes
VOTES = 2  # of three transducers, or switches
GAMMA = 1.4
SILENT = 100.0  # Pa: less than at 45 km; a transducer that gives no more in the lower air is dead
WAKE_MACH = 1.5  # beyond it the wake takes no larger part of the pressure away
BELOW = 1500.0  # m below the deployment altitude at which navigation fires by itself
SLOW = 0.9  # of the entry's speed that the load has to have taken: lift and gravity add some 5 % to it
TRUSTED = 500.0  # m, 1-sigma of the believed altitude above which it neither arms nor fires
FARTHEST = 3.0  # sigmas of the altitude by pressure that navigation may draw it by
SLOWEST = 5.0  # m/s: a slower descent by pressure foretells nothing


class DeploymentSettings(eqx.Module):
    """As loaded: all figures are the ship's beliefs."""

    altitude: Scalar  # m above the ellipsoid at which the parachute is to be deployed
    arm_altitude: Scalar  # m above the ellipsoid, as believed
    pressure: Scalar  # Pa, expected at the deployment altitude
    scale_height: Scalar  # m, of pressure there
    pressure_sigma: Scalar  # m, 1-sigma of the altitude by pressure: mostly the weather
    cavity: Scalar  # pressure coefficient of the vented cavity, over the free stream's dynamic pressure
    lag: Scalar  # s, of the vented cavity
    sound_speed: Scalar  # m/s at the deployment altitude
    nominal_speed: Scalar  # m/s there, taken where navigation is lost
    timer: Scalar  # s after the load has gone that the timer fires
    entry_speed: Scalar  # m/s at the interface, seen from the ground, as planned
    load: Scalar  # g that has to have come and gone


class DeploymentState(eqx.Module):
    """What is remembered."""

    lost: Scalar  # m/s, the load summed: about the speed that the air has taken
    timer: Scalar  # s since the load has gone from a slow capsule; 0 before
    armed: Flag
    altitude: Scalar  # m by pressure, in the last cycle; infinite before one was read
    cause: Count  # of the deployment


def initial_deployment() -> DeploymentState:
    """Before the entry."""
    zero, no = jnp.zeros(()), jnp.asarray(False)
    return DeploymentState(zero, zero, no, zero + jnp.inf, jnp.asarray(NOT_FIRED))


def step_deployment(
    settings: DeploymentSettings, state: DeploymentState, readings: DeploymentReadings,
    altitude: Scalar, climb: Scalar, speed: Scalar, sigma: Scalar, dt: Scalar,
) -> tuple[DeploymentState, Scalar]:  # fmt: skip
    """One cycle of ``dt`` [s]: whether to deploy, and in how many seconds (infinite: not in this cycle).

    ``altitude`` [m], ``climb`` and ``speed`` [m/s] are navigation's, ``sigma`` [m] its 1-sigma of altitude.
    """
    known = (sigma < TRUSTED) & jnp.isfinite(altitude)
    load = _middle(readings.load)
    lost = state.lost + load * G0 * dt
    slow = lost > SLOW * settings.entry_speed
    timer = jnp.where(slow & (load < settings.load), state.timer + dt, 0.0)
    by_navigation = known & (altitude < settings.arm_altitude) & (climb < 0.0)
    armed = state.armed | by_navigation | (timer > 0.0)

    # p_cavity = p (1 + C gamma/2 M^2): what the flow adds or takes, by the believed Mach number.
    mach = jnp.where(known, speed, settings.nominal_speed) / settings.sound_speed
    mach = jnp.minimum(mach, WAKE_MACH)
    pressure = _middle(readings.pressure) / (1.0 + settings.cavity * 0.5 * GAMMA * mach * mach)
    alive = jnp.sum(readings.pressure > SILENT) >= VOTES
    ratio = settings.pressure / jnp.maximum(pressure, 1.0)
    by_pressure = jnp.where(alive, settings.altitude + settings.scale_height * jnp.log(ratio), jnp.inf)
    read = alive & jnp.isfinite(state.altitude)
    rate = jnp.where(read, (by_pressure - jnp.where(read, state.altitude, 0.0)) / dt, 0.0)
    b, n = settings.pressure_sigma**2, jnp.where(known, sigma, 0.0) ** 2
    bound = FARTHEST * settings.pressure_sigma
    apart = jnp.where(known & alive, altitude - by_pressure - rate * settings.lag, 0.0)
    here = by_pressure + rate * settings.lag + jnp.clip(b / (b + n) * apart, -bound, bound)
    above = here - settings.altitude
    to_go = jnp.where(rate < -SLOWEST, above / jnp.maximum(-rate, SLOWEST), jnp.inf)
    to_go = jnp.where(above <= 0.0, 0.0, to_go)
    due = armed & alive & (to_go < dt)

    # Sound transducers read next to nothing high up: neither back-up acts before the load has come and gone.
    low = known & ~alive & (timer > 0.0) & (climb < 0.0) & (altitude < settings.altitude - BELOW)
    late = (timer > settings.timer) & ~known & ~alive
    fires = due | low | late
    cause = jnp.where(due, BY_PRESSURE, jnp.where(low, BY_NAVIGATION, BY_TIMER))
    new = DeploymentState(lost, timer, armed, by_pressure, jnp.where(fires, cause, NOT_FIRED))
    after = jnp.where(due, jnp.maximum(to_go, 0.0), 0.0)
    return new, jnp.where(fires, after, jnp.inf)


def _middle(x) -> Scalar:
    """The median of three."""
    low, high = jnp.min(x), jnp.max(x)
    return jnp.sum(x) - low - high


__all__ = ["BY_NAVIGATION", "BY_PRESSURE", "BY_TIMER", "NOT_FIRED", "DeploymentSettings", "DeploymentState",
           "initial_deployment", "step_deployment"]  # fmt: skip
