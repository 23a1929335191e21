"""The flight computer's own orbits of ship and station: zonal gravity, thin air, in inertial axes.

Used by the planning of a rendezvous: from burn to burn, hours ahead. It shares no physics with the truth.
"""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.flight.strapdown import ZonalEarth
from homeward.math.components import Triple, add, axpy, cross, dot, join, scale, split, subtract
from homeward.math.numerics import rk4_step
from homeward.typing import Array, Float, Scalar, Vec3

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


def fly_with_impulses(
    model: PairModel,
    r_I: Vec3,
    v_I: Vec3,
    drag: Scalar,
    h: Scalar,
    impulses: Float[Array, "m 3"],
    substeps: int = 2,
) -> tuple[Float[Array, "m 6"], Float[Array, "m 6 6"]]:
    """A path of evenly spaced nodes with an impulse [m/s, I] at each, and what small changes would do.

    Node ``k`` lies ``k h`` [s] ahead, ``substeps`` RK4 steps from the one before. Returns the states *after*
    each node's impulse, and the transition matrices from the first node to each. Those leave the oblateness
    out: 1e-3 of them, which the caller's iteration takes up.
    """

    def rates(_: Scalar, x: tuple[Motion, Rows]) -> tuple[Motion, Rows]:
        (r, v), (place, rate) = x
        gradient = jnp.stack([join(row) for row in model.earth.gradient(r)])
        return (v, model.acceleration(r, v, drag)), (
            rate,
            jnp.sum(gradient[:, :, None] * place[None], axis=1),
        )

    def step(carry, impulse):
        (r, v), rows = carry
        v = add(v, split(impulse))
        told = jnp.stack([*r, *v]), jnp.concatenate(rows)
        state = ((r, v), rows)
        part = h / substeps

        def on(state, _: None):
            return rk4_step(rates, jnp.zeros_like(h), state, part), None

        state, _ = jax.lax.scan(on, state, None, length=substeps)
        return state, told

    start = ((split(r_I), split(v_I)), (jnp.eye(3, 6), jnp.eye(3, 6, 3)))
    _, told = jax.lax.scan(step, start, impulses)
    return told
