"""Forces and moments of the air on a capsule that turns, at any attitude.

The coefficients are products of a function of the attitude, which is that of the shape, and of a factor that
is that of the Mach number. A control tick holds the Mach number and takes its row once; the stages of an
integrator see the attitude change and evaluate polynomials in the cosine of the total angle of attack: no
angle is formed.
"""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.math.numerics import interpolate_ramps
from homeward.math.triples import Triple, add, cross, join, scale, split, subtract
from homeward.typing import Array, Count, Float, Scalar, Vec3

# At a Mach number: pressure factor, normal and moment increments, pitch and roll damping.
Row = Float[Array, "5"]

REFERENCE_MACH = 10.0  # where a scenario states its lift-to-drag ratio
KINK_WIDTH = 0.02  # of the term for the cone: beyond this it grows as p^1.5, as the lit part of a cone does
STEEPEST = 1.5708  # rad, 90 deg: trim is sought between nose-on and here
GRID = 65  # angles among which a change of sign is sought
HALVINGS = 48  # of an interval of 1.4 deg: to 1e-16 rad


class BodyAerodynamics(eqx.Module):
    """The air's force and moment on a body of revolution with its centre of mass off the axis.

    ``polynomial`` and ``cone`` hold, for axial force, normal force / sine and moment / sine, the
    coefficients of powers of x = cos(angle of attack), lowest first; ``table`` the rows at the ascending
    ``mach``.
    """

    area: Scalar  # m2, pi d^2 / 4
    length: Scalar  # m, the diameter
    center_of_mass: Vec3  # m, B, from the heat shield's vertex
    cone_sine: Scalar  # of the cone's half-angle
    polynomial: Float[Array, "3 n"]
    cone: Float[Array, "3 k"]
    mach: Float[Array, " m"]
    table: Float[Array, "m 5"]

    def at_mach(self, mach: Scalar) -> Row:
        """The row at a Mach number: linear between the table's rows and held beyond its ends."""
        return interpolate_ramps(self.mach, self.table, mach)

    def shape_functions(self, x: Scalar, sine: Scalar) -> Triple:
        """Axial force, normal force / sine and moment / sine at a unit stagnation coefficient.

        ``x`` and ``sine`` are cosine and sine of the total angle of attack. Sums of powers of x, and of
        powers of x times ``p^2.5 / (p + 0.02)`` with ``p = max(0, sine - sine of the cone)``: that is how
        the cone's force begins when it comes out of the shadow, where no polynomial follows.
        """
        lit = jnp.maximum(sine - self.cone_sine, 0.0)
        onset = lit * lit * jnp.sqrt(lit + 1e-18) / (lit + KINK_WIDTH)

        def function(i: int) -> Scalar:
            return _horner(self.polynomial[i], x) + onset * _horner(self.cone[i], x)

        return function(0), function(1), function(2)

    def coefficients(self, row: Row, x: Scalar, sine: Scalar) -> Triple:
        """``(CA, CN / sine, Cm / sine)``, the moment about the heat shield's vertex, at a row's Mach number.

        Axial force along -x, normal force against the cross-velocity, moment about ``v x x_B``, which turns
        the heat shield into the air.
        """
        axial, normal, moment = self.shape_functions(x, sine)
        near = _fade(x)
        return row[0] * axial, row[0] * normal + row[1] * near, row[0] * moment + row[2] * near

    def loads(self, row: Row, v_B_unit: Triple, pressure: Scalar, omega_hat: Triple) -> tuple[Triple, Triple]:
        """Force [N] and moment about the centre of mass [N m], both in B.

        ``v_B_unit`` is the direction of the velocity relative to the air in B, ``pressure`` the dynamic
        pressure [Pa], ``omega_hat`` = omega_B d / (2 V). ``F = -q S (CA, CN v_y / s, CN v_z / s)`` and
        ``M = M_vertex - r_cm x F + q S d (Clp, Cmq, Cmq) omega_hat``. Finite at every attitude, tumbling
        included.
        """
        x, y, z = v_B_unit
        sine = jnp.sqrt(y * y + z * z + 1e-30)
        ca, cn, cm = self.coefficients(row, x, sine)
        force = scale(pressure * self.area, (-ca, -cn * y, -cn * z))
        at_vertex = (jnp.zeros_like(x), cm * z, -cm * y)
        damping = (row[4] * omega_hat[0], row[3] * omega_hat[1], row[3] * omega_hat[2])
        moment = scale(pressure * self.area * self.length, add(at_vertex, damping))
        return force, subtract(moment, cross(split(self.center_of_mass), force))

    def scaled(self, drag: Scalar | float = 1.0, lift_to_drag: Scalar | float = 1.0) -> "BodyAerodynamics":
        """The same body with all forces times ``drag`` and trim L/D at Mach 10 times ``lift_to_drag``.

        Static moments go with the forces, so that ``drag`` leaves the trim angle; the damping is left alone.
        L/D is changed as it is on a ship: the centre of mass moves across the axis
        (``offset_for_lift_to_drag``).
        """
        forces = jnp.stack([jnp.asarray(drag, float)] * 3 + [jnp.ones(())] * 2)
        body = eqx.tree_at(lambda a: a.table, self, self.table * forces[None, :])
        _, cl, cd = trim(body, jnp.asarray(REFERENCE_MACH))
        return body.with_lift_to_drag(lift_to_drag * cl / cd)

    def with_lift_to_drag(self, wanted: Scalar | float) -> "BodyAerodynamics":
        """The same body with its centre of mass moved across the axis so that L/D at Mach 10 is ``wanted``.

        It moves along its present direction off the axis, or along +z where it stands on the axis.
        """
        offset = offset_for_lift_to_drag(self, jnp.asarray(wanted, float))
        y, z = self.center_of_mass[1], self.center_of_mass[2]
        off_axis = jnp.sqrt(y * y + z * z)
        some = off_axis > 0.0
        inverse = 1.0 / jnp.where(some, off_axis, 1.0)
        across = (jnp.where(some, y * inverse, 0.0), jnp.where(some, z * inverse, 1.0))
        moved = join((self.center_of_mass[0], offset * across[0], offset * across[1]))
        return eqx.tree_at(lambda a: a.center_of_mass, self, moved)


