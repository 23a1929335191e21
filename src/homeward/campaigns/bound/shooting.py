"""Direct shooting from several starts: the bank history that comes nearest the aim inside the limits.

Many flights side by side, each improved by damped steps (Levenberg, Marquardt) on the miss east and north and
on the excess over the limits, whose weight grows; then with the excess as a constraint: where a step would
pass it, it is taken along directions in which the excess stays (sequential quadratic programming). Between
slopes worked out anew they follow the flights by Broyden's rule: a flight costs a twentieth of its slopes.
"""

import dataclasses

import numpy as np

from homeward.campaigns.bound.shots import AIMED, INSIDE, MILE, Shots
from homeward.sim.point_mass.open_bank import KNOTS, REVERSAL_UNIT, Opened

ROUNDS = 16, 16  # slopes worked out anew: the excess weighed, and held
TRIALS = 3  # flights between them
WEIGHTS = (
    30.0,
    3.0,
    1000.0,
)  # of the excess: at first, how it grows each round where limits are passed, at most
PENALTY, ALLOWED = 1000.0, 0.02  # of an excess above what is allowed, where it is held
NEAR = 50.0  # m: nearer is not looked for
STARTS = 3  # of those flown at first, the best that differ
LONGEST = 0.5  # of a step, in the numbers' own units (rad)
PATIENCE = 3  # rounds that leave nearly as much
STALLED = 0.99
# Where a reversal lies that is never reached.
NEVER = -0.5 / REVERSAL_UNIT
TURNS = (
    (NEVER, NEVER, NEVER), (0.55 / REVERSAL_UNIT, NEVER, NEVER),
    (0.78 / REVERSAL_UNIT, 0.5 / REVERSAL_UNIT, 0.28 / REVERSAL_UNIT),
)  # fmt: skip
# Banks [deg] of what is flown at first: early, from one place x on another, from a second place a third.
SHAPES = (
    *((size, 0.9, size, 0.5, size) for size in (15.0, 35.0, 50.0, 62.0, 75.0, 88.0, 102.0, 120.0)),
    *((size, 0.8, 55.0, 0.5, 55.0) for size in (35.0, 75.0, 95.0, 120.0)),
    (170.0, 0.992, 5.0, 0.88, 80.0), (170.0, 0.982, 5.0, 0.88, 80.0), (140.0, 0.992, 30.0, 0.88, 100.0),
    (170.0, 0.992, 5.0, 0.88, 115.0),
)  # fmt: skip


@dataclasses.dataclass
class Shooting:
    """The best history found for each lane of ``lanes``.

    ``numbers`` and ``side`` tell it (see ``shots.history_of``), ``miss`` [m] how near it comes inside the
    limits, infinite where no flight was inside; ``least`` [m] how near one came whatever it cost.
    """

    lanes: np.ndarray
    numbers: np.ndarray
    side: np.ndarray
    miss: np.ndarray
    least: np.ndarray
    commands: np.ndarray
    starts: int


def first_histories() -> tuple[np.ndarray, np.ndarray]:
    """What is flown at first: ``SHAPES``, each on either side and with three ways to reverse."""
    x = np.asarray(KNOTS)
    rows, sides = [], []
    for early, first, middle, second, late in SHAPES:
        size = np.radians(np.where(x > first, early, np.where(x > second, middle, late)))
        for turns in TURNS:
            for side in (1.0, -1.0):
                rows.append(np.concatenate([size, turns]))
                sides.append(side)
    return np.asarray(rows), np.asarray(sides)


def miss_of(told: Opened) -> np.ndarray:
    """How far [m] from the aim flights opened."""
    return np.where(told.down, np.hypot(told.east, told.north), np.inf)


def _inside(told: Opened) -> np.ndarray:
    """Which flights kept to the limits; the shares are of what is aimed for."""
    return np.max(told.shares, axis=1) <= INSIDE / AIMED


def shoot(shots: Shots, lanes: np.ndarray, tell=lambda share: None) -> Shooting:
    """The bank histories that bring the given lanes of a field nearest to their aims, inside the limits."""
    rows, sides = first_histories()
    count, n = len(rows), len(lanes)
    told = shots.fly(np.repeat(lanes, count), np.tile(rows, (n, 1)), np.tile(sides, n))
    merit = _merit(_residual(told), np.full(n * count, WEIGHTS[0]), False)
    value = np.where(told.down, merit, np.inf).reshape(n, count)
    best = Shooting(
        lanes, np.zeros((n, rows.shape[1])), np.ones(n), np.full(n, np.inf), np.full(n, np.inf),
        np.zeros((n, told.commands.shape[1])), STARTS,
    )  # fmt: skip
    ranked = _apart(value)
    every = np.repeat(np.arange(n), count)
    _keep(best, every, np.tile(rows, (n, 1)), np.tile(sides, n), told)
    for k in range(STARTS):
        open_ = np.flatnonzero(best.miss > NEAR)
        tell(k / STARTS)
        if open_.size == 0:
            break
        which = ranked[open_, k]
        _improve(shots, best, open_, rows[which].copy(), sides[which].copy())
    tell(1.0)
    return best


def _apart(value: np.ndarray) -> np.ndarray:
    """The starts of each lane, best first, of each side and way to reverse one."""
    kinds = len(TURNS) * 2
    count = value.shape[1]
    kind = np.arange(count) % kinds
    order = np.argsort(value, axis=1, kind="stable")
    told = np.empty((value.shape[0], STARTS), int)
    for lane, ranks in enumerate(order):
        firsts: list[int] = []
        for k in ranks:
            if kind[k] not in [kind[f] for f in firsts]:
                firsts.append(int(k))
            if len(firsts) == STARTS:
                break
        told[lane] = firsts
    return told


