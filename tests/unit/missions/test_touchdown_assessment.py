"""The assessment of touchdowns: what is told of known states, what is drawn, what is judged."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.dispersion.landing import STREAMS, LandingDraws, landing_draws, nominal_landing
from homeward.errors import InputError
from homeward.missions.landing import horizontal_speed, landing_numbers, landing_told
from homeward.missions.return_outcome import held
from homeward.scenario import load
from homeward.scenario.return_limits import return_limits
from homeward.world.state import TruthState, initial_truth

ON = {"truth.landing.assessed": "true"}
MASS = 2900.0


def lanes(count: int) -> TruthState:
    """Capsules at rest, none of which turns."""
    one = initial_truth(0.0, jnp.zeros(3), jnp.zeros(3), MASS)
    return jax.tree.map(lambda x: np.broadcast_to(np.asarray(x), (count, *np.shape(x))), one)


def place(east: list[float], north: list[float], up: list[float]) -> dict[str, np.ndarray]:
    """What ``places`` gives of touchdowns on the equator at 0 deg, where east, north, up are y, z, x of E."""
    v = np.stack([np.array(up, float), np.array(east, float), np.array(north, float)], axis=1)
    zero = np.zeros(len(v))
    return {"latitude": zero, "longitude": zero, "v_E": v, "vertical_speed": v[:, 0],
            "speed": np.linalg.norm(v, axis=1)}  # fmt: skip


def told(sets: dict[str, str], at: dict[str, np.ndarray], draws: LandingDraws | None = None,
         rockets: float = 0.0) -> dict[str, np.ndarray]:  # fmt: skip
    count = len(at["latitude"])
    return landing_numbers(
        load("shenzhou-15", ON | sets), None, lanes(count), at, np.full(count, rockets), draws
    )


def test_nothing_is_told_where_it_is_not_assessed():
    assert (
        landing_numbers(load("shenzhou-15"), None, lanes(1), place([1], [0], [-2]), np.zeros(1), None) == {}
    )
    assert landing_told({}, load("shenzhou-15").truth.landing) == {}


def test_a_flat_landing_has_the_closed_form_pulse():
    found = told({"truth.landing.stroke_m": "0.2"}, place([0, 3], [0, 4], [-4, -4]))
    assert found["touchdown_impact_speed"] == pytest.approx([4.0, 4.0])
    assert found["touchdown_pulse"] * 9.80665 == pytest.approx(np.full(2, np.pi * 16.0 / 0.8))
    assert found["touchdown_tilt"] == pytest.approx(np.zeros(2), abs=1e-9)
    assert found["touchdown_tip_over"][0] == 0.0 < found["touchdown_tip_over"][1]
    # The drift's end pushes feet first: along the spine, which stays at rest in the first.
    assert abs(found["touchdown_response_z"][0]) < 1e-12 and found["touchdown_response_z"][1] > 1.0
    assert horizontal_speed(place([3], [4], [-4])) == pytest.approx([5.0])


def test_a_slope_and_a_hang_angle_are_met_as_they_lie():
    flat, hill = (told({"truth.landing.slope_deg": x}, place([5], [0], [-3])) for x in ("0.0", "8.0"))
    assert np.degrees(hill["touchdown_slope"]) == pytest.approx([8.0])
    assert np.degrees(hill["touchdown_tilt"]) == pytest.approx([8.0])
    turned = np.radians(8.0)
    into = 3.0 * np.cos(turned) - 5.0 * np.sin(turned)
    assert hill["touchdown_impact_speed"] == pytest.approx([into])
    assert hill["touchdown_impact_speed"] < flat["touchdown_impact_speed"]
    hung = told({"truth.landing.hang_angle_deg": "20.0"}, place([5], [0], [-3]))
    assert np.degrees(hung["touchdown_tilt"]) == pytest.approx([20.0])
    assert hung["touchdown_response_z"] > flat["touchdown_response_z"]


def test_raised_seats_move_the_dose_from_the_chest_to_the_spine():
    flat = told({"truth.landing.friction": "0.0"}, place([0], [0], [-5]))
    raised = told(
        {"truth.landing.friction": "0.0", "truth.landing.seat_angle_deg": "90.0"}, place([0], [0], [-5])
    )
    assert flat["touchdown_response_z"] == pytest.approx([0.0], abs=1e-12)
    assert raised["touchdown_response_x"] == pytest.approx([0.0], abs=1e-12)
    assert raised["touchdown_crew_dose"] == pytest.approx(raised["touchdown_response_z"] / 15.2, rel=1e-9)
    high = told({"truth.landing.dose_level": '"high"'}, place([0], [0], [-5]))
    assert high["touchdown_crew_dose"] < flat["touchdown_crew_dose"]


def test_landing_rockets_that_push_harder_than_the_ground_make_the_dose():
    soft = told({}, place([0], [0], [-1]))
    pushed = told({}, place([0], [0], [-1]), rockets=9.0)
    assert pushed["touchdown_crew_dose"] > 2.0 * soft["touchdown_crew_dose"]


def test_the_sea_has_a_swell_and_no_edge():
    sea = {"truth.landing.surface": '"sea"'}
    drawn = landing_draws(3, np.arange(4000))
    at = place([4] * 4000, [0] * 4000, [-8] * 4000)
    found = told(sea | {"dispersion.wave_height": "0.0"}, at, drawn)
    assert "touchdown_tip_over" not in found
    w = 2.0 * np.pi / 8.0
    slope_met = np.sqrt(np.mean(np.tan(found["touchdown_slope"]) ** 2))
    assert slope_met == pytest.approx(w * w / 9.80665 * 2.0 / 4.0, rel=0.04)
    still = told(sea | {"truth.landing.wave_height_m": "0.0"}, place([4], [0], [-8]))
    assert still["touchdown_impact_speed"] == pytest.approx([8.0])
    assert np.mean(found["touchdown_impact_speed"]) == pytest.approx(8.0, rel=0.02)


def test_slopes_and_swings_have_their_spreads_and_runs_their_own_draws():
    drawn = landing_draws(7, np.arange(4000))
    at = place([0] * 4000, [0] * 4000, [-3] * 4000)
    steep = told({"dispersion.swing_deg": "0.0"}, at, drawn)
    assert np.degrees(np.sqrt(np.mean(steep["touchdown_slope"] ** 2) / 2.0)) == pytest.approx(2.0, rel=0.04)
    swung = told({"dispersion.ground_slope_deg": "0.0"}, at, drawn)
    assert np.degrees(np.sqrt(np.mean(swung["touchdown_tilt"] ** 2) / 2.0)) == pytest.approx(5.0, rel=0.04)
    assert np.mean(swung["touchdown_impact_speed"]) == pytest.approx(3.0)
    alone = landing_draws(7, np.array([11]))
    for name in STREAMS:
        assert np.array_equal(alone[name][0], drawn[name][11])
    assert not np.array_equal(landing_draws(8, np.array([11]))["swing"], alone["swing"])
    assert all(not x.any() for x in nominal_landing(3).values())


def test_limits_are_asked_only_where_they_are_set():
    found = told({}, place([5], [0], [-3])) | {"touchdown_horizontal_speed": np.array([5.0])}
    assert held(return_limits(load("shenzhou-15", ON)), found, True) == []
    names = {"horizontal_speed_m_s": "4.0", "tilt_deg": "30", "crew_dose": "1.0", "tip_over_index": "1.0"}
    asked = load("shenzhou-15", ON | {f"truth.limits.{k}": v for k, v in names.items()})
    rows = held(return_limits(asked), found, True)
    assert [row.name for row in rows] == [
        "speed over ground",
        "tilt at touchdown",
        "crew dose",
        "tipping over",
    ]
    assert [bool(row.kept[0]) for row in rows] == [False, True, True, True]
    assert rows[1].told(0)["limit"] == pytest.approx(30.0)


def test_a_limit_on_what_is_not_assessed_is_refused():
    with pytest.raises(InputError, match="assessed = true where"):
        load("shenzhou-15", {"truth.limits.crew_dose": "1.0"})
    with pytest.raises(InputError, match=r'surface = "ground"'):
        load("shenzhou-15", ON | {"truth.landing.surface": '"sea"', "truth.limits.tip_over_index": "1.0"})
