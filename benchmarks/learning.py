"""Steps a second of ``homeward/EntryGuidance-v0``: lanes of one program, against a plain loop over lanes.

Both fly entries by the same compiled loop, five seconds of flight a step, whole episodes with what beginning
one costs; the plain loop steps an environment of one lane for one lane after the other, as most vectorised
ones do. Baselines of the task beside it: random banks, and the ship's own law.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np

from benchmarks.measure import need

LANES = (8, 64)
STEPS, ROUNDS = 140, 3  # an episode has 130 to 140 steps


def run() -> None:
    """Print the two tables."""
    need("gymnasium")
    from rich.progress import Progress

    from homeward.rl.baselines import OwnEntryLaw, RandomActions, fly_policy
    from homeward.rl.entry_env import EntryGuidanceVectorEnv

    with Progress(transient=True) as bar:
        task = bar.add_task("preparing", total=len(LANES) * (2 + ROUNDS) + 2)
        one = EntryGuidanceVectorEnv(1)
        one.reset(seed=0)
        rows = []
        for lanes in LANES:
            bar.update(task, description=f"{lanes} lanes: preparing")
            many = EntryGuidanceVectorEnv(lanes)
            many.reset(seed=0)
            for call in (lambda m=many: _steps(m, 1), lambda n=lanes: _loop(one, n, 1)):
                call()
                bar.advance(task)
            costs = []
            for _ in range(ROUNDS):
                bar.update(task, description=f"{lanes} lanes")
                a = _seconds(lambda m=many: _steps(m, STEPS)) / (STEPS * lanes)
                b = _seconds(lambda n=lanes: _loop(one, n, STEPS)) / (STEPS * lanes)
                costs.append((a, b))
                bar.advance(task)
            rows.append((lanes, costs))
        figures = []
        for name, policy in (
            ("random banks", RandomActions(many, 1)),
            ("the ship's own law", OwnEntryLaw(many)),
        ):
            bar.update(task, description=name)
            figures.append((name, fly_policy(many, policy, STEPS, seed=1)))
            bar.advance(task)
    print("\nSteps of homeward/EntryGuidance-v0, 5 s of flight each, one core")
    print(f"  {'lanes':>6} {'steps a second':>16} {'plain loop':>14}   lanes over it")
    for lanes, costs in rows:
        a, b = (statistics.median(c[k] for c in costs) for k in (0, 1))
        ratio = statistics.median(y / x for x, y in costs)
        print(f"  {lanes:6} {1.0 / a:16,.0f} {1.0 / b:14,.0f}   {ratio:.1f}")
    print(f"\nBaselines, {LANES[-1]} dispersed entries of seed 1")
    print(f"  {'':20} {'success':>8} {'miss p50 km':>12} {'peak load g':>12} {'return':>8}")
    for name, found in figures:
        print(f"  {name:20} {found['success'].mean():8.0%} {np.median(found['miss_km']):12.2f} "
              f"{np.median(found['peak_load_g']):12.2f} {found['return'].mean():8.2f}")  # fmt: skip


def _steps(env, count: int) -> None:
    for _ in range(count):
        env.step(np.zeros(env.action_space.shape, np.float32))


def _loop(env, lanes: int, count: int) -> None:
    for _ in range(lanes):
        _steps(env, count)


def _seconds(call: Callable[[], None]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start
