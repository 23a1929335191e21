"""The flight computer's own orbit: zonal gravity to J4, thin air, thrust; turning frame, fixed steps."""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.math.numerics import rk4_step
from homeward.math.triples import Triple, add, axpy, cross, join, scale, split, subtract
from homeward.typing import Array, Float, Scalar, Vec3

J3, J4 = -2.5326564853e-6, -1.6196215914e-6  # EGM96, NASA/TP-1998-206861


class OrbitModel(eqx.Module):
    """Believed Earth for planning: mu [m3/s2], radius [m], J2, J3, J4 and rotation vector in E [rad/s].

    ``air`` holds the logarithm of density over ballistic coefficient [1/m] at an altitude, its slope [1/m]
    and that altitude [m]: one exponential through the layer that the orbit crosses.
    """

    mu: Scalar
    radius: Scalar
    zonal: Float[Array, "3"]
    omega_E: Vec3
    flattening: Scalar
    air: Float[Array, "3"]


def gravity(model: OrbitModel, r: Triple) -> Triple:
    """Zonal acceleration [m/s2] in E. Vallado, Fundamentals of Astrodynamics, section 8.7.2."""
    r2 = r[0] * r[0] + r[1] * r[1] + r[2] * r[2]
    inverse2 = 1.0 / r2
    inverse = jnp.sqrt(inverse2)
    q = model.radius * inverse
    s = r[2] * inverse
    s2 = s * s
    j2, j3, j4 = model.zonal
    k2, k3, k4 = 1.5 * j2 * q * q, 2.5 * j3 * q**3, 0.625 * j4 * q**4
    side = 1.0 + k2 * (1.0 - 5.0 * s2) + k3 * s * (3.0 - 7.0 * s2) + k4 * (-3.0 + 42.0 * s2 - 63.0 * s2 * s2)
    along = k2 * 2.0 * s - 0.6 * k3 + k3 * 3.0 * s2 - k4 * (12.0 * s - 28.0 * s * s2)
    central = -model.mu * inverse2
    return tuple(central * (side * x * inverse + (along if i == 2 else 0.0)) for i, x in enumerate(r))


def drag(model: OrbitModel, r: Triple, v: Triple) -> Triple:
    """Deceleration by air that turns with the Earth [m/s2], in E."""
    distance2 = r[0] * r[0] + r[1] * r[1] + r[2] * r[2]
    distance = jnp.sqrt(distance2)
    altitude = distance - model.radius * (1.0 - model.flattening * r[2] * r[2] / distance2)
    # Where the first tries of a solution dip underground the exponential must stay finite.
    density = jnp.exp(jnp.minimum(model.air[0] + model.air[1] * (altitude - model.air[2]), -12.0))
    return scale(-0.5 * density * jnp.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]), v)


def propagate(
    model: OrbitModel,
    r_E: Vec3,
    v_E: Vec3,
    duration: Scalar,
    steps: int,
    thrust: Vec3 | None = None,
    mass_ratio_rate: Scalar | None = None,
) -> tuple[Vec3, Vec3, Float[Array, "n 6"]]:
    """Fixed RK4 steps of ``duration / steps``; also returns every step's end state.

    ``thrust`` is the acceleration [m/s2] at ignition, in E at that instant; its direction is fixed in
    inertial space and it grows as the mass falls by ``mass_ratio_rate`` [1/s].
    """
    h = duration / steps
    omega = split(model.omega_E)

    def rates(t: Scalar, state: tuple[Triple, Triple]):
        r, v = state
        a = add(gravity(model, r), drag(model, r, v))
        if thrust is not None and mass_ratio_rate is not None:
            # Fixed in inertial space, the thrust turns backwards in E; to second order over a burn.
            f = split(thrust)
            turned = axpy(-t, cross(omega, f), f)
            turned = axpy(0.5 * t * t, cross(omega, cross(omega, f)), turned)
            a = axpy(1.0 / (1.0 - mass_ratio_rate * t), turned, a)
        return v, subtract(a, cross(omega, add(scale(2.0, v), cross(omega, r))))

    def step(carry, _):
        t, state = carry
        state = rk4_step(rates, t, state, h)
        return (t + h, state), jnp.stack([*state[0], *state[1]])

    start = (jnp.zeros_like(h), (split(r_E), split(v_E)))
    (_, (r, v)), path = jax.lax.scan(step, start, None, length=steps)
    return join(r), join(v), path
