"""Replays recorded messages through the rendezvous' executive: run as a program of its own, given a file.

Nothing of the world is in the process: the flight computer's parameters, its state as each leg's recording
begins, and its messages are all there is. It exits with 1 and says where, if a bit of a command differs.
"""

import pickle
import sys

import jax
import numpy as np
from quick_compile import QUICK

from homeward.flight.executive import rendezvous_executive as executive


def save(path, recorded):
    """``recorded``: by leg the parameters, the first state, and (call, message or None, what it returned)."""
    leaves, tree = jax.tree.flatten(recorded)
    numbered = jax.tree.unflatten(
        tree, [_Number(k) if hasattr(x, "dtype") else x for k, x in enumerate(leaves)]
    )
    arrays = {str(k): np.asarray(x) for k, x in enumerate(leaves) if hasattr(x, "dtype")}
    np.savez(path, structure=np.frombuffer(pickle.dumps(numbered), np.uint8), **arrays)


def restored(path):
    """What ``save`` was given."""
    with np.load(path) as file:
        numbered = pickle.loads(file["structure"].tobytes())
        return jax.tree.map(
            lambda x: jax.numpy.asarray(file[str(x.k)]) if isinstance(x, _Number) else x, numbered,
            is_leaf=lambda x: isinstance(x, _Number),
        )  # fmt: skip


class _Number:
    def __init__(self, k):
        self.k = k


def bits(tree):
    """Every number of a tree as bytes, in order."""
    return [np.asarray(x).tobytes() for x in jax.tree.leaves(tree)]


def _call(programs, name, *arguments):
    leaves, tree = jax.tree.flatten(arguments)
    key = (name, tree, tuple((x.shape, str(x.dtype)) for x in leaves))
    if key not in programs:
        programs[key] = jax.jit(getattr(executive, name)).lower(*arguments).compile(QUICK)
    return programs[key](*arguments)


def replayed(recorded):
    """The first leg and call whose command differs by a bit, or nothing; and how many calls agreed."""
    programs, agreed = {}, 0
    for leg, (parameters, state, calls) in recorded.items():
        for number, (name, message, returned) in enumerate(calls):
            given = () if message is None else (message,)
            told = _call(programs, name, parameters, state, *given)
            if bits(told) != bits(returned):
                return f"{leg}: call {number}, {name}", agreed
            agreed += 1
            if name in ("tick", "cycle"):
                state = told[0]
            elif name == "plan":
                state = told
    return "", agreed


if __name__ == "__main__":
    sys.modules["replay_messages"] = sys.modules["__main__"]
    different, count = replayed(restored(sys.argv[1]))
    strangers = sorted(m for m in sys.modules if m.startswith(("homeward.world", "homeward.sim")))
    print(f"{count} calls agree; {different or 'all do'}; of world and sim: {strangers}")
    sys.exit(1 if different or strangers else 0)
