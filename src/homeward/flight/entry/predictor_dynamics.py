"""Right-hand side of the onboard prediction, cut into routines.

XLA merges elementwise work into every reader of it: written in one piece, each of the sixteen rates worked
out air, bank and gravity anew, and a prediction cost five times its arithmetic. Each routine below gives
values that many others read, and gives each of them once.
"""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.earth.constants import G0
from homeward.flight.entry.onboard_model import AIR_TOP, OnboardModel
from homeward.math.numerics import bends, beyond_knots, choose, greater, on_line, within
from homeward.math.trigonometry import sine_cosine
from homeward.math.triples import Triple, add, cross, dot, scale, subtract
from homeward.math.xla_barrier import routine
from homeward.typing import Scalar

WIND_FADE_BOTTOM, WIND_FADE_TOP = 30e3, 40e3  # m, above which the forecast no longer matters
FACTOR_MEMORY = 15e3  # m of altitude over which a local density factor says something: 2 x 8 km
LOAD_SOFTNESS = 2.0  # g over the onset at which lift is fully up, of a limiter that does not look ahead
LIMITER_WIDTH = 1.5  # g over the onset at which lift is fully up, of one that does
DIVE_RATE = 150.0  # m/s of descent above which a fall from beyond orbit is not caught; twice it: surely
ORBITAL = 8000.0  # m/s over the ground: faster, and the fall is from beyond orbit
GRAVITY_GRADIENT = 1.5e-6  # 1/s2: pull and centrifugal rise of a near-circular flight against altitude


class PredictorStart(eqx.Module):
    """Where a prediction starts: direction, altitude [m], Earth-fixed velocity [m/s], bank [rad]."""

    u: Triple
    altitude: Scalar
    velocity: Triple
    bank: Scalar


class PlanShape(eqx.Module):
    """An early and a late bank: what ``BankPlan.now`` departs from, and how long the departure lasts.

    The late line goes from ``late`` [rad] at ``late_speed`` [m/s] straight to ``BankPlan.end`` at its
    ``speed_end``, and is held above. ``now`` departs from it down to the speed ``hold``; the departure has
    ended at ``knee``. Faster than ``hold`` and while the fall is not caught the bank is at most ``dive``.
    """

    late: Scalar
    late_speed: Scalar
    hold: Scalar
    knee: Scalar
    dive: Scalar
    middle: Scalar  # m/s at which the first dip's reversal is half done
    swing: Scalar  # s that half of it takes; nothing: there is none


class BankPlan(eqx.Module):
    """Bank against speed, and at most one reversal at a planned time.

    The magnitude is ``now`` [rad] at ``speed_now`` [m/s] and goes in a straight line to ``end`` at
    ``speed_end``; it stands on ``side`` (+1 right) until ``switch`` [s from the start] and on the other after
    it, crossing lift-up in ``roll_time`` [s].
    """

    now: Scalar
    end: Scalar
    speed_now: Scalar
    speed_end: Scalar
    side: Scalar
    switch: Scalar
    roll_time: Scalar
    rate_limit: Scalar
    acceleration_limit: Scalar
    load_limit: Scalar
    all_lift_lateral: Scalar  # 1: terminal, reach counts the whole lift; 0: only its sideways part
    shape: PlanShape | None = None  # None: one straight line, and a load limiter that does not look ahead


class Factors(eqx.Module):
    """Drag and lift seen in flight over the onboard model's: near the present altitude, and lasting."""

    drag_here: Scalar
    drag_lasting: Scalar
    lift: Scalar


class Flown(eqx.Module):
    """What is integrated. The last four say what a steeper bank changes, per radian of it."""

    time: Scalar  # s
    u: Triple
    altitude: Scalar
    velocity: Triple
    reach_speed: Scalar
    reach: Scalar
    side_speed: Scalar
    side: Scalar
    climb_slope: Scalar  # of altitude, m
    fall_slope: Scalar  # of the vertical speed, m/s
    speed_slope: Scalar  # of the horizontal speed, m/s
    range_slope: Scalar  # of the way flown, m
    arc: Scalar  # rad, over the ground


class Felt(eqx.Module):
    """What a place on the way does to crew and heat shield."""

    load: Scalar  # g, while faster than circular: the first dip's
    heat: Scalar  # root of density times speed cubed: over the root of the nose's radius, stagnation heating


class Numbers(eqx.Module):
    """Model, plan and factors as single numbers, worked out once a prediction."""

    air: tuple[Scalar, ...]
    knots: tuple[Scalar, ...]
    area: tuple[Scalar, ...]  # drag area at the first knot, then the change of its slope at each knot
    ratio: tuple[Scalar, ...]  # lift over drag likewise
    wind: Triple
    speed_share: Scalar
    roll_share: Scalar
    knee: Scalar
    knee_share: Scalar
    factor_slope: Scalar
    late_share: Scalar  # of the shape, where the plan has one
    early_share: Scalar
    departure: Scalar


