"""Where the celestial intermediate pole is: IAU 2006/2000A with the measured offsets, by pyerfa.

Plain NumPy, so that reading an orbit file does not load JAX.
"""

import erfa
import numpy as np

from homeward.earth.eop import EopTable


def intermediate_pole(
    tt1: float | np.ndarray, tt2: np.ndarray, mjd: np.ndarray, table: EopTable
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """CIP X, Y, CIO locator s, TIO locator s' [rad], and the rows of the table, at TT dates."""
    pole = table.at(mjd)
    x, y, _ = erfa.xys06a(tt1, tt2)
    x, y = x + pole[..., 3], y + pole[..., 4]
    return x, y, erfa.s06(tt1, tt2, x, y), erfa.sp00(tt1, tt2), pole
