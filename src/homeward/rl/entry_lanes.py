"""Entries of many lanes, a few guidance cycles at a time, steered from outside.

The closed loop of a campaign: world, navigation with its errors, bank actuator. In place of an entry law
stands one that flies the bank it was last told.
"""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.program import program
from homeward.campaigns.analysis.entry_batch import plan_entries
from homeward.dispersion.returns import disperse
from homeward.earth.geodesy import horizontal_distance, to_geodetic
from homeward.earth.orientation import inertial_to_earth
from homeward.errors import InputError
from homeward.flight.interfaces import AbstractEntryGuidance, bank_only
from homeward.icd import EntryCommand, EntryTarget, Navigation
from homeward.missions.return_flight import run_keys, spread_legs
from homeward.rl.lanes import mixed
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.chunk import Carry, begin, chunk, end_leg
from homeward.sim.core.carry import select, strong
from homeward.sim.lanes import first_carry, flight_axes, of_no_kind, world_axes
from homeward.sim.mission import planned
from homeward.typing import Scalar

RADIUS = 6371e3  # m: angles along the ground told as distances


class ToldBank(AbstractEntryGuidance):
    """Flies the bank [rad] that its state holds; whoever steers writes it there."""

    def init(self, target: EntryTarget) -> Scalar:
        return jnp.zeros(())

    def step(self, state: Scalar, navigation: Navigation, target: EntryTarget) -> tuple[Scalar, EntryCommand]:
        return state, bank_only(state)


#: What is seen, in order: name, the size that it is divided by, and what it is.
SEEN = (
    ("speed", 8000.0, "m/s, relative to the turning Earth"),
    ("altitude", 100e3, "m"),
    ("flight_path_angle", 0.1, "rad, up positive"),
    ("range_to_go", 1e6, "m along the ground in the plane of motion; negative beyond the aim point"),
    ("cross_range", 100e3, "m by which the aim point lies right of that plane"),
    ("bank_sine", 1.0, "of the believed bank"),
    ("bank_cosine", 1.0, "of the believed bank"),
    ("load", 5.0, "g sensed"),
    ("blackout", 1.0, "1 where satellite navigation is cut off"),
)


def seen(ellipsoid: Any, navigation: Navigation, target: EntryTarget) -> jax.Array:
    """What the ship knows, divided by ``SEEN``'s sizes, shape (9,)."""
    r, v = navigation.r_BE_E, navigation.v_BE_E
    _, _, altitude = to_geodetic(ellipsoid, r)
    up = r / jnp.sqrt(jnp.sum(r * r))
    speed = jnp.sqrt(jnp.sum(v * v))
    normal = jnp.cross(r, v)
    normal = normal / jnp.sqrt(jnp.sum(normal * normal))
    ahead = jnp.cross(normal, up)
    aim = target.aim_E / jnp.sqrt(jnp.sum(target.aim_E**2))
    along = jnp.arctan2(jnp.sum(aim * ahead), jnp.sum(aim * up))
    values = jnp.stack([
        speed, altitude, jnp.arcsin(jnp.clip(jnp.sum(up * v) / speed, -1.0, 1.0)), RADIUS * along,
        -RADIUS * jnp.arcsin(jnp.clip(jnp.sum(aim * normal), -1.0, 1.0)), jnp.sin(navigation.bank),
        jnp.cos(navigation.bank), jnp.sqrt(jnp.sum(navigation.specific_force**2)) / 9.80665,
        navigation.blackout.astype(float),
    ])  # fmt: skip
    return values / jnp.asarray([size for _, size, _ in SEEN])


class Told(eqx.Module):
    """Of every lane: what is seen, and what the judge knows of the truth."""

    seen: jax.Array  # (n, 9)
    done: jax.Array
    failed: jax.Array
    elapsed: jax.Array  # s since the interface
    altitude: jax.Array  # m
    climbing: jax.Array
    miss: jax.Array  # m along the ground from the aim point
    load: jax.Array  # g, the greatest so far
    heat_rate: jax.Array  # W/m2, likewise


def _told(world: Any, flight: Any, carry: Carry, patience: Scalar) -> Told:
    truth = carry.truth
    r, v = inertial_to_earth(world.orientation.at(truth.time), truth.time, truth.r_BI_I, truth.v_BI_I)
    _, _, altitude = to_geodetic(world.ellipsoid, r)
    worst = truth.extremes
    return Told(
        seen(flight.ellipsoid, carry.flight.last, flight.target), truth.settled, truth.failed,
        truth.time - (carry.deadline - patience),
        altitude, jnp.sum(r * v) > 0.0, horizontal_distance(world.ellipsoid, r, flight.target.aim_E),
        worst.load, worst.heat_rate,
    )  # fmt: skip