def _horner(coefficients: Float[Array, " n"], x: Scalar) -> Scalar:
    value = coefficients[-1]
    for i in range(coefficients.shape[0] - 2, -1, -1):
        value = value * x + coefficients[i]
    return value


def _fade(x: Scalar) -> Scalar:
    """``((1 - x) / 2)^8``: 1 with the heat shield first, 0.73 at 157 deg, 0.004 side-on."""
    half = 0.5 * (1.0 - x)
    half = half * half
    half = half * half
    return half * half


def plane(aero: BodyAerodynamics, row: Row, tilt: Scalar) -> tuple[Scalar, Scalar, Scalar]:
    """``(CL, CD, Cm)`` in the plane of axis and centre of mass, the moment about the centre of mass.

    ``tilt`` [rad] is 180 deg less the angle of attack: positive where the side of the centre of mass leads.
    ``CL = -CA sin - CN cos``, ``CD = -CA cos + CN sin`` of the tilt. ``Cm`` is positive where it lessens the
    tilt, so that trim is stable where it rises with the tilt, that is, falls with the angle of attack.
    """
    x, sine = -jnp.cos(tilt), jnp.sin(tilt)
    ca, cn, cm = aero.coefficients(row, x, jnp.abs(sine))
    cn, cm = cn * sine, cm * sine
    _, y, z = split(aero.center_of_mass)
    off_axis = jnp.sqrt(y * y + z * z)
    about = cm - (cn * aero.center_of_mass[0] - ca * off_axis) / aero.length
    return -ca * sine + cn * x, ca * x + cn * sine, about


def _first_rise(values: Float[Array, " n"]) -> tuple[Scalar, Scalar]:
    """Ends of the interval of tilts in which ``values`` first go from 0 or less to more; NaN if nowhere."""
    rises = (values[:-1] <= 0.0) & (values[1:] > 0.0)
    step = STEEPEST / (GRID - 1)
    low = jnp.where(jnp.any(rises), jnp.argmax(rises).astype(float) * step, jnp.nan)
    return low, low + step


@jax.jit
def trim(aero: BodyAerodynamics, mach: Scalar) -> tuple[Scalar, Scalar, Scalar]:
    """``(alpha, CL, CD)`` of stable trim, heat shield first: alpha [rad] in (90, 180] deg, where ``Cm`` is 0.

    The trim nearest to 180 deg at which ``Cm`` falls through 0 with rising alpha, by bisection; NaN where
    there is none. Under ``vmap`` over Mach numbers and bodies alike.
    """
    row = aero.at_mach(mach)
    tilts = jnp.linspace(0.0, STEEPEST, GRID)
    moments = jax.vmap(lambda t: plane(aero, row, t)[2])(tilts)
    tilt = _bisect(lambda t: plane(aero, row, t)[2], _first_rise(moments))
    cl, cd, _ = plane(aero, row, tilt)
    return jnp.pi - tilt, cl, cd


@jax.jit
def offset_for_lift_to_drag(
    aero: BodyAerodynamics, wanted: Scalar, mach: Scalar | float = REFERENCE_MACH
) -> Scalar:
    """How far off the axis [m] the centre of mass must stand for trim at L/D ``wanted``; NaN where none does.

    The tilt of that L/D first, by bisection; then the offset at which ``Cm`` vanishes there, which is linear
    in it: ``e = (x_cm CN - d Cm) / CA``. A negative L/D gives a negative offset. The present offset plays no
    part.
    """
    row = aero.at_mach(jnp.asarray(mach, float))
    sign = jnp.where(wanted < 0.0, -1.0, 1.0)

    def excess(tilt: Scalar) -> Scalar:
        cl, cd, _ = plane(aero, row, tilt)
        return cl - sign * wanted * cd

    values = jax.vmap(excess)(jnp.linspace(0.0, STEEPEST, GRID))
    tilt = _bisect(excess, _first_rise(values))
    x, sine = -jnp.cos(tilt), jnp.sin(tilt)
    ca, cn, cm = aero.coefficients(row, x, sine)
    offset = sine * (cn * aero.center_of_mass[0] - cm * aero.length) / ca
    # A body that holds its tilt by an offset to the other side would fall away from it.
    return jnp.where(offset > -1e-9 * aero.length, sign * offset, jnp.nan)


def _bisect(f: Callable[[Scalar], Scalar], bounds: tuple[Scalar, Scalar]) -> Scalar:
    """Where ``f`` goes from 0 or less to more between ``bounds``."""

    def halve(_: Count, ends: tuple[Scalar, Scalar]) -> tuple[Scalar, Scalar]:
        low, high = ends
        middle = 0.5 * (low + high)
        above = f(middle) > 0.0
        return jnp.where(above, low, middle), jnp.where(above, middle, high)

    low, high = jax.lax.fori_loop(0, HALVINGS, halve, bounds)
    return 0.5 * (low + high)