def share(x: Scalar) -> Scalar:
    """``x`` held between zero and one."""
    return within(x, 0.0, 1.0)


def numbers(model: OnboardModel, plan: BankPlan, factors: Factors) -> Numbers:
    """The ``Numbers`` of a prediction."""
    knots, drag, ratio = (tuple(x) for x in (model.speed_knots, model.drag, model.lift_to_drag))
    late = early = departure = jnp.zeros_like(plan.now)
    if plan.shape is not None:
        q = plan.shape
        late = 1.0 / (q.late_speed - plan.speed_end)
        early = 1.0 / (q.hold - q.knee)
        base = plan.end + (q.late - plan.end) * share((q.hold - plan.speed_end) * late)
        departure = plan.now - base
    return Numbers(
        air=tuple(model.air),
        knots=tuple(1.0 * x for x in knots),
        area=bends(knots, drag),
        ratio=bends(knots, ratio),
        wind=(model.wind[0], model.wind[1], model.wind[2]),
        speed_share=1.0 / (plan.speed_now - plan.speed_end),
        roll_share=2.0 / plan.roll_time,
        knee=plan.rate_limit / plan.acceleration_limit,
        knee_share=0.5 * plan.acceleration_limit / plan.rate_limit,
        factor_slope=factors.drag_here - factors.drag_lasting,
        late_share=late, early_share=early, departure=departure,
    )  # fmt: skip


def pace(acceleration: Triple) -> Scalar:
    """Stretched seconds in a second of flight under a whole acceleration [m/s2]."""
    return 1.0 + jnp.sqrt(dot(acceleration, acceleration)) * (1.0 / G0)


