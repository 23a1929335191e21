"""A saved flight as SPICE kernels: SPK of ship and station, CK of a ship that turns, and text kernels.

SPICE's J2000 is the ICRF, so that our frame I (GCRF) is J2000 there without a turn. Source: NAIF's required
reading for SPK, CK, SCLK, frames and time. Written with spiceypy, the extra ``spice``.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import erfa
import numpy as np

from homeward.earth.time import DAY, Epoch
from homeward.errors import InputError
from homeward.ground.exchange.messages import attitude_legs, attitude_record, epoch_of, name_of, track_of
from homeward.output.files.oem import leg_rows
from homeward.output.saved import RETURN, SavedFlight
from homeward.output.views.return_view import History

NAIF_ID = -999001  # of the ship, unless another is asked for; the station's is the next lower
J2000 = 2451545.0
TICK = 1e-6  # s of the spacecraft clock
FAR_APART = 30.0  # s between rows from which on a polynomial through four of them is laid, else a cubic
FILES = ("leapseconds.tls", "flight.tf", "ship.tsc", "flight.bsp", "ship.bc", "flight.tm")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def export_spice(
    flight: SavedFlight, folder: Path, naif_id: int | None = None, talk: Callable[[str], None] | None = None
) -> dict[str, object]:
    """Write the kernels of a flight into a folder; tells the numbers given and the files.

    ``naif_id`` is the ship's number. A point mass has no CK; a return without an undocking no station.
    Raises ``InputError`` where spiceypy is not installed, and for an open-loop flight.
    """
    spice = _spiceypy()
    name, _ = name_of(flight)
    ship = NAIF_ID if naif_id is None else naif_id
    for file in FILES:
        (folder / file).unlink(missing_ok=True)
    lsk, frames, clock, spk, ck, meta = (folder / file for file in FILES)
    lsk.write_text(_leap_seconds(), encoding="ascii")
    epoch = epoch_of(flight)
    with _loaded(spice, lsk):
        begin = float(spice.unitim(_tai(epoch, 0.0), "TAI", "TDB"))
        clock.write_text(_clock(ship, begin), encoding="ascii")
        told: dict[str, object] = {"ship": ship, "states": 0, "attitudes": 0}
        if talk is not None:
            talk("states")
        told["states"] = _write_spk(spice, spk, flight, epoch, ship, "ship")
        if _has_station(flight):
            told |= {"station": ship - 1}
            _write_spk(spice, spk, flight, epoch, ship - 1, "station")
        turning = flight.kind != RETURN or bool(flight.body.channels)
        if turning:
            if talk is not None:
                talk("attitudes")
            with _loaded(spice, clock):
                told["attitudes"] = _write_ck(spice, ck, flight, epoch, ship)
    frames.write_text(_frames(ship, name), encoding="ascii")
    written = [file for file in FILES[:-1] if (folder / file).is_file()]
    meta.write_text(_meta(written), encoding="ascii")
    return told | {"files": [*written, FILES[-1]]}


def _spiceypy() -> Any:
    try:
        import spiceypy
    except ImportError:
        raise InputError("--to spice: needs spiceypy: pip install 'homeward[spice]'") from None
    return spiceypy


@contextlib.contextmanager
def _loaded(spice: Any, path: Path) -> Iterator[None]:
    """A kernel loaded for as long as it is needed; what else is loaded stays."""
    spice.furnsh(str(path))
    try:
        yield
    finally:
        spice.unload(str(path))


def _tai(epoch: Epoch, after: float) -> float:
    """Seconds of TAI past J2000 of an instant ``after`` [s] the epoch."""
    day, rest = epoch.tai()
    return (day - J2000) * DAY + (rest * DAY + after)


def _times(spice: Any, epoch: Epoch, seconds: np.ndarray) -> np.ndarray:
    """SPICE's ephemeris time [s of TDB past J2000] of seconds since the epoch."""
    return np.asarray([float(spice.unitim(_tai(epoch, float(t)), "TAI", "TDB")) for t in seconds])


def _has_station(flight: SavedFlight) -> bool:
    return flight.kind != RETURN or (flight.folder / "station.oem").is_file()


def _write_spk(spice: Any, path: Path, flight: SavedFlight, epoch: Epoch, body: int, of: str) -> int:
    """Segments of type 13 (Hermite, uneven steps) for each leg; how many states."""
    track = track_of(flight, of)
    legs = [] if of == "station" and flight.kind == RETURN else flight.legs
    handle = spice.spkopa(str(path)) if path.is_file() else spice.spkopn(str(path), "Homeward", 0)
    count = 0
    try:
        for name, rows in leg_rows(track, legs):
            time = np.asarray(track["time"], float)[rows]
            et = _times(spice, epoch, time)
            keep = np.append(True, np.diff(et) > 0.0)
            et, rows, time = et[keep], rows[keep], time[keep]
            if len(et) < 2:
                continue
            states = np.concatenate([track["r_BI_I"][rows], track["v_BI_I"][rows]], axis=1) / 1e3
            apart = float(np.median(np.diff(time)))
            degree = 7 if apart > FAR_APART and len(et) >= 4 else 3
            spice.spkw13(
                handle, body, 399, "J2000", et[0], et[-1], f"{of}: {name}"[:40], degree, len(et), states, et
            )
            count += len(et)
    finally:
        spice.spkcls(handle)
    return count


