"""Whether the entry guidance can be flown by: what is done where it cannot.

Three questions a cycle, asked of any law. Is where the ship is, and how it lies, known well enough to be
steered by? Does what the law foretells hold from one cycle to the next? Is the load about to pass what the
ship is built for? Where one of the first two is answered badly for some cycles on end, the capsule rolls
steadily for the rest of the entry, which needs neither place nor site (``ballistic``). While the third
is, its lift points up. A command that is no number is not flown around: that is an error of the software, and
fails the run.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.earth.constants import G0
from homeward.flight.entry.ballistic import BallisticEntryGuidance
from homeward.icd import Accuracy, EntryCommand, Navigation
from homeward.math.numerics import norm
from homeward.typing import Array, Count, Float, Scalar, Vec3

STEERED, ROLLING = 0, 1  # modes
NOTHING, PLACE, ATTITUDE, PREDICTION = 0, 1, 2, 3  # causes
STRIKES = 5.0  # cycles beyond a limit after which the law is given up; each one within takes one off
LEAD = 3.0  # s that the load is looked ahead, as straight on as it has grown in the last cycle
LIFTED = 0.26  # rad: the bank kept while the load is at risk, 15 deg to the side where it is
FELT = 0.2  # g: from which on a prediction is held against the one before
SLOW = 7400.0  # m/s, seen from the ground: below circular, 7,900 less the Earth's 465, whichever way it flies
SPARED = 0.97  # of the load limit from which on it is at risk


class EntryWatchState(eqx.Module):
    """What is remembered of the entry."""

    mode: Count
    cause: Count  # of the choice
    strikes: Float[Array, "3"]  # one count for each cause
    miss: Scalar  # m, foretold in the last cycle
    change: Scalar  # m, of that against the one before
    load: Scalar  # g, felt in the last cycle
    lifted: Scalar  # s in which the lift was turned up
    since: Scalar  # s: when the choice was made; infinite where none was
    r_E: Vec3  # m and m/s: what was believed then, from where the end was foretold
    v_E: Vec3


class EntryWatch(eqx.Module):
    """The limits, and the fall-back as loaded."""

    fallback: BallisticEntryGuidance
    place_sigma: Scalar  # m, 1 sigma of the worst axis
    attitude_sigma: Scalar  # rad, likewise
    jump: Scalar  # m: by which what is foretold may change in a cycle
    load_limit: Scalar  # g, of the ship
    cycle: Scalar  # s

    def init(self) -> EntryWatchState:
        """Before the entry: steered."""
        zero, zeros, count = jnp.zeros(()), jnp.zeros(3), jnp.asarray(0)
        return EntryWatchState(count, count, zeros, zero, zero, zero, zero, zero + jnp.inf, zeros, zeros)

    def step(
        self, state: EntryWatchState, navigation: Navigation, accuracy: Accuracy, command: EntryCommand
    ) -> tuple[EntryWatchState, EntryCommand]:
        """One cycle: the law's command, or what is flown instead of it."""
        load = norm(navigation.specific_force) / G0
        change = command.predicted_miss - state.miss
        beyond = jnp.stack([
            jnp.max(accuracy.position_sigma) > self.place_sigma,
            jnp.max(accuracy.attitude_sigma) > self.attitude_sigma,
            # In thin air, and faster than circular, a prediction still settles: by hundreds of kilometres a
            # cycle of a return from the Moon, but one way. What goes to and fro foretells nothing.
            (state.load > FELT) & (norm(navigation.v_BE_E) < SLOW) & (change * state.change < 0.0)
            & (jnp.minimum(jnp.abs(change), jnp.abs(state.change)) > self.jump),
        ])  # fmt: skip
        strikes = jnp.maximum(state.strikes + jnp.where(beyond, 1.0, -1.0), 0.0)
        over = strikes >= STRIKES
        chosen = (state.mode == STEERED) & jnp.any(over)
        mode = jnp.where(chosen, ROLLING, state.mode)
        rolling = mode == ROLLING

        foreseen = load + LEAD / self.cycle * jnp.where(state.load > 0.0, load - state.load, 0.0)
        risk = ~rolling & (jnp.maximum(load, foreseen) > SPARED * self.load_limit) & (load >= state.load)
        bank = jnp.where(risk, jnp.clip(command.bank, -LIFTED, LIFTED), command.bank)
        bank = jnp.where(rolling, self.fallback.rolled(navigation), bank)
        new = EntryWatchState(
            mode=mode,
            cause=jnp.where(chosen, 1 + jnp.argmax(over), state.cause),
            strikes=strikes,
            miss=command.predicted_miss,
            change=change,
            load=load,
            lifted=state.lifted + jnp.where(risk & (bank != command.bank), self.cycle, 0.0),
            since=jnp.where(chosen, navigation.time, state.since),
            r_E=jnp.where(chosen, navigation.r_BE_E, state.r_E),
            v_E=jnp.where(chosen, navigation.v_BE_E, state.v_E),
        )
        return new, eqx.tree_at(lambda c: c.bank, command, bank)
