"""Many open-loop flights side by side, as fast as lanes allow: point masses down to an altitude.

The physics is that of ``openloop``, with any model of air and gravity, in its own arrangement: one array a
component, steps that grow with altitude, eighth order, and a last step with altitude as its variable.
"""

from functools import partial

import jax
import jax.numpy as jnp

from homeward.earth.geodesy import height_and_up
from homeward.math.runge_kutta8 import rk8_step
from homeward.math.triples import Triple, cross, dot
from homeward.sim.open_loop.dynamics import VERTICAL, Body, Planet
from homeward.typing import Array, Bool, Flag, Float, Scalar

Lanes = Float[Array, " n"]
# The six numbers of the state, each with the lanes as its axis.
Components = tuple[Array, Array, Array, Array, Array, Array]

# The step [s] near the ground for an error of some 0.1 m at 10 km after an entry from low orbit; a shorter
# one gains its eighth power. It grows threefold from 60 km to where the air is thin.
STEP = 33.0
GROWTH_FROM, GROWTH_OVER, GROWTH = 60e3, 33e3, 2.0
LONGEST = 600  # steps; a lane that has not come down by then does not come down


def fly_lanes(
    bodies: Body, planet: Planet, states: Float[Array, "n 6"], stop_altitude: Scalar, step: float = STEP
) -> tuple[Lanes, Float[Array, "n 6"], Bool[Array, " n"]]:
    """Times [s], states and success at the descent through an altitude [m], lane by lane.

    Args: ``bodies`` has the lanes as its leading axis; ``planet`` is shared, without wind; ``states`` holds
    ``(r_BE_E, v_BE_E)``. Returns also which lanes came down within ``LONGEST`` steps; the others' states are
    where they got to. Valid for smooth air: tables with kinks want a shorter step.
    """

    lift_plane = (jnp.cos(bodies.bank), jnp.sin(bodies.bank))

    def rates(x: Components) -> Components:
        # Lanes last: three contiguous arrays instead of one whose components lie interleaved.
        g = jax.vmap(planet.gravity.acceleration, in_axes=1, out_axes=1)(jnp.stack(x[:3]))
        one = partial(_rates, planet)
        return jax.vmap(one)(bodies, lift_plane, (g[0], g[1], g[2]), x)

    def fall(x: Components) -> tuple[Lanes, Lanes]:
        return jax.vmap(lambda *y: _fall(planet, y))(*x)

    def next_step(x: Components) -> Lanes:
        altitude, climb = fall(x)
        h = step * (1.0 + jnp.clip((altitude - GROWTH_FROM) / GROWTH_OVER, 0.0, GROWTH))
        return jnp.where(altitude + h * climb < stop_altitude, 0.0, h)

    def body(carry: tuple) -> tuple:
        x, t, h, count = carry
        x = rk8_step(rates, x, h)
        return x, t + h, next_step(x), count + 1

    def going(carry: tuple) -> Flag:
        return jnp.any(carry[2] > 0.0) & (carry[3] < LONGEST)

    columns = [states[:, i] for i in range(6)]
    x: Components = (columns[0], columns[1], columns[2], columns[3], columns[4], columns[5])
    x, t, h, _ = jax.lax.while_loop(going, body, (x, jnp.zeros_like(x[0]), next_step(x), jnp.asarray(0)))
    down = h == 0.0

    def rates_by_altitude(x: tuple) -> tuple:
        slowness = jnp.where(down, 1.0 / fall(x[:6])[1], 0.0)
        return (*(slowness * k for k in rates(x[:6])), slowness)

    *end, t = rk8_step(rates_by_altitude, (*x, t), stop_altitude - fall(x)[0])
    return t, jnp.stack(end, 1), down


def _fall(planet: Planet, x: Components) -> tuple[Scalar, Scalar]:
    """Altitude and its rate, of one lane."""
    altitude, up = height_and_up(planet.ellipsoid, x[:3])
    return altitude, dot(x[3:], up)


def _rates(
    planet: Planet, body: Body, lift_plane: tuple[Scalar, Scalar], g: Triple, x: Components
) -> Components:
    """Rates of one lane: gravity, drag, lift, and the forces of the turning frame."""
    r, v, w = x[:3], x[3:], planet.rate
    cosine, sine = lift_plane
    altitude, up = height_and_up(planet.ellipsoid, r)
    air = planet.atmosphere.at(altitude)
    speed2 = dot(v, v)
    speed = jnp.sqrt(speed2)
    cl, cd = body.aero.coefficients(speed / air.sound_speed)
    push = 0.5 * body.area / body.mass * air.density
    right, climb = cross(v, up), dot(v, up)
    # Lift at bank 0 is the part of the vertical that stands across the motion; |v x up| is its length.
    lift = push * cl * speed / jnp.sqrt(dot(right, right) + VERTICAL**2 * speed2 + 1e-30)
    upward, sideways = lift * cosine * speed2, lift * sine * speed
    along = -push * cd * speed - lift * cosine * climb
    a = [g[i] + along * v[i] + upward * up[i] + sideways * right[i] for i in range(3)]
    return (*v, a[0] + w * (w * r[0] + 2.0 * v[1]), a[1] + w * (w * r[1] - 2.0 * v[0]), a[2])
