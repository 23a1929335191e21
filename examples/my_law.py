"""A guidance law of your own in fifty lines: the bank whose predicted range is the range to go.

homeward return --guidance examples/my_law.py:RangeLaw
python examples/my_law.py
"""

import jax
import jax.numpy as jnp

import homeward as hw
from homeward.flight.interfaces import AbstractEntryGuidance, bank_only
from homeward.math.numerics import norm, unit

RADIUS, SPIN, GRAVITY = 6.371e6, 7.292e-5, 9.81
DENSITY = (1.2, 0.41, 0.089, 0.018, 4e-3, 1.03e-3, 3.1e-4, 8.3e-5, 1.85e-5, 3.4e-6, 5.6e-7, 9.7e-8, 2.2e-8)


def air(height):  # density [kg/m3], straight lines of its logarithm between rows 10 km apart
    return jnp.exp(jnp.interp(height, 1e4 * jnp.arange(13.0), jnp.log(jnp.asarray(DENSITY))))


class RangeLaw(AbstractEntryGuidance):
    """Predicts the range of seven banks and takes the one that fits; rolls over when the aim lies aside."""

    aside: float = 0.05  # rad, heading error at which the bank changes sides

    def init(self, target):
        return jnp.asarray([1.0, 1.95e-3, 0.3])  # side (+1 right), CD S / m [m2/kg], L/D

    def distance(self, cosine, start, area, ratio, turning, end):
        def rates(x):
            h, v, angle, _ = x
            drag, r = 0.5 * air(h) * v * v * area, RADIUS + h
            curve = ratio * drag * cosine / v + (v / r - GRAVITY / v * (RADIUS / r) ** 2) * jnp.cos(angle)
            way = v * jnp.cos(angle) * RADIUS / r
            return jnp.stack([v * jnp.sin(angle), -drag - GRAVITY * jnp.sin(angle), curve + turning, way])

        def step(x, _):  # 3 s by the midpoint rule
            return jnp.where(x[0] > end, x + 3.0 * rates(x + 1.5 * rates(x)), x), None

        return jax.lax.scan(step, start, None, 220)[0][3]

    def step(self, memory, navigation, target):
        side, area, ratio = memory
        r, v, felt = navigation.r_BE_E, navigation.v_BE_E, navigation.specific_force
        up, aim, along, speed = unit(r), unit(target.aim_E), unit(v), norm(v)
        height = norm(r) - 6378137.0 + 21385.0 * up[2] ** 2
        drag = -jnp.sum(felt * along)
        trust = jnp.where(drag > 0.5, 0.1, 0.0)  # what the air does is learnt while it is felt
        area += trust * (jnp.clip(2.0 * drag / (air(height) * speed**2), 1e-3, 4e-3) - area)
        ratio += trust * (jnp.clip(norm(felt + drag * along) / jnp.maximum(drag, 0.5), 0.1, 0.6) - ratio)
        turning = 2.0 * SPIN * (along[1] * up[0] - along[0] * up[1])  # the Earth's, on the path's curvature
        start = jnp.stack([height, speed, jnp.arcsin(jnp.sum(up * along)), 0.0])
        cosines = jnp.linspace(-0.5, 1.0, 7)
        flown = jax.vmap(lambda c: self.distance(c, start, area, ratio, turning, target.altitude))(cosines)
        to_go = RADIUS * jnp.arccos(jnp.clip(jnp.sum(up * aim), -1.0, 1.0))
        cosine = jnp.interp(to_go, jax.lax.cummax(flown), cosines)
        sideways = jnp.sum(unit(aim - up * jnp.sum(aim * up)) * unit(jnp.cross(v, up)))
        side = jnp.where(jnp.abs(sideways) > self.aside, jnp.sign(sideways), side)
        return jnp.stack([side, area, ratio]), bank_only(side * jnp.arccos(cosine))


if __name__ == "__main__":
    hw.check_guidance(RangeLaw())
    s = hw.load("shenzhou-15", {"return.legs.start": "burn"})
    flight = hw.fly(s, guidance=RangeLaw(), fidelity="point-mass")
    print(flight.summary["parachute"], flight.summary["touchdown"])
