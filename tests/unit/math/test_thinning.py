"""What is drawn with fewer rows or points keeps its peaks."""

import numpy as np
import pytest

from homeward.console.desk import MOST_ROWS, to_draw
from homeward.console.flight import Flight
from homeward.console.setting import setting_of
from homeward.earth.time import Epoch
from homeward.math.thinning import thin_cloud, thin_rows
from homeward.output.figure_style.style import MOST_POINTS, thin
from homeward.output.files.oem import geographic_path


@pytest.mark.parametrize("n", [1, 2, 7, 4999, 5000, 5001, 73_211])
@pytest.mark.parametrize("columns", [1, 3, 7])
def test_every_column_keeps_its_peaks_wherever_they_are(n, columns):
    rng = np.random.default_rng(n + columns)
    table = [rng.normal(size=n) for _ in range(columns)]
    for values in table:
        values[rng.integers(n)] = 50.0
        values[rng.integers(n)] = -50.0
        values[rng.integers(n)] = np.nan
    rows = thin_rows(table, 600)
    assert len(rows) <= max(600 + 2 * columns + 2, 0) and rows[0] == 0 and rows[-1] == n - 1
    assert np.all(np.diff(rows) > 0)
    for values in table:
        for peak in (np.nanmax, np.nanmin):
            if np.isfinite(values).any():
                assert peak(values) in values[rows]


def test_what_a_browser_draws_has_the_peak_of_the_telemetry():
    n = 30_000
    time = np.arange(n) * 0.1
    load = np.where(time == 0.1 * 17_123, 4.47, 1.0)  # one row, between those an even choice would take
    flight = Flight("shenzhou-15", "return", Epoch.from_iso("2023-09-08T00:00:00Z"),
                    ["altitude_m", "load_factor_g", "speed_m_s"], setting_of("shenzhou-15"))  # fmt: skip
    flight.take(time, {"altitude_m": 1e5 - time, "load_factor_g": load, "speed_m_s": 8e3 - time})
    rows = to_draw(flight, n)
    assert len(rows) <= 1.1 * MOST_ROWS
    assert flight.rows.column("load_factor_g")[rows].max() == 4.47


def test_a_line_of_a_picture_touches_every_peak():
    y = np.zeros(10 * MOST_POINTS)
    y[12_345], y[-2] = 9.0, -9.0
    assert {9.0, -9.0} <= set(y[thin(y)])


def test_a_path_for_viewers_keeps_its_highest_and_lowest_place():
    n = 20_000
    track = {"time": np.arange(n, dtype=float), "longitude": np.zeros(n), "latitude": np.zeros(n),
             "altitude": np.full(n, 1e5)}  # fmt: skip
    track["altitude"][10_001] = 2e5
    _, path = geographic_path(track, slice(0, n))
    assert len(path) < n and path[:, 2].max() == 2e5


def test_a_cloud_keeps_the_points_farthest_out():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=50_000), 1e-3 * rng.normal(size=50_000)
    x[777], y[31_000] = 40.0, -0.04
    rows = thin_cloud(x, y, 2000)
    assert len(rows) == len(set(rows)) == 2000 and {777, 31_000} <= set(rows)
    assert len(thin_cloud(x[:5], y[:5], 2000)) == 5 and len(thin_cloud(x[:0], y[:0], 5)) == 0
