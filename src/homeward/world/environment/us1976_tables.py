"""Numbers of the U.S. Standard Atmosphere 1976: its layers to 86 km, its table from there to 1,000 km."""

import csv
from functools import cache
from importlib import resources

import numpy as np
from scipy.interpolate import CubicSpline

from homeward.earth.constants import GAMMA_AIR

# U.S. Standard Atmosphere 1976, Part 1, Table 4: geopotential base [m], gradient of the
# molecular-scale temperature [K/m]; earth radius of the geopotential [m].
LAYER_BASE = np.array([0.0, 11e3, 20e3, 32e3, 47e3, 51e3, 71e3, 84852.0])
LAYER_LAPSE = np.array([-6.5e-3, 0.0, 1.0e-3, 2.8e-3, 0.0, -2.8e-3, -2.0e-3])
RADIUS = 6356766.0
SURFACE_TEMPERATURE, SURFACE_PRESSURE = 288.15, 101325.0
TOP = 86e3
GAS_CONSTANT = 8314.32  # J/(kmol K), the standard's own value
# Ratio of the mean molecular weight to its sea-level value, 80 to 86 km by 500 m (Table 8).
WEIGHT_RATIO = np.array(
    [1.0, 0.999996, 0.999989, 0.999971, 0.999941, 0.999909, 0.999870,
     0.999829, 0.999786, 0.999741, 0.999694, 0.999641, 0.999579]
)  # fmt: skip
WEIGHT_ALTITUDE = 80e3 + 500.0 * np.arange(13)


def upper_temperature(z: np.ndarray) -> np.ndarray:
    """Kinetic temperature [K] above 86 km, eqs. 25 to 31 of the standard."""
    z = z / 1e3
    xi = (z - 120.0) * (6356.766 + 120.0) / (6356.766 + z)
    arc = 263.1905 - 76.3232 * np.sqrt(np.maximum(1.0 - ((z - 91.0) / 19.9429) ** 2, 0.0))
    high = 1000.0 - 640.0 * np.exp(-0.01875 * np.maximum(xi, 0.0))
    line = 240.0 + 12.0 * (z - 110.0)
    return np.select([z < 91.0, z < 110.0, z < 120.0], [186.8673 + 0 * z, arc, line], high)


@cache
def upper_table() -> tuple[float, float, np.ndarray]:
    """First altitude [m], spacing [m] and rows (as in ``TableAtmosphere``) from 86 to 1,000 km by 500 m."""
    text = resources.files("homeward.data").joinpath("us1976_upper.csv").read_text()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    table = np.array([[float(x) for x in row] for row in list(csv.reader(lines))[1:]])
    grid = np.linspace(TOP, 1e6, 1829)
    values = np.stack([np.log(table[:, 1]), table[:, 2]], axis=1)
    # The standard's equations change at 100 km: one spline on each side of the kink does not ring.
    low, high = table[:, 0] <= 100e3, table[:, 0] >= 100e3
    below, above = (CubicSpline(table[part, 0], values[part])(grid) for part in (low, high))
    log_p, weight = np.where(grid[:, None] < 100e3, below, above).T
    temperature = upper_temperature(grid)
    log_rho = log_p + np.log(weight / (GAS_CONSTANT * temperature))
    sound = np.sqrt(GAMMA_AIR * np.exp(log_p - log_rho))
    return TOP, grid[1] - grid[0], np.stack([log_rho, temperature, log_p, sound], axis=1)