def advance_program(world, flight, leg, carry, keys, number, bank, still, cycles: int):
    """Every lane ``cycles`` guidance cycles on at a bank [rad], to its end at most; ``still`` ones wait."""

    def lane(world, flight, leg, carry, key, number, bank, still):
        key = jax.random.fold_in(jax.random.fold_in(key, leg.index.astype(int)), number)
        steered = eqx.tree_at(lambda c: c.flight.guidance, carry, bank)
        flown, _ = chunk(world, flight, leg, steered, key, False, cycles)
        flown = select(still, carry, end_leg(world, leg, flown))
        return flown, _told(world, flight, flown, leg.patience)

    axes = (world_axes(world), flight_axes(flight), 0, 0, 0, 0, 0, 0)
    return strong(jax.vmap(lane, in_axes=axes)(world, flight, leg, carry, keys, number, bank, still))


def begin_entry_program(carry, leg):
    """The carry at the start of the entry, every lane."""
    return strong(jax.vmap(begin)(carry, leg))


_advance, _begin = program(advance_program), program(begin_entry_program)


@dataclasses.dataclass
class EntryLanes:
    """Entries of a scenario, ``lanes`` side by side, each of which may be begun anew at any time.

    Episode ``k`` of lane ``i`` flies run ``k lanes + i`` of the seed's draws, whatever the other lanes do.
    Raises ``InputError`` for a scenario with failures of its own, ``Infeasible`` where it has no return.
    """

    scenario: Scenario
    lanes: int
    cycles: int

    def __post_init__(self) -> None:
        if self.scenario.fault:
            raise InputError(f"{self.scenario.name}: fault: expected none, they are not flown here")
        plan = plan_entries(self.scenario)
        guided = eqx.tree_at(lambda p: p.guidance, plan.flight, ToldBank())
        self.law = plan.flight.guidance
        self.plan = dataclasses.replace(plan, flight=guided)
        self.legs = spread_legs(self.plan.legs[:1], self.lanes)
        self.leg = jax.device_put(self.legs[0].leg)
        self._drawn: dict[int, tuple[Any, ...]] = {}

    def begin(self, seed: int) -> Told:
        """Every lane at its first episode; what is seen then."""
        self.seed, self._drawn = seed, {}
        self.episode = np.zeros(self.lanes, int)
        self.world, self.flight, self.carry, self.keys, self.told = self._draw(0)
        self.number = np.ones(self.lanes, int)
        return self.told

    def renew(self, lanes: np.ndarray) -> None:
        """The lanes of a mask (n,) at their next episode."""
        self.episode = self.episode + lanes
        for k in np.unique(self.episode[lanes]):
            mine = lanes & (self.episode == k)
            world, flight, carry, keys, told = self._draw(int(k))
            self.world = mixed(mine, world, self.world, world_axes(world))
            self.flight = mixed(mine, flight, self.flight, flight_axes(flight))
            self.carry = mixed(mine, carry, self.carry)
            self.told = mixed(mine, told, self.told)
            data = mixed(mine, jax.random.key_data(keys), jax.random.key_data(self.keys))
            self.keys = jax.random.wrap_key_data(data)
        self.number = np.where(lanes, 1, self.number)
        for k in [k for k in self._drawn if k < self.episode.min()]:
            del self._drawn[k]

    def step(self, bank: np.ndarray, still: np.ndarray) -> Told:
        """Fly on at a bank [rad] (n,); lanes of the mask ``still`` wait as they are."""
        self.carry, self.told = _advance(
            self.world, self.flight, self.leg, self.carry, self.keys, self.number, jnp.asarray(bank, float),
            jnp.asarray(still), cycles=self.cycles,
        )  # fmt: skip
        self.number = self.number + 1
        return self.told

    def _draw(self, episode: int) -> tuple[Any, ...]:
        """World, flight computer, carry after one cycle with wings level, keys, what is then told."""
        if episode not in self._drawn:
            runs = episode * self.lanes + np.arange(self.lanes)
            world, flight, truth = disperse(self.plan, self.seed, runs)
            flight = planned(flight, self.legs)
            keys = run_keys(self.seed, runs)
            carry = _begin(first_carry(flight, truth), of_no_kind(self.leg))
            world, flight = jax.device_put((world, flight))
            none = np.zeros(self.lanes)
            carry, told = _advance(
                world, flight, self.leg, carry, keys, np.zeros(self.lanes, int), jnp.asarray(none),
                jnp.asarray(none > 0.0), cycles=1,
            )  # fmt: skip
            self._drawn[episode] = (world, flight, carry, keys, told)
        return self._drawn[episode]


__all__ = ["SEEN", "EntryLanes", "Told", "ToldBank", "seen"]
