"""A climb out of the air and the fall back into it, on the ellipse of two bodies and in no time at all."""

import dataclasses

import jax.numpy as jnp

from homeward.flight.entry.onboard_model import OnboardModel
from homeward.flight.entry.predictor_dynamics import Flown
from homeward.math.numerics import choose
from homeward.math.trigonometry import arc_tangent, sine_cosine
from homeward.math.triples import add, dot, scale, subtract
from homeward.math.xla_barrier import routine
from homeward.typing import Flag

VACUUM = 105e3  # m: above it a climb is carried over
RISING = 20.0  # m/s
LARGEST = 0.995  # eccentricity beyond which it does not come back within days


def coast(model: OnboardModel, state: Flown) -> tuple[Flown, Flag]:
    """The state where a climb falls back through the same distance from the centre; whether it never will.

    Below ``VACUUM``, falling, or gone for good it stays as it is. With the state's inertial radial and level
    speeds ``c``, ``m``, ``p = (r m)^2 / mu``, the true anomaly from perigee has ``e cos f = p/r - 1`` and ``e
    sin f = c sqrt(p/mu)``; the arc is ``2 (pi - f)``, the time ``2 (pi - M) sqrt(a^3/mu)`` by Kepler's
    equation. Oblateness and the air above are left out: a kilometre in a thousand seconds, which the next
    cycles see.
    """

    def carried():
        u, v = state.u, state.velocity
        r = model.radius(u[2]) + state.altitude
        w = model.rotation
        inertial = (v[0] - w * r * u[1], v[1] + w * r * u[0], v[2])
        climb = dot(inertial, u)
        across = subtract(inertial, scale(climb, u))
        level = jnp.sqrt(dot(across, across) + 1.0)
        ahead = scale(1.0 / level, across)
        p = (r * level) * (r * level / model.mu)
        x = p / r - 1.0
        y = climb * (r * level / model.mu)
        e2 = x * x + y * y
        e = jnp.sqrt(e2 + 1e-12)
        high = (state.altitude > VACUUM) & (climb > RISING)
        gone = high & (e > LARGEST)
        f = arc_tangent(y, x)
        arc = 2.0 * (jnp.pi - f)
        e = choose(e > LARGEST, LARGEST, e)
        # Eccentric anomaly from cosine and sine of the true one.
        root = jnp.sqrt(1.0 - e * e)
        E = arc_tangent(root * y, e2 + x)
        a = p / (1.0 - e * e)
        time = 2.0 * (jnp.pi - E + e * sine_cosine(E)[0]) * a * jnp.sqrt(a / model.mu)
        sine, cosine = sine_cosine(arc)
        there = add(scale(cosine, u), scale(sine, ahead))
        onward = subtract(scale(cosine, ahead), scale(sine, u))
        out = subtract(scale(level, onward), scale(climb, there))
        # Earth-fixed again, the Earth having turned meanwhile.
        turned = w * time
        turned = turned - jnp.floor(turned * (0.5 / jnp.pi)) * (2.0 * jnp.pi)
        s, c = sine_cosine(turned)

        def back(t):
            return (c * t[0] + s * t[1], c * t[1] - s * t[0], t[2])

        place, out = back(there), back(out)
        out = (out[0] + w * r * place[1], out[1] - w * r * place[0], out[2])
        jump = high & (e2 < LARGEST * LARGEST)
        return jump, gone, place, out, r - model.radius(place[2]), time, arc - turned * _eastward(u, ahead)

    jump, gone, place, out, altitude, time, arc = routine(carried)

    def pick(new, old):
        return choose(jump, new, old)

    changed = dataclasses.replace(
        state,
        time=pick(state.time + time, state.time),
        u=tuple(pick(a, b) for a, b in zip(place, state.u, strict=True)),
        altitude=pick(altitude, state.altitude),
        velocity=tuple(pick(a, b) for a, b in zip(out, state.velocity, strict=True)),
        arc=pick(state.arc + arc, state.arc),
    )
    return changed, gone


def _eastward(u, ahead):
    """Share of the Earth's turning that goes along the motion."""
    return u[0] * ahead[1] - u[1] * ahead[0]
