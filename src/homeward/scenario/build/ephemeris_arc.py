"""The state between two rows of an ephemeris: flown on from the one, and back from the other."""

import jax.numpy as jnp
import numpy as np
from scipy.integrate import solve_ivp

from homeward._aot.program import program
from homeward.earth.ephemeris import build_third_bodies
from homeward.earth.frames import earth_spin
from homeward.earth.time import Epoch
from homeward.world.environment.gravity import egm96

DEGREE = 21
# m/s per second between the rows: the air of a low orbit is less. Rows that differ by more have a burn
# between them.
LEFT_OUT = 2e-5
LEAST_MISS = 0.05  # m/s: what rows that were written with few digits, or fitted apart, may differ by
TOLERANCE = 1e-11

StateVector = tuple[np.ndarray, np.ndarray]


@program
def _pull(field, bodies, C_EI, axis_I, rate, t, r_I):
    """Gravity of the Earth, turned on about its axis since ``C_EI`` held, of Sun and Moon [m/s2, I]."""
    c, s = jnp.cos(rate * t), jnp.sin(rate * t)

    def about(x, sine):
        return c * x + sine * jnp.cross(axis_I, x) + (1.0 - c) * jnp.sum(axis_I * x) * axis_I

    earth = C_EI.T @ field.acceleration(C_EI @ about(r_I, -s))
    return about(earth, s) + bodies.acceleration(t, r_I)


def between_rows(epoch: Epoch, r: np.ndarray, v: np.ndarray, interval: float, after: float) -> StateVector:
    """State [m, m/s, I] ``after`` [s] the first of two rows that lie ``interval`` [s] apart.

    ``r`` and ``v`` (2, 3) are the rows, the first one at ``epoch``. Forces: EGM96 of degree 21, Sun and Moon.
    The orbits through both rows are blended, so that the state is that of a row where it stands, unless
    they show that a burn lies between: then the first row alone counts. In the middle of two hours between
    rows of the space station's ephemeris it is good to some ten metres.
    """
    spins, omegas = earth_spin([epoch])
    omega_I = spins[0].T @ omegas[0]
    rate = float(np.linalg.norm(omega_I))
    world = (
        egm96(DEGREE), build_third_bodies(epoch, interval), jnp.asarray(spins[0]),
        jnp.asarray(omega_I / rate), jnp.asarray(rate),
    )  # fmt: skip

    def rates(t: float, x: np.ndarray) -> np.ndarray:
        pull = _pull(*world, jnp.asarray(float(t)), jnp.asarray(x[:3]))
        return np.concatenate([x[3:], np.asarray(pull)])

    def flown(row: int, begin: float, *ends: float) -> np.ndarray:
        start = np.concatenate([r[row], v[row]])
        found = solve_ivp(
            rates, (begin, ends[-1]), start, "DOP853", ends, rtol=TOLERANCE, atol=[1e-3] * 3 + [1e-6] * 3
        )
        return found.y.T

    on, end = flown(0, 0.0, after, interval)
    if np.linalg.norm(v[1] - end[3:]) > LEAST_MISS + LEFT_OUT * interval:
        return on[:3], on[3:]
    (back,) = flown(1, interval, after)
    s = after / interval
    state = on + (3.0 * s**2 - 2.0 * s**3) * (back - on)
    return state[:3], state[3:]
