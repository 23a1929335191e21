"""U.S. Standard Atmosphere 1976 against its published tables.

| verifies | gravitation | geodesy | atmosphere | winds | vehicle | notes |
|---|---|---|---|---|---|---|
| density, temperature, pressure | - | geopotential altitude | US 1976 | - | - | see below |

Rows of the lower table above 84.852 km geopotential are an isothermal continuation, not the standard: they
are left out. The upper table is told in geometric altitude.
"""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.world.environment.atmosphere import UsStandard1976

SOURCE = "NOAA-S/T 76-1562 (U.S. Standard Atmosphere 1976)"
LOWER = Path(__file__).parent / "data" / "ussa1976.csv"
RADIUS = 6356766.0  # m, of the geopotential
GAMMA_R = 1.4 * 287.05287
LAST_LAYER = 84852.0  # m, geopotential: the standard's lower part ends here, at 86 km
PRINTED_DENSITY = 1.5e-5  # five to six printed digits
PRINTED_TEMPERATURE = 1.0e-5

# Altitude [km], temperature [K], pressure [Pa], density [kg/m3]: Table I, upper part.
UPPER = np.array(
    [
        [86.0, 186.87, 3.7338e-1, 6.958e-6], [90.0, 186.87, 1.8359e-1, 3.416e-6],
        [100.0, 195.08, 3.2011e-2, 5.604e-7], [110.0, 240.00, 7.1042e-3, 9.708e-8],
        [115.0, 300.00, 4.0096e-3, 4.289e-8], [120.0, 360.00, 2.5382e-3, 2.222e-8],
        [130.0, 469.27, 1.2505e-3, 8.152e-9], [150.0, 634.39, 4.5422e-4, 2.076e-9],
        [175.0, 769.81, 1.7936e-4, 6.339e-10], [200.0, 854.56, 8.4736e-5, 2.541e-10],
        [250.0, 941.33, 2.4767e-5, 6.073e-11], [300.0, 976.01, 8.7704e-6, 1.916e-11],
        [400.0, 995.83, 1.4518e-6, 2.803e-12], [500.0, 999.24, 3.0236e-7, 5.215e-13],
        [600.0, 999.85, 8.2130e-8, 1.137e-13], [700.0, 999.97, 3.1908e-8, 3.070e-14],
        [800.0, 999.99, 1.7036e-8, 1.136e-14], [900.0, 1000.0, 1.0873e-8, 5.759e-15],
        [1000.0, 1000.0, 7.5138e-9, 3.561e-15],
    ]
)  # fmt: skip
UPPER_LIMIT = 1.0e-3  # the molecular weight behind our density is printed to three or four digits


def test_lower_table(validation):
    h, temperature, density = np.loadtxt(LOWER, delimiter=",", skiprows=2).T
    inside = h <= LAST_LAYER
    h, temperature, density = h[inside], temperature[inside], density[inside]
    air = jax.vmap(UsStandard1976().at)(jnp.asarray(RADIUS * h / (RADIUS - h)))
    # The table's temperature is the molecular-scale one, which is what the speed of sound follows.
    scale = np.asarray(air.sound_speed) ** 2 / GAMMA_R
    worst_t = float(np.max(np.abs(scale / temperature - 1)))
    worst_rho = float(np.max(np.abs(np.asarray(air.density) / density - 1)))
    case = f"{h.size} rows, -5 to 84.5 km geopotential"
    for name, worst, limit in (
        ("temperature", worst_t, PRINTED_TEMPERATURE),
        ("density", worst_rho, PRINTED_DENSITY),
    ):
        validation.record(
            source=SOURCE, case=case, quantity=name, theirs="table", ours="closed form",
            difference=worst, limit=limit, unit="relative",
        )  # fmt: skip
    assert worst_t <= PRINTED_TEMPERATURE
    assert worst_rho <= PRINTED_DENSITY


@pytest.mark.parametrize("column", ["temperature", "pressure", "density"])
def test_upper_table(validation, column):
    air = jax.vmap(UsStandard1976().at)(jnp.asarray(UPPER[:, 0] * 1e3))
    ours = np.asarray(getattr(air, column))
    theirs = UPPER[:, {"temperature": 1, "pressure": 2, "density": 3}[column]]
    worst = float(np.max(np.abs(ours / theirs - 1)))
    validation.record(
        source=SOURCE, case=f"{len(UPPER)} rows, 86 to 1000 km", quantity=column, theirs="table",
        ours="table and formula", difference=worst, limit=UPPER_LIMIT, unit="relative",
    )  # fmt: skip
    assert worst <= UPPER_LIMIT


def test_surface_and_sound(validation):
    air = UsStandard1976().at(jnp.asarray(0.0))
    for name, ours, theirs, limit in (
        ("density", air.density, 1.225, 1e-7),
        ("pressure", air.pressure, 101325.0, 1e-9),
        ("speed of sound", air.sound_speed, 340.294, 1e-6),
    ):
        difference = abs(float(ours) / theirs - 1)
        validation.record(
            source=SOURCE, case="sea level", quantity=name, theirs=theirs, ours=float(ours),
            difference=difference, limit=limit, unit="relative",
        )  # fmt: skip
        assert difference <= limit
