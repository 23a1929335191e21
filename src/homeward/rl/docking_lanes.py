"""Final translations of many lanes, a few seconds at a time, steered from outside.

The closed loop of a rendezvous' last metres: two bodies, thrusters, sensors, relative navigation, attitude
control by the ship itself. In place of the axis law stands one that flies the push it was last told.
"""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.program import program
from homeward.dispersion.rendezvous import disperse_pair
from homeward.flight.rendezvous.told_push import ToldPush
from homeward.missions.rendezvous_flight import pair_keys
from homeward.planning.rendezvous_plan import plan_rendezvous
from homeward.rl.lanes import mixed
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.core.carry import select, strong
from homeward.sim.rendezvous.contact import inside_box
from homeward.sim.rendezvous.far_range_lanes import world_axes
from homeward.sim.rendezvous.port_start import KICKS, before_port
from homeward.sim.rendezvous.proximity import CloseCarry, close_chunk
from homeward.sim.rendezvous.telemetry import ports

DISTANCE = 20.0  # m from port to port at the start
OFF = (0.5, 0.01)  # m and m/s, 1-sigma of each axis there
TILT = 5e-3  # rad, 1-sigma of the attitude there
NEVER = 1e12  # s
#: What is seen, in order: name, the size that it is divided by, and what it is.
SEEN = (
    ("port_x", 20.0, "m, the ship's port from the station's along its axis"),
    ("port_y", 1.0, "m, aside"), ("port_z", 1.0, "m, aside"),
    ("rate_x", 0.1, "m/s, as seen from the station's port"), ("rate_y", 0.02, "m/s"),
    ("rate_z", 0.02, "m/s"), ("elapsed", 600.0, "s since the start"),
)  # fmt: skip


class Told(eqx.Module):
    """Of every lane: what is seen, and what the judge knows of the truth."""

    seen: jax.Array  # (n, 7)
    done: jax.Array
    captured: jax.Array
    inside: jax.Array  # the contact was inside the box
    collided: jax.Array
    failed: jax.Array
    gave_up: jax.Array  # the computer left the approach
    elapsed: jax.Array  # s
    place: jax.Array  # (n, 3) m, true, D
    delta_v: jax.Array  # m/s delivered
    closing: jax.Array  # m/s at the contact
    lateral: jax.Array  # m


def _told(world: Any, carry: CloseCarry, step: int) -> Told:
    truth, law, c = carry.truth, carry.flight.law, carry.truth.contact
    place, _, _, _ = ports(world.hull, truth)
    elapsed = truth.time - carry.begun
    values = jnp.concatenate([law.rho, law.v, elapsed[None]])  # pyright: ignore[reportAttributeAccessIssue]
    return Told(
        values / jnp.asarray([size for _, size, _ in SEEN]), truth.done, c.captured,
        inside_box(c) & (c.count > 0), c.collided, truth.failed,
        (carry.flight.step != step) | (carry.flight.mode > 0), elapsed, place, truth.delta_v, c.closing,
        jnp.sqrt(jnp.sum(c.lateral_offset**2)),
    )  # fmt: skip


def advance_docking_program(world, flight, carry, keys, push, still, cycles: int, step: int):
    """Every lane ``cycles`` seconds on with a push [m/s a second, D]; those of ``still`` wait."""

    def lane(world, carry, key, push, still):
        steered = eqx.tree_at(lambda c: c.flight.law.given, carry, push)
        flown, _ = close_chunk(world, flight, jnp.asarray(NEVER), steered, key, False, cycles)
        flown = select(still, carry, flown)
        return flown, _told(world, flown, step)

    return strong(jax.vmap(lane, in_axes=(world_axes(world), 0, 0, 0, 0))(world, carry, keys, push, still))


_advance = program(advance_docking_program, apart=True)


@dataclasses.dataclass
class DockingLanes:
    """Final translations of a scenario, side by side, each of which may be begun anew at any time.

    Episode ``k`` of lane ``i`` flies run ``k lanes + i`` of the seed's draws, whatever the other lanes do.
    Raises ``InputError`` for a scenario without a rendezvous, ``Infeasible`` where no plan serves.
    """

    scenario: Scenario
    lanes: int
    cycles: int

    def __post_init__(self) -> None:
        self.made = plan_rendezvous(self.scenario, None, None)
        close = self.made.close
        self.law, self.step_number = close.law, len(self.made.steps) - 1
        self.most = np.asarray(close.law.most, float)
        told = ToldPush(jnp.asarray(self.most), close.law.profile)
        self.flight = jax.device_put(
            eqx.tree_at(lambda c: c.law, close, told, is_leaf=lambda x: x is close.law)
        )
        self._drawn: dict[int, tuple[Any, ...]] = {}

    def begin(self, seed: int) -> Told:
        """Every lane at its first episode; what is seen then."""
        self.seed, self._drawn = seed, {}
        self.episode = np.zeros(self.lanes, int)
        self.world, self.carry, self.keys, self.told = self._draw(0)
        return self.told

    def renew(self, lanes: np.ndarray) -> None:
        """The lanes of a mask (n,) at their next episode."""
        self.episode = self.episode + lanes
        for k in np.unique(self.episode[lanes]):
            mine = lanes & (self.episode == k)
            world, carry, keys, told = self._draw(int(k))
            self.world = mixed(mine, world, self.world, world_axes(world))
            self.carry, self.told = mixed(mine, carry, self.carry), mixed(mine, told, self.told)
            data = mixed(mine, jax.random.key_data(keys), jax.random.key_data(self.keys))
            self.keys = jax.random.wrap_key_data(data)
        for k in [k for k in self._drawn if k < self.episode.min()]:
            del self._drawn[k]

    def step(self, push: np.ndarray, still: np.ndarray) -> Told:
        """Fly on with a push (n, 3) [m/s a second, D]; lanes of the mask ``still`` wait as they are."""
        self.carry, self.told = self._flown(self.world, self.carry, self.keys, push, still, self.cycles)
        return self.told

    def _flown(self, world: Any, carry: Any, keys: Any, push: Any, still: Any, cycles: int) -> Any:
        return _advance(
            world, self.flight, carry, keys, jnp.asarray(push, float), jnp.asarray(still), cycles=cycles,
            step=self.step_number,
        )  # fmt: skip

    def _draw(self, episode: int) -> tuple[Any, ...]:
        """World, carry after the first step without a push, keys, what is then told."""
        if episode not in self._drawn:
            runs = episode * self.lanes + np.arange(self.lanes)
            world, far = disperse_pair(self.made, self.seed, runs)
            keys = pair_keys(self.seed, runs)
            kicks = _kicks(keys)
            offset = np.array([DISTANCE, 0.0, 0.0]) + OFF[0] * kicks[:, :3]
            carry = before_port(
                world, self.flight, far, offset, OFF[1] * kicks[:, 3:6], TILT * kicks[:, 6:9],
                kicks[:, 9:], step=self.step_number,
            )  # fmt: skip
            world = jax.device_put(world)
            still = np.zeros(self.lanes, bool)
            carry, told = self._flown(world, carry, keys, np.zeros((self.lanes, 3)), still, self.cycles)
            self._drawn[episode] = (world, carry, keys, told)
        return self._drawn[episode]


@program
def _kicked(keys):
    return jax.vmap(lambda key: jax.random.normal(jax.random.fold_in(key, 2**31 - 3), (9 + KICKS,)))(keys)


def _kicks(keys: Any) -> np.ndarray:
    return np.asarray(_kicked(keys))
