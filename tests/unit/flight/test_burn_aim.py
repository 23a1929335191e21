"""What is still to be burnt for an interface at its place: against arcs flown by themselves."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from homeward.earth.constants import MU_EGM96, OMEGA_WGS84
from homeward.flight.deorbit.burn_cutoff import EntryRange, no_range, overshoot, still_to_burn

RADIUS = 6.498e6  # m
NEAR = 2e-5  # rad: 130 m
SIDEWAYS = (
    30e3  # m: along the track it comes to its goal; meanwhile the Earth has turned on for a minute more
)


def _flown(r, v):
    """Where an arc comes down through the radius, in axes that turn with the Earth."""

    def through(t, x):
        return np.linalg.norm(x[:3]) - RADIUS

    through.terminal, through.direction = True, -1.0
    found = solve_ivp(
        lambda t, x: np.concatenate([x[3:], -MU_EGM96 * x[:3] / np.linalg.norm(x[:3]) ** 3]),
        (0.0, 6000.0), np.concatenate([r, v]), events=through, rtol=1e-11, atol=1e-6,
    )  # fmt: skip
    turn, place = OMEGA_WGS84 * found.t[-1], found.y[:3, -1]
    c, s = np.cos(turn), np.sin(turn)
    return np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]]) @ place


@pytest.fixture(scope="module")
def before():
    r = np.array([4.8e6, -3.9e6, 2.6e6])
    r *= 6.77e6 / np.linalg.norm(r)
    normal = np.array([0.3, 0.55, 0.8])
    along = np.cross(normal - r * (normal @ r) / (r @ r), r)
    along /= np.linalg.norm(along)
    return r, np.sqrt(MU_EGM96 / 6.77e6) * along, -along


def _numbers(r, v, goal, entry=None):
    return (
        jnp.asarray(MU_EGM96), jnp.asarray(RADIUS), jnp.asarray(OMEGA_WGS84), jnp.asarray(r), jnp.asarray(v),
        jnp.asarray(goal), no_range() if entry is None else entry,
    )  # fmt: skip


def test_an_arc_that_comes_down_at_its_goal_is_not_beyond_it(before):
    r, v, back = before
    goal = _flown(r, v + 120.0 * back)
    assert abs(float(overshoot(*_numbers(r, v + 120.0 * back, goal)))) < NEAR


def test_an_orbit_that_stays_up_never_comes_down(before):
    r, v, back = before
    goal = _flown(r, v + 120.0 * back)
    assert np.isinf(float(overshoot(*_numbers(r, v, goal))))
    assert np.isinf(float(still_to_burn(*_numbers(r, v, goal), jnp.asarray(back))))


def test_asked_again_and_again_a_late_burn_comes_down_at_its_goal(before):
    """The first 60 m/s at once, the rest 200 s later: more is needed, and it is found."""
    r, v, back = before
    goal = _flown(r, v + 120.0 * back)
    v = v + 60.0 * back
    late = solve_ivp(
        lambda t, x: np.concatenate([x[3:], -MU_EGM96 * x[:3] / np.linalg.norm(x[:3]) ** 3]),
        (0.0, 200.0), np.concatenate([r, v]), rtol=1e-11, atol=1e-6,
    ).y[:, -1]  # fmt: skip
    r, v = late[:3], late[3:]
    more = jax.jit(lambda v: still_to_burn(*_numbers(r, v, goal), jnp.asarray(back)))
    burnt = 60.0
    v = v + 50.0 * back  # until it comes down at all
    burnt += 50.0
    for _ in range(6):
        step = float(more(jnp.asarray(v)))
        v, burnt = v + step * back, burnt + step
    assert 121.0 < burnt < 170.0
    assert abs(float(overshoot(*_numbers(r, v, goal)))) < NEAR
    assert np.linalg.norm(_flown(r, v) - goal) < SIDEWAYS


def test_a_steeper_arc_is_to_come_down_farther_on(before):
    """By as much as the lift carries less far from there: 1,000 km a degree here, at twice the burn."""
    r, v, back = before
    planned, steep = v + 120.0 * back, v + 170.0 * back
    angles = np.radians(np.linspace(-4.0, 0.0, 8))
    farther = np.degrees(angles) * 1e6 / RADIUS
    angle = {}
    for name, speed in (("planned", planned), ("steep", steep)):
        h, energy = np.linalg.norm(np.cross(r, speed)), speed @ speed / 2 - MU_EGM96 / np.linalg.norm(r)
        angle[name] = -np.arccos(h / RADIUS / np.sqrt(2 * (energy + MU_EGM96 / RADIUS)))
    entry = EntryRange(*(jnp.asarray(x) for x in (angle["planned"], angles, farther)))
    here, plain = (float(overshoot(*_numbers(r, steep, _flown(r, planned), e))) for e in (entry, None))
    more = np.degrees(angle["planned"] - angle["steep"]) * 1e6 / RADIUS
    assert more > 0.05 and here == pytest.approx(plain - more, abs=1e-6)
    assert abs(float(overshoot(*_numbers(r, planned, _flown(r, planned), entry)))) < NEAR
