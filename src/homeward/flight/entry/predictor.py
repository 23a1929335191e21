"""Numerical prediction of the rest of an entry, in a fixed number of steps.

The state is direction ``u``, altitude and Earth-fixed velocity, so that single precision keeps metres of
altitude beside thousands of kilometres of range. The independent variable is a stretched time ``sigma`` with
``dsigma/dt = 1 + |dv/dt| / g0``: short steps where the load is high, be it in the plunge of a lunar return or
near the peak of an entry from orbit, long ones where the capsule falls freely. Every lane takes the same
number of steps, each an equal share of the stretched time to go: no lane waits for another. The last bit to
the wanted altitude is extrapolated.
"""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.flight.entry.onboard_model import OnboardModel
from homeward.flight.entry.predictor_dynamics import (
    BankPlan,
    Factors,
    Felt,
    Flown,
    PredictorStart,
    numbers,
    pace,
    rates,
)
from homeward.flight.entry.skip_coast import coast
from homeward.math.numerics import add_scaled, greater
from homeward.math.triples import Triple, add, scale
from homeward.math.xla_barrier import routine
from homeward.typing import Flag, Scalar

MEAN_PACE = 2.7  # stretched seconds in a second, over an entry: for first guesses
EACH = 4  # steps after which a climb may be carried over on its arc
NO_SWITCH = 1e6  # s: a plan without a reversal


class Prediction(eqx.Module):
    """End of a prediction: direction, time to the wanted altitude, and what sideways lift does.

    ``duration`` [s] is that time, ``length`` [s] the same in stretched time. ``reach`` [m] is how far
    sideways lift could move the end if it kept one side, ``sideways`` [m] how far the plan's own does,
    right positive. ``range_slope`` [m/rad] is how much further the end lies for a larger ``BankPlan.now``.
    ``arc`` [rad] is the way flown, ``peak_load`` [g] and ``peak_heat``, ``heat_load`` (see ``Felt``) what is
    felt on it; ``gone``: it leaves the Earth's air for good.
    """

    u: Triple
    duration: Scalar
    length: Scalar
    reach: Scalar
    sideways: Scalar
    range_slope: Scalar
    arc: Scalar
    peak_load: Scalar
    peak_heat: Scalar
    heat_load: Scalar
    gone: Flag


def predict(
    model: OnboardModel,
    start: PredictorStart,
    plan: BankPlan,
    factors: Factors,
    length: Scalar,
    altitude_end: Scalar,
    steps: int,
    skip: bool = False,
    felt: bool = False,
) -> Prediction:
    """Fly the onboard model to an altitude.

    Args: ``length`` [s] is the stretched time to go as last predicted: the steps divide it.
    ``altitude_end`` [m]. ``steps`` is static, and so are ``skip``: climbs out of the air are followed on a
    Kepler arc (``skip_coast``), which takes no step; and ``felt``: load and heat are worked out. Returns a
    ``Prediction`` whose ``length`` replaces it in the next cycle. Valid for entries from orbit and from the
    Moon, down to steep subsonic flight.
    """
    n = routine(numbers, model, plan, factors)
    size = length / (-(-steps // EACH) * EACH if skip else steps)

    def stage(here: Flown, ahead: float, base: Callable[[], Flown]) -> tuple[Flown, Callable[[], Felt]]:
        dv, flown, felt = rates(model, start, plan, factors, n, here)
        far = routine(lambda: size * ahead / pace(dv))
        return routine(lambda: add_scaled(base(), flown(), far)), felt

    def step(carry, _):
        first, peaks, gone = carry
        second, told = stage(first, 0.5, lambda: first)
        third, _ = stage(second, 0.5, lambda: first)
        fourth, _ = stage(third, 1.0, lambda: first)

        def mean() -> Flown:
            # The classical weights, in terms of the places already worked out.
            return jax.tree.map(
                lambda a, b, c, d: (b - a + (c - a) + (c - a) + (d - a)) * (1 / 3) + a,
                first,
                second,
                third,
                fourth,
            )

        new, _ = stage(fourth, 1 / 6, mean)

        if not felt:
            return (new, peaks, gone), None

        def met():
            here = told()
            load, heat, taken = peaks
            return (
                greater(load, here.load),
                greater(heat, here.heat),
                taken + here.heat * (new.time - first.time),
            )

        return (new, routine(met), gone), None

    zero = jnp.zeros_like(length)
    first = Flown(zero, start.u, start.altitude, start.velocity, *(zero for _ in range(9)))
    begin = (first, (zero, zero, zero), zero > 1.0)
    if skip:

        def some(carry, _):
            first, peaks, gone = carry
            first, left = coast(model, first)
            return jax.lax.scan(step, (first, peaks, gone | left), None, length=EACH)

        (last, peaks, gone), _ = jax.lax.scan(some, begin, None, length=-(-steps // EACH))
    else:
        (last, peaks, gone), _ = jax.lax.scan(step, begin, None, length=steps)
    dv, rest, _ = rates(model, start, plan, factors, n, last)
    slow, flown = 1.0 / pace(dv), rest()
    u, h, du, dh = last.u, last.altitude, flown.u, flown.altitude
    fall = jnp.maximum(-dh, 40.0)
    # A flight that has not come down yet is stretched by at most a quarter a cycle.
    late = jnp.clip((h - altitude_end) / fall, -0.25 * length * slow, 0.25 * length * slow)
    ahead = jnp.sqrt(du[0] * du[0] + du[1] * du[1] + du[2] * du[2]) * model.equatorial_radius
    return Prediction(
        add(u, scale(late, du)),
        last.time + late,
        length + late / slow,
        last.reach + last.reach_speed * late,
        last.side + last.side_speed * late,
        last.range_slope + last.climb_slope * ahead / fall,
        last.arc + flown.arc * late,
        *peaks,
        gone,
    )