def rates(
    model: OnboardModel, start: PredictorStart, plan: BankPlan, factors: Factors, n: Numbers, state: Flown
) -> tuple[Triple, Callable[[], Flown], Callable[[], Felt]]:
    """Whole acceleration, what gives the rates of everything integrated, per second of flight, and what is
    felt.

    The rates are each read once: worked out within the routine that takes the step, they need none of their
    own, which spares a tenth of a prediction.
    """
    u, h, v = state.u, state.altitude, state.velocity

    def relative():
        fade = share((WIND_FADE_TOP - h) * (1.0 / (WIND_FADE_TOP - WIND_FADE_BOTTOM)))
        return subtract(v, scale(fade, n.wind)), 1.0 / (model.radius(u[2]) + h)

    air, inverse_radius = routine(relative)

    def speeds():
        return jnp.sqrt(dot(air, air)), dot(air, u), jax.lax.rsqrt(_flat2(air, u) + 1e-3), dot(v, u)

    speed, rise, inverse_flat, vertical = routine(speeds)

    def force():
        x = within(h * (1.0 / AIR_TOP), 0.0, 1.15)
        power = n.air[-1]
        for c in n.air[-2::-1]:
            power = power * x + c
        growth = n.air[-1] * float(len(n.air) - 1)
        for k in range(len(n.air) - 2, 0, -1):
            growth = growth * x + n.air[k] * float(k)
        memory = share(1.0 - (start.altitude - h) * (1.0 / FACTOR_MEMORY))
        density = jnp.exp(power) * (factors.drag_lasting + n.factor_slope * memory)
        beyond = beyond_knots(n.knots, speed)
        drag = 0.5 * density * on_line(n.area, beyond) * speed
        return drag, on_line(n.ratio, beyond), growth * (1.0 / AIR_TOP), density

    drag, ratio, growth, density = routine(force)  # drag over speed, lift over drag, slope of log density

    def turned():
        load = drag * speed * jnp.sqrt(1.0 + ratio * ratio) * (1.0 / G0)
        side = plan.side * within((plan.switch - state.time) * n.roll_share, -1.0, 1.0)
        if plan.shape is None:
            ease = 1.0 - share((load - plan.load_limit) * (1.0 / LOAD_SOFTNESS))
            along = share((speed - plan.speed_end) * n.speed_share)
            size = plan.end + (plan.now - plan.end) * along
        else:
            q = plan.shape
            passed = within((speed - q.middle) / greater(drag * speed * q.swing, 1.0), -1.0, 1.0)
            side = choose(q.swing > 0.0, passed * side, side)
            base = plan.end + (q.late - plan.end) * share((speed - plan.speed_end) * n.late_share)
            along = share((speed - q.knee) * n.early_share)
            size = base + n.departure * along
            diving = share((-rise - DIVE_RATE) * (1.0 / DIVE_RATE)) * share((speed - q.hold) * (1.0 / 200.0))
            size = choose(size > q.dive, size + (q.dive - size) * diving, size)
            # As in flight: the load that the roll to lift-up will meet. Here a turn takes no time, so that
            # half of it is looked ahead.
            lead = 0.5 * (size / plan.rate_limit + n.knee)
            ahead = load * (1.0 + within(lead * (growth * rise - 2.0 * drag), -0.5, 1.0))
            ease = 1.0 - share((ahead - plan.load_limit) * (1.0 / LIMITER_WIDTH))
        turn = side * size - start.bank
        turn = turn - jax.lax.round(turn * (0.5 / jnp.pi), jax.lax.RoundingMethod.TO_NEAREST_EVEN) * (
            2.0 * jnp.pi
        )  # the shorter way, as the actuator
        # Accelerate to the rate limit, then hold it: how far the bank can have come by now.
        t = state.time
        reach = plan.rate_limit * choose(t < n.knee, n.knee_share * t * t, t - 0.5 * n.knee)
        return (start.bank + within(turn, -reach, reach)) * ease, side * along * ease

    bank, bank_slope = routine(turned)

    def shares():
        sine, cosine = sine_cosine(bank)
        # Below ``speed_end`` the lift will be turned to both sides: on the whole it pushes neither way, which
        # leaves the terminal steering its reach in every direction.
        sided = greater(plan.all_lift_lateral, share((speed - plan.speed_end) * 0.02))
        lift = drag * ratio * factors.lift  # over speed
        return (
            lift * cosine,
            lift * sine * sided,
            lift * greater(plan.all_lift_lateral, jnp.abs(sine) * sided),
            -lift * sine * bank_slope,
        )

    up, right, possible, steeper = routine(shares)

    def pulls():
        # Gravity with J2 and the centrifugal term along the direction and along the axis.
        central = model.mu * inverse_radius * inverse_radius
        q = model.equatorial_radius * inverse_radius
        oblate = central * (1.5 * model.j2) * (q * q)
        along = -central - oblate * (1.0 - 5.0 * u[2] * u[2])
        spin = model.rotation * model.rotation
        # Lift up is perpendicular to the motion, in its vertical plane: a sum of direction and motion.
        lifted = up * inverse_flat
        return (
            along + spin / inverse_radius + lifted * speed * speed,
            2.0 * oblate * u[2] + spin / inverse_radius * u[2],
            drag + lifted * rise,
            right * speed * inverse_flat,
        )

    outward, axial, backward, sideward = routine(pulls)

    def accelerations():
        flat = cross(air, u)  # horizontal, to the right of the motion
        dv = add(subtract(scale(outward, u), scale(backward, air)), scale(sideward, flat))
        turn = 2.0 * model.rotation
        return dv[0] + turn * v[1], dv[1] - turn * v[0], dv[2] - axial

    dv = routine(accelerations)

    def changes():
        level = jnp.sqrt(greater(speed * speed - rise * rise, 1.0))
        thicker = growth * state.climb_slope
        faster = (level * state.speed_slope + rise * state.fall_slope) / (speed * speed)
        return level, up * (thicker + faster) + steeper, drag * (thicker + faster)

    level, lift_more, drag_more = routine(changes)

    def flown() -> Flown:
        du = scale(inverse_radius, subtract(v, scale(vertical, u)))
        dh = vertical + 2.0 * model.equatorial_radius * model.flattening * u[2] * du[2]
        turning = level * inverse_radius
        fall = (
            lift_more * level
            - drag_more * rise
            - drag * state.fall_slope
            + (up + 2.0 * turning) * state.speed_slope
            + GRAVITY_GRADIENT * state.climb_slope
        )
        slower = (
            -lift_more * rise
            - drag_more * level
            - (drag + rise * inverse_radius) * state.speed_slope
            - (up + turning) * state.fall_slope
        )
        return Flown(
            time=jnp.ones_like(h), u=du, altitude=dh, velocity=dv,
            reach_speed=possible * speed - drag * state.reach_speed, reach=state.reach_speed,
            side_speed=right * speed - drag * state.side_speed, side=state.side_speed,
            climb_slope=state.fall_slope, fall_slope=fall, speed_slope=slower, range_slope=state.speed_slope,
            arc=level * inverse_radius,
        )  # fmt: skip

    def felt() -> Felt:
        load = drag * speed * jnp.sqrt(1.0 + (ratio * factors.lift) ** 2) * (1.0 / G0)
        load = choose(speed > ORBITAL, load, 0.0)
        return Felt(load, jnp.sqrt(density) * speed * speed * speed)

    return dv, flown, felt


def _flat2(air: Triple, u: Triple) -> Scalar:
    flat = cross(air, u)
    return dot(flat, flat)
