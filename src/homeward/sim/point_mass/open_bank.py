"""An entry under a bank told beforehand: the flight of ``point_mass`` without sensors or flight software.

The motion is that of the closed loop, tick by tick: the same forces, the same bank actuator, the same delay
of a command by one tick. It can be differentiated by the numbers of the bank, which is what it is for. The
motion stays in the Earth-fixed frame, whose turn is taken as even: a return lasts half an hour at most.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.earth.constants import G0
from homeward.earth.geodesy import height_and_up
from homeward.earth.orientation import inertial_to_earth_now
from homeward.math.triples import dot, split
from homeward.sim.core.legs import ENTRY, TICKS
from homeward.sim.point_mass.tick import forces_inputs
from homeward.typing import Array, Flag, Float, Scalar, Vec3
from homeward.world.actuators.bank import bank_actuator
from homeward.world.dynamics.point_mass import aerodynamic, integrate_tick, slow_gravity
from homeward.world.environment.gravity import SphericalHarmonics
from homeward.world.state import TruthState
from homeward.world.world import World

TOP = 125e3  # m: an end above it is that of a flight that has not come back
SOFT = 1e-3  # under the root of what passes a limit, so that it has a slope where nothing does


class BankHistory(eqx.Module):
    """Bank over energy, as a pilot would tell it: a magnitude at knots, and where it changes sides.

    The place in the entry is ``x = sqrt((V^2 + 2 g h) / (V0^2 + 2 g h0))``, V relative to the Earth: 1 at its
    begin, falling all the way. ``magnitude`` [rad] is joined by straight lines over ``KNOTS``; ``side`` is
    that of the begin, +1 right; at each of ``reversals`` (times ``REVERSAL_UNIT`` in x) it changes.
    """

    magnitude: Float[Array, " k"]
    reversals: Float[Array, " n"]
    side: Scalar


# Close together where the air begins: above 70 km hardly any energy is lost.
KNOTS = (0.10, 0.20, 0.31, 0.43, 0.55, 0.66, 0.76, 0.84, 0.90, 0.94, 0.965, 0.98, 0.99, 0.996)
REVERSAL_UNIT = 0.2  # in x: so that a unit of every number of a history does alike
REVERSAL_WIDTH = 0.012  # in x, of the change of sides: about what a roll of 120 deg takes


def bank_at(history: BankHistory, x: Scalar) -> Scalar:
    """The bank [rad] wanted at a place ``x`` of the entry."""
    size = jnp.interp(x, jnp.asarray(KNOTS), history.magnitude)
    turns = jnp.tanh((x - REVERSAL_UNIT * history.reversals) / REVERSAL_WIDTH)
    return history.side * size * jnp.prod(turns)


class Limits(eqx.Module):
    """What a flight must keep to: load [g], heat rate [W/m2], heat load [J/m2], dynamic pressure [Pa]."""

    load: Scalar
    heat_rate: Scalar
    heat_load: Scalar
    pressure: Scalar


class Opened(eqx.Module):
    """The end of an open-loop entry.

    ``east`` and ``north`` [m] of the aim, ``down``: it has come to its altitude. ``excess`` says by how much
    limits are passed, ``sqrt(sum of (share - 1)^2 over the seconds beyond)``; ``shares`` are the greatest
    load, heat rate, heat load and dynamic pressure over their limits. ``commands`` [rad] is the bank wanted
    at each cycle, ``duration`` [s].
    """

    east: Scalar
    north: Scalar
    excess: Scalar
    shares: Float[Array, "4"]
    down: Flag
    duration: Scalar
    commands: Float[Array, " c"]


class _Now(eqx.Module):
    r: Vec3
    v: Vec3
    bank: Scalar
    rate: Scalar
    wanted: Scalar
    time: Scalar
    beyond: Scalar
    heat: Scalar
    shares: Float[Array, "3"]
    done: Flag


def open_bank(
    world: World, truth: TruthState, history: BankHistory, aim_E: Vec3, altitude: Scalar, limits: Limits,
    tick: Scalar, cycles: int,
) -> Opened:  # fmt: skip
    """Fly one entry from ``truth`` to an altitude [m] under a bank history.

    ``aim_E`` [m] is the point aimed at, ``tick`` [s] the integration step, two a guidance cycle; ``cycles``
    (static) is how many may be flown at most.
    """
    spin = world.orientation.at(truth.time)
    r, v = inertial_to_earth_now(spin, truth.r_BI_I, truth.v_BI_I)
    world = eqx.tree_at(lambda w: w.aerodynamics, world, world.aerodynamics.prepared())
    whole = _energy(world, r, v)
    ticks = TICKS[ENTRY]

    def cycle(now: _Now) -> tuple[_Now, Scalar]:
        wanted = bank_at(history, jnp.sqrt(jnp.maximum(_energy(world, now.r, now.v) / whole, 1e-6)))
        inputs = forces_inputs(world, ENTRY, truth)
        _, told = aerodynamic(world, inputs, split(now.r), split(now.v), jnp.zeros_like(tick))
        felt = (told.load / limits.load, told.heat_rate / limits.heat_rate)
        shares = jnp.stack([*felt, told.dynamic_pressure / limits.pressure])
        heat = now.heat + told.heat_rate * ticks * tick
        over = jnp.sum(jnp.maximum(shares - 1.0, 0.0) ** 2) * ticks * tick
        slow = None
        if isinstance(world.gravity, SphericalHarmonics):
            slow = jax.lax.stop_gradient(slow_gravity(world, now.r))
        after = eqx.tree_at(
            lambda n: (n.beyond, n.heat, n.shares), now,
            (now.beyond + over, heat, jnp.maximum(now.shares, shares)),
        )  # fmt: skip
        after = _kept(now.done, now, after)
        acting = now.wanted
        for _ in range(ticks):
            after = _tick(world, truth, spin.omega_EI_E, after, acting, altitude, tick, slow)
            acting = wanted
        return eqx.tree_at(lambda n: n.wanted, after, wanted), wanted

    zero = jnp.zeros_like(tick)
    first = _Now(r, v, truth.bank, truth.bank_rate, truth.bank, zero, zero, zero, jnp.zeros(3), zero > 1.0)
    last, commands = jax.lax.scan(lambda n, _: cycle(n), first, None, length=cycles)
    height, up = height_and_up(world.ellipsoid, split(last.r))
    climb = dot(split(last.v), up)
    late = jnp.where(last.done, (height - altitude) / jnp.maximum(-climb, 10.0), 0.0)
    east, north = _beside(last.r + late * last.v, aim_E)
    hotter = jnp.maximum(last.heat / limits.heat_load - 1.0, 0.0)
    aloft = jnp.where(last.done, 0.0, jnp.maximum(height / TOP, 1.0))
    excess = jnp.sqrt(last.beyond + 10.0 * hotter**2 + aloft**2 + SOFT**2) - SOFT
    shares = jnp.stack([last.shares[0], last.shares[1], last.heat / limits.heat_load, last.shares[2]])
    return Opened(east, north, excess, shares, last.done, last.time + late, commands)


def _tick(world, truth, omega, now: _Now, command, altitude, dt, slow) -> _Now:
    inputs = forces_inputs(world, ENTRY, truth)
    bank, rate, mean = bank_actuator(world.capsule, now.bank, now.rate, command, dt)
    inputs = eqx.tree_at(lambda i: (i.bank, i.bank_rate), inputs, (now.bank, mean))
    r, v = integrate_tick(world, inputs, omega, now.r, now.v, dt, slow, False)
    height, _ = height_and_up(world.ellipsoid, split(r))
    new = eqx.tree_at(lambda n: (n.r, n.v, n.bank, n.rate, n.time), now, (r, v, bank, rate, now.time + dt))
    ends = now.done | (height <= altitude)
    return eqx.tree_at(lambda n: n.done, _kept(ends, now, new), ends)


def _kept(yes: Flag, old: Any, new: Any) -> Any:
    return jax.tree.map(lambda a, b: jnp.where(yes, a, b), old, new)


def _energy(world: World, r: Vec3, v: Vec3) -> Scalar:
    height, _ = height_and_up(world.ellipsoid, split(r))
    return jnp.sum(v * v) + 2.0 * G0 * height


def _beside(r: Vec3, aim: Vec3) -> tuple[Scalar, Scalar]:
    """How far [m] a place lies east and north of the aim, along chords of the aim's sphere."""
    size = jnp.sqrt(jnp.sum(aim * aim))
    up = aim / size
    flat = jnp.sqrt(up[0] ** 2 + up[1] ** 2)
    east = jnp.stack([-up[1], up[0], 0.0 * up[0]]) / jnp.maximum(flat, 1e-9)
    north = jnp.cross(up, east)
    there = r * (size / jnp.sqrt(jnp.sum(r * r)))
    return jnp.sum(there * east), jnp.sum(there * north)


__all__ = ["KNOTS", "REVERSAL_UNIT", "BankHistory", "Limits", "Opened", "bank_at", "open_bank"]
