"""How the Earth is turned: from the celestial frame (I, GCRF) to the Earth-fixed frame (E, ITRF).

IERS Conventions 2010, chapter 5, by way of the celestial intermediate origin: IAU 2006/2000A
precession-nutation with the measured offsets dX, dY, the Earth rotation angle of UT1, polar motion.
pyerfa builds tables before the flight; the compiled loop interpolates them.
"""

from abc import abstractmethod
from collections.abc import Mapping

import equinox as eqx
import erfa
import jax
import jax.numpy as jnp
import numpy as np

from homeward.earth.constants import ROTATION_RATE
from homeward.earth.eop import constant_eop, read_eop
from homeward.earth.pole import intermediate_pole
from homeward.earth.series import UniformSeries
from homeward.earth.time import DAY, Epoch
from homeward.math.trigonometry import sine_cosine
from homeward.math.triples import cross, split
from homeward.math.xla_barrier import routine
from homeward.typing import Mat33, Scalar, Vec3

STEP = 7200.0  # s between rows: the cubic is then within 0.3 mm at the surface, corners of the table included
MARGIN = 6  # rows before the epoch and after the span


class EarthSpin(eqx.Module):
    """Orientation about a moment ``t0`` [s], carried on by a constant rate: good for some minutes.

    The neglected turn of the precession axis grows as the square of time: below 1 mm at the surface
    after 10 minutes.
    """

    C_EI0: Mat33
    omega_EI_E: Vec3
    t0: Scalar

    def C_EI(self, t: Scalar) -> Mat33:
        """Matrix from I to E at ``t`` [s]: Rodrigues' rotation of ``C_EI0`` about ``omega_EI_E``."""
        w, dt = self.omega_EI_E, t - self.t0
        rate2 = jnp.sum(w * w)
        still = rate2 == 0.0
        rate2 = jnp.where(still, 1.0, rate2)
        rate = jnp.sqrt(rate2)

        def shares() -> tuple[Scalar, Scalar]:
            sine, cosine = sine_cosine(0.5 * rate * dt)
            return 2.0 * sine * cosine / rate, 2.0 * sine * sine / rate2

        # A routine, or each of the nine numbers would work out both anew.
        a, b = routine(shares)
        a, b = jnp.where(still, dt, a), jnp.where(still, 0.5 * dt * dt, b)
        # Column by column: products of small matrices do not vectorise over lanes.
        C, columns = self.C_EI0, []
        for j in range(3):
            once = cross(split(w), split(C[:, j]))
            twice = cross(split(w), once)
            columns.append([C[i, j] - a * once[i] + b * twice[i] for i in range(3)])
        return jnp.stack([jnp.stack([columns[j][i] for j in range(3)]) for i in range(3)])


class AbstractOrientation(eqx.Module):
    """How the Earth is turned at any time of the mission."""

    @abstractmethod
    def at(self, t: Scalar) -> EarthSpin:
        """Orientation and rotation rate about ``t`` [s since the epoch]."""


class HeldOrientation(AbstractOrientation):
    """The Earth carried on from one moment: for some minutes of flight (see ``EarthSpin``)."""

    spin: EarthSpin

    def at(self, t: Scalar) -> EarthSpin:
        """Its rate carries it on to ``t``."""
        return EarthSpin(self.spin.C_EI(t), self.spin.omega_EI_E, t)


class EarthOrientation(AbstractOrientation):
    """The true Earth over one mission; beyond its span the pole and UT1-TAI are held.

    Rows of ``series``: CIP X, Y, CIO locator s, polar motion xp, yp, the TIO locator s' [rad] and
    UT1-TAI less its value at the epoch [s]. ``era0`` is the Earth rotation angle [rad] at the epoch.
    """

    series: UniformSeries
    era0: Scalar

    def matrix(self, t: Scalar) -> Mat33:
        """``C_EI`` at ``t`` [s since the epoch]: IERS Conventions 2010, equations 5.1 to 5.10."""
        x, y, s, xp, yp, sp, ut1 = self.series.at(t)
        angle = self.era0 + ROTATION_RATE * (t + ut1)
        r2 = x * x + y * y
        a = 1.0 / (1.0 + jnp.sqrt(1.0 - r2))
        # Rows of the transpose of Q (5.10): celestial to intermediate, before the turn by s.
        Q = jnp.stack(
            [
                jnp.stack([1.0 - a * x * x, -a * x * y, -x]),
                jnp.stack([-a * x * y, 1.0 - a * y * y, -y]),
                jnp.stack([x, y, 1.0 - a * r2]),
            ]
        )
        # The turns by -s, by the rotation angle and by s' follow one another about one axis or nearly
        # so (s' is below 0.1 nrad in this century): they add up.
        C = _product(_turn_z(angle - s + sp), Q)
        cx, sx, cy, sy = jnp.cos(xp), jnp.sin(xp), jnp.cos(yp), jnp.sin(yp)
        zero = jnp.zeros_like(xp)
        W = jnp.stack(
            [
                jnp.stack([cx, sx * sy, sx * cy]),
                jnp.stack([zero, cy, -sy]),
                jnp.stack([-sx, cx * sy, cx * cy]),
            ]
        )
        return _product(W, C)

    def at(self, t: Scalar) -> EarthSpin:
        """Orientation about ``t``; the rate is the derivative of the matrix, length of day included."""
        C, dC = jax.jvp(self.matrix, (t,), (jnp.ones_like(t),))
        omega = -jnp.stack([jnp.sum(dC[2] * C[1]), jnp.sum(dC[0] * C[2]), jnp.sum(dC[1] * C[0])])
        return EarthSpin(C, omega, t)


