"""Sun and Moon: where they are and how they pull, as tables that a compiled loop can evaluate."""

import equinox as eqx
import erfa
import jax.numpy as jnp
import numpy as np

from homeward.earth.constants import MU_MOON, MU_SUN
from homeward.earth.series import UniformSeries
from homeward.earth.time import DAY, Epoch
from homeward.typing import Scalar, Vec3

STEP = 21600.0  # s between rows: the cubic is within 0.1 km of the Moon, 0.1 km of the Sun
MARGIN = 3
ASTRONOMICAL_UNIT = 149597870700.0  # m: IAU 2012 resolution B2


class ThirdBodies(eqx.Module):
    """Geocentric positions of Sun and Moon in I over one mission (rows: Sun xyz, Moon xyz [m])."""

    series: UniformSeries
    mu_sun: Scalar
    mu_moon: Scalar

    def sun_position(self, t: Scalar) -> Vec3:
        """Position of the Sun [m] in I at ``t`` [s since the epoch], geometric."""
        return self.series.at(t)[:3]

    def moon_position(self, t: Scalar) -> Vec3:
        """Position of the Moon [m] in I at ``t`` [s since the epoch], geometric."""
        return self.series.at(t)[3:]

    def acceleration(self, t: Scalar, r_I: Vec3) -> Vec3:
        """Pull [m/s2] of both on a body at ``r_I`` [m], less their pull on the Earth itself.

        Montenbruck and Gill, Satellite Orbits (2000), equation 3.37.
        """
        row = self.series.at(t)
        return _tidal(self.mu_sun, row[:3], r_I) + _tidal(self.mu_moon, row[3:], r_I)


def build_third_bodies(epoch: Epoch, span: float | int) -> ThirdBodies:
    """Sun (ERFA ``epv00``) and Moon (ERFA ``moon98``) from ``epoch`` over ``span`` [s].

    The models are good to about 10 km (Sun) and some tens of kilometres (Moon) in this century: a few
    1e-10 m/s2 of what they pull in low orbit. Beyond the span the bodies stand still.
    """
    n = int(np.ceil(max(span, 0.0) / STEP)) + 2 * MARGIN + 1
    seconds = (np.arange(n) - MARGIN) * STEP
    tt1, tt2 = epoch.tt()
    # TDB differs from TT by less than 2 ms, in which the Moon moves 2 m.
    heliocentric, _ = erfa.epv00(tt1, tt2 + seconds / DAY)
    sun = -heliocentric["p"] * ASTRONOMICAL_UNIT
    moon = erfa.moon98(tt1, tt2 + seconds / DAY)["p"] * ASTRONOMICAL_UNIT
    rows = jnp.asarray(np.concatenate([sun, moon], axis=1), float)
    series = UniformSeries(rows, jnp.asarray(seconds[0], float), jnp.asarray(STEP, float))
    return ThirdBodies(series, jnp.asarray(MU_SUN, float), jnp.asarray(MU_MOON, float))


def sun_direction(epoch: Epoch) -> np.ndarray:
    """Unit vector (3,) in I from the Earth's centre to the Sun, geometric (ERFA ``epv00``)."""
    tt1, tt2 = epoch.tt()
    heliocentric, _ = erfa.epv00(tt1, tt2)
    place = -np.asarray(heliocentric["p"])
    return place / np.linalg.norm(place)


def _tidal(mu: Scalar, s_I: Vec3, r_I: Vec3) -> Vec3:
    d = s_I - r_I
    return mu * (d / jnp.sum(d * d) ** 1.5 - s_I / jnp.sum(s_I * s_I) ** 1.5)
