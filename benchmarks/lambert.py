"""Lambert's problem: solves a second on one core, against hapsira's numba kernel and lamberthub.

The flights are made by Kepler's equation, so that the velocities are known. hapsira wants an older NumPy than
ours, so both peers get a virtual environment of their own in ``build/``, made once, and a process that
solves a batch when it is asked to: the programs take turns as elsewhere.
"""

import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.environment import python_with
from benchmarks.measure import Program, Skip, table

MU = 3.986004418e14
MANY, ROUNDS = 16384, 7
PACKAGES = ("hapsira==0.18.0", "lamberthub==1.0.0")
WORKER = Path(__file__).parent / "peers" / "lambert_worker.py"


def run() -> None:
    """Print a table for less than a revolution and one for a revolution and a part."""
    try:
        python = python_with("lambert-peers", *PACKAGES)
    except Skip as reason:
        print(f"\nlambert: peers skipped, {reason}")
        python = None
    for turns in (0, 1):
        _compare(turns, python)


def flights(count: int, turns: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Prograde elliptic flights between 7,000 and 40,000 km of semi-major axis, all on the same path."""
    rng = np.random.default_rng(seed)
    made: list[np.ndarray] = []
    kept = 0
    while kept < count:
        n = 4 * count
        a, e = rng.uniform(7e6, 4e7, n), rng.uniform(0.0, 0.7, n)
        E1 = rng.uniform(-np.pi, np.pi, n)
        E2 = E1 + rng.uniform(0.1, 2 * np.pi - 0.1, n) + 2 * np.pi * turns
        motion = np.sqrt(MU / a**3)
        tof = (E2 - e * np.sin(E2) - E1 + e * np.sin(E1)) / motion
        p, q, _ = np.linalg.qr(rng.normal(size=(n, 3, 3)))[0].transpose(1, 2, 0)
        q = q * np.sign(p[0] * q[1] - p[1] * q[0])  # prograde
        b = np.sqrt(1 - e * e)
        states = []
        for E in (E1, E2):
            c, s = np.cos(E), np.sin(E)
            states += [a * ((c - e) * p + b * s * q), motion * a / (1 - e * c) * (b * c * q - s * p)]
        good = (turns == 0) | (_lancaster(a, states[0], states[2], p, q, E2 - E1) > 0.3)
        made.append(np.concatenate([*states, tof[None]])[:, good])
        kept += int(np.sum(good))
    r1, v1, r2, v2, tof = np.split(np.concatenate(made, 1)[:, :count].T, [3, 6, 9, 12], axis=1)
    return {
        "mu": np.asarray(MU), "turns": np.asarray(turns), "low": np.asarray(True),
        "r1": r1.copy(), "v1": v1, "r2": r2.copy(), "v2": v2, "tof": tof[:, 0].copy(),
    }  # fmt: skip


def _lancaster(a, r1, r2, p, q, flown) -> np.ndarray:
    """Lancaster's x, whose sign tells the path of flights of several revolutions where it is not small.

    By Lagrange's angles: ``flown = alpha - beta``, where ``x = cos(alpha / 2)`` and
    ``sin(beta / 2) = lam sin(alpha / 2)``.
    """
    d1, d2 = np.linalg.norm(r1, axis=0), np.linalg.norm(r2, axis=0)
    c = np.linalg.norm(r2 - r1, axis=0)
    s = 0.5 * (d1 + d2 + c)
    x = np.sqrt(np.maximum(1.0 - 0.5 * s / a, 0.0))
    longer = np.sum(np.cross(r1.T, r2.T) * np.cross(p.T, q.T), 1) < 0.0
    beta = 2.0 * np.arcsin(np.where(longer, -1.0, 1.0) * np.sqrt(1.0 - c / s) * np.sqrt(1.0 - x * x))
    return np.where(np.cos(2.0 * np.arccos(x) - beta - flown) > 1.0 - 1e-9, x, -x)


def _compare(turns: int, python: Path | None) -> None:
    made = flights(MANY, turns)
    solve = _ours(made, turns)
    error = float(np.abs(solve() - np.concatenate([made["v1"], made["v2"]], 1)).max())
    programs = [Program("Homeward (JAX)", MANY, solve, error)]
    costs: dict[str, list[float]] = {programs[0].name: []}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "flights.npz"
        np.savez(file, **made)  # pyright: ignore[reportArgumentType]
        worker = None
        if python:
            worker = subprocess.Popen(
                [python, WORKER, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        names = {"hapsira": "hapsira (numba kernel)", "lamberthub": "lamberthub izzo2015"}
        for _ in range(ROUNDS):
            start = time.process_time()
            solve()
            costs[programs[0].name].append((time.process_time() - start) / MANY)
            if worker is None:
                continue
            for key, name in names.items():
                seconds, wrong, refused = _ask(worker, key)
                if name not in costs:
                    note = f"refuses {refused} of the flights" if refused else ""
                    programs.append(Program(name, MANY, solve, wrong, note))
                costs.setdefault(name, []).append(seconds)
        if worker:
            worker.communicate()
    words = "less than a revolution" if turns == 0 else f"{turns} revolution and a part"
    table(f"Lambert's problem, {words}, one core", "solves", programs, costs, "m/s")


def _ask(worker: subprocess.Popen[str], peer: str) -> tuple[float, float, int]:
    """Seconds a solve, the worst error [m/s] and the number of refusals of one batch."""
    assert worker.stdin and worker.stdout
    worker.stdin.write(peer + "\n")
    worker.stdin.flush()
    answer = worker.stdout.readline().split()
    if len(answer) != 3:
        raise Skip("the peers' process ended early; its words stand above")
    return float(answer[0]), float(answer[1]), int(answer[2])


def _ours(made, turns):
    import jax
    import jax.numpy as jnp

    from homeward.astro.lambert import lambert

    @jax.jit
    @jax.vmap
    def solve(r1, r2, tof):
        up = jnp.asarray([0.0, 0.0, 1.0])
        found = lambert(jnp.asarray(MU), r1, r2, tof, up, turns, True)
        return jnp.concatenate([found.v1, found.v2])

    inputs = [jnp.asarray(made[k]) for k in ("r1", "r2", "tof")]
    return lambda: np.asarray(solve(*inputs))
