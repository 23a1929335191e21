"""The Kepler arc of a prediction against a flight of small steps, on an Earth that turns."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from onboard_sphere import MODEL

from homeward.flight.entry.predictor_dynamics import Flown
from homeward.flight.entry.skip_coast import VACUUM, coast

W = float(MODEL.rotation)
MU, RADIUS = float(MODEL.mu), float(MODEL.equatorial_radius)


def state(speed: float, angle_deg: float, latitude_deg: float, heading_deg: float, altitude: float = 110e3):
    la, he, an = np.radians([latitude_deg, heading_deg, angle_deg])
    u = np.array([np.cos(la), 0.0, np.sin(la)])
    north, east = np.array([-np.sin(la), 0.0, np.cos(la)]), np.array([0.0, 1.0, 0.0])
    inertial = speed * ((np.cos(he) * north + np.sin(he) * east) * np.cos(an) + u * np.sin(an))
    r = (RADIUS + altitude) * u
    v = inertial - np.cross([0.0, 0.0, W], r)
    zero = jnp.asarray(0.0)

    def triple(x):
        return tuple(jnp.asarray(a) for a in x)

    return Flown(zero, triple(u), jnp.asarray(altitude), triple(v), *(zero for _ in range(9))), r, inertial


def flown(r: np.ndarray, v: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Time, place and Earth-fixed velocity where the distance from the centre is again that of the start."""
    first, t, h = np.linalg.norm(r), 0.0, 0.5
    x = np.concatenate([r, v])

    def f(x):
        return np.concatenate([x[3:], -MU * x[:3] / np.linalg.norm(x[:3]) ** 3])

    while True:
        a = f(x)
        b = f(x + 0.5 * h * a)
        c = f(x + 0.5 * h * b)
        d = f(x + h * c)
        new = x + h / 6.0 * (a + 2.0 * b + 2.0 * c + d)
        if np.linalg.norm(new[:3]) < first:
            part = (np.linalg.norm(x[:3]) - first) / (np.linalg.norm(x[:3]) - np.linalg.norm(new[:3]))
            x, t = x + part * (new - x), t + part * h
            break
        x, t = new, t + h
    turn = W * t
    c, s = np.cos(turn), np.sin(turn)
    C = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
    r_E = C @ x[:3]
    return t, r_E, C @ x[3:] - np.cross([0.0, 0.0, W], r_E)


@pytest.mark.parametrize("speed, angle", [(7600.0, 1.0), (7900.0, 2.0), (8300.0, 3.0), (9500.0, 6.0)])
@pytest.mark.parametrize("latitude, heading", [(0.0, 90.0), (-25.0, 5.0), (40.0, 260.0)])
def test_the_arc_is_that_of_small_steps(speed, angle, latitude, heading):
    given, r, v = state(speed, angle, latitude, heading)
    told, gone = coast(MODEL, given)
    time, r_E, v_E = flown(r, v)
    assert not bool(gone)
    assert float(told.time) == pytest.approx(time, rel=1e-4)
    place = np.array([float(x) for x in told.u])
    assert np.linalg.norm(place - r_E / np.linalg.norm(r_E)) * RADIUS < 2e-4 * 7800.0 * time
    assert np.array([float(x) for x in told.velocity]) == pytest.approx(v_E, abs=3.0)
    assert float(told.altitude) == pytest.approx(110e3, abs=1.0)


def test_what_never_comes_back_is_told_and_stays_where_it_is():
    given, _, _ = state(11500.0, 10.0, 0.0, 90.0)
    told, gone = coast(MODEL, given)
    assert bool(gone)
    for a, b in zip(jax.tree.leaves(told), jax.tree.leaves(given), strict=True):
        assert float(a) == float(b)


@pytest.mark.parametrize("angle, altitude", [(-2.0, 120e3), (2.0, VACUUM - 1e3)])
def test_a_fall_and_a_climb_in_the_air_are_left_to_the_steps(angle, altitude):
    given, _, _ = state(7700.0, angle, 10.0, 45.0, altitude)
    told, gone = coast(MODEL, given)
    assert float(told.time) == 0.0 and not bool(gone)
