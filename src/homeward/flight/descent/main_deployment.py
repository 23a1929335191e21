"""When the main parachute is ordered: so that what is left of the drift ends at the site.

Under its canopy a capsule cannot be steered, but it can fall faster or slower: each second under the drogue
takes away several seconds of drift under the main. The wind that the capsule feels under the drogue differs
from the forecast, and that error lives on for some kilometres below. The main is ordered when the drift still
to come, reckoned so, no longer leads beyond the site.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.earth.geodesy import Ellipsoid, from_geodetic, north_east_down
from homeward.flight.descent.parachute_drift import LASTING, led_to
from homeward.icd import Navigation
from homeward.math.numerics import interpolate_uniform
from homeward.typing import Array, Flag, Float, Scalar, Vec3

CALM = 400.0  # m of drift under the main below which waiting moves nothing: the timer decides


class MainTiming(eqx.Module):
    """What the flight computer knows about the drift below, and the bounds of its choice.

    ``rows`` stand at the altitudes ``bottom + i step`` [m] and tell of a main ordered there: its drift north
    and east to the ground under the forecast [m], for how many seconds an error of the forecast found there
    acts, that forecast north and east [m/s], and how long it all lasts [s]. ``site_E`` [m] is where the
    capsule is to stand.
    """

    site_E: Vec3
    bottom: Scalar
    step: Scalar
    rows: Float[Array, "n 6"]
    nominal: Scalar  # s under the drogue, as the aim point reckons
    earliest: Scalar
    latest: Scalar
    lowest: Scalar  # m: altitude at which the main is ordered in any case
    too_fast: Scalar  # m/s: a fall faster than this means that the drogue has failed: no more waiting


def order_main(
    timing: MainTiming, ellipsoid: Ellipsoid, navigation: Navigation, clock: Scalar, latitude: Scalar,
    longitude: Scalar, altitude: Scalar, error: Float[Array, " k"] | None = None,
) -> Flag:  # fmt: skip
    """Whether the main is to be ordered now.

    Args: navigation's state; ``clock`` [s] under the drogue; its geodetic place (rad, rad, m). ``error``
    [m/s] is the estimated error of the forecast: what is constant in height, north and east, and what fades.
    Without it the wind met now tells it: the believed velocity less that through the air, and this points
    against the specific force.
    Where the drift leads is reckoned along its rhumb line: near a pole no straight one.
    """
    C_NE = north_east_down(latitude, longitude)
    north, east, down = C_NE
    row = interpolate_uniform(timing.rows, timing.bottom, timing.step, altitude)

    def part(axis: Vec3, vector: Vec3) -> Scalar:
        return jnp.sum(axis * vector)

    fall, lift = part(down, navigation.v_BE_E), -part(down, navigation.specific_force)
    ratio = fall / jnp.maximum(lift, 1.0)
    drift = []
    for k, axis in enumerate((north, east)):
        if error is None:
            wind = part(axis, navigation.v_BE_E) + part(axis, navigation.specific_force) * ratio
            drift.append(row[k] + (wind - row[3 + k]) * row[2])
        else:
            fading = (row[2] - LASTING * row[5]) / (1.0 - LASTING)
            drift.append(row[k] + error[k] * row[5] + error[2 + k] * fading)
    below = from_geodetic(ellipsoid, latitude, longitude, timing.bottom)
    end = led_to(ellipsoid, latitude, longitude, timing.bottom, drift[0], drift[1])
    way, beyond = end - below, end - timing.site_E
    length = jnp.sqrt(jnp.sum(way * way))
    over = jnp.sum(beyond * way) / jnp.maximum(length, 1.0)
    due = jnp.where(length > CALM, over <= 0.0, clock >= timing.nominal)
    due = due | ((clock >= timing.nominal) & (fall > timing.too_fast))
    return ((clock >= timing.earliest) & due) | (clock >= timing.latest) | (altitude <= timing.lowest)