def _residual(told: Opened) -> np.ndarray:
    return np.stack([told.east / MILE, told.north / MILE, told.excess], axis=1)


def _keep(best: Shooting, which: np.ndarray, numbers: np.ndarray, side: np.ndarray, told: Opened) -> None:
    """Remember what came nearer inside the limits than all before; ``which`` may name a lane many times."""
    miss = miss_of(told)
    np.minimum.at(best.least, which, miss)
    miss = np.where(_inside(told), miss, np.inf)
    for k in np.argsort(-miss, kind="stable"):  # the nearest last, to stay
        lane = which[k]
        if miss[k] < best.miss[lane]:
            best.miss[lane], best.numbers[lane], best.side[lane] = miss[k], numbers[k], side[k]
            best.commands[lane] = told.commands[k]


def _improve(shots: Shots, best: Shooting, which: np.ndarray, x: np.ndarray, side: np.ndarray) -> None:
    """Take the histories ``x`` of the lanes ``which`` toward the aim, and keep what is better in ``best``.

    First with the excess as a third residual, whose weight grows: from far, its slope is that of nothing
    before a limit is met. Then with the excess as a constraint.
    """
    told = shots.fly(best.lanes[which], x, side)
    _keep(best, which, x, side, told)
    r, weight = _residual(told), np.full(len(which), WEIGHTS[0])
    for constrained in (False, True):
        damping, stale = np.full(len(which), 1e-3), np.zeros(len(which), int)
        for _ in range(ROUNDS[constrained]):
            left = np.flatnonzero((best.miss[which] > NEAR) & (stale < PATIENCE))
            if left.size == 0:
                break
            mine, w = best.lanes[which[left]], weight[left]
            J = shots.slopes(mine, x[left], side[left])
            J = np.where(np.isfinite(J), J, 0.0)
            begun = _merit(r[left], w, constrained)
            for _ in range(TRIALS):
                step = (_held_step if constrained else _weighed_step)(J, r[left], damping[left], w)
                new = x[left] + step
                told = shots.fly(mine, new, side[left])
                _keep(best, which[left], new, side[left], told)
                after = _residual(told)
                better = told.down & (_merit(after, w, constrained) < _merit(r[left], w, constrained))
                J = _followed(J, step, after - r[left], np.asarray(told.down))
                x[left] = np.where(better[:, None], new, x[left])
                r[left] = np.where(better[:, None], after, r[left])
                damping[left] = np.clip(np.where(better, 0.3, 5.0) * damping[left], 1e-6, 1e3)
            gained = _merit(r[left], w, constrained) < STALLED * begun
            stale[left] = np.where(gained, 0, stale[left] + 1)
            if not constrained:
                over = r[left][:, 2] > ALLOWED
                weight[left] = np.where(over, np.minimum(WEIGHTS[1] * w, WEIGHTS[2]), w)


def _followed(J: np.ndarray, step: np.ndarray, change: np.ndarray, down: np.ndarray) -> np.ndarray:
    """The slopes after a flight: the least change of them by which they tell what it did (Broyden)."""
    size = np.maximum(np.sum(step**2, axis=1), 1e-12)
    missed = (change - np.einsum("nij,nj->ni", J, step)) / size[:, None]
    return J + np.where(down[:, None], missed, 0.0)[:, :, None] * step[:, None, :]


def _merit(r: np.ndarray, weight: np.ndarray, constrained: bool) -> np.ndarray:
    miss = np.hypot(r[:, 0], r[:, 1])
    if constrained:
        return miss + PENALTY * np.maximum(r[:, 2] - ALLOWED, 0.0)
    return np.hypot(miss, weight * r[:, 2])


def _weighed_step(J: np.ndarray, r: np.ndarray, damping: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The damped step on miss and weighed excess."""
    scale = np.stack([np.ones_like(weight), np.ones_like(weight), weight], axis=1)
    return _short(_damped(J * scale[:, :, None], r * scale, damping))


def _held_step(J: np.ndarray, r: np.ndarray, damping: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The step that undoes the miss, and keeps the excess at what is allowed.

    Where the damped step of the miss would pass it: the least step that brings the excess to what is allowed,
    and the damped step of the miss that is left, along directions in which the excess stays.
    """
    J_m, J_c = J[:, :2], J[:, 2]
    free = _short(_damped(J_m, r[:, :2], damping))
    spare = ALLOWED - r[:, 2]
    size = np.maximum(np.sum(J_c**2, axis=1), 1e-12)
    back = J_c * (np.clip(spare, -1.0, 1.0) / size)[:, None]
    along = J_m - np.einsum("nik,nk->ni", J_m, J_c)[:, :, None] * (J_c / size[:, None])[:, None, :]
    held = back + _damped(along, r[:, :2] + np.einsum("nik,nk->ni", J_m, back), damping)
    passes = np.einsum("nk,nk->n", J_c, free) > spare
    return np.where(passes[:, None], _short(held), free)


def _short(step: np.ndarray) -> np.ndarray:
    most = np.max(np.abs(step), axis=1, keepdims=True)
    return step * np.minimum(1.0, LONGEST / np.maximum(most, 1e-12))


def _damped(J: np.ndarray, r: np.ndarray, damping: np.ndarray) -> np.ndarray:
    """``-J^T (J J^T + lambda tr(J J^T) / m)^-1 r`` of m residuals; (n, k)."""
    square, count = np.einsum("nik,njk->nij", J, J), J.shape[1]
    size = np.trace(square, axis1=1, axis2=2) / count
    damped = square + (damping * size + 1e-9)[:, None, None] * np.eye(count)
    return -np.einsum("nik,ni->nk", J, np.linalg.solve(damped, r[:, :, None])[:, :, 0])


__all__ = ["NEAR", "Shooting", "first_histories", "miss_of", "shoot"]