class UniformRotation(AbstractOrientation):
    """An Earth that turns about z at a constant rate [rad/s] from an angle [rad]; rate 0 stands still."""

    angle0: Scalar
    rate: Scalar

    @staticmethod
    def of(angle0: float = 0.0, rate: float = ROTATION_RATE) -> "UniformRotation":
        """From plain numbers."""
        return UniformRotation(jnp.asarray(angle0, float), jnp.asarray(rate, float))

    def at(self, t: Scalar) -> EarthSpin:
        """Orientation about ``t``: exact at every time."""
        zero = jnp.zeros_like(self.rate)
        C_EI0 = _turn_z(self.angle0 + self.rate * t)
        return EarthSpin(C_EI0, jnp.stack([zero, zero, self.rate]), t)


def inertial_to_earth(spin: EarthSpin, t: Scalar, r_I: Vec3, v_I: Vec3) -> tuple[Vec3, Vec3]:
    """Position and velocity relative to the turning Earth: ``(r_E, v_E)``."""
    return _into_earth(spin.C_EI(t), spin.omega_EI_E, r_I, v_I)


def inertial_to_earth_now(spin: EarthSpin, r_I: Vec3, v_I: Vec3) -> tuple[Vec3, Vec3]:
    """``inertial_to_earth`` at the spin's own moment, which need not be carried on."""
    return _into_earth(spin.C_EI0, spin.omega_EI_E, r_I, v_I)


def _into_earth(C: Mat33, omega: Vec3, r_I: Vec3, v_I: Vec3) -> tuple[Vec3, Vec3]:
    r_E = _apply(C, r_I)
    return r_E, _apply(C, v_I) - jnp.cross(omega, r_E)


def earth_to_inertial(spin: EarthSpin, t: Scalar, r_E: Vec3, v_E: Vec3) -> tuple[Vec3, Vec3]:
    """Inertial position and velocity of a state relative to the turning Earth: ``(r_I, v_I)``."""
    C_IE = spin.C_EI(t).T
    return _apply(C_IE, r_E), _apply(C_IE, v_E + jnp.cross(spin.omega_EI_E, r_E))


def build_orientation(
    epoch: Epoch, span: float | int, eop: Mapping[str, float] | None = None
) -> EarthOrientation:
    """Orientation of the Earth from ``epoch`` over ``span`` [s], by pyerfa and the IERS table.

    ``eop`` puts explicit values in place of the table (keys in ``earth.eop.constant_eop``). Outside
    the table the nearest values are held; ``coverage_warnings`` tells. Daily and half-daily ocean
    tides in UT1 and the pole (some centimetres at the surface) are left out.
    """
    first, last = _table_span(epoch, span)
    table = read_eop(first, last) if eop is None else constant_eop(epoch.mjd(), last, eop)
    n = int(np.ceil(max(span, 0.0) / STEP)) + 2 * MARGIN + 1
    seconds = (np.arange(n) - MARGIN) * STEP
    tt1, tt2 = epoch.tt()
    x, y, s, sp, pole = intermediate_pole(tt1, tt2 + seconds / DAY, epoch.mjd() + seconds / DAY, table)
    ut1_tai0 = table.at(np.asarray(epoch.mjd()))[2]
    rows = np.stack([x, y, s, pole[:, 0], pole[:, 1], sp, pole[:, 2] - ut1_tai0], axis=1)
    tai1, tai2 = epoch.tai()
    era0 = erfa.era00(tai1, tai2 + ut1_tai0 / DAY)
    series = UniformSeries(jnp.asarray(rows, float), jnp.asarray(seconds[0], float), jnp.asarray(STEP, float))
    return EarthOrientation(series, jnp.asarray(era0, float))


def coverage_warnings(epoch: Epoch, span: float | int) -> list[str]:
    """What had to be assumed about the Earth's orientation: empty when the IERS table covers the span."""
    return list(read_eop(*_table_span(epoch, span)).warnings)


def _table_span(epoch: Epoch, span: float | int) -> tuple[float, float]:
    days = MARGIN * STEP / DAY
    return epoch.mjd() - days, epoch.mjd() + max(span, 0.0) / DAY + days + STEP / DAY


def _turn_z(angle: Scalar) -> Mat33:
    c, s = jnp.cos(angle), jnp.sin(angle)
    zero, one = jnp.zeros_like(c), jnp.ones_like(c)
    return jnp.stack([jnp.stack([c, s, zero]), jnp.stack([-s, c, zero]), jnp.stack([zero, zero, one])])


def _cross_matrix(w: Vec3) -> Mat33:
    x, y, z = w
    zero = jnp.zeros_like(x)
    return jnp.stack([jnp.stack([zero, -z, y]), jnp.stack([z, zero, -x]), jnp.stack([-y, x, zero])])


def _apply(C: Mat33, r: Vec3) -> Vec3:
    """``C r`` as a sum of products, which fuses where a batched dot would not."""
    return jnp.sum(C * r[None, :], axis=1)


def _product(A: Mat33, B: Mat33) -> Mat33:
    """``A B`` as a sum of products, for the same reason."""
    return jnp.sum(A[:, :, None] * B[None, :, :], axis=1)
