"""Flights of a plan with one thing changed, for tests of the loop; they share one compiled program."""

import dataclasses
from functools import cache

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward.flight.interfaces import AbstractEntryGuidance, bank_only
from homeward.missions.return_flight import run_keys, spread_legs
from homeward.planning.return_plan import ReturnPlan, plan_return
from homeward.scenario import load
from homeward.sim.lanes import spread_flight, spread_world, whole_history
from homeward.sim.mission import Outcome, fly_mission
from homeward.typing import Array, Float


@dataclasses.dataclass
class Flown:
    """Outcome and telemetry of one lane."""

    outcome: Outcome
    history: dict[str, np.ndarray]

    def end(self, leg: str = "entry"):
        """The truth at the end of a leg, without its lane axis."""
        return jax.tree.map(lambda x: np.asarray(x)[0], self.outcome.ends[leg])


@cache
def plan_of(name: str = "apollo-10", **overrides: str) -> ReturnPlan:
    """The plan of a shipped scenario; ``__`` in a key stands for a dot."""
    return plan_return(load(name, {key.replace("__", "."): value for key, value in overrides.items()}))


def fly_plan(
    plan: ReturnPlan, *, world=None, guidance=None, flight=None, truth=None, legs=None, seed=0
) -> Flown:
    """Fly a plan once, some of its parts replaced, with full telemetry."""
    world = plan.world if world is None else world
    flight = plan.flight if flight is None else flight
    if guidance is not None:
        flight = eqx.tree_at(lambda f: f.guidance, flight, guidance)
    truth = plan.truth if truth is None else truth
    legs = plan.legs if legs is None else legs
    outcome = fly_mission(
        spread_world(world, 1), spread_flight(flight, 1), jax.tree.map(lambda x: np.asarray(x)[None], truth),
        spread_legs(legs, 1), run_keys(seed, np.array([0])), True,
    )  # fmt: skip
    return Flown(outcome, whole_history(outcome.legs, 0))


def without_navigation_error(world):
    """The world with a perfect fix."""
    n = world.navigation
    zero, zeros = jnp.asarray(0.0), jnp.zeros(3)
    return eqx.tree_at(
        lambda w: (
            w.navigation.position_sigma, w.navigation.velocity_sigma, w.navigation.accelerometer_bias,
            w.navigation.misalignment, w.navigation.altimeter_sigma,
        ),
        world,
        (zero * n.position_sigma, zero, zeros, zeros, zero),
    )  # fmt: skip


class Replay(AbstractEntryGuidance):
    """A user's law that plays a recorded bank command; ``ahead`` [s] makes up for the loop's own delay."""

    time: Float[Array, " n"]
    bank: Float[Array, " n"]  # unwrapped
    ahead: Float[Array, ""]

    def init(self, target):
        return ()

    def step(self, state, navigation, target):
        return state, bank_only(jnp.interp(navigation.time + self.ahead, self.time, self.bank))
