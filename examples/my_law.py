"""A guidance law of your own in forty lines: hold the range that a good flight had at each speed.

homeward return --guidance examples/my_law.py:RangeLaw
python examples/my_law.py
"""

import jax.numpy as jnp

import homeward as hw
from homeward.flight.interfaces import AbstractEntryGuidance, bank_only
from homeward.math.numerics import norm, unit

# Range to go [m] against speed [m/s], read off a flight that landed well.
SPEED = (200.0, 300.0, 500.0, 1000.0, 1500.0, 2000.0, 3000.0, 4000.0, 5000.0, 6000.0, 6500.0, 7000.0, 7400.0)
RANGE = (0.5e3, 5e3, 13e3, 34e3, 57e3, 82e3, 153e3, 254e3, 410e3, 633e3, 788e3, 1009e3, 1359e3)


class RangeLaw(AbstractEntryGuidance):
    """Lift up where the aim point is farther than it should be; roll over when it lies too far aside."""

    trim: float = 0.51  # cosine of the bank of that flight
    gain: float = 2.0  # change of that cosine for a range off by its own size
    aside: float = 0.06  # rad, heading error at which the bank changes sides

    def init(self, target):
        return jnp.asarray(1.0)  # the side: +1 right, -1 left

    def step(self, side, navigation, target):
        r, v = navigation.r_BE_E, navigation.v_BE_E
        up, aim = unit(r), unit(target.aim_E)
        to_go = norm(r) * jnp.arccos(jnp.clip(jnp.sum(up * aim), -1.0, 1.0))
        wanted = jnp.interp(norm(v), jnp.asarray(SPEED), jnp.asarray(RANGE))
        cosine = self.trim + self.gain * (to_go / wanted - 1.0)
        right = unit(jnp.cross(v, up))
        sideways = jnp.sum(unit(aim - up * jnp.sum(aim * up)) * right)  # sine of the heading error
        side = jnp.where(jnp.abs(sideways) > self.aside, jnp.sign(sideways), side)
        return side, bank_only(side * jnp.arccos(jnp.clip(cosine, -0.7, 0.98)))


if __name__ == "__main__":
    hw.check_guidance(RangeLaw())
    s = hw.load("shenzhou-15", {"return.legs.start": "burn"})
    flight = hw.fly(s, guidance=RangeLaw(), fidelity="point-mass")
    print(flight.summary["parachute"], flight.summary["touchdown"])
