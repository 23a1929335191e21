"""Motion of a ship beside a station's docking port: its dynamics, how fast it may be, what is seen of it.

Everything in the port's frame D, x outward. ``rho_D`` is the ship's port seen from the station's, so that
``rho_x`` is the distance port to port and 0 is contact.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward.math.attitude_triples import Rows, apply
from homeward.math.triples import Triple, add, axpy, join, split, subtract
from homeward.typing import Flag, Mat33, Scalar, Vec3

# Rows of C_DL: the axes of D in the local horizontal L (x along the track, z to the Earth's centre).
PORTS = {
    "forward": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "aft": ((-1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, 1.0)),
    "nadir": ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (-1.0, 0.0, 0.0)),
}


class PortMotion(eqx.Module):
    """Clohessy-Wiltshire's equations in D: ``a = by_place (rho + offset) + by_rate v``.

    ``offset`` [m, D] is where the ship's centre of mass lies from the station's when the ports touch.
    """

    by_place: Mat33  # 1/s2
    by_rate: Mat33  # 1/s
    offset: Vec3

    def acceleration(self, rho: Triple, v: Triple) -> Triple:
        """Acceleration [m/s2, D] of a ship that does not fire."""
        place, rate = _rows(self.by_place), _rows(self.by_rate)
        return add(apply(place, add(rho, split(self.offset))), apply(rate, v))


def port_motion(
    orbit_rate: float, C_DL: np.ndarray, offset: tuple[float, ...] = (0.0, 0.0, 0.0)
) -> PortMotion:
    """The motion beside a port that stands as ``C_DL`` in the station's local horizontal.

    ``orbit_rate`` [rad/s]. In L: ``x'' = 2 n z'``, ``y'' = -n^2 y``, ``z'' = 3 n^2 z - 2 n x'`` (Clohessy and
    Wiltshire, 1960). Valid for a circular orbit and a distance small beside its radius.
    """
    n = orbit_rate
    C = np.asarray(C_DL, float)
    place = n * n * np.diag([0.0, -1.0, 3.0])
    rate = 2.0 * n * np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 0.0], [-1.0, 0.0, 0.0]])
    return PortMotion(
        jnp.asarray(C @ place @ C.T), jnp.asarray(C @ rate @ C.T), jnp.asarray(np.asarray(offset, float))
    )


class SpeedProfile(eqx.Module):
    """How fast the ship comes: the least of ``contact + slope x``, ``most`` and ``settling`` by the way."""

    contact: Scalar  # m/s
    slope: Scalar  # 1/s
    most: Scalar  # m/s
    settling: Scalar  # 1/s

    def rate(self, x: Scalar, goal_x: Scalar, limit: Scalar) -> Scalar:
        """Rate of x [m/s] wanted at a distance [m]: negative toward the port.

        A goal beyond 0 is a point to hold at, from either side; one of 0 or less means contact. ``limit``
        [m/s] is the least of what else holds the speed down.
        """
        most = jnp.minimum(self.most, limit)
        inward = jnp.minimum(self.contact + self.slope * jnp.maximum(x, 0.0), most)
        to_go = x - goal_x
        held = jnp.clip(-self.settling * to_go, -inward, most)
        return jnp.where(goal_x > 0.0, held, -inward)


def speed_profile(
    contact: float = 0.07, slope: float = 0.0025, most: float = 1.0, settling: float = 0.02
) -> SpeedProfile:
    """The standard profile: 0.57 m/s at 200 m, 0.12 m/s at 20 m; 14 min from 200 m to contact."""
    return SpeedProfile(*(jnp.asarray(float(k)) for k in (contact, slope, most, settling)))


class Plume(eqx.Module):
    """What may be blown toward the station."""

    within: Scalar  # m: distance from which on braking is limited
    delta_v: Scalar  # m/s: braking in one cycle there
    quiet: Scalar  # m: distance from which on nothing brakes before contact

    def most_braking(self, x: Scalar, goal_x: Scalar, otherwise: Scalar) -> Scalar:
        """Largest delta-v [m/s] outward in a cycle at a distance."""
        near = jnp.where(x < self.within, jnp.minimum(self.delta_v, otherwise), otherwise)
        return jnp.where((goal_x <= 0.0) & (x < self.quiet), 0.0, near)


def plume(within: float = 20.0, delta_v: float = 0.005, quiet: float = 0.5) -> Plume:
    """The standard limits."""
    return Plume(jnp.asarray(float(within)), jnp.asarray(float(delta_v)), jnp.asarray(float(quiet)))


class Seen(eqx.Module):
    """Smoothed motion: what was believed, carried on by the dynamics and one's own firing."""

    rho: Vec3
    v: Vec3
    given: Vec3  # delta-v commanded in the last cycle
    begun: Flag


def unseen() -> Seen:
    """Before the first look."""
    zero = jnp.zeros(3)
    return Seen(zero, zero, zero, jnp.asarray(False))


def look(
    motion: PortMotion, share: Vec3, seen: Seen, rho_D: Vec3, v_D: Vec3, dt: Scalar
) -> tuple[Triple, Triple]:
    """Position and velocity [m, m/s, D] smoothed: predicted over ``dt`` [s], and a share of what differs.

    ``share`` are those of the position, of the velocity, and [1/s] of the velocity for a difference of
    position. It keeps the noise of navigation out of the valves; with 1, 1, 0 it takes what it is given.
    """
    rho, v = split(seen.rho), add(split(seen.v), split(seen.given))
    a = motion.acceleration(rho, v)
    rho = axpy(dt, axpy(0.5 * dt, a, v), rho)
    v = axpy(dt, a, v)
    miss, slip = subtract(split(rho_D), rho), subtract(split(v_D), v)
    rho = axpy(share[0], miss, rho)
    v = axpy(share[2], miss, axpy(share[1], slip, v))
    told = (split(rho_D), split(v_D))
    return jax.tree.map(lambda a, b: jnp.where(seen.begun, a, b), (rho, v), told)


def remember(rho: Triple, v: Triple, given: Triple) -> Seen:
    """What the next look starts from."""
    return Seen(join(rho), join(v), join(given), jnp.asarray(True))


def _rows(m: Mat33) -> Rows:
    return split(m[0]), split(m[1]), split(m[2])
