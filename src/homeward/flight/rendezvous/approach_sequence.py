"""Approach and withdrawal as lists of steps: stay at a place, hop to another, fly the port's axis, leave.

The list is data: the same program flies to every port. Places are those of the ship's centre of mass in the
station's orbital frame L; distances along the axis are from port to port.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from homeward.flight.rendezvous.port_dynamics import PORTS
from homeward.math.quaternion import from_matrix
from homeward.typing import Array, Float, Int

STAY, HOP, AXIS, LEAVE = 0, 1, 2, 3
MOST_STEPS = 10  # six holds to the nadir port make nine
DOCKED = np.diag([-1.0, -1.0, 1.0])  # C_BD
SLACK = 150.0  # m along the track and aside: where the first hold may lie as well
ALWAYS = -1e12  # s: GO was given before the flight
WITHDRAWAL_NAMES = ("withdrawal along the axis", "departure")
NO_LIMIT = 1e3  # m/s: only the law's own profile holds the speed down
NEVER_BACK = 99  # as ``last_hold``: nothing on the list is an approach that could be broken off


class Steps(eqx.Module):
    """Row by row: what kind, where to, how long, from when on it may be left, and how the ship points.

    ``slack`` is how far along the track and aside a place to stay at may lie elsewhere; ``seconds`` is a
    hop's time of flight, or how long the ship stays once there; ``go`` [s] the time at which GO is given;
    ``limit`` [m/s] holds the speed along the axis down. ``last_hold`` is the row a retreat goes to first.
    """

    kind: Int[Array, " k"]
    place_L: Float[Array, "k 3"]  # m, of STAY and HOP
    slack: Float[Array, " k"]  # m, of STAY
    distance: Float[Array, " k"]  # m, of AXIS; 0 is contact
    seconds: Float[Array, " k"]
    go: Float[Array, " k"]
    q_BL: Float[Array, "k 4"]
    limit: Float[Array, " k"]
    last_hold: Int[Array, ""]


def approach_steps(
    port: str, holds: list[tuple[float, float, float]], side: float, hop: float, port_L: np.ndarray,
    dock: float, midway: float = 2000.0,
) -> tuple[Steps, list[str]]:  # fmt: skip
    """The steps to a port, and a name for each.

    ``holds`` are (distance port to port [m], seconds, time of GO [s]) from far to near. The first lies along
    the track, ahead of a forward port and behind any other, ``side`` [m] beside the orbit; the second is
    reached by a hop of ``hop`` [s] (to the nadir port: by way of a point ``midway`` [m] below); the
    rest along the axis. ``port_L`` [m] is the station's port, ``dock`` [m] the ship's from its centre.
    """
    axis = np.array(PORTS[port][0])
    docked = DOCKED @ np.array(PORTS[port])
    ahead = 1.0 if port == "forward" else -1.0
    # Far out the nose points along the track to the station, whatever the port.
    nose = DOCKED @ np.array(PORTS["forward" if port == "forward" else "aft"])
    first, second, *rest = holds
    reach = np.array([ahead * (first[0] + dock), side, 0.0]) + np.abs(port_L) * [ahead, 0.0, 0.0]
    rows = [(STAY, reach, 0.0, first[1], first[2], nose, f"{first[0]:g} m hold")]
    if port == "nadir":
        below = port_L + axis * (midway + dock)
        rows += [
            (HOP, below, 0.0, hop, ALWAYS, docked, "transfer to the midway point"),
            (STAY, below, 0.0, 0.0, ALWAYS, docked, "midway point"),
            (AXIS, below, second[0], second[1], second[2], docked, f"{second[0]:g} m hold"),
        ]
    else:
        at = port_L + axis * (second[0] + dock)
        rows += [
            (HOP, at, 0.0, hop, ALWAYS, docked, f"transfer to {second[0]:g} m"),
            (STAY, at, 0.0, second[1], second[2], docked, f"{second[0]:g} m hold"),
        ]
    zero = np.zeros(3)
    rows += [(AXIS, zero, d, s, go, docked, f"{d:g} m hold") for d, s, go in rest]
    rows.append((AXIS, zero, 0.0, 0.0, ALWAYS, docked, "final translation"))
    return _table(rows, NO_LIMIT, len(rows) - 2)


def withdrawal_steps(port: str, distance: float, seconds: float, speed: float) -> tuple[Steps, list[str]]:
    """The steps away from a port, and a name for each.

    Out along the axis at ``speed`` [m/s] at most, to ``distance`` [m, port to port]; there for ``seconds``;
    and away by the velocity that the computer leaves with.
    """
    docked, zero = DOCKED @ np.array(PORTS[port]), np.zeros(3)
    rows = [
        (AXIS, zero, distance, seconds, ALWAYS, docked, WITHDRAWAL_NAMES[0]),
        (LEAVE, zero, distance, 0.0, ALWAYS, docked, WITHDRAWAL_NAMES[1]),
    ]
    return _table(rows, speed, NEVER_BACK)


def _table(rows: list[tuple], limit: float, last_hold: int) -> tuple[Steps, list[str]]:
    names = [row[-1] for row in rows]
    rows = rows + [rows[-1]] * (MOST_STEPS - len(rows))
    kind, place, distance, seconds, go, points, _ = zip(*rows, strict=True)
    return Steps(
        jnp.asarray(kind, int), jnp.asarray(np.array(place)),
        jnp.asarray(SLACK * (np.arange(len(rows)) == 0)), jnp.asarray(distance, float),
        jnp.asarray(seconds, float), jnp.asarray(go, float), _turns(points),
        jnp.full(MOST_STEPS, float(limit)), jnp.asarray(last_hold, int),
    ), names  # fmt: skip


def _turns(matrices: tuple[np.ndarray, ...]) -> Float[Array, "k 4"]:
    return jnp.stack([from_matrix(jnp.asarray(m, float)) for m in matrices])
