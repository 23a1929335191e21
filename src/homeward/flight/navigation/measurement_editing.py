"""Readings made safe before the filter sees them: what is not finite is not valid."""

from typing import TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.flight.navigation.free_fall_propagation import fallen
from homeward.flight.navigation.mechanization import BRIEF, CycleSums, NavState, ZonalEarth, small_turn
from homeward.icd import Aids, Ranges
from homeward.math.triples import join, split
from homeward.typing import Array, Bool, Flag, Mat33, Scalar, Vec3

Tree = TypeVar("Tree")


def finite(*arrays: Array) -> Flag:
    """Whether every number is finite."""
    good = jnp.asarray(True)
    for array in arrays:
        good = good & jnp.all(jnp.isfinite(array))
    return good


def choose(first: Flag, one: Tree, other: Tree) -> Tree:
    """The numbers of ``one`` where ``first`` holds, else those of ``other``, bit for bit."""
    return jax.tree.map(lambda a, b: jnp.where(first, a, b), one, other)


def clean(aids: Aids) -> tuple[Aids, Bool[Array, "2"], Flag]:
    """Readings with harmless numbers where they are not valid; which heads and whether satellites are used.

    A quaternion of stars that is far from unit length counts as not valid.
    """
    length2 = jnp.sum(aids.star_q_BI * aids.star_q_BI, axis=1)
    # No number is near one either, if it is none.
    stars = aids.star_valid & (jnp.abs(length2 - 1.0) < 1e-3)
    satellites = aids.satellite_valid & finite(aids.satellite_position, aids.satellite_velocity)
    pressure = aids.pressure_valid & finite(aids.pressure_altitude)
    height = aids.height_valid & finite(aids.height)
    zeros, zero = jnp.zeros(3), jnp.zeros(())
    return (
        Aids(
            star_valid=stars,
            star_q_BI=jnp.where(stars[:, None], aids.star_q_BI, jnp.asarray([[1.0, 0.0, 0.0, 0.0]])),
            satellite_valid=satellites,
            satellite_position=jnp.where(satellites, aids.satellite_position, zeros),
            satellite_velocity=jnp.where(satellites, aids.satellite_velocity, zeros),
            pressure_valid=pressure,
            pressure_altitude=jnp.where(pressure, aids.pressure_altitude, zero),
            height_valid=height,
            height=jnp.where(height, aids.height, zero),
            ranges=None if aids.ranges is None else _clean_ranges(aids.ranges),
            star_age=aids.star_age,
            satellite_age=aids.satellite_age,
            coarse=aids.coarse,
        ),
        stars,
        satellites,
    )


def ages(aids: Aids) -> tuple[Scalar, Scalar]:
    """How long ago [s] the readings of stars and satellites were true; no number counts as too long."""

    def one(age: Scalar | None) -> Scalar:
        if age is None:
            return jnp.zeros(())
        return jnp.where(jnp.isfinite(age), age, 1e9)

    return one(aids.star_age), one(aids.satellite_age)


def only(first: Flag, ranges: Ranges) -> Ranges:
    """The ranges where ``first`` holds, else none."""
    return eqx.tree_at(lambda r: r.valid, ranges, ranges.valid & first)


def brought_on(
    earth: ZonalEarth, pole_I: Vec3, seen: NavState, sums: CycleSums, star_age: Scalar, age: Scalar,
    falling: bool = False,
) -> NavState:  # fmt: skip
    """What was seen some time ago [s], for a start now: turned on as the gyros told, fallen freely since.

    ``falling`` (static): that may be a minute, else two seconds.
    """
    told = sums.duration > BRIEF
    share = jnp.where(told, star_age / jnp.where(told, sums.duration, 1.0), 0.0)
    q = small_turn(seen.q_BI, split(share * sums.turn))
    turned = jnp.where(star_age > 0.0, q, seen.q_BI)
    if falling:
        return NavState(turned, *fallen(earth, pole_I, seen.r_BI_I, seen.v_BI_I, age))
    pull = join(earth.gravity(split(seen.r_BI_I), split(pole_I)))
    return NavState(
        turned, seen.r_BI_I + age * seen.v_BI_I + 0.5 * age * age * pull,
        seen.v_BI_I + age * pull,
    )  # fmt: skip


def _clean_ranges(told: Ranges) -> Ranges:
    numbers = told.range + told.rate + jnp.sum(told.place + told.speed, axis=1)
    valid = told.valid & jnp.isfinite(numbers)

    def kept(x: Array) -> Array:
        return jnp.where(valid if x.ndim == 1 else valid[:, None], x, 0.0)

    return Ranges(
        valid, kept(told.range), kept(told.rate), kept(told.place), kept(told.speed), kept(told.sight)
    )


def satellites_in_I(C_EI: Mat33, omega_E: Vec3, aids: Aids) -> tuple[Vec3, Vec3]:
    """Position [m] and inertial velocity [m/s] by satellites, in I."""
    moving = aids.satellite_velocity + jnp.cross(omega_E, aids.satellite_position)
    return (
        jnp.sum(C_EI * aids.satellite_position[:, None], axis=0),
        jnp.sum(C_EI * moving[:, None], axis=0),
    )