def _write_ck(spice: Any, path: Path, flight: SavedFlight, epoch: Epoch, ship: int) -> int:
    """Segments of type 3 (attitude and rates, linear in between) for each leg; how many attitudes."""
    record: History = attitude_record(flight)
    handle = spice.ckopn(str(path), "Homeward", 0)
    count = 0
    try:
        for name, rows in attitude_legs(flight, record):
            et = _times(spice, epoch, record["time"][rows])
            ticks = np.asarray([float(spice.sce2c(ship, t)) for t in et])
            keep = np.append(True, np.diff(ticks) > 0.0)
            ticks, rows = ticks[keep], rows[keep]
            if len(ticks) < 2:
                continue
            q = record["q_BI"][rows]
            q = q / np.linalg.norm(q, axis=1, keepdims=True)
            spice.ckw03(
                handle, ticks[0], ticks[-1], ship * 1000, "J2000", True, name[:40], len(ticks), ticks, q,
                _in_inertial(q, record["omega_BI_B"][rows]), 1, [ticks[0]],
            )  # fmt: skip
            count += len(ticks)
    finally:
        spice.ckcls(handle)
    return count


def _in_inertial(q_BI: np.ndarray, v_B: np.ndarray) -> np.ndarray:
    """Vectors (n, 3) in B turned into I: ``vec(q* (0, v) q)``."""
    w, u = q_BI[:, :1], -q_BI[:, 1:]
    twice = 2.0 * np.cross(u, v_B)
    return v_B + w * twice + np.cross(u, twice)


def _leap_seconds() -> str:
    """The leap seconds of ERFA as a kernel, with NAIF's figures for TDB less TT (good to 30 microseconds)."""
    rows = [
        f"{offset:.0f}, @{year}-{_MONTHS[month - 1]}-1"
        for year, month, offset in erfa.leap_seconds.get()
        if year >= 1972
    ]
    table = "\n                          ".join(rows)
    return f"""KPL/LSK
Leap seconds as ERFA has them.
\\begindata
DELTET/DELTA_T_A       =   32.184
DELTET/K               =    1.657D-3
DELTET/EB              =    1.671D-2
DELTET/M               = (  6.239996D0   1.99096871D-7 )
DELTET/DELTA_AT        = ( {table} )
\\begintext
"""


def _clock(ship: int, begin: float) -> str:
    """A clock of the ship that counts microseconds of TDB from the scenario's epoch."""
    n = -ship
    return f"""KPL/SCLK
The ship's clock: seconds and microseconds since the scenario's epoch, without error.
\\begindata
SCLK_KERNEL_ID             = ( @2000-JAN-1/12:00:00 )
SCLK_DATA_TYPE_{n}         = ( 1 )
SCLK01_TIME_SYSTEM_{n}     = ( 1 )
SCLK01_N_FIELDS_{n}        = ( 2 )
SCLK01_MODULI_{n}          = ( 4294967296 {round(1 / TICK)} )
SCLK01_OFFSETS_{n}         = ( 0 0 )
SCLK01_OUTPUT_DELIM_{n}    = ( 2 )
SCLK_PARTITION_START_{n}   = ( 0.0E0 )
SCLK_PARTITION_END_{n}     = ( 4.294967296E15 )
SCLK01_COEFFICIENTS_{n}    = ( 0.0E0 {begin:.17E} 1.0E0 )
\\begintext
"""


def _frames(ship: int, name: str) -> str:
    """Names of ship and station, and the frame of the ship's axes: x forward through the apex."""
    frame = ship * 1000
    told = "".join(c if c.isalnum() else "_" for c in name.upper() if c.isascii())[:20] or "SHIP"
    return f"""KPL/FK
Names of the ship and of the station, and the ship's body axes (B: x forward through the apex).
\\begindata
NAIF_BODY_NAME            += ( 'HOMEWARD_{told}', 'HOMEWARD_STATION' )
NAIF_BODY_CODE            += ( {ship}, {ship - 1} )
FRAME_HOMEWARD_BODY        = {frame}
FRAME_{frame}_NAME         = 'HOMEWARD_BODY'
FRAME_{frame}_CLASS        = 3
FRAME_{frame}_CLASS_ID     = {frame}
FRAME_{frame}_CENTER       = {ship}
CK_{frame}_SCLK            = {ship}
CK_{frame}_SPK             = {ship}
\\begintext
"""


def _meta(files: list[str]) -> str:
    """All of them in one: to be loaded with its folder as the working directory, or with its path set."""
    names = "\n                      ".join(f"'$KERNELS/{file}'" for file in files)
    return f"""KPL/MK
Change PATH_VALUES to the folder of these kernels, or load this file from within it.
\\begindata
PATH_VALUES       = ( '.' )
PATH_SYMBOLS      = ( 'KERNELS' )
KERNELS_TO_LOAD   = ( {names} )
\\begintext
"""
