"""Sequencing under the parachutes: drogue, main, backup, heat shield, landing rockets."""

import equinox as eqx
import jax.numpy as jnp

from homeward.icd import Command, Navigation
from homeward.math.numerics import elapsed, norm
from homeward.typing import Count, Flag, Scalar

CHANGE = 2.0  # of the backup's filling time, at the present rate: the height that a change to it takes
SHIELD_WAIT = 15.0  # s under an open canopy before the heat shield goes: it has filled by then


class DescentSettings(eqx.Module):
    """When what is done. Times in s, altitudes in m above the ellipsoid, heights above ground."""

    main_check_time: Scalar  # after the main's order, when its drag is judged
    too_fast: Scalar  # a descent faster than this from the check on means that nothing is open
    heat_shield_altitude: Scalar
    retro_height: Scalar  # at the nominal descent rate
    retro_speed: Scalar  # that rate
    backup_rate: Scalar  # at sea level: what falls faster falls slower under the backup, in half the air too
    thinning: Scalar  # 1/m: half the inverse of the air's scale height, by which rates of descent grow
    backup_fill: Scalar  # s that the backup takes to fill


class DescentState(eqx.Module):
    """Clock since opening, and the orders given."""

    clock: Scalar
    order: Count
    order_clock: Scalar
    shield_dropped: Flag
    retro: Flag


def initial_descent() -> DescentState:
    """Before the parachute is opened."""
    zero, no = jnp.asarray(0.0), jnp.asarray(False)
    return DescentState(zero, jnp.asarray(0), zero, no, no)


def step_descent(
    settings: DescentSettings,
    state: DescentState,
    height: Scalar,
    navigation: Navigation,
    altitude: Scalar,
    main_due: Flag,
    dt: Scalar,
    command: Command,
) -> tuple[DescentState, Command]:
    """One cycle: the drogue at once, the main when it is due, the backup where it brakes more than the main.

    ``height`` [m] is measured above the ground, ``altitude`` [m] navigation's above the ellipsoid;
    ``main_due`` is the word of ``order_main``.
    The rockets fire where the braking distance from the measured descent rate begins: height in proportion
    to the square of the rate.
    """
    order = jnp.maximum(state.order, 1)
    order = jnp.where((order == 1) & main_due, 2, order)
    since = jnp.where(order != state.order, 0.0, state.order_clock + dt)
    # The rate of descent, not the speed: a canopy that works well still drifts with the wind.
    rate = descent_rate(navigation)
    worse = rate > settings.backup_rate * jnp.exp(settings.thinning * altitude)
    # The main goes as the backup comes, and until that has filled nothing brakes.
    time_left = height > CHANGE * settings.backup_fill * rate
    fast = (rate > settings.too_fast) | (worse & time_left)
    bad = (order == 2) & elapsed(since, settings.main_check_time, dt) & fast
    order = jnp.where(bad, 3, order)
    since = jnp.where(bad, 0.0, since)

    steady = (order >= 2) & elapsed(since, SHIELD_WAIT, dt)
    drop = state.shield_dropped | ((altitude < settings.heat_shield_altitude) & steady)
    ratio = jnp.clip(descent_rate(navigation) / settings.retro_speed, 0.3, 3.0)
    fire = state.retro | ((height <= settings.retro_height * ratio * ratio) & (order >= 2))
    new = DescentState(state.clock + dt, order, since, drop, fire)
    return new, eqx.tree_at(
        lambda c: (c.deploy, c.drop_heat_shield, c.fire_retro), command, (order, drop, fire)
    )


def descent_rate(navigation: Navigation) -> Scalar:
    """Descent rate [m/s], down positive, from navigation."""
    return -jnp.sum(navigation.v_BE_E * navigation.r_BE_E) / norm(navigation.r_BE_E)
