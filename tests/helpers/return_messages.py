"""Replays recorded messages through the flight software of a return; runs alone, without world or loop."""

import pickle
import sys

import jax
import numpy as np
from quick_compile import QUICK

from homeward.flight.executive import return_executive as executive
from homeward.math.xla_barrier import routine

CYCLE, TICK = executive.cycle, executive.tick


def cycle(parameters, state, sensors, mode):
    """The executive's cycle as a routine of its own, so that what surrounds it changes no bit."""
    return routine(lambda *a: CYCLE(*a, mode), parameters, state, sensors)


def tick(parameters, state, sensors, mode):
    """The same of its tick."""
    return routine(lambda *a: TICK(*a, mode), parameters, state, sensors)


def replayed(parameters, state, messages, mode):
    """The commands of stacked cycles of a leg, and the state after them; a call not taken changes nothing."""

    def chosen(taken, new, old):
        return jax.tree.map(lambda x, y: jax.numpy.where(taken, x, y), new, old)

    def again(state, m):
        taken, sensors = m
        new, ordered = tick(parameters, state, sensors, mode)
        return chosen(taken, new, state), ordered

    def one(state, m):
        taken, sensors, _, tick_taken, tick_sensors, _ = m
        new, ordered = cycle(parameters, state, sensors, mode)
        state, ticks = jax.lax.scan(again, chosen(taken, new, state), (tick_taken, tick_sensors))
        return state, (ordered, ticks)

    return jax.lax.scan(one, state, messages)


def differs(messages, commands):
    """Whether a command of a call that was taken is not the recorded one, to the bit."""
    taken, _, command, tick_taken, _, tick_command = messages
    for mask, recorded, now in ((taken, command, commands[0]), (tick_taken, tick_command, commands[1])):
        mask = np.asarray(mask)
        for one, other in zip(jax.tree.leaves(recorded), jax.tree.leaves(now), strict=True):
            if not np.array_equal(np.asarray(one)[mask], np.asarray(other)[mask], equal_nan=True):
                return True
    return False


def quick(f, *arguments):
    """Compiled without the optimiser, which takes longer than these cycles do."""
    return jax.jit(f).lower(*arguments).compile(QUICK)


def replay_flights(programs, flights):
    """The first leg whose command differs, or nothing; and the legs that were the same, with their ticks.

    ``programs`` keeps what was compiled, one for each kind of leg and shape of its messages.
    """
    same = []
    for name, differing, messages, _, _ in flown(programs, flights):
        if differing:
            return name, same
        same.append(f"{name}: {int(np.sum(messages[3]))} ticks")
    return None, same


def flown(programs, flights):
    """Each leg's name, whether a command differs, its messages, the parameters, and the state at its end."""
    for parameters, state, legs in flights:
        for name, mode, messages in legs:
            given = (parameters, state, messages)
            leaves, tree = jax.tree.flatten(given)
            key = (mode, tree, tuple((np.shape(x), np.asarray(x).dtype) for x in leaves))
            if key not in programs:
                programs[key] = quick(lambda p, s, m, mode=mode: replayed(p, s, m, mode), *given)
            state, commands = programs[key](*given)
            yield name, differs(messages, commands), messages, parameters, state


def lift(programs, flights):
    """Of each leg: where the lift is thought to be in the body, and by how much the believed bank tells."""
    for name, _, _, f, state in flown(programs, flights):
        attitude = f.navigation.attitude(state.navigation)
        bank = f.steering.lift_bank(attitude, f.steering.axes(state.last), 0.0 * state.lift.turn)
        print(f"lift: {name}: {float(state.lift.turn)!r}: {float(state.last.bank - bank)!r}")


def main(paths: list[str]) -> int:
    """Replay the flights of each file; the status is how many files hold a command that differs.

    Of the file ``lift`` it is told what the flight software makes of its lift.
    """
    foreign = [
        m for m in sys.modules if m.startswith(("homeward.world", "homeward.sim", "homeward.scenario"))
    ]
    assert not foreign, f"imported: {foreign}"
    programs, spoilt = {}, 0
    for path in paths:
        with open(path, "rb") as file:
            flights = pickle.load(file)
        if path == "lift":
            lift(programs, flights)
            continue
        wrong, same = replay_flights(programs, flights)
        print("\n".join(f"{path}: {line}" for line in same))
        if wrong is not None:
            spoilt += 1
            print(f"{path}: {wrong}: a command differs")
    return spoilt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
