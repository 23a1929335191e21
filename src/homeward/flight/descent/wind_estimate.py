"""How the wind differs from its forecast: estimated during the end of the entry and under the canopies.

The state is a constant error and one that is correlated over some kilometres of height, north and east each,
and by how much the lift differs from the planned one, along it (in parts of it) and across (rad). A Kalman
filter carries it over height and takes in, once a guidance cycle,

- in the entry the direction of the specific force. With ``u`` along the believed motion through the forecast
  air, at a speed ``V``, ``l`` the unit vector of the lift, ``D = -f . u``, ``k = L/D`` and ``e`` the error of
  the forecast,

      V ((f + D u) / D - k l) = e_across + V k (d_1 l + d_2 u x l)

  so that it speaks of the wind the louder, the slower the capsule is;
- under a canopy the motion through the air, against which the specific force points: the wind is the believed
  velocity less that.

Valid for light lift (L/D below 0.5) and small angles between both motions through the air.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.earth.geodesy import north_east_down
from homeward.flight.descent.parachute_drift import ERROR_MEMORY, LASTING
from homeward.flight.entry.onboard_model import OnboardModel
from homeward.icd import Navigation
from homeward.math.attitude_triples import motion_axes
from homeward.math.numerics import interpolate_uniform, norm
from homeward.math.triples import Triple, axpy, cross, dot, scale, split, subtract
from homeward.typing import Array, Flag, Float, Scalar, Vec3

SIZE = 6  # constant error north, east; fading error north, east; lift along, across
FASTEST = 1600.0  # m/s: above it an error of the wind turns the force by less than the lift is known
ERROR_SIGMA = 4.7  # m/s, 1-sigma an axis of a forecast's error; LASTING of its variance is constant
SLACK = 0.03  # rad, 1-sigma: how far a capsule swings off its trim, and what else the force is not
CANOPY_NOISE = 1.5  # m/s, 1-sigma of the wind met under a canopy, swinging included
LIFT_SIGMA = 0.06, 0.05  # 1-sigma of the lift along (in parts) and across (rad)
LIFT_MEMORY = 10e3  # m of height over which they last: less than a Mach band of the aerodynamics
SMALLEST = 0.5  # m/s2 of drag, below which the force tells nothing
LEAST = 1e-12  # beneath a root, which has no derivative at nothing
FARTHEST = 8e3  # m that the aim point is moved at the most
FOLLOWED = 0.05  # m that it moves at the most for each metre of fall: lift takes the capsule some 0.25 aside
SETTLING = 8e3  # m above the opening below which it stays where it is: lift is steered by its direction there


class WindEstimator(eqx.Module):
    """As loaded: the day's forecast, how wrong it may be, and the lift that is planned."""

    bottom: Scalar  # m, altitude of the first row
    step: Scalar  # m
    rows: Float[Array, "n 2"]  # forecast north and east, m/s
    model: OnboardModel
    opening: Scalar  # m, altitude of the aim point
    seconds: Float[Array, "2"]  # of the planned descent from there, and those weighted by how an error fades
    moves: Scalar  # 1: the aim point is moved; 0: it stays, and the estimate times the main alone

    def init(self) -> "WindState":
        """Before the entry: as the forecast is trusted."""
        constant, fading = ERROR_SIGMA**2 * LASTING, ERROR_SIGMA**2 * (1.0 - LASTING)
        lift = (sigma**2 for sigma in LIFT_SIGMA)
        return WindState(
            jnp.zeros(SIZE), jnp.diag(jnp.asarray([constant, constant, fading, fading, *lift])),
            jnp.zeros(()) + jnp.inf, jnp.zeros(3),
        )  # fmt: skip


class WindState(eqx.Module):
    """What is thought of the forecast's error."""

    mean: Float[Array, "6"]
    covariance: Float[Array, "6 6"]
    altitude: Scalar  # m, of the last cycle
    lift: Vec3  # unit vector of the lift in the last cycle, E

    @property
    def error(self) -> tuple[Scalar, Scalar]:
        """Wind less forecast [m/s], north and east, at the altitude of the last cycle."""
        return self.mean[0] + self.mean[2], self.mean[1] + self.mean[3]


def carried_to(e: WindEstimator, state: WindState, altitude: Scalar) -> WindState:
    """The state at another altitude [m]: what fades fades with the height between."""
    # An altitude that is no number carries nothing on.
    known = jnp.isfinite(altitude)
    first = ~jnp.isfinite(state.altitude) | ~known
    way = jnp.where(first, 0.0, jnp.abs(jnp.where(first, 0.0, altitude - state.altitude)))
    altitude = jnp.where(known, altitude, state.altitude)
    fade, lift = jnp.exp(-way / ERROR_MEMORY), jnp.exp(-way / LIFT_MEMORY)
    one = jnp.ones_like(fade)
    decay = jnp.stack([one, one, fade, fade, lift, lift])
    stays = jnp.diagonal(e.init().covariance)
    grown = jnp.diag(stays * (1.0 - decay * decay))
    return WindState(
        decay * state.mean, decay[:, None] * state.covariance * decay[None, :] + grown, altitude, state.lift
    )


def taken(state: WindState, row: Array, seen: Scalar, variance: Scalar, valid: Flag) -> WindState:
    """One scalar measurement ``seen = row . state`` with a noise of ``variance``."""
    spread = jnp.sum(state.covariance * row[None, :], axis=1)
    total = jnp.sum(row * spread) + variance
    innovation = seen - jnp.sum(row * state.mean)
    # What lies beyond four sigma is a gust, a roll or a failed part: it is taken as if it lay there.
    bound = 4.0 * jnp.sqrt(total)
    valid = valid & jnp.isfinite(innovation)
    gain = jnp.where(valid, spread / total, 0.0)
    innovation = jnp.where(valid, jnp.clip(innovation, -bound, bound), 0.0)
    return eqx.tree_at(
        lambda s: (s.mean, s.covariance), state,
        (state.mean + gain * innovation, state.covariance - gain[:, None] * spread[None, :]),
    )  # fmt: skip


