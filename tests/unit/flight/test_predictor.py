"""The onboard predictor: enough steps, no favoured side, and lift that does what lift does."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.flight.entry.onboard_model import OnboardModel, fit_air
from homeward.flight.entry.predictor import NO_SWITCH, BankPlan, Factors, PredictorStart, predict

EARTH = 6378137.0
STEPS_ERROR = 1500.0  # m: 24 steps against 480 over some 2,500 km
SINGLE_ERROR = 300.0  # m: single precision against double
SLOPE_ERROR = 0.2  # of itself: Newton's step needs no more
HEIGHTS = np.arange(0.0, 130e3, 1e3)
# A sphere that stands still, so that left and right are mirror images.
MODEL = OnboardModel(
    *(jnp.asarray(x) for x in (3.986004415e14, 0.0, EARTH, 0.0, 0.0)),
    jnp.asarray(fit_air(HEIGHTS, 1.225 * np.exp(-HEIGHTS / 7200.0))), jnp.asarray([100.0, 9000.0]),
    jnp.asarray([0.002, 0.002]), jnp.asarray([0.3, 0.3]), jnp.zeros(3),
)  # fmt: skip


def _predict(bank_deg, side=1.0, steps=24, kind=jnp.float64, drag=1.0, lift=1.0, length=1000.0, end_deg=None):
    def n(x):
        return jnp.asarray(x, kind)

    gamma = np.radians(-1.6)
    end = bank_deg if end_deg is None else end_deg
    start = PredictorStart(
        (n(1.0), n(0.0), n(0.0)), n(120e3), (n(7500 * np.sin(gamma)), n(7500 * np.cos(gamma)), n(0.0)),
        n(side * np.radians(bank_deg)),
    )  # fmt: skip
    plan = BankPlan(
        now=n(np.radians(bank_deg)), end=n(np.radians(end)), speed_now=n(7500.0), speed_end=n(1500.0),
        side=n(side), switch=n(NO_SWITCH), roll_time=n(10.0), rate_limit=n(0.26), acceleration_limit=n(0.1),
        load_limit=n(1e3), all_lift_lateral=n(0.0),
    )  # fmt: skip
    model = jax.tree.map(lambda x: x.astype(kind), MODEL)
    factors = Factors(n(drag), n(drag), n(lift))
    result = _run(model, start, plan, factors, n(length), n(10e3), steps)
    for _ in range(6):  # as in flight: the time to go is carried from cycle to cycle
        result = _run(model, start, plan, factors, result.length, n(10e3), steps)
    x, y, z = (float(c) for c in result.u)
    return np.arctan2(y, x) * EARTH, np.arcsin(z) * EARTH, float(result.duration), float(result.range_slope)


_run = jax.jit(predict, static_argnames="steps")


def test_the_few_steps_are_enough():
    few, many = _predict(60.0), _predict(60.0, steps=480)
    assert np.hypot(few[0] - many[0], few[1] - many[1]) < STEPS_ERROR
    assert few[2] == pytest.approx(many[2], abs=2.0)


def test_single_precision_is_enough():
    low, high = _predict(60.0, kind=jnp.float32), _predict(60.0)
    assert np.hypot(low[0] - high[0], low[1] - high[1]) < SINGLE_ERROR


def test_left_and_right_are_mirror_images():
    right, left = _predict(60.0, side=1.0), _predict(60.0, side=-1.0)
    assert right[1] < -10e3  # flown eastward, right is south
    assert right[0] == pytest.approx(left[0], abs=1e-3)
    assert right[1] == pytest.approx(-left[1], abs=1e-3)


def test_range_grows_with_lift_up_and_falls_with_drag():
    ranges = [_predict(bank)[0] for bank in (45.0, 60.0, 75.0)]
    assert ranges[0] > ranges[1] > ranges[2]
    assert _predict(60.0, drag=1.1)[0] < ranges[1]
    assert _predict(60.0, lift=1.1)[0] > ranges[1]


def test_the_time_to_go_is_found_from_a_poor_guess():
    assert _predict(60.0, length=700.0)[2] == pytest.approx(_predict(60.0)[2], abs=2.0)


@pytest.mark.parametrize("bank", [40.0, 60.0, 80.0])
def test_the_slope_carried_along_is_that_between_two_flights(bank):
    apart = 0.5  # deg either way
    low, high = (_predict(b, steps=96, end_deg=60.0) for b in (bank - apart, bank + apart))
    between = (high[0] - low[0]) / np.radians(2.0 * apart)
    assert _predict(bank, steps=96, end_deg=60.0)[3] == pytest.approx(between, rel=SLOPE_ERROR)
