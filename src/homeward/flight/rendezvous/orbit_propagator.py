"""The flight computer's own orbits of ship and station: zonal gravity, thin air, in inertial axes.

Used by the planning of a rendezvous: from burn to burn, hours ahead. It shares no physics with the truth.
"""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.flight.navigation.mechanization import ZonalEarth
from homeward.math.numerics import rk4_step
from homeward.math.triples import Triple, add, axpy, cross, dot, join, scale, split, subtract
from homeward.typing import Array, Count, Float, Scalar, Vec3

Motion = tuple[Triple, Triple]
Rows = tuple[Float[Array, "3 6"], Float[Array, "3 6"]]


class PairModel(eqx.Module):
    """Believed Earth and air. ``air``: log density [kg/m3] at an altitude, its slope [1/m], that altitude.

    ``pole_I`` is the unit vector of the Earth's axis; ``rate`` [rad/s] how fast the air turns about it.
    """

    earth: ZonalEarth
    pole_I: Vec3
    rate: Scalar
    air: Float[Array, "3"]

    def acceleration(self, r: Triple, v: Triple, drag: Scalar) -> Triple:
        """Acceleration [m/s2, I] of a body of ``drag`` = CD A / m [m2/kg]."""
        pole = split(self.pole_I)
        altitude = jnp.sqrt(dot(r, r)) - self.earth.radius
        # Where the first tries of a solution dip underground the exponential must stay finite.
        density = jnp.exp(jnp.minimum(self.air[0] + self.air[1] * (altitude - self.air[2]), -12.0))
        wind = subtract(v, scale(self.rate, cross(pole, r)))
        speed = jnp.sqrt(dot(wind, wind))
        return axpy(-0.5 * density * drag * speed, wind, self.earth.gravity(r, pole))

    def gradient(self, r: Triple) -> Float[Array, "3 3"]:
        """Gradient [1/s2] of the point mass' gravity and of J2's.

        Without J2 a place along the track would be no equilibrium of the first-order motion: an error of
        1e-3, and of ``1.5e-3 (n t)^2`` after a time: more than all of it after half a day.
        """
        p, x = self.pole_I, join(r)
        inverse2 = 1.0 / dot(r, r)
        k = self.earth.mu * inverse2 * jnp.sqrt(inverse2)
        q = 1.5 * self.earth.zonal[0] * self.earth.radius * self.earth.radius * inverse2
        e = x * jnp.sqrt(inverse2)
        s = jnp.sum(e * p)
        rr, rp, pp = e[:, None] * e[None, :], e[:, None] * p[None, :], p[:, None] * p[None, :]
        own = 1.0 + q * (1.0 - 5.0 * s * s)
        radial = 3.0 + q * (5.0 - 35.0 * s * s)
        return k * (radial * rr - own * jnp.eye(3) + q * (10.0 * s * (rp + rp.T) - 2.0 * pp))


def fly(
    model: PairModel, r_I: Vec3, v_I: Vec3, drag: Scalar, duration: Scalar, steps: int
) -> tuple[Vec3, Vec3]:
    """State [m, m/s, I] after ``duration`` [s], in fixed RK4 steps."""
    h = duration / steps

    def rates(_: Scalar, x: Motion) -> Motion:
        return x[1], model.acceleration(*x, drag)

    def step(x: Motion, _: None) -> tuple[Motion, None]:
        return rk4_step(rates, jnp.zeros_like(h), x, h), None

    (r, v), _ = jax.lax.scan(step, (split(r_I), split(v_I)), None, length=steps)
    return join(r), join(v)


def drift(
    model: PairModel, r_I: Vec3, v_I: Vec3, drag: Scalar, duration: Scalar, longest: float
) -> tuple[Vec3, Vec3]:
    """State [m, m/s, I] after a ``duration`` [s], zero too, in equal RK4 steps of at most ``longest`` [s]."""

    def step(_: Count, x: Motion) -> Motion:
        return rk4_step(lambda _, x: (x[1], model.acceleration(*x, drag)), jnp.zeros_like(h), x, h)

    count, h = _steps(duration, longest)
    r, v = jax.lax.fori_loop(0, count, step, (split(r_I), split(v_I)))
    return join(r), join(v)


def drift_with_matrix(
    model: PairModel, state: Float[Array, "6"], drag: Scalar, duration: Scalar, longest: float
) -> tuple[Float[Array, "6"], Float[Array, "6 6"]]:
    """As ``drift``, and the transition matrix from its start to its end."""

    def step(_: Count, x: tuple[Motion, Rows]) -> tuple[Motion, Rows]:
        return rk4_step(lambda _, x: _rates(model, drag, x), jnp.zeros_like(h), x, h)

    count, h = _steps(duration, longest)
    r, v = split(state[:3]), split(state[3:])
    start = (r, v), (jnp.eye(3, 6), jnp.eye(3, 6, 3))
    (r, v), rows = jax.lax.fori_loop(0, count, step, start)
    return jnp.stack([*r, *v]), jnp.concatenate(rows)


def fly_with_impulses(
    model: PairModel,
    state: Float[Array, "6"],
    drag: Scalar,
    h: Scalar,
    impulses: Float[Array, "m 3"],
    substeps: int = 2,
) -> tuple[Float[Array, "m 6"], Float[Array, "m 6 6"], Float[Array, "6"], Float[Array, "6 6"]]:
    """A path of evenly spaced nodes with an impulse [m/s, I] at each, and what small changes would do.

    Node ``k`` lies ``k h`` [s] ahead, ``substeps`` RK4 steps from the one before. Returns the states *after*
    each node's impulse and the transition matrices from the first node to each; then state and matrix ``h``
    after the last. The matrices leave the air out.
    """
    part = h / substeps

    def step(carry, impulse):
        (r, v), rows = carry
        v = add(v, split(impulse))
        told = jnp.stack([*r, *v]), jnp.concatenate(rows)

        def on(x, _: None):
            return rk4_step(lambda _, x: _rates(model, drag, x), jnp.zeros_like(h), x, part), None

        x, _ = jax.lax.scan(on, ((r, v), rows), None, length=substeps)
        return x, told

    start = ((split(state[:3]), split(state[3:])), (jnp.eye(3, 6), jnp.eye(3, 6, 3)))
    ((r, v), rows), (states, matrices) = jax.lax.scan(step, start, impulses)
    return states, matrices, jnp.stack([*r, *v]), jnp.concatenate(rows)


def _rates(model: PairModel, drag: Scalar, x: tuple[Motion, Rows]) -> tuple[Motion, Rows]:
    (r, v), (place, rate) = x
    change = jnp.sum(model.gradient(r)[:, :, None] * place[None], axis=1)
    return (v, model.acceleration(r, v, drag)), (rate, change)


def _steps(duration: Scalar, longest: float) -> tuple[Count, Scalar]:
    count = jnp.ceil(duration / longest).astype(int)
    return count, duration / jnp.maximum(count, 1).astype(float)
