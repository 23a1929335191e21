"""Properties of the mathematics of rendezvous on made-up inputs: symmetries, inverses, what must not fail."""

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from homeward.astro.lambert import lambert
from homeward.astro.lvlh import from_curvilinear, from_lvlh, to_curvilinear, to_lvlh
from homeward.astro.relative_motion import anomaly_after, elliptic_matrix, orbit_shape
from homeward.earth.constants import MU_WGS84

MU = jnp.asarray(MU_WGS84)
EXAMPLES = settings(max_examples=150, deadline=None)
# Programs are compiled once, not once an example.
solve = jax.jit(lambert)
there, back = jax.jit(to_lvlh), jax.jit(from_lvlh)
bent, straight = jax.jit(to_curvilinear), jax.jit(from_curvilinear)
shape, after, matrix = jax.jit(orbit_shape), jax.jit(anomaly_after), jax.jit(elliptic_matrix)


def vectors(size):
    part = st.floats(-size, size, allow_subnormal=False)
    return st.tuples(part, part, part).map(lambda x: jnp.asarray(x, float))


@st.composite
def states(draw):
    """A state of an ellipse above the Earth's centre, not near a straight line: made so, not sifted."""
    distance, share = draw(st.floats(6e6, 3.4e7)), draw(st.floats(0.3, 1.7))
    height, about = draw(st.floats(-1.0, 1.0)), draw(st.floats(-np.pi, np.pi))
    roll, steep = draw(st.floats(-np.pi, np.pi)), draw(st.floats(0.25, np.pi - 0.25))
    flat = np.sqrt(1.0 - height**2)
    up = np.array([flat * np.cos(about), flat * np.sin(about), height])
    east = np.array([-np.sin(about), np.cos(about), 0.0])
    level = np.cos(roll) * east + np.sin(roll) * np.cross(up, east)
    # ``share`` is the square of the speed over that of a circular orbit: 2 would be a parabola.
    speed = np.sqrt(share * MU_WGS84 / distance)
    v = speed * (np.cos(steep) * up + np.sin(steep) * level)
    return jnp.asarray(distance * up), jnp.asarray(v)


@EXAMPLES
@given(states(), vectors(1e6), vectors(1e3))
def test_relative_states_there_and_back(target, r, v):
    ship = back(*target, r, v)
    place, rate = there(*target, *ship)
    np.testing.assert_allclose(place, r, atol=1e-7)
    np.testing.assert_allclose(rate, v, atol=1e-10)
    # A scalar product with the axes leaves distances as they are.
    assert abs(float(jnp.linalg.norm(ship[0] - target[0]) - jnp.linalg.norm(r))) < 1e-7


@EXAMPLES
@given(vectors(2e6), vectors(1e3), st.floats(6.5e6, 5e7), st.floats(-3e3, 3e3))
def test_curvilinear_there_and_back(r, v, radius, climb):
    size = jnp.asarray(radius), jnp.asarray(climb)
    again = straight(*bent(r, v, *size), *size)
    np.testing.assert_allclose(again[0], r, atol=1e-6)
    np.testing.assert_allclose(again[1], v, atol=1e-8)


@EXAMPLES
@given(states(), st.floats(1.0, 20000.0))
def test_matrix_back_undoes_matrix_on(target, seconds):
    orbit, t = shape(MU, *target), jnp.asarray(seconds)
    assume(float(orbit.e) < 0.9)
    nu = after(MU, orbit, t)
    # In units of the orbit's own time, so that places and rates weigh alike.
    second = float(jnp.sqrt(MU / orbit.p**3))
    units, inverse = np.diag([1.0] * 3 + [1 / second] * 3), np.diag([1.0] * 3 + [second] * 3)
    on = units @ matrix(MU, orbit, nu, t) @ inverse
    off = units @ matrix(MU, orbit._replace(nu=nu), orbit.nu, -t) @ inverse
    # Rounding, times what the two matrices and the factors' determinant make of it.
    size = np.linalg.norm(on) * np.linalg.norm(off) / (1.0 - float(orbit.e) ** 2) ** 3
    np.testing.assert_allclose(off @ on, np.eye(6), atol=1e-13 * size)


@EXAMPLES
@given(vectors(3e7), vectors(3e7), st.floats(-100.0, 2e5), vectors(1.0), st.integers(0, 4), st.booleans())
def test_any_two_places(r1, r2, tof, normal, turns, low):
    """Never a number that is none; what is valid keeps energy, plane and the sense asked for."""
    found = solve(MU, r1, r2, jnp.asarray(tof), normal, jnp.asarray(turns), jnp.asarray(low))
    assert bool(jnp.all(jnp.isfinite(found.v1)) & jnp.all(jnp.isfinite(found.v2)))
    if not bool(found.valid):
        assert float(jnp.sum(found.v1**2) + jnp.sum(found.v2**2)) == 0.0
        return
    d1, d2 = float(jnp.linalg.norm(r1)), float(jnp.linalg.norm(r2))
    assume(min(d1, d2) > 1e5)
    h1, h2 = np.cross(r1, found.v1), np.cross(r2, found.v2)
    size = d1 * float(jnp.linalg.norm(found.v1)) + d2 * float(jnp.linalg.norm(found.v2))
    np.testing.assert_allclose(h1, h2, atol=1e-7 * size)
    kinetic = [0.5 * float(jnp.sum(v * v)) for v in (found.v1, found.v2)]
    energies = [k - MU_WGS84 / d for k, d in zip(kinetic, (d1, d2), strict=True)]
    assert abs(energies[0] - energies[1]) < 1e-7 * (sum(kinetic) + MU_WGS84 / d1 + MU_WGS84 / d2)
    assert h1 @ np.asarray(normal) >= -1e-7 * size


@EXAMPLES
@given(states(), st.floats(200.0, 5e4), st.integers(0, 3), st.booleans())
def test_the_way_back(state, tof, turns, low):
    """The flight back in time runs along the same ellipse the other way."""
    r1, v1 = state
    r2 = jnp.asarray(np.cross(np.cross(r1, v1), r1) / np.linalg.norm(np.cross(r1, v1)) * 1.2 + 0.3 * r1)
    h = jnp.cross(r1, v1) / jnp.linalg.norm(jnp.cross(r1, v1))
    count, path, t = jnp.asarray(turns), jnp.asarray(low), jnp.asarray(tof)
    on, off = solve(MU, r1, r2, t, h, count, path), solve(MU, r2, r1, t, -h, count, path)
    assert bool(on.valid) == bool(off.valid)
    # Where both paths nearly meet their difference goes with the root of rounding.
    np.testing.assert_allclose(on.v1, -off.v2, atol=1e-2)
    np.testing.assert_allclose(on.v2, -off.v1, atol=1e-2)
