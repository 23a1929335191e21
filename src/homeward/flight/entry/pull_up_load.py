"""The load that a roll to lift-up, begun now, would still meet: what tells whether a dive may go on."""

import jax
import jax.numpy as jnp

from homeward.earth.constants import G0
from homeward.flight.entry.onboard_model import OnboardModel
from homeward.flight.entry.predictor_dynamics import PredictorStart
from homeward.math.numerics import choose, greater, within
from homeward.math.trigonometry import sine_cosine
from homeward.math.triples import dot
from homeward.math.xla_barrier import routine
from homeward.typing import Scalar

STEPS = 12
BELOW, NUDGE = 20e3, 500.0  # m
LONGEST = 8.0  # s
THIN = 0.05  # g, below which a step may be longer
STRETCH = 7e3  # m: the air's scale height
FADE = 8e3  # m of fall until a difference of the density felt here is forgotten
PACE, EASY = 12.0, 0.5  # s g, g: a step is at most PACE / (load + EASY)


def pull_up_load(
    model: OnboardModel, start: PredictorStart, speed: Scalar, drag: Scalar, lift: Scalar, delay: Scalar,
    rate_limit: Scalar, acceleration_limit: Scalar, away: Scalar, bank: Scalar, until: Scalar,
    felt: Scalar,
) -> Scalar:  # fmt: skip
    """Peak load [g] if the capsule rolls to a ``bank`` [rad], holds it ``until`` [s], then rolls to lift-up.

    It rolls on for ``delay`` [s] and then at its fastest. Loads of the first step are left out: no command
    changes them. Planar flight by the midpoint rule, steps of a third of a scale height of fall, shorter
    under load, as many as a pull-up from the upper air needs. ``drag``, ``lift`` are the factors on the
    model's; ``away`` [rad/s] is the rate of the bank from lift-up; ``felt`` the log of the density here over
    the one told by them, which fades below.
    """
    radius = model.radius(start.u[2])
    climb = dot(start.velocity, start.u)
    level = jnp.sqrt(greater(speed * speed - climb * climb, 1.0))
    v = start.velocity
    # The Earth's turning along the motion, twice, rad/s: it carries some of the weight.
    spin = 2.0 * model.rotation * (start.u[0] * v[1] - start.u[1] * v[0]) / level
    knee = rate_limit / acceleration_limit
    # A roll the other way is to be stopped first; one toward the bank is under way.
    toward = jnp.where(bank > jnp.abs(start.bank) + away * delay, 1.0, -1.0).astype(speed.dtype)
    stop = -toward * away / acceleration_limit
    first = jnp.abs(start.bank) + away * (delay + 0.5 * stop)
    begin = delay + stop
    gap = greater(toward * (bank - first), 0.0)

    # Log density below as a parabola: that here with its slope, and that at ``BELOW``. Drag area and lift
    # over drag as they are now: on the way to a load of a pull-up they hardly change.
    here, under = (jnp.log(model.density(x)) for x in (start.altitude, start.altitude - BELOW))
    slope = (jnp.log(model.density(start.altitude - NUDGE)) - here) * (1.0 / NUDGE)
    curve = ((under - here) * (1.0 / BELOW) - slope) * (1.0 / BELOW)
    area, ratio = model.aerodynamics(speed)
    base = here + jnp.log(0.5 * area * drag)
    ratio = ratio * lift
    whole_lift = jnp.sqrt(1.0 + ratio * ratio) * (1.0 / G0)
    weight = model.mu / (radius + start.altitude) ** 2
    curvature = 1.0 / (radius + start.altitude)

    def turned(t):
        t = greater(t, 0.0)
        return rate_limit * choose(t < knee, 0.5 * t * t / knee, t - 0.5 * knee)

    def rates(state):
        t, h, c, m = state
        v = jnp.sqrt(m * m + c * c)
        x = start.altitude - h
        near = within(1.0 - x * (1.0 / FADE), 0.0, 1.0)
        d = jnp.exp(base + x * (slope + x * curve) + felt * near) * v
        way = turned(choose(t < until, t, until) - begin)
        way = toward * choose(way < gap, way, gap)
        _, cosine = sine_cosine(greater(first + way - turned(t - until), 0.0))
        up = d * ratio * cosine
        rate = (up * m - d * c - weight + m * (m * curvature + spin), -up * c - d * m - c * m * curvature)
        return rate, v * d * whole_lift

    def step(carry, _):
        state, peak = carry
        t, h, c, m = state

        def half():
            (dc, dm), load = rates(state)
            size = STRETCH / greater(jnp.abs(c), 1.0) * (0.35 + choose(load < THIN, 0.45, 0.0 * load))
            size = choose(size < LONGEST, size, LONGEST)
            short = PACE / (load + EASY)
            size = choose(size < short, size, short)
            a = 0.5 * size
            return (t + a, h + a * c, c + a * dc, m + a * dm), load, size

        middle, load, size = routine(half)

        def whole():
            (dc, dm), beyond = rates(middle)
            new = (t + size, h + size * middle[2], c + size * dc, greater(m + size * dm, 100.0))
            most = choose(load > beyond, load, beyond)
            return new, greater(peak, choose(t > 0.0, most, 0.0 * most))

        return routine(whole), None

    zero = jnp.zeros_like(speed)
    (_, peak), _ = jax.lax.scan(step, ((zero, start.altitude, climb, level), zero), None, length=STEPS)
    return peak
