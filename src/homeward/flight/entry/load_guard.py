"""What eases the load: a limiter of comfort by the load felt, and the bank of a first dip."""

import jax.numpy as jnp

from homeward.earth.constants import G0
from homeward.flight.entry.drag_lift_estimation import LOW
from homeward.flight.entry.onboard_model import OnboardModel
from homeward.flight.entry.predictor import Prediction
from homeward.flight.entry.predictor_dynamics import DIVE_RATE, LIMITER_WIDTH, ORBITAL, PredictorStart
from homeward.icd import Navigation
from homeward.math.triples import dot, split
from homeward.typing import Flag, Scalar

DIVE_GAIN, DIVE_STEP = 0.15, 0.1  # rad of the dive's bank for each g of predicted load; rad a cycle
HEAT_WEIGHT = 8.0  # g for which all of the heat rate counts
HEAT_GAIN, HEAT_STEP = 2.0, 0.05  # rad of bank for all of the heat load; rad a cycle
FOUND = 0.02  # rad from a bound of the bank within which it is held by it
YIELD, RECOVER = 0.2, 0.02  # shares a cycle by which the load of comfort gives way, and comes back


def felt_load(navigation: Navigation) -> Scalar:
    """Sensed load [g]."""
    force = split(navigation.specific_force.astype(LOW))
    return jnp.sqrt(dot(force, force)) * (1.0 / G0)


def onset(s, eased: Scalar) -> Scalar:
    """Load [g] at which lift-up begins: that of comfort, or as much more as the range was worth."""
    return s.load_limit + eased * jnp.maximum(s.load_kept - s.load_limit, 0.0)


def eased_by(s, eased: Scalar, bank: Scalar, along: Scalar, near: float) -> Scalar:
    """The load of comfort gives way where the aim lies nearer than the steepest plan comes down."""
    beyond = (bank > s.bank_maximum - FOUND) & (along > near)
    return jnp.clip(eased + jnp.where(beyond, YIELD, -RECOVER), 0.0, 1.0)


def falling_fast(speed: Scalar, rise: Scalar) -> Flag:
    """Whether a fall from beyond orbit is not caught yet."""
    return (speed > ORBITAL) & (rise < -DIVE_RATE)


def heat_taken(model: OnboardModel, start: PredictorStart, speed: Scalar, drag: Scalar) -> Scalar:
    """Heat rate here and now, in the units of ``Felt.heat``; ``drag``: the factor on the model's density."""
    return jnp.sqrt(model.density(start.altitude) * drag) * speed * speed * speed


def heat_floor(s, floor: Scalar, taken: Scalar, good: Flag) -> Scalar:
    """The least bank [rad] that keeps the heat load of the whole entry, ``taken``, a step nearer.

    A steeper flight is a shorter one: it takes less heat, at a higher rate.
    """
    step = jnp.clip(HEAT_GAIN * (taken / s.heated_most - 1.0), -HEAT_STEP, HEAT_STEP)
    return jnp.clip(floor + jnp.where(good, step, 0.0), 0.0, s.bank_maximum)


def dive_bank(s, dive: Scalar, prediction: Prediction, good: Flag, falling: Flag) -> tuple[Scalar, Flag]:
    """The largest bank [rad] in the first dip that keeps its predicted load and heat rate, a step nearer;
    and whether it is the heat rate that holds it."""
    load = s.guard_on - prediction.peak_load
    heat = HEAT_WEIGHT * (1.0 - prediction.peak_heat / s.heat_most)
    spare = jnp.minimum(load, heat)
    step = jnp.clip(DIVE_GAIN * jnp.where(good, spare, 0.0), -DIVE_STEP, DIVE_STEP)
    dive = jnp.where(falling, jnp.clip(dive + step, s.bank_minimum, s.bank_maximum), s.bank_maximum)
    return dive, heat < load


def limit_load(s, begin: Scalar, eased: Scalar, load: Scalar, start: PredictorStart, speed: Scalar) -> Scalar:
    """Share of the bank that is kept, as the load at the end of a roll to lift-up comes to ``begin`` [g];
    all of it where comfort has given way, ``eased``.

    In air of scale height ``H`` the load grows by ``n' / n = -rise / H - 2 n g0 / V``.
    """
    growth = -dot(start.velocity, start.u) / 7500.0 - 2.0 * load * G0 / speed
    lead = jnp.abs(start.bank) / s.rate_limit + s.rate_limit / s.acceleration_limit
    ahead = load * (1.0 + jnp.clip(lead * growth, -0.5, 1.0))
    return 1.0 - (1.0 - eased) * jnp.clip((ahead - begin) / LIMITER_WIDTH, 0.0, 1.0)
