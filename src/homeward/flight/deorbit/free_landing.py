"""Where a burn made here and now leads: no site is aimed at, only the entry angle is held.

The landing is that of the nominal bank with its sideways lift taken off, as a flight that reverses its bank
comes down; the loads are those of the nominal bank and of the ballistic fall-back.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.program import program
from homeward.earth.constants import G0
from homeward.earth.geodesy import Ellipsoid, to_geodetic
from homeward.flight.deorbit.orbit_propagator import OrbitModel
from homeward.flight.deorbit.targeting import DeorbitTask, coast_burn_fall, first_guess, nominal_entry
from homeward.flight.entry.onboard_model import OnboardModel
from homeward.flight.entry.predictor import Factors, PredictorStart
from homeward.flight.entry.predictor_dynamics import BankPlan, Flown, numbers, rates
from homeward.math.numerics import add_scaled, norm, unit
from homeward.typing import Scalar

BLOCK = 64  # burns evaluated at once: one compiled shape for every use
ROUNDS = 4  # of Newton's method, from the impulsive burn; three settle
NUDGE = (0.1, 1.0)  # m/s, s: finite differences
TICK, TICKS = 1.0, 900  # s: of the entry along which the load is read
NO_LIMIT = 1e3  # g: a ballistic entry does not lift up
LATERAL = np.pi / 2  # bank at which no lift points up or down, as none does on the whole in a steady roll
CLOSED = (1e-5, 2e3)  # rad, m: of the entry angle and the altitude


class Entered(eqx.Module):
    """An entry down to the opening altitude: unit vector of its end in E (sideways lift taken off), how long
    it takes [s], peak load [g] under the nominal bank and in the ballistic fall-back."""

    end_E: Any
    duration: Any
    load: Any
    ballistic_load: Any


class FreeLanding(eqx.Module):
    """A burn here and now: delta-v [m/s], burn and fall [s], state at the interface in E; did it close."""

    delta_v: Any
    duration: Any
    fall: Any
    r_E: Any
    v_E: Any
    closed: Any


def _down(model, ellipsoid, task, r, v, mass, unknowns, pitch):
    """Angle [rad] and altitude [m] at the end of a burn and a fall, the state there, the burn's length."""
    task = eqx.tree_at(lambda t: t.mass, task, mass)
    r, v, _, duration = coast_burn_fall(model, task, r, v, (0.0 * mass, unknowns[0], unknowns[1]), pitch)
    _, _, altitude = to_geodetic(ellipsoid, r)
    v_I = v + jnp.cross(model.omega_E, r)
    angle = jnp.arcsin(jnp.sum(r * v_I) / (norm(r) * norm(v_I)))
    return jnp.stack([angle, altitude]), r, v, duration


@program
def _solved(model, ellipsoid, task, r, v, mass, guess, pitch):
    """Newton's method on delta-v and time of fall for entry angle and interface altitude, every row alone."""
    scale = jnp.array([1e-3, 1e4])

    def one(r, v, mass, guess, pitch):
        wanted = jnp.stack([task.entry_angle, task.interface_altitude])

        def shifted(x, k):
            shift = jnp.where(jnp.arange(2) == k - 1, jnp.asarray(NUDGE), 0.0)
            return (_down(model, ellipsoid, task, r, v, mass, x + shift, pitch)[0] - wanted) / scale

        def again(x, _):
            values = jax.lax.map(lambda k: shifted(x, k), jnp.arange(3))
            a = (values[1] - values[0]) / NUDGE[0]
            b = (values[2] - values[0]) / NUDGE[1]
            det = a[0] * b[1] - a[1] * b[0]
            step = jnp.stack(
                [values[0][0] * b[1] - values[0][1] * b[0], a[0] * values[0][1] - a[1] * values[0][0]]
            ) / jnp.where(jnp.abs(det) > 1e-12, det, 1e-12)
            return jnp.maximum(x - jnp.clip(step, -60.0, 60.0), jnp.array([1.0, 60.0])), None

        x, _ = jax.lax.scan(again, guess, None, length=ROUNDS)
        end, r, v, duration = _down(model, ellipsoid, task, r, v, mass, x, pitch)
        off = jnp.abs(end - wanted)
        closed = (off[0] < CLOSED[0]) & (off[1] < CLOSED[1])
        return FreeLanding(x[0], duration, x[1], r, v, closed)

    return jax.vmap(one)(r, v, mass, guess, pitch)


