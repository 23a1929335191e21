"""A saved flight as CCSDS messages of orbit and attitude: OEM, OPM, AEM, in keywords or in XML.

All of them tell the truth of the flight, in GCRF and UTC; what navigation believed stands in the telemetry.
"""

from pathlib import Path

import numpy as np

from homeward.earth.time import Epoch
from homeward.errors import InputError
from homeward.io.aem import AttitudeSegment, write_aem
from homeward.io.ccsds import write_lines
from homeward.io.oem import read_oem
from homeward.io.opm import write_opm
from homeward.output.files.oem import leg_rows, oem_lines
from homeward.output.saved import OPEN_LOOP, RENDEZVOUS, RETURN, SavedFlight
from homeward.output.views.rendezvous_view import PairFacts, PairView
from homeward.output.views.return_view import History

OBJECTS = ("ship", "station")
BODY_FRAME = "SC_BODY_1"  # the ship's axes, as SANA's registry of frames calls a body's


def name_of(flight: SavedFlight) -> tuple[str, str]:
    """Scenario and epoch of a saved flight; raises ``InputError`` for one of an open-loop file."""
    if flight.kind == OPEN_LOOP or flight.facts is None:
        raise InputError(
            f"{flight.folder}: expected a return or a rendezvous; of an open-loop flight export its "
            "trajectory.oem"
        )
    return flight.facts.name, flight.facts.epoch_utc


def epoch_of(flight: SavedFlight) -> Epoch:
    """What a saved flight's seconds count from."""
    return Epoch.from_iso(name_of(flight)[1])


def track_of(flight: SavedFlight, of: str) -> History:
    """``time``, ``r_BI_I``, ``v_BI_I`` of the ship or of the station.

    A return's station is known for two revolutions after the undocking. Raises ``InputError`` for none.
    """
    name_of(flight)
    record = flight.history.channels
    if of == "ship":
        return {key: record[key] for key in ("time", "r_BI_I", "v_BI_I")}
    if flight.kind == RENDEZVOUS:
        return {"time": record["time"], "r_BI_I": record["r_TI_I"], "v_BI_I": record["v_TI_I"]}
    path = flight.folder / "station.oem"
    if not path.is_file():
        raise InputError(
            f"{flight.folder}: there is no station.oem: expected a return that begins with an undocking, "
            "flown with --out by this version"
        )
    segment = read_oem(path).segments[0]
    begin = segment.epoch - epoch_of(flight)
    return {"time": segment.t + begin, "r_BI_I": segment.r, "v_BI_I": segment.v}


def object_name(flight: SavedFlight, of: str) -> str:
    """What messages call the ship (after the scenario) and the station."""
    return "STATION" if of == "station" else name_of(flight)[0].upper() or "UNKNOWN"


def export_oem(flight: SavedFlight, path: Path, form: str, of: str = "ship") -> dict[str, object]:
    """The track as an OEM, a segment for each leg; tells what was written. Raises ``InputError``."""
    track, legs = track_of(flight, of), flight.legs
    if of == "station" and flight.kind == RETURN:
        legs = []
    assert flight.facts is not None
    lines = oem_lines(flight.facts, track, legs, object_name(flight, of))
    write_lines(path, lines, form)
    count = sum(len(rows) for _, rows in leg_rows(track, legs))
    return {"object": object_name(flight, of), "states": count, "segments": lines.count("META_START")}


def export_opm(
    flight: SavedFlight, path: Path, form: str, of: str = "ship", at: float | None = None
) -> dict[str, object]:
    """The recorded state nearest to ``at`` [s since the epoch], the first if left out, as an OPM.

    Mass stands in it where it is the ship's. Raises ``InputError`` for a time outside the record.
    """
    track = track_of(flight, of)
    time = np.asarray(track["time"], float)
    row = row_at(flight, time, at)
    r, v = (np.asarray(track[key], float)[row] for key in ("r_BI_I", "v_BI_I"))
    if not np.isfinite([r, v]).all():
        raise InputError(f"{flight.folder}: the state at {time[row]:.1f} s is not finite")
    epoch = epoch_of(flight).plus(float(time[row]))
    mass = float(np.asarray(flight.history["mass"])[row]) if of == "ship" else None
    write_opm(path, object_name(flight, of), epoch, r, v, mass=mass, form=form)
    return {"object": object_name(flight, of), "time_s": float(time[row]), "epoch_utc": epoch.to_iso(6)}


def row_at(flight: SavedFlight, time: np.ndarray, at: float | None) -> int:
    """The row nearest to a time [s], the first if none is given; ``InputError`` outside the record."""
    if at is None:
        return 0
    if not time[0] - 1.0 <= at <= time[-1] + 1.0:
        raise InputError(
            f"--at {at:g}: {flight.folder} is recorded from {time[0]:.1f} to {time[-1]:.1f} s after its epoch"
        )
    return int(np.argmin(np.abs(time - at)))


def attitude_record(flight: SavedFlight) -> History:
    """``time``, ``q_BI``, ``omega_BI_B`` of a ship that turns, rising in time.

    Of a return every control tick, of a rendezvous every cycle from the first hold point on. Raises
    ``InputError`` for a flight of a point mass.
    """
    name_of(flight)
    if isinstance(flight.facts, PairFacts):
        view = PairView(flight.facts, flight.history.channels, flight.summary)
        rows = view.turning
        record = {"time": view.time[rows], "q_BI": view["q_BI"][rows], "omega_BI_B": view["omega_BI_B"][rows]}
    else:
        body = flight.body.channels
        if not body:
            raise InputError(f"{flight.folder}: expected a six-DOF flight: a point mass has no attitude")
        record = {key: np.asarray(body[key], float) for key in ("time", "q_BI", "omega_BI_B")}
    if not len(record["time"]):
        raise InputError(f"{flight.folder}: the ship turns nowhere in what is recorded")
    return record


def attitude_legs(flight: SavedFlight, record: History) -> list[tuple[str, np.ndarray]]:
    """Name and rows of each leg of an attitude record; a leg with a hole in it is told in parts."""
    found = []
    for name, rows in leg_rows(record, flight.legs, ("q_BI", "omega_BI_B")):
        step = np.diff(record["time"][rows])
        usual = float(np.median(step)) if len(step) else 0.0
        for part in np.split(rows, np.flatnonzero(step > 20.0 * usual) + 1):
            found.append((name, part))
    # A single row is the end that a leg shares with the next.
    return [item for item in found if len(item[1]) > 1] or found


def export_aem(flight: SavedFlight, path: Path, form: str) -> dict[str, object]:
    """The ship's attitude and rates against GCRF as an AEM, a segment for each leg. Raises ``InputError``."""
    record, epoch = attitude_record(flight), epoch_of(flight)
    segments = []
    for name, rows in attitude_legs(flight, record):
        first = float(record["time"][rows[0]])
        q = record["q_BI"][rows] * np.where(record["q_BI"][rows][:, :1] < 0.0, -1.0, 1.0)
        q = q / np.linalg.norm(q, axis=1, keepdims=True)
        segments.append(
            AttitudeSegment(
                object_name(flight, "ship"), "UNKNOWN", "GCRF", BODY_FRAME, epoch.plus(first),
                record["time"][rows] - first, q, record["omega_BI_B"][rows], (f"leg: {name}",),
            )
        )  # fmt: skip
    write_aem(path, segments, created=epoch.to_iso(0).removesuffix("Z"), form=form)
    return {
        "object": object_name(flight, "ship"), "attitudes": sum(len(s.t) for s in segments),
        "segments": len(segments),
    }  # fmt: skip
