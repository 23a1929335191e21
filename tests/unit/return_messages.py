"""Replays recorded messages through the flight software of a return; runs alone, without world or loop."""

import pickle
import sys

import jax
import numpy as np

from homeward.flight.executive import return_executive as executive
from homeward.math.routine import routine

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
    return jax.jit(f).lower(*arguments).compile({"xla_backend_optimization_level": 0})(*arguments)


def main(path: str) -> None:
    """Replay the file's flights, leg by leg; ends with status 1 and a line where a command differs."""
    with open(path, "rb") as file:
        flights = pickle.load(file)
    foreign = [
        m for m in sys.modules if m.startswith(("homeward.world", "homeward.sim", "homeward.scenario"))
    ]
    assert not foreign, f"imported: {foreign}"
    for parameters, state, legs in flights:
        for name, mode, messages in legs:
            state, commands = quick(
                lambda p, s, m, mode=mode: replayed(p, s, m, mode), parameters, state, messages
            )
            if differs(messages, commands):
                raise SystemExit(f"{name}: a command differs")
            print(f"{name}: {int(np.sum(messages[3]))} ticks")


if __name__ == "__main__":
    main(sys.argv[1])
