"""Lambert solves by hapsira and lamberthub, in a Python of their own, one batch for each line asked.

``python lambert_worker.py FLIGHTS.npz``: reads a peer's name a line, solves, and answers with the seconds of
processor time a solve, the worst error [m/s] and how many flights the peer refuses, though they exist: those
are left out of its time. Stands alone: its Python has neither homeward nor JAX.
"""

import sys
import time

import numpy as np
from numba import njit  # pyright: ignore[reportMissingImports]

KM = 1e-3
ITERATIONS, TOLERANCE = 35, 1e-8  # hapsira's own defaults
SLOW = 500  # solves a turn of what is not compiled


def main() -> None:
    """Answer until the input ends."""
    flights = dict(np.load(sys.argv[1]))
    peers = {"hapsira": _hapsira(flights), "lamberthub": _lamberthub(flights)}
    for line in sys.stdin:
        solve, solvable, refused = peers[line.strip()]
        start = time.process_time()
        found = solve()
        seconds = (time.process_time() - start) / len(found)
        wrong = found / KM - np.concatenate([flights["v1"], flights["v2"]], 1)[solvable]
        print(seconds, float(np.abs(wrong).max()), refused, flush=True)


def _solvable(flights, count, one):
    """Indices of the first ``count`` flights that ``one`` solves, and how many it does not."""
    good = []
    for i in range(count):
        try:
            one(flights["r1"][i] * KM, flights["r2"][i] * KM, flights["tof"][i])
            good.append(i)
        except (ValueError, RuntimeError):
            pass
    return np.array(good), count - len(good)


def _hapsira(flights):
    from hapsira.core.iod import izzo  # pyright: ignore[reportMissingImports]

    @njit
    def many(mu, r1, r2, tof, turns, low):
        out = np.empty((len(tof), 6))
        for i in range(len(tof)):
            v1, v2 = izzo(mu, r1[i], r2[i], tof[i], turns, True, low, ITERATIONS, TOLERANCE)
            out[i, :3] = v1
            out[i, 3:] = v2
        return out

    mu, turns, low = float(flights["mu"]) * KM**3, int(flights["turns"]), bool(flights["low"])

    good, refused = _solvable(
        flights, len(flights["tof"]),
        lambda r1, r2, tof: izzo(mu, r1, r2, tof, turns, True, low, ITERATIONS, TOLERANCE),
    )  # fmt: skip
    r1, r2, tof = flights["r1"][good] * KM, flights["r2"][good] * KM, flights["tof"][good]
    many(mu, r1[:10], r2[:10], tof[:10], turns, low)  # compiles
    return lambda: many(mu, r1, r2, tof, turns, low), good, refused


def _lamberthub(flights):
    from lamberthub import izzo2015  # pyright: ignore[reportMissingImports]

    mu, turns, low = float(flights["mu"]) * KM**3, int(flights["turns"]), bool(flights["low"])

    def one(r1, r2, tof):
        return np.concatenate(izzo2015(mu, r1, r2, tof, M=turns, prograde=True, low_path=low))

    good, refused = _solvable(flights, SLOW, one)
    r1, r2, tof = flights["r1"][good] * KM, flights["r2"][good] * KM, flights["tof"][good]
    return lambda: np.array([one(*flight) for flight in zip(r1, r2, tof)]), good, refused  # noqa: B905


if __name__ == "__main__":
    main()
