"""A satellite receiver as it is: pseudo-ranges and range rates to all satellites in view, and its own fix.

Each satellite's range has an error of its own that changes slowly (its clock, what the air's models leave),
the multipath of the ship's own hull, which grows toward the edge of an antenna's view, one that all share and
that grows toward the horizon (ionosphere; it changes with time and with the way flown), and noise. A
satellite is told where its broadcast orbit has it, off by a vector drawn for the flight. The signal left it
a light time before. The receiver's clock is a quartz: two random walks. Source: Groves (2013), sections 9.3
and 9.1; for the clock 9.1.3; for light time 8.5.1; for the errors of broadcast orbits 9.3.1.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.earth.constants import SPEED_OF_LIGHT
from homeward.icd import Ranges
from homeward.math.attitude_triples import symmetric_inverse
from homeward.math.triples import join
from homeward.typing import Array, Bool, Flag, Float, Quat, Scalar, Vec3
from homeward.world.sensors.gnss_antennas import LEAST, Antennas, up_and_dip
from homeward.world.sensors.gnss_constellation import COUNT, Constellation

# Standard normal numbers a cycle: slow, range, rate of each, clock, ionosphere, and multipath of each.
NOISES = 4 * COUNT + 3
# Slow ones, clock and its rate, the ionosphere of the day, multipath, and three of each broadcast orbit.
INITIAL_NOISES = 5 * COUNT + 3
ORBIT = (0.4, 1.0, 0.75)  # error of a broadcast orbit up, along and across, over that along
MAPPING = 0.3  # least sine of the elevation that the ionosphere's path is stretched by


class RangeReceiver(eqx.Module):
    """Antennas, errors, and when nothing is received."""

    antennas: Antennas
    slow_sigma: Scalar  # m, Gauss-Markov, each satellite
    slow_time: Scalar  # s
    multipath: Scalar  # m, Gauss-Markov, of a satellite across an antenna's boresight; as the sine squared
    multipath_time: Scalar  # s
    orbit: Scalar  # m, 1-sigma of a broadcast orbit along its track
    ionosphere: Scalar  # m straight up, 1-sigma of what is left of its delay
    ionosphere_time: Scalar  # s over which that changes
    ionosphere_length: Scalar  # m flown over which it changes
    range_noise: Scalar  # m, white
    rate_noise: Scalar  # m/s
    clock_walk: Scalar  # m/sqrt(s)
    drift_walk: Scalar  # m/s/sqrt(s)
    clock_sigma: Scalar  # m, at the start
    drift_sigma: Scalar  # m/s, at the start
    blackout_density: tuple[Scalar, Scalar]  # kg/m3: from, to
    blackout_speed: Scalar  # m/s

    def hidden(self, density: Scalar, speed: Scalar) -> Flag:
        """Whether ionised air shuts the antennas off: dense enough to be ionised, and still fast."""
        low, high = self.blackout_density
        return (density > low) & (density < high) & (speed > self.blackout_speed)


class RangeState(eqx.Module):
    """What the receiver carries on: errors, its clock, and for how long each satellite has been in view.

    ``time`` is that of the last reading: between two legs a cycle may be shorter than the others, or hours
    long.
    """

    time: Scalar  # s since the epoch
    slow: Float[Array, " n"]  # m
    multipath: Float[Array, " n"]  # of its 1-sigma
    orbit: Float[Array, "n 3"]  # of its 1-sigma: up, along, across
    ionosphere: Scalar  # m straight up
    clock: Scalar  # m
    drift: Scalar  # m/s
    followed: Float[Array, " n"]  # s


def no_ranges() -> Ranges:
    """Of a receiver that follows no satellite."""
    one, three = jnp.zeros(COUNT), jnp.zeros((COUNT, 3))
    return Ranges(jnp.zeros(COUNT, bool), one, one, three, three, three)


def initial_ranges(receiver: RangeReceiver, noise: Float[Array, " k"]) -> RangeState:
    """Errors in their steady spread; all in view are followed already."""
    return RangeState(
        time=jnp.zeros(()), slow=receiver.slow_sigma * noise[:COUNT],
        multipath=noise[COUNT + 3 : 2 * COUNT + 3], orbit=jnp.reshape(noise[2 * COUNT + 3 :], (COUNT, 3)),
        ionosphere=receiver.ionosphere * noise[COUNT],
        clock=receiver.clock_sigma * noise[COUNT + 1], drift=receiver.drift_sigma * noise[COUNT + 2],
        followed=receiver.antennas.all_followed(),
    )  # fmt: skip


def sense_ranges(
    receiver: RangeReceiver, state: RangeState, t: Scalar, q_BI: Quat, r_BI_I: Vec3, v_BI_I: Vec3,
    hidden: Flag, first: Flag, noise: Float[Array, " k"],
) -> tuple[RangeState, Ranges, tuple[Flag, Vec3, Vec3]]:  # fmt: skip
    """The state carried on to ``t`` [s], the ranges, and the receiver's own fix as an error.

    The fix: whether there is one, and by how much its place [m, I] and velocity [m/s, I] are wrong, by least
    squares over what is followed. Places are told of the instant at which each signal left, which it carries.
    Relativity is taken as corrected for. ``first`` is a flight's first reading: no time has passed since the
    state began.
    """
    dt = jnp.where(first, 0.0, t - state.time)
    decay = jnp.exp(-dt / receiver.slow_time)
    kick = jnp.sqrt(1.0 - decay * decay) * receiver.slow_sigma
    slow = decay * state.slow + kick * noise[:COUNT]
    keep = jnp.exp(-dt / receiver.multipath_time)
    multipath = keep * state.multipath + jnp.sqrt(1.0 - keep * keep) * noise[3 * COUNT + 3 :]
    root = jnp.sqrt(dt)
    drift = state.drift + receiver.drift_walk * root * noise[3 * COUNT]
    clock = state.clock + 0.5 * dt * (state.drift + drift)
    clock = clock + receiver.clock_walk * root * noise[3 * COUNT + 1]

    flown = dt * jnp.sqrt(jnp.sum(v_BI_I * v_BI_I)) / receiver.ionosphere_length
    kept = jnp.exp(-dt / receiver.ionosphere_time - flown)
    fresh = jnp.sqrt(1.0 - kept * kept) * receiver.ionosphere
    ionosphere = kept * state.ionosphere + fresh * noise[3 * COUNT + 2]

    antennas = receiver.antennas
    place, speed, distance, sight = _as_it_left(antennas.constellation, t, r_BI_I)
    # The light time changes while the distance does.
    along = 1.0 + jnp.sum(sight * speed, axis=1) / SPEED_OF_LIGHT
    closing = jnp.sum(sight * (speed - v_BI_I[None, :]), axis=1) / along
    off_orbit = _orbit_errors(place, speed, receiver.orbit * state.orbit)
    seen = antennas.in_view(q_BI, r_BI_I, sight) & ~hidden
    followed, valid = antennas.follow(state.followed, dt, seen)

    up, _ = up_and_dip(antennas.earth_radius, r_BI_I)
    path = 1.0 / jnp.maximum(jnp.sum(sight * up[None, :], axis=1), MAPPING)
    reflected = receiver.multipath * antennas.aside(q_BI, sight) * multipath
    wrong = slow + reflected + ionosphere * path + receiver.range_noise * noise[COUNT : 2 * COUNT]
    wrong_rate = receiver.rate_noise * noise[2 * COUNT : 3 * COUNT]
    seen_as = wrong - jnp.sum(sight * off_orbit, axis=1)
    fixed, off, off_rate = _solution(valid, sight, seen_as, wrong_rate)

    def told(x):
        return jnp.where(valid if x.ndim == 1 else valid[:, None], x, 0.0)

    ranges = Ranges(
        valid=valid, range=told(distance + clock + wrong), rate=told(closing + drift + wrong_rate),
        place=told(place + off_orbit), speed=told(speed), sight=told(sight),
    )  # fmt: skip
    carried = RangeState(t, slow, multipath, state.orbit, ionosphere, clock, drift, followed)
    return carried, ranges, (fixed, off, off_rate)


def _as_it_left(
    constellation: Constellation, t: Scalar, r_BI_I: Vec3
) -> tuple[Float[Array, "n 3"], Float[Array, "n 3"], Float[Array, " n"], Float[Array, "n 3"]]:
    """Places and velocities [m, m/s, I] of the satellites as the signals that come in at ``t`` left them,
    the way [m] they have come, and the directions they come from. One step: it leaves 4 mm."""
    place, _ = constellation.at(t)
    apart = place - r_BI_I[None, :]
    sent = t - jnp.sqrt(jnp.sum(apart * apart, axis=1)) / SPEED_OF_LIGHT
    place, speed = constellation.at(sent)
    apart = place - r_BI_I[None, :]
    distance = jnp.sqrt(jnp.sum(apart * apart, axis=1))
    return place, speed, distance, apart / distance[:, None]


def _orbit_errors(
    place: Float[Array, "n 3"], speed: Float[Array, "n 3"], size: Float[Array, "n 3"]
) -> Float[Array, "n 3"]:
    """Told less true places [m, I] of satellites; ``size`` [m] scales up, along and across by ``ORBIT``."""
    up = place / jnp.sqrt(jnp.sum(place * place, axis=1))[:, None]
    along = speed / jnp.sqrt(jnp.sum(speed * speed, axis=1))[:, None]
    across = jnp.cross(up, along)
    a, b, c = ORBIT
    return a * size[:, :1] * up + b * size[:, 1:2] * along + c * size[:, 2:] * across


def _solution(
    valid: Bool[Array, " n"], sight: Float[Array, "n 3"], wrong: Float[Array, " n"],
    wrong_rate: Float[Array, " n"],
) -> tuple[Flag, Vec3, Vec3]:  # fmt: skip
    """Least squares of place and clock: the clock takes the mean of all, what is left gives the place."""
    weight = jnp.where(valid, 1.0, 0.0)
    count = jnp.sum(weight)
    share = weight / jnp.maximum(count, 1.0)
    apart = sight - jnp.sum(share[:, None] * sight, axis=0)[None, :]
    apart = weight[:, None] * apart
    normal = jnp.sum(apart[:, :, None] * apart[:, None, :], axis=0) + 1e-9 * jnp.eye(3)
    _, inverse = symmetric_inverse(normal)

    def solved(error):
        pull = jnp.sum(apart * error[:, None], axis=0)
        return -join(tuple(jnp.sum(join(row) * pull) for row in inverse))  # pyright: ignore[reportArgumentType]

    return count >= LEAST, solved(wrong), solved(wrong_rate)
