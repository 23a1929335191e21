"""What the stations measure of a flown flight: its telemetry's true path, seen from the turning Earth."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from homeward.earth.orientation import build_orientation, inertial_to_earth_now
from homeward.ground.telemetry.recording import Recording
from homeward.ground.tracking.measurements import RATE, Tracks, measure
from homeward.ground.tracking.stations import Station

MOST = 200_000  # rows
BATCH = 1024  # rows turned at once, so that one program serves


def fixed_path(recording: Recording, every: float = RATE) -> tuple[np.ndarray, np.ndarray]:
    """Times (n,) [s] at least ``every`` s apart, and states in E (n, 6)."""
    table = recording.tables.get("flight") or recording.tables["pair"]
    time = np.asarray(table["time_s"], float)
    keep, last = [], -np.inf
    for k, t in enumerate(time):
        if t - last >= every - 1e-6 and len(keep) < MOST:
            keep.append(k)
            last = t
    names = [
        f"{what}_{axis}_i_{unit}" for what, unit in (("position", "m"), ("velocity", "m_s")) for axis in "xyz"
    ]
    states = np.stack([np.asarray(table[n], float)[keep] for n in names], axis=1)
    time = time[keep]
    orientation = build_orientation(recording.epoch, float(time[-1]))
    turn = jax.jit(
        jax.vmap(lambda t, x: jnp.concatenate(inertial_to_earth_now(orientation.at(t), x[:3], x[3:])))
    )
    rows = []
    for start in range(0, len(time), BATCH):
        pick = np.minimum(np.arange(start, start + BATCH), len(time) - 1)
        rows.append(np.asarray(turn(jnp.asarray(time[pick]), jnp.asarray(states[pick]))))
    return time, np.concatenate(rows)[: len(time)]


def flight_tracks(recording: Recording, stations: Sequence[Station], seed: int = 0) -> Tracks:
    """The measurements of a whole flight, in orbit every ten seconds and faster where telemetry is."""
    time, path = fixed_path(recording)
    return measure(recording.epoch, stations, time, path[:, :3], path[:, 3:], seed)