def solve_free(
    model: OrbitModel, ellipsoid: Ellipsoid, task: DeorbitTask, r_E: np.ndarray, v_E: np.ndarray,
    mass: np.ndarray, pitch: np.ndarray,
) -> FreeLanding:  # fmt: skip
    """The burn of the task's entry angle that is lit at each state (b, 3), with each ship's mass [kg]."""
    still = np.zeros(len(r_E))
    guess = first_guess(
        model, float(task.interface_altitude), still + float(task.entry_angle), r_E, v_E, still, pitch
    )
    return _blocks(lambda *rows: _solved(model, ellipsoid, task, *rows), r_E, v_E, mass, guess, pitch)


def entries(
    onboard: OnboardModel, task: DeorbitTask, altitude: float, r_E: np.ndarray, v_E: np.ndarray
) -> Entered:
    """The entries from states (b, 3) at the interface down to an altitude [m]."""
    end = np.asarray(altitude, float)
    return _blocks(lambda *rows: _entered(onboard, task, end, *rows), r_E, v_E)


@program
def _entered(onboard, task, altitude, r, v):
    def one(r, v):
        last, start, plan = nominal_entry(onboard, task, altitude, r, v)
        end, plane = unit(jnp.stack(last.u)), unit(jnp.cross(r, v))
        sine = jnp.sum(plane * end)
        aside = -jnp.arcsin(sine) - last.sideways / onboard.equatorial_radius
        place = jnp.cos(aside) * unit(end - plane * sine) - jnp.sin(aside) * plane
        across = jnp.full_like(last.duration, LATERAL)
        start_b = eqx.tree_at(lambda s: s.bank, start, across)
        plan_b = eqx.tree_at(
            lambda p: (p.now, p.end, p.load_limit), plan, (across, across, across * 0.0 + NO_LIMIT)
        )
        load = _peak_load(onboard, start, plan, altitude)
        return Entered(place, last.duration, load, _peak_load(onboard, start_b, plan_b, altitude))

    return jax.vmap(one)(r, v)


def _peak_load(onboard: OnboardModel, start: PredictorStart, plan: BankPlan, altitude: Scalar) -> Scalar:
    """The greatest load [g] of an entry: the whole acceleration less what there is of it without air."""
    zero = jnp.zeros_like(plan.now)
    air, none = Factors(zero + 1.0, zero + 1.0, zero + 1.0), Factors(zero, zero, zero)
    told, bare = numbers(onboard, plan, air), numbers(onboard, plan, none)

    def step(carry, _):
        here, peak = carry
        dv, flown, _ = rates(onboard, start, plan, air, told, here)
        free, _, _ = rates(onboard, start, plan, none, bare, here)
        felt = norm(jnp.stack(dv) - jnp.stack(free)) / G0
        middle = add_scaled(here, flown(), zero + 0.5 * TICK)
        _, half, _ = rates(onboard, start, plan, air, told, middle)
        new = add_scaled(here, half(), zero + TICK)
        aloft = here.altitude > altitude
        new = jax.tree.map(lambda a, b: jnp.where(aloft, a, b), new, here)
        return (new, jnp.where(aloft, jnp.maximum(peak, felt), peak)), None

    first = Flown(zero, start.u, start.altitude, start.velocity, *(zero for _ in range(9)))
    (_, peak), _ = jax.lax.scan(step, (first, zero), None, length=TICKS)
    return peak


def pitch_of(task: DeorbitTask, period: float, delta_v: float) -> float:
    """Thrust pitch [rad] that points best at the middle of the burn: half the arc flown during it."""
    return float(np.pi / period * delta_v * task.mass / task.thrust)


def _blocks(function, *rows: np.ndarray):
    """Call a batched function block by block; the last block is filled up with its own last row."""
    count, parts = len(rows[0]), []
    for first in range(0, count, BLOCK):
        pick = np.minimum(np.arange(first, first + BLOCK), count - 1)
        parts.append(jax.tree.map(np.asarray, function(*(np.asarray(row)[pick] for row in rows))))
    return jax.tree.map(lambda *leaves: np.concatenate(leaves)[:count], *parts)


__all__ = ["Entered", "FreeLanding", "entries", "pitch_of", "solve_free"]
