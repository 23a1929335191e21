"""The largest bank that keeps the crew's load: how long a dive may go on, and what holds a load once met.

On the way down the bank is bounded by the load that would still be met: held for some seconds more, then
given up for lift-up. Near the limit that bound alone would swing the capsule between lift-up and lift-down,
twenty seconds a swing, as long as rolls take; on the average the load would stand well below the limit, and
that is range that a shallow entry lacks. There the bank is the one that brings the load near the limit and
holds it.
"""

import jax.numpy as jnp

from homeward.earth.constants import G0
from homeward.flight.entry.drag_lift_estimation import LOW
from homeward.flight.entry.onboard_model import OnboardModel
from homeward.flight.entry.predictor_dynamics import PredictorStart
from homeward.flight.entry.pull_up_load import pull_up_load
from homeward.math.trigonometry import arc_tangent
from homeward.math.triples import dot
from homeward.typing import Scalar

SLOW = 750.0  # m/s below which no dive makes a load; from twice it on the bound fades out
THIN_AIR = 110e3  # m, above which no load is foreseen
HOLD = 5.0  # s for which a bank is held before it is given up
DELAY = 0.75  # cycles until a command turns the capsule
DOUBT = 0.12  # of the load still to be added: what the air below may add to it
FELT_FROM = 0.5  # g from which the load felt corrects the density here, and 1 g more until it does so wholly
APART = 0.4  # rad between the two banks whose loads are foreseen
LEAST_SLOPE = 0.05  # g/rad
MOST_TURN = 1.2  # rad a cycle
NEAR, WHOLLY = 0.75, 0.83  # of the load held: from where on it is held, and wholly
LOAD_TIME, CLIMB_TIME = 8.0, 4.0  # s in which load and climb are brought to what is wanted: a roll takes 4
STEADY_MOST = 1.92  # rad: a roll further from lift-up takes longer back than the load leaves
NUDGE = 500.0  # m
LEAST = 0.1  # g


def kept_bank(
    s, model: OnboardModel, start: PredictorStart, speed: Scalar, drag: Scalar, lift: Scalar,
    before: Scalar, kept: Scalar, load: Scalar,
) -> Scalar:  # fmt: skip
    """The largest bank [rad] that keeps the load below ``s.load_kept`` [g] and, near it, at ``s.load_held``.

    A Newton step a cycle from that of the last one, ``kept``. ``before`` [rad] is the bank flown a cycle ago,
    ``load`` [g] the one felt, ``drag`` and ``lift`` the factors on the model's.
    """
    away = jnp.clip((jnp.abs(start.bank) - jnp.abs(before)) / s.cycle, -s.rate_limit, s.rate_limit)
    here = jnp.clip(load / jnp.maximum(_load(model, start, speed, lift), 1e-4), 0.3, 3.0)
    felt = jnp.clip(load - FELT_FROM, 0.0, 1.0) * jnp.log(here / drag)
    low = jnp.clip(kept - 0.5 * APART, 0.0, s.bank_maximum - APART)

    def met(bank: Scalar) -> Scalar:
        return pull_up_load(
            model, start, speed, drag, lift, DELAY * s.cycle, s.rate_limit, s.acceleration_limit, away, bank,
            jnp.asarray(HOLD, LOW), felt,
        )  # fmt: skip

    under, over = met(low), met(low + APART)
    slope = jnp.maximum((over - under) * (1.0 / APART), LEAST_SLOPE)
    # Air not met yet may be denser than foreseen, the more of it the more load is still to come.
    most = jnp.minimum((s.load_kept + DOUBT * load) * (1.0 / (1.0 + DOUBT)), s.load_kept)
    bank = jnp.clip(low + (most - under) / slope, kept - MOST_TURN, kept + MOST_TURN)
    near = jnp.clip((load / s.load_held - NEAR) * (1.0 / (WHOLLY - NEAR)), 0.0, 1.0)
    steady = jnp.minimum(steady_bank(s, model, start, speed, lift, load), STEADY_MOST)
    bank = jnp.minimum(bank, s.bank_maximum + near * (steady - s.bank_maximum))
    bank = jnp.where(start.altitude < THIN_AIR, bank, s.bank_maximum)
    free = s.bank_maximum * jnp.clip(2.0 - speed / SLOW, 0.0, 1.0)
    return jnp.clip(jnp.maximum(bank, free), 0.0, s.bank_maximum)


def steady_bank(
    s, model: OnboardModel, start: PredictorStart, speed: Scalar, lift: Scalar, load: Scalar
) -> Scalar:
    """The bank [rad] that brings the load felt, ``load`` [g], to ``s.load_held`` and holds it there.

    In air of scale height ``H``, ``n' / n = -c / H - 2 D / V``: the climb ``c`` by which the load comes to
    the one held within ``LOAD_TIME``, and the lift that brings about this climb within ``CLIMB_TIME``.
    """
    climb, level = _climb_and_level(start, speed)
    r = model.radius(start.u[2]) + start.altitude
    v = start.velocity
    # The Earth's turning along the motion carries some of the weight.
    spin = 2.0 * model.rotation * (start.u[0] * v[1] - start.u[1] * v[0]) / level
    height = NUDGE / jnp.log(model.density(start.altitude - NUDGE) / model.density(start.altitude))
    _, ratio = model.aerodynamics(speed)
    ratio = ratio * lift
    n = jnp.maximum(load, LEAST)
    d = n * G0 / (speed * jnp.sqrt(1.0 + ratio * ratio))  # drag over speed
    growth = (s.load_held - n) / (n * LOAD_TIME)
    wanted = -height * (growth + 2.0 * d)
    change = (wanted - climb) / CLIMB_TIME + height * (growth / LOAD_TIME - 2.0 * d * d)
    up = change + d * climb + model.mu / (r * r) - level * (level / r + spin)
    cosine = jnp.clip(up / (d * ratio * level), -1.0, 1.0)
    return arc_tangent(jnp.sqrt(jnp.maximum((1.0 - cosine) * (1.0 + cosine), 1e-12)), cosine)


def _climb_and_level(start: PredictorStart, speed: Scalar) -> tuple[Scalar, Scalar]:
    """Speeds [m/s] up and level."""
    climb = dot(start.velocity, start.u)
    return climb, jnp.sqrt(jnp.maximum(speed * speed - climb * climb, 1.0))


def _load(model: OnboardModel, start: PredictorStart, speed: Scalar, lift: Scalar) -> Scalar:
    """The load [g] that the model has here."""
    area, ratio = model.aerodynamics(speed)
    drag = 0.5 * model.density(start.altitude) * area * speed * speed
    return drag * jnp.sqrt(1.0 + (ratio * lift) ** 2) * (1.0 / G0)
