"""States that files bring in other frames, turned into the celestial frame I (GCRF). Plain NumPy.

The compiled loop has its own tables (``earth.orientation``); here every instant goes through pyerfa.
"""

import re
from collections.abc import Mapping, Sequence

import erfa
import numpy as np

from homeward.earth.eop import constant_eop, read_eop
from homeward.earth.pole import intermediate_pole
from homeward.earth.time import DAY, Epoch
from homeward.errors import InputError

FRAMES = "GCRF, ICRF, EME2000, J2000, TEME, ITRF (or ITRF with a year)"
TT_TAI = 32.184  # s


def frame_kind(name: str) -> str:
    """``GCRF``, ``EME2000``, ``TEME`` or ``ITRF``: the frame that a file's name stands for.

    ICRF counts as GCRF, and all realisations of the ITRF as one (they differ by centimetres).
    Raises ``InputError`` on a name that is not known.
    """
    text = name.strip().upper()
    if text in ("GCRF", "ICRF"):
        return "GCRF"
    if text in ("EME2000", "J2000"):
        return "EME2000"
    if text == "TEME":
        return "TEME"
    if re.fullmatch(r"ITRF-?(\d{2}|\d{4})?", text):
        return "ITRF"
    raise InputError(f"frame {name!r}: expected one of {FRAMES}")


def earth_spin(
    epochs: Sequence[Epoch], eop: Mapping[str, float] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """``C_EI`` (n, 3, 3) and ``omega_EI_E`` [rad/s] (n, 3) at each instant, straight from pyerfa."""
    C, omega, _, _ = _spin(epochs, eop)
    return C, omega


def to_gcrf(
    frame: str,
    epochs: Sequence[Epoch],
    r: np.ndarray,
    v: np.ndarray,
    eop: Mapping[str, float] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Positions [m] and velocities [m/s], both (n, 3), of ``frame`` in I.

    Velocities in ITRF are relative to the turning Earth. TEME is the frame of SGP4: mean sidereal time
    of 1982 takes it to the pseudo Earth-fixed frame, and from there on it goes by way of the ITRF
    (Vallado et al. 2006, AIAA 2006-6753, appendix C). ``eop`` as in ``earth.eop.constant_eop``.
    """
    match frame_kind(frame):
        case "GCRF":
            return r, v
        case "EME2000":
            bias = erfa.bp06(2451545.0, 0.0)[0]  # GCRF to the mean equator and equinox of J2000
            return r @ bias, v @ bias
        case "ITRF":
            C, omega, _, _ = _spin(epochs, eop)
            return _turned(C, r, v, omega)
        case _:
            C, omega, W, ut1 = _spin(epochs, eop)
            G = erfa.rz(erfa.gmst82(*ut1), np.eye(3))
            rate = np.zeros_like(omega)
            rate[:, 2] = np.linalg.norm(omega, axis=1)
            r_P = _apply(G, r)
            v_P = _apply(G, v) - np.cross(rate, r_P)
            return _turned(C, _apply(W, r_P), _apply(W, v_P), omega)


def from_gcrf(
    frame: str,
    epochs: Sequence[Epoch],
    r: np.ndarray,
    v: np.ndarray,
    eop: Mapping[str, float] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Positions [m] and velocities [m/s], both (n, 3), of I in ``frame``: the way back of ``to_gcrf``."""
    match frame_kind(frame):
        case "GCRF":
            return r, v
        case "EME2000":
            bias = erfa.bp06(2451545.0, 0.0)[0]
            return r @ bias.T, v @ bias.T
        case "ITRF":
            C, omega, _, _ = _spin(epochs, eop)
            return _fixed(C, r, v, omega)
        case _:
            C, omega, W, ut1 = _spin(epochs, eop)
            r_E, v_E = _fixed(C, r, v, omega)
            P = np.swapaxes(W, 1, 2)
            r_P, v_P = _apply(P, r_E), _apply(P, v_E)
            rate = np.zeros_like(omega)
            rate[:, 2] = np.linalg.norm(omega, axis=1)
            T = np.swapaxes(erfa.rz(erfa.gmst82(*ut1), np.eye(3)), 1, 2)
            return _apply(T, r_P), _apply(T, v_P + np.cross(rate, r_P))


def _spin(epochs: Sequence[Epoch], eop: Mapping[str, float] | None) -> tuple:
    """``C_EI``, ``omega_EI_E``, polar motion matrix, and two-part UT1, at each instant."""
    tai = np.asarray([e.tai() for e in epochs])
    mjd = np.asarray([e.mjd() for e in epochs])
    first, last = float(mjd.min()), float(mjd.max())
    table = read_eop(first, last) if eop is None else constant_eop(float(mjd[0]), last, eop)

    def at(dt: float) -> tuple:
        days = dt / DAY
        x, y, s, sp, pole = intermediate_pole(tai[:, 0], tai[:, 1] + (dt + TT_TAI) / DAY, mjd + days, table)
        ut1 = tai[:, 0], tai[:, 1] + (dt + pole[:, 2]) / DAY
        W = erfa.pom00(pole[:, 0], pole[:, 1], sp)
        return erfa.c2tcio(erfa.c2ixys(x, y, s), erfa.era00(*ut1), W), W, ut1

    C, W, ut1 = at(0.0)
    # The rate is the logarithm of the turn over two seconds: exact for a steady rotation.
    turn = at(1.0)[0] @ np.swapaxes(at(-1.0)[0], 1, 2)
    axis = 0.5 * np.stack(
        [turn[:, 1, 2] - turn[:, 2, 1], turn[:, 2, 0] - turn[:, 0, 2], turn[:, 0, 1] - turn[:, 1, 0]], axis=1
    )
    sine = np.linalg.norm(axis, axis=1, keepdims=True)
    return C, axis * (np.arcsin(sine) / sine / 2.0), W, ut1


def _apply(C: np.ndarray, r: np.ndarray) -> np.ndarray:
    return np.einsum("nij,nj->ni", C, r)


def _turned(C: np.ndarray, r: np.ndarray, v: np.ndarray, omega: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    C_IE = np.swapaxes(C, 1, 2)
    return _apply(C_IE, r), _apply(C_IE, v + np.cross(omega, r))


def _fixed(C: np.ndarray, r: np.ndarray, v: np.ndarray, omega: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The way back of ``_turned``."""
    r_E = _apply(C, r)
    return r_E, _apply(C, v) - np.cross(omega, r_E)