def met_in_entry(
    e: WindEstimator, state: WindState, navigation: Navigation, place: tuple[Scalar, Scalar, Scalar],
    lift_E: Vec3 | None,
) -> WindState:  # fmt: skip
    """One cycle of the entry.

    ``place``: geodetic latitude, longitude [rad], altitude [m]; ``lift_E``: side of the lift by the attitude;
    None where the bank angle is told about the motion through the air.
    """
    state = carried_to(e, state, place[2])
    north, east, down = (split(x) for x in north_east_down(place[0], place[1]))
    air = _air(e, navigation, (north, east), place[2])
    speed = jnp.sqrt(dot(air, air) + 1.0)
    u, right, above = motion_axes(scale(-1.0, down), air)
    if lift_E is None:
        sine, cosine = jnp.sin(navigation.bank), jnp.cos(navigation.bank)
        lift = axpy(sine, right, scale(cosine, above))
    else:
        side = split(lift_E)
        lift = axpy(-dot(side, u), u, side)
        lift = scale(1.0 / jnp.sqrt(dot(lift, lift) + 1e-9), lift)
    across = cross(u, lift)
    f = split(navigation.specific_force)
    drag = -dot(f, u)
    felt = jnp.maximum(drag, SMALLEST)
    _, ratio = e.model.aerodynamics(speed)
    turned = subtract(lift, split(state.lift))
    rolled = 0.5 * ratio * jnp.sqrt(dot(turned, turned) + LEAST)
    variance = (speed * speed) * (SLACK * SLACK + rolled * rolled) + 1.0
    valid = (drag > SMALLEST) & (speed < FASTEST)
    zero = jnp.zeros_like(speed)
    for axis, own, planned in ((lift, 4, ratio), (across, 5, zero)):
        a, b = dot(axis, north), dot(axis, east)
        lifted = [speed * ratio if k == own else zero for k in (4, 5)]
        row = jnp.stack([a, b, a, b, *lifted])
        state = taken(state, row, speed * (dot(f, axis) / felt - planned), variance, valid)
    return eqx.tree_at(lambda s: s.lift, state, jnp.stack(lift))


def met_under_canopy(
    e: WindEstimator, state: WindState, navigation: Navigation, place: tuple[Scalar, Scalar, Scalar]
) -> WindState:
    """One cycle under a canopy."""
    state = carried_to(e, state, place[2])
    axes = tuple(split(x) for x in north_east_down(place[0], place[1]))
    v, f = split(navigation.v_BE_E), split(navigation.specific_force)
    fall, lift = dot(v, axes[2]), -dot(f, axes[2])
    ratio = fall / jnp.maximum(lift, 1.0)
    valid = (lift > 1.0) & (fall > 1.0)
    forecast = interpolate_uniform(e.rows, e.bottom, e.step, place[2])
    variance = jnp.zeros_like(fall) + CANOPY_NOISE**2
    zero, one = jnp.zeros_like(fall), jnp.ones_like(fall)
    for k in range(2):
        wind = dot(v, axes[k]) + dot(f, axes[k]) * ratio
        row = jnp.stack([one if j in (k, 2 + k) else zero for j in range(SIZE)])
        state = taken(state, row, wind - forecast[k], variance, valid)
    return state


def moved_aim(e: WindEstimator, state: WindState, aim_E: Vec3, before: Vec3, fallen: Scalar) -> Vec3:
    """Vector [m, E] by which the aim point is moved: against the drift that the error will make.

    ``before``: by which it was moved a cycle ago; ``fallen`` [m]: since then. It moves no faster than lift
    can follow, and not at all in the last ``SETTLING``.
    """
    above = jnp.where(jnp.isfinite(state.altitude), jnp.maximum(state.altitude - e.opening, 0.0), 0.0)
    fading = e.seconds[1] * jnp.exp(-above / ERROR_MEMORY)
    drift = [state.mean[k] * e.seconds[0] + state.mean[2 + k] * fading for k in range(2)]
    size = jnp.sqrt(drift[0] ** 2 + drift[1] ** 2 + LEAST)
    share = -jnp.minimum(1.0, FARTHEST / size)
    up = aim_E / norm(aim_E)
    # Near a pole any direction serves as east.
    east = jnp.stack([-up[1], up[0], jnp.zeros_like(up[0])])
    east = east / jnp.maximum(norm(east), 1e-9)
    north = jnp.cross(up, east)
    step = share * (drift[0] * north + drift[1] * east) - before
    most = e.moves * FOLLOWED * jnp.where(above > SETTLING, jnp.maximum(fallen, 0.0), 0.0)
    return before + step * jnp.minimum(1.0, most / jnp.sqrt(jnp.sum(step * step) + LEAST))


def _air(e: WindEstimator, navigation: Navigation, axes: tuple[Triple, Triple], altitude: Scalar) -> Triple:
    """Believed motion [m/s, E] through the air of the forecast."""
    wind = interpolate_uniform(e.rows, e.bottom, e.step, altitude)
    blows = axpy(wind[0], axes[0], scale(wind[1], axes[1]))
    return subtract(split(navigation.v_BE_E), blows)


__all__ = ["WindEstimator", "WindState", "met_in_entry", "met_under_canopy", "moved_aim"]
