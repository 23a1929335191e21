"""Passive safety: thrust lost at some moment, do two free revolutions stay outside the keep-out sphere?

Every state of a flight is flown on freely with the station, by the true world. On a coast all states lie on
one path: only its first and some of those after it are flown on.
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.program import program
from homeward.sim.core.carry import strong
from homeward.sim.rendezvous.far_range_lanes import pick_pair, world_axes
from homeward.typing import Array, Float, Scalar
from homeward.world.dynamics.two_spacecraft import Bodies, PairWorld, drifted, kicked, pulled, tidal_pull

STEP = 20.0  # s between kicks: the distance is off by some metres after two revolutions
PARTS = 19  # of them: two revolutions of 93 min and some
LANES = 256
COAST_STRIDE = 60  # seconds of a coast of which one is flown on
TURN = 600.0  # s for which the Earth's orientation is carried on by its rate


@dataclasses.dataclass
class Safety:
    """Points that were looked at, the least distance [m] of each one's free flight, and the violations."""

    time: np.ndarray
    least: np.ndarray
    checked: int
    violations: int

    def told(self) -> dict[str, int | float]:
        """As it stands in a summary."""
        least = float(self.least.min()) if len(self.least) else None
        return {"checked_points": self.checked, "violations": self.violations, "least_m": least}  # pyright: ignore[reportReturnType]


@program
def _free(world, time, bodies, mass):
    """Least distance [m] of every lane within two revolutions of free flight."""

    def lane(world: PairWorld, time: Scalar, bodies: Bodies, mass: Scalar) -> Scalar:
        h = jnp.asarray(STEP)

        def part(carry, _):
            t, bodies, least = carry
            spin = world.orientation.at(t)
            tidal = tidal_pull(world, t, bodies.r_TI_I)

            def step(inner, _):
                t, b, least = inner
                before = b.r_BI_I - b.r_TI_I
                b = drifted(kicked(b, 0.5 * h), h, jnp.zeros(3), jnp.zeros(3), jnp.zeros(3))
                b = kicked(pulled(world, spin, t + h, tidal, b, mass, h), 0.5 * h)
                return (t + h, b, jnp.minimum(least, nearest(before, b.r_BI_I - b.r_TI_I))), None

            return jax.lax.scan(step, (t, bodies, least), None, length=int(TURN / STEP))[0], None

        spin = world.orientation.at(time)
        start = pulled(world, spin, time, tidal_pull(world, time, bodies.r_TI_I), bodies, mass, h)
        (_, _, least), _ = jax.lax.scan(part, (time, start, jnp.asarray(1e9)), None, length=PARTS)
        return least

    return strong(jax.vmap(lane, in_axes=(world_axes(world), 0, 0, 0))(world, time, bodies, mass))


def nearest(a: Float[Array, "3"], b: Float[Array, "3"]) -> Scalar:
    """Least distance [m] from the origin of the straight line between two places."""
    along = b - a
    share = jnp.clip(-jnp.sum(a * along) / jnp.maximum(jnp.sum(along * along), 1e-12), 0.0, 1.0)
    near = a + share * along
    return jnp.sqrt(jnp.sum(near * near))


def free_flights(
    world: PairWorld, lane: int, time: np.ndarray, bodies: Bodies, mass: np.ndarray
) -> np.ndarray:
    """Least distance [m] over two free revolutions from each state (rows), in the world of one lane."""
    one = pick_pair(world, np.full(LANES, lane))
    least = []
    for start in range(0, len(time), LANES):
        pick = np.minimum(np.arange(start, start + LANES), len(time) - 1)
        some = jax.tree.map(lambda x, p=pick: jnp.asarray(np.asarray(x)[p]), bodies)
        least.append(np.asarray(_free(one, jnp.asarray(time[pick]), some, jnp.asarray(mass[pick]))))
    return np.concatenate(least)[: len(time)] if least else np.zeros(0)


def judge(
    world: PairWorld, lane: int, time: np.ndarray, bodies: Bodies, mass: np.ndarray, delta_v: np.ndarray,
    radius: float,
) -> Safety:  # fmt: skip
    """Every row judged: those of a coast by the first of each minute, those under thrust one by one."""
    gained = np.diff(delta_v, prepend=delta_v[:1])
    thrusting = gained > 1e-6
    # The row after a burn begins a coast.
    begins = np.append(False, thrusting[:-1]) & ~thrusting
    since = np.arange(len(time)) - np.maximum.accumulate(
        np.where(thrusting | begins, np.arange(len(time)), 0)
    )
    pick = np.flatnonzero(thrusting | (since % COAST_STRIDE == 0))
    some = jax.tree.map(lambda x: np.asarray(x)[pick], bodies)
    least = free_flights(world, lane, time[pick], some, mass[pick])
    # A coast's row lies on the path of the one flown on before it.
    every = np.arange(len(time))
    own = np.where(np.isin(every, pick), np.searchsorted(pick, every), 0)
    of_row = least[np.maximum.accumulate(own)]
    return Safety(time, of_row, len(time), int(np.sum(of_row < radius)))
