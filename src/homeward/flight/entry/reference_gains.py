"""Before the flight: the nominal entry is flown on the onboard model, closed on the aim, and tabulated."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward.errors import Infeasible
from homeward.flight.entry.onboard_model import OnboardModel
from homeward.flight.entry.reference_table import FAST_ROWS, LOW_ROWS, ReferenceTable
from homeward.flight.entry.reference_trajectory import (
    STEPS,
    Profile,
    fly_profile,
    nominal_share,
    sensitivities,
)
from homeward.icd import EntryTarget
from homeward.typing import Array, Float

BEGIN = 0.5  # m/s2: drag at which the table begins
LOW_SPEED = 1200.0  # m/s: where the table against altitude begins
MARGIN = 500.0  # m below the opening that the table against altitude still covers
HOLDS = (15.0, 60.0)  # m/s2
BANKS = (np.radians(20.0), np.radians(100.0))
ROUNDS = 30
CLOSED = 1e-6  # rad: some metres
ENDED = 0.5  # m: of the last altitude from the opening's
LONGEST = 3600.0  # s


class StoredFlight(eqx.Module):
    """The path that a table was made of, for tests and pictures: states (n, 7), times [s], profile."""

    path: np.ndarray
    marks: np.ndarray
    size: float
    profile: Profile


def fly_stored(
    model: OnboardModel, profile: Profile, x: Float[Array, "7"], fast: bool, altitude: float
) -> StoredFlight | None:
    """The flight from a state (see ``reference_trajectory``) down to an altitude [m]; None if it stays up.

    Its steps have one length, so that the last of them ends there.
    """
    size = 1.8 if fast else 1.0
    for _ in range(12):
        path, marks = (
            np.asarray(y) for y in fly_profile(model, profile, x, jnp.asarray(float(fast)), jnp.asarray(size))
        )
        if abs(path[-1, 3] - altitude) < ENDED:
            return StoredFlight(path, marks, size, profile)
        if size * STEPS > LONGEST:
            return None
        below = np.flatnonzero(path[:, 3] <= altitude)
        good = np.isfinite(path[:, 3])
        if below.size == 0:
            if not good.all():
                return None
            # It flies longer than was thought.
            rate = path[-1, 3] - path[-2, 3]
            size *= 1.0 + min((altitude - path[-1, 3]) / rate / STEPS, 1.0) if rate < 0 else 1.5
            continue
        k = int(below[0])
        part = (path[k - 1, 3] - altitude) / (path[k - 1, 3] - path[k, 3])
        whole = (k - 1 + part) / STEPS
        size *= whole
    return None


def store_reference(
    model: OnboardModel, profile: Profile, target: EntryTarget, r_E: np.ndarray, v_E: np.ndarray, fast: bool
) -> tuple[ReferenceTable, StoredFlight]:
    """Fly the profile from the planned interface so that it ends beside the aim, and differentiate it.

    Args: ``r_E`` [m] and ``v_E`` [m/s] of the planned interface; ``fast`` for an entry from beyond orbit. The
    range is closed by ``profile.bank``, or by ``profile.hold`` if fast, by false position within what lift
    can do; where the aim is out of reach the nearest profile is stored. Raises ``Infeasible`` where the
    flight does not come down.
    """
    r = float(np.linalg.norm(r_E))
    u = np.asarray(r_E) / r
    x = jnp.asarray([*u, r - float(model.radius(jnp.asarray(u[2]))), *np.asarray(v_E)])
    aim = np.asarray(target.aim_E) / np.linalg.norm(target.aim_E)
    wanted, altitude = np.arccos(np.clip(u @ aim, -1.0, 1.0)), float(target.altitude)

    def flown(value: float) -> StoredFlight | None:
        changed = eqx.tree_at(lambda p: p.hold if fast else p.bank, profile, jnp.asarray(value))
        return fly_stored(model, changed, x, fast, altitude)

    def beyond(told: StoredFlight | None) -> float:
        return np.inf if told is None else float(np.arccos(np.clip(u @ told.path[-1, :3], -1, 1)) - wanted)

    # More bank, or more drag held, is less range: false position, within what lift can do.
    low, high = HOLDS if fast else BANKS
    ends = [beyond(flown(value)) for value in (low, high)]
    middle, last = low if ends[0] < 0.0 else high, 0.0
    told = flown(middle)
    for _ in range(ROUNDS if ends[0] > 0.0 > ends[1] else 0):
        part = ends[0] / (ends[0] - ends[1]) if np.isfinite(ends[0]) else 0.5
        middle = low + part * (high - low)
        told = flown(middle)
        far = beyond(told)
        if abs(far) < CLOSED:
            break
        # Illinois: an end that stays twice counts half.
        if far > 0.0:
            low, ends = middle, [far, ends[1] * (0.5 if last > 0.0 else 1.0)]
        else:
            high, ends = middle, [ends[0] * (0.5 if last < 0.0 else 1.0), far]
        last = far
    if told is None:
        raise Infeasible("the nominal flight of the law reference does not come down to the opening altitude")
    return tabulate(model, told), told


def tabulate(model: OnboardModel, flight: StoredFlight) -> ReferenceTable:
    """The table of a stored flight: differentiated backwards, its columns evenly over speed and altitude."""
    path, marks, profile, size = flight.path, flight.marks, flight.profile, flight.size
    by_state, by_up, by_right, by_wind = (
        np.asarray(y)
        for y in sensitivities(model, profile, jnp.asarray(path), jnp.asarray(marks), jnp.asarray(size))
    )
    u, h, v = path[:, :3], path[:, 3], path[:, 4:]
    a = float(model.equatorial_radius)
    speed = np.linalg.norm(v, axis=1)
    rate = np.sum(u * v, axis=1)
    density = np.asarray(jax.vmap(model.density)(jnp.asarray(h)))
    area = np.asarray(jax.vmap(lambda s: model.aerodynamics(s)[0])(jnp.asarray(speed)))
    drag = 0.5 * density * area * speed**2
    flat = v - u * rate[:, None]
    level = np.linalg.norm(flat, axis=1)
    forward = flat / level[:, None]
    right = np.cross(forward, u)
    end = u[-1]
    distance = a * np.arctan2(np.linalg.norm(np.cross(u, end), axis=1), u @ end)
    bend = np.arctan2(right @ end, forward @ end)
    bend[-1] = bend[-2]
    # At one speed: a rate of altitude turns the velocity, a drag shifts the altitude on the model's own air.
    up = np.cross(right, v / speed[:, None])
    turned = np.einsum("nki,ni->nk", by_state[:, :, 4:], up) / (level / speed)[:, None]
    height = np.gradient(np.log(density), h)
    by_drag = by_state[:, 0, 3] / (drag * height)
    share = np.asarray(jax.vmap(lambda s: nominal_share(profile, s))(jnp.asarray(speed)))
    rows = _columns(
        (distance, drag, rate, share, bend, by_drag, turned[:, 0], by_up[:, 0], by_right[:, 1]), by_wind
    )
    # From the first drag that counts (a faster entry: from where it is caught) speed only falls.
    first = int(np.flatnonzero((drag > BEGIN) & (marks != 0.0))[0])
    falling = speed[first:]
    lowest = float(falling[-1])
    fast_first, fast_step = lowest, (float(falling[0]) - lowest) / (FAST_ROWS - 1)
    knots = fast_first + fast_step * np.arange(FAST_ROWS)
    fast_rows = np.stack([np.interp(knots, falling[::-1], c[first:][::-1]) for c in rows.T], axis=1)
    velocity = by_state[:, :, 4:]
    answers = (
        np.einsum("ni,ni->n", velocity[:, 0], u), np.einsum("ni,ni->n", velocity[:, 0], forward),
        np.einsum("ni,ni->n", velocity[:, 1], right), by_up[:, 0], by_right[:, 1],
    )  # fmt: skip
    rows = _columns((distance, rate, level, share, a * (right @ end), *answers), by_wind)
    begin = int(np.flatnonzero(speed > LOW_SPEED)[-1])
    low_first = float(h[-1]) - MARGIN
    low_step = (float(h[begin]) - low_first) / (LOW_ROWS - 1)
    knots = low_first + low_step * np.arange(LOW_ROWS)
    low_rows = np.stack([np.interp(knots, h[begin:][::-1], c[begin:][::-1]) for c in rows.T], axis=1)
    return ReferenceTable(
        *(jnp.asarray(y) for y in (fast_rows, fast_first, fast_step, low_rows, low_first, low_step)),
        bank=profile.bank, speed_start=profile.speed_start, hold=profile.hold, wind=model.wind,
    )  # fmt: skip


def _columns(numbers: tuple[np.ndarray, ...], by_wind: np.ndarray) -> np.ndarray:
    """Rows in the order of a row's fields, the wind's six numbers last."""
    return np.column_stack([*numbers, by_wind.reshape(-1, 6)])
