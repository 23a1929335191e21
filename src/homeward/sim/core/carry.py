"""What a lane hands on, and when it stands still."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.flight.executive.flight_computer import FlightState
from homeward.icd import Command, InertialReadings, InertialSample
from homeward.math.xla_barrier import routine
from homeward.typing import Flag, Scalar
from homeward.world.state import TruthState


class Carry(eqx.Module):
    """What a lane hands from cycle to cycle and from leg to leg."""

    truth: TruthState
    flight: FlightState
    command: Command  # on its way: acts from the next tick on
    deadline: Scalar  # s, when the leg has taken too long
    # Of the last tick, not taken in yet: each instrument's; a single sample for a point mass.
    inertial: InertialReadings | InertialSample


def select(yes: Flag, a: Any, b: Any) -> Any:
    """``a`` where ``yes``, else ``b``, leaf by leaf; a leaf that is the same in both is not looked at."""
    return jax.tree.map(lambda x, y: x if x is y else jnp.where(yes, x, y), a, b)


def strong(tree: Any) -> Any:
    """The tree without weak types: a carry that differs from itself in those would compile a second time."""
    return jax.tree.map(
        lambda x: jax.lax.convert_element_type(x, x.dtype) if jnp.issubdtype(x.dtype, jnp.number) else x, tree
    )


def fail_if_late(carry: Carry) -> Carry:
    """A leg that has taken longer than its patience has failed."""
    truth = carry.truth
    failing = (truth.time > carry.deadline) & ~truth.done
    return eqx.tree_at(
        lambda c: (c.truth.failed, c.truth.done, c.truth.settled, c.truth.failed_time),
        carry,
        (
            truth.failed | failing, truth.done | failing, truth.settled | failing,
            jnp.where(failing, truth.time, truth.failed_time),
        ),
    )  # fmt: skip


def at_rest(command: Command) -> Command:
    """A command that asks for nothing but the bank angle as it is; of the same valves."""
    still = jax.tree.map(jnp.zeros_like, command)
    return eqx.tree_at(
        lambda c: (c.bank, c.thrust_direction, c.ends_in), still,
        (
            command.bank, jnp.zeros_like(command.thrust_direction).at[0].set(1.0),
            jnp.full_like(command.bank, jnp.inf),
        ),
    )  # fmt: skip


def nothing_sensed(instruments: int) -> InertialReadings:
    """Inertial readings of no duration: there is nothing to take in."""
    return InertialReadings(jnp.zeros(instruments), jnp.zeros(instruments), jnp.zeros(()))


def no_sample() -> InertialSample:
    """The same of a point mass."""
    return InertialSample(jnp.zeros(3), jnp.zeros(3), jnp.zeros(()))


def added(first: InertialReadings, then: InertialReadings) -> InertialReadings:
    """What the unit has summed over two intervals, one after the other."""
    return jax.tree.map(jnp.add, first, then)


def fly_if_due(frozen: Flag, old: Any, new: Any, truth: TruthState) -> Any:
    """The tick's result, or the state before it, in a tuple that begins with the truth.

    A lane whose end lies within this tick stays before it: ``settle`` flies the last part exactly. A tick
    that gave a number that is not finite is not flown at all: only its flags are taken.
    """

    def decided() -> tuple[Flag, tuple[Any, ...]]:
        stays = frozen | truth.failed | (truth.done & ~truth.settled)
        return stays, (truth.done | frozen, truth.settled, truth.failed, truth.failed_time)

    # A routine: every leaf asks, and XLA would find out anew for each whether the tick went well.
    stays, told = routine(decided)
    kept = select(stays, old, new)
    flags = eqx.tree_at(lambda t: (t.done, t.settled, t.failed, t.failed_time), kept[0], told)
    return (flags, *kept[1:])
