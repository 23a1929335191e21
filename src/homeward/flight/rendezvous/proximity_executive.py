"""The flight computer from the first hold point to the hatch: an executive that goes down a list of steps.

Once a second it navigates, decides where it stands in the list and asks for a change of velocity; ten times a
second attitude control and that change share the thrusters. It goes back to the hold before if the corridor
is left or a contact was none, and away from the station for good if that happens too often or is ordered.
"""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.astro.lvlh import lvlh_matrix, lvlh_quaternion, lvlh_rate, to_lvlh
from homeward.flight.control.attitude_tracking import tracking
from homeward.flight.control.phase_plane import ControlSettings
from homeward.flight.control.thruster_fdi import MonitorState, no_suspects, note_gain, note_tick, watch
from homeward.flight.control.thruster_selection_6dof import SixAllocation
from homeward.flight.navigation.imu_fdi import SetState, Voting, VotingState
from homeward.flight.relative_navigation.attitude_filter import PairAttitude, PairAttitudeState
from homeward.flight.relative_navigation.camera_latency import camera_up_to_date
from homeward.flight.relative_navigation.port_relative_state import PortRelative, port_in_sight, port_relative
from homeward.flight.relative_navigation.relative_filter import PairFilter, PairFilterState
from homeward.flight.relative_navigation.sensor_fdi import Trust, blind, full_trust, heard, judged
from homeward.flight.rendezvous.approach_frame import own_turn, port_axes
from homeward.flight.rendezvous.approach_sequence import AXIS, HOP, LEAVE, STAY, Steps
from homeward.flight.rendezvous.glideslope import Glideslope
from homeward.flight.rendezvous.port_dynamics import Seen
from homeward.flight.rendezvous.proximity_mpc import MpcState, ProximityMpc
from homeward.flight.rendezvous.station_keeping import beyond, keep_change, transfer_delta_v
from homeward.flight.rendezvous.told_push import ToldPush
from homeward.icd import InertialReadings
from homeward.icd.rendezvous_messages import PairAids, PairNavigation
from homeward.math.attitude_triples import apply_transposed, rows, split4, turn_quaternion
from homeward.math.numerics import norm
from homeward.math.quaternion import conjugate, multiply, rotate, to_matrix
from homeward.math.triples import join, split
from homeward.typing import Array, Count, Flag, Float, Mat33, Quat, Scalar, Vec3
from homeward.vehicle.thrusters import Thrusters

GOING, AWAY = 0, 1
LAST = 1.5  # m from contact, within which nothing may be amiss
OFFSET, TILT = 0.09, 0.06  # m and rad: what may be amiss there
TAIL = 0.3  # s in which thrust dies away after a valve has closed
PULSE = 12.0  # N s: about what the smallest pulses of one direction give
BEFORE, BESIDE, BACKING = 20.0, 15.0, 0.05  # m, m, m/s: leaving from right before the port


class Orders(eqx.Module):
    """What the ground has ordered, and which thruster is known to be out."""

    abort_distance: Scalar  # m from port to port at which to leave; 0: nowhere
    abort_time: Scalar  # s at which to leave
    retreat_distance: Scalar  # m at which to go back once
    out_index: Count  # 0, or 1 and the number of the thruster that is out
    out_time: Scalar  # s from when on that is known


class CloseComputer(eqx.Module):
    """Settings and beliefs of the last legs."""

    filter: PairFilter
    attitude: PairAttitude
    law: Glideslope | ProximityMpc | ToldPush
    allocation: SixAllocation
    control: ControlSettings
    inertia: Mat33
    steps: Steps
    mass: Scalar  # kg at the insertion, as believed
    exhaust_speed: Scalar  # m/s
    corridor: Scalar  # tangent of its half angle
    evasion_L: Vec3  # m/s: velocity to leave with
    pushing: Scalar  # s at most that the thrusters push for it
    approaches: Count  # how often the last part may be tried
    orders: Orders  # of a flight that is not told others
    C_DL: Mat33  # of the port while the station holds its orbit's axes
    thrusters: Thrusters  # as believed, sound
    voting: Voting  # of the instruments of motion
    blend: Float[Array, "2"]  # m from the port: see ``approach_frame``


class CloseState(eqx.Module):
    """What is carried on."""

    time: Scalar  # s, onboard, of the last cycle
    active: Float[Array, " n"]  # s: valve times of the tick that is flown
    orders: Orders
    filter: PairFilterState
    attitude: PairAttitudeState
    law: Seen | MpcState
    mode: Count
    step: Count
    since: Scalar  # s: when the step began
    there: Scalar  # s that the ship has been where the step wants it
    waiting: Scalar  # s that it has been ready to go on and GO has not been given
    waited: Scalar  # s, all of that
    tries: Count  # approaches that failed
    retreats: Count  # how often it went back, for whatever reason
    aborts: Count
    ordered: Flag  # the one retreat has been ordered
    away_since: Scalar  # s
    to_go: Vec3  # N s, I: what of this cycle's push is still to be made
    q_WI: Quat  # attitude wanted, and its rate in W
    omega_W: Vec3
    mass: Scalar
    shut_for: Scalar  # s that no valve has been open
    monitor: MonitorState  # of the thrusters
    voting: VotingState
    trust: Trust
    q_SL: Quat  # the axes that the port's axis is flown by, against the orbit's
    own: Vec3  # rad/s, S: how they turn against them


def begin_close(
    computer: CloseComputer, filter_: PairFilterState, q_BI: Quat, time: Scalar, mass: Scalar, orders: Orders,
    voting: VotingState | None = None, trust: Trust | None = None, sigma: Scalar | None = None,
) -> CloseState:  # fmt: skip
    """At the first hold point; whom to believe as the legs before have found, or everyone. ``sigma`` [rad]
    is that of the attitude, an axis; as by stars if left out."""
    zero, none, no = jnp.zeros(()), jnp.asarray(0, int), jnp.asarray(False)
    sigma = jnp.asarray(1e-4) if sigma is None else sigma
    return CloseState(
        time=time, active=jnp.zeros_like(computer.thrusters.thrust), orders=orders,
        filter=filter_, attitude=computer.attitude.init(q_BI, sigma), law=computer.law.init(),
        mode=none, step=none, since=time, there=zero, waiting=zero, waited=zero, tries=none, retreats=none,
        aborts=none, ordered=no,
        away_since=zero, to_go=jnp.zeros(3), q_WI=q_BI, omega_W=jnp.zeros(3), mass=mass, shut_for=zero,
        monitor=no_suspects(computer.thrusters.thrust.shape[0]),
        voting=computer.voting.init() if voting is None else voting,
        trust=full_trust() if trust is None else trust,
        q_SL=jnp.zeros(4), own=jnp.zeros(3),
    )  # fmt: skip


def control_close(
    computer: CloseComputer, state: CloseState, active: Float[Array, " n"], time: Scalar, dt: Scalar
) -> tuple[CloseState, Float[Array, " n"]]:
    """Valve times [s] of the next tick, ``active`` being those of this one."""
    believed = computer.attitude.attitude(state.attitude)
    _, coming = computer.allocation.gained(active)
    change = tracking(computer.control, computer.inertia, believed, state.q_WI, state.omega_W, coming, dt)
    C = rows(split4(believed.q_BI))
    push_B = join(tuple(jnp.sum(join(row) * state.to_go) for row in C))  # pyright: ignore[reportArgumentType]
    out = jnp.where(time >= state.orders.out_time, state.orders.out_index, 0)
    out = jnp.where(state.monitor.isolated > 0, state.monitor.isolated, out)
    noted = note_tick(state.monitor, computer.inertia, active, believed.omega_BI_B, dt)
    seconds = computer.allocation.seconds(split(push_B), change, dt, out)
    made, _ = computer.allocation.gained(seconds)
    spent = jnp.sum(seconds * computer.allocation.thrust) / computer.exhaust_speed
    shut_for = jnp.where(jnp.sum(active) > 0.0, 0.0, jnp.minimum(state.shut_for + dt, 1e4))
    turn = state.omega_W * dt
    turned = multiply(turn_quaternion(split(turn), jnp.sum(turn * turn)), state.q_WI)
    return eqx.tree_at(
        lambda s: (s.to_go, s.q_WI, s.mass, s.monitor, s.shut_for),
        state,
        (state.to_go - join(apply_transposed(C, made)), turned, state.mass - spent, noted, shut_for),
    ), seconds


def tick_close(computer: CloseComputer, state: CloseState, readings: InertialReadings) -> CloseState:
    """What the instruments of motion made of a tick, voted on."""
    voting, sample = computer.voting.combine(state.voting, readings)
    attitude = computer.attitude.tick(state.attitude, sample)
    monitor = note_gain(state.monitor, sample.delta_velocity)
    return eqx.tree_at(lambda s: (s.voting, s.attitude, s.monitor), state, (voting, attitude, monitor))


def cycle_close(
    computer: CloseComputer, state: CloseState, aids: PairAids, time: Scalar, dt: Scalar,
    flow: Scalar | None = None,
) -> tuple[CloseState, PairNavigation]:  # fmt: skip
    """One cycle: navigate, decide, ask for a change of velocity and an attitude.

    ``flow`` [kg] is the propellant that the thrusters took since the cycle before, where it is metered.
    """
    if flow is not None:
        before = computer.attitude.attitude(state.attitude)
        quiet, no = ~aids.touched, jnp.zeros_like(aids.touched)
        suspects = watch(
            state.monitor, computer.thrusters, computer.inertia, before.omega_BI_B, flow, jnp.zeros_like(dt),
            no, quiet, dt, state.mass,
        )  # fmt: skip
        state = eqx.tree_at(lambda s: s.monitor, state, suspects)
    attitude, gained, spread = computer.attitude.cycle(
        state.attitude, aids.star_valid, aids.star_q_BI, coasting=state.shut_for > dt + TAIL
    )
    filter_ = computer.filter.propagate(state.filter, gained, dt, spread, attitude.moved)
    now = computer.attitude.attitude(attitude)
    sigma = computer.attitude.sigma(attitude)
    ahead = computer.filter.believed(filter_, now.q_BI, now.omega_BI_B, time)
    aids = camera_up_to_date(heard(state.trust, aids), ahead, computer.filter.geometry)
    filter_ = computer.filter.update(filter_, aids, now.q_BI, sigma)
    n = computer.filter.believed(filter_, now.q_BI, now.omega_BI_B, time, sigma)
    apart = norm(aids.camera_position - port_in_sight(n, computer.filter.geometry))
    trust = judged(state.trust, filter_.refused, computer.filter.belief.patience, aids, apart, dt)
    voting, _, _, _ = computer.voting.review(state.voting, dt)
    attitude = computer.attitude.doubted(
        attitude, *(jnp.any(a.trusted != b.trusted) for a, b in _sets(voting, state.voting))
    )
    state = eqx.tree_at(lambda s: (s.trust, s.voting), state, (trust, voting))
    state = eqx.tree_at(lambda s: (s.attitude, s.filter), state, (attitude, filter_))
    r_L, v_L = to_lvlh(n.r_TI_I, n.v_TI_I, n.r_BI_I, n.v_BI_I)
    q_SI = port_axes(computer.filter.geometry, n, computer.blend)
    q_LI = lvlh_quaternion(n.r_TI_I, n.v_TI_I)
    q_SL, own = own_turn(state.q_SL, state.own, multiply(q_SI, conjugate(q_LI)), dt)
    state = eqx.tree_at(lambda s: (s.q_SL, s.own), state, (q_SL, own))
    seen = port_relative(eqx.tree_at(lambda x: x.q_TI, n, q_SI), computer.filter.geometry, own)
    state = _decide(computer, state, aids, seen, r_L, v_L, time, dt)

    steps, k = computer.steps, state.step
    C_LI = lvlh_matrix(n.r_TI_I, n.v_TI_I)
    kind, place = steps.kind[k], steps.place_L[k]
    rate = -lvlh_rate(n.r_TI_I, n.v_TI_I)[1]
    keep = keep_change(rate, r_L, v_L, place, steps.slack[k], dt)
    left = steps.seconds[k] - (time - state.since)
    hop = transfer_delta_v(computer.filter.earth.mu, n, r_L, v_L, place, left, steps.seconds[k])
    law, axial_D = computer.law.step(
        state.law,  # pyright: ignore[reportArgumentType]
        *(seen.rho_D, seen.rhodot_D, steps.distance[k], steps.limit[k], dt),
    )
    C_DI = _product(computer.filter.geometry.C_DT, to_matrix(q_SI))
    axial_I = jnp.sum(C_DI * axial_D[:, None], axis=0)
    push_L = jnp.where(kind == HOP, hop, keep)
    away = _evasion(computer, seen, v_L) - v_L
    pushing = (time - state.away_since < computer.pushing) & (norm(away) > 0.02)
    push_L = jnp.where(state.mode == AWAY, jnp.where(pushing, away, jnp.zeros(3)), push_L)
    by_axis = (kind == AXIS) & (state.mode == GOING)
    change_I = jnp.where(by_axis, axial_I, jnp.sum(C_LI * push_L[:, None], axis=0))
    # The law smooths what it sees: while it does not fly, it must not remember.
    law = jax.tree.map(lambda a, b: jnp.where(by_axis, a, b), law, computer.law.init())

    q_WI = multiply(steps.q_BL[k], jnp.where(kind == AXIS, q_SI, q_LI))
    omega_I = rotate(conjugate(q_LI), lvlh_rate(n.r_TI_I, n.v_TI_I))
    omega_I = omega_I + jnp.where(kind == AXIS, rotate(conjugate(q_SI), own), jnp.zeros(3))
    to_go = state.mass * change_I + _left_over(state.to_go, by_axis)
    return eqx.tree_at(
        lambda s: (s.law, s.to_go, s.q_WI, s.omega_W), state, (law, to_go, q_WI, rotate(q_WI, omega_I))
    ), n


def shut_feed(state: CloseState) -> Count:
    """The thruster whose feed is shut: 0 none, else 1 and its number."""
    return state.monitor.isolated


def resting(before: CloseState, after: CloseState) -> CloseState:
    """The state of a computer that starts anew: motion is followed, nothing is decided."""
    return eqx.tree_at(
        lambda s: (s.filter, s.attitude, s.voting, s.trust, s.q_SL, s.own),
        before,
        (after.filter, after.attitude, after.voting, after.trust, after.q_SL, after.own),
    )


def _evasion(computer: CloseComputer, seen: PortRelative, v_L: Vec3) -> Vec3:
    """Velocity [m/s, L] to leave with: across the way in, and so that the orbit carries the ship off.

    That last part points toward the station; right before the port the ship stops first, and then backs out
    until it is beside it. Both at once would take as long for the small part as for the large one.
    """
    before = (seen.rho_D[0] < BEFORE) & (norm(seen.rho_D[1:]) < BESIDE)
    axis = computer.C_DL[0]
    v = computer.evasion_L
    backing = v - jnp.sum(v * axis) * axis + BACKING * axis
    stopping = v_L + (BACKING - jnp.sum(v_L * axis)) * axis
    backing = jnp.where(seen.rhodot_D[0] < 0.3 * BACKING, stopping, backing)
    return jnp.where(before, backing, v)


def _left_over(to_go: Vec3, by_axis: Flag) -> Vec3:
    """What of the last cycle's push was too little for a pulse [N s]: asked for again, or it would be lost
    every time. Only while the axis is flown, whose laws count on what they asked for."""
    size = norm(to_go)
    return jnp.where(by_axis & (size < PULSE), to_go, jnp.zeros(3))


def _decide(
    computer: CloseComputer, state: CloseState, aids: PairAids, seen: PortRelative, r_L: Vec3, v_L: Vec3,
    time: Scalar, dt: Scalar,
) -> CloseState:  # fmt: skip
    """Which step and which mode from now on."""
    steps, k = computer.steps, state.step
    kind, goal = steps.kind[k], steps.distance[k]
    x, side = seen.rho_D[0], norm(seen.rho_D[1:])
    far = norm(beyond(r_L - steps.place_L[k], steps.slack[k]))
    stays = (kind == STAY) & (far < 25.0) & (norm(v_L) < 0.1)
    holds = (kind == AXIS) & (goal > 0.0) & (jnp.abs(x - goal) < 0.3 + 0.02 * goal)
    holds = holds & (norm(seen.rhodot_D) < 0.04)
    there = jnp.where(stays | holds, state.there + dt, 0.0)
    hopped = (kind == HOP) & (time - state.since >= steps.seconds[k] - 0.5 * _braking(computer, v_L))
    ready = (there >= steps.seconds[k]) & (stays | holds)
    onward = hopped | (ready & (time >= steps.go[k]))
    stalled = jnp.where(ready & ~onward & (state.mode == GOING), dt, 0.0)

    coming = (kind == AXIS) & (k > steps.last_hold - 1) & (state.mode == GOING)
    outside = coming & (x < 250.0) & (side > computer.corridor * jnp.maximum(x, 0.0) + 0.6)
    amiss = (side > OFFSET) | (norm(seen.error_B) > TILT)
    last = coming & (goal <= 0.0) & (x < LAST) & (x > 0.1) & amiss
    bounced = coming & aids.touched & ~aids.captured
    retreat = state.orders.retreat_distance
    ordered = ~state.ordered & (retreat > 0.0) & coming & (x < retreat)
    # Without anyone to say where the port is, and belief in dispute: back to where the lidar sees it.
    lost = coming & (k > steps.last_hold) & blind(state.trust, state.filter.refused)
    failed = outside | last | bounced | lost
    tries = state.tries + failed.astype(int)
    back = failed | ordered
    order = state.orders.abort_distance
    # Beside the port's axis, distance is that of the ports whatever the direction.
    told = (order > 0.0) & (jnp.where(kind == AXIS, x, norm(seen.rho_D)) < order)
    leave = (failed & (tries >= computer.approaches)) | told | (time >= state.orders.abort_time)
    departs = (kind == LEAVE) & (state.mode == GOING)
    aborts = leave & (state.mode == GOING) & ~departs
    leave = aborts | departs
    step = jnp.where(back, jnp.where(k > steps.last_hold, steps.last_hold, k - 1), k + onward.astype(int))
    step = jnp.where(state.mode == GOING, step, k)
    moved = step != k
    went_back = back & moved & (state.mode == GOING) & ~leave
    return eqx.tree_at(
        lambda s: (
            s.step, s.since, s.there, s.tries, s.mode, s.aborts, s.away_since, s.ordered, s.waiting,
            s.waited, s.retreats,
        ),
        state,
        (
            step, jnp.where(moved, time, state.since), jnp.where(moved, 0.0, there), tries,
            jnp.where(leave, AWAY, state.mode), state.aborts + aborts.astype(int),
            jnp.where(leave, time, state.away_since), state.ordered | ordered,
            jnp.where(moved, 0.0, state.waiting + stalled), state.waited + stalled,
            state.retreats + went_back.astype(int),
        ),
    )  # fmt: skip


def _braking(computer: CloseComputer, v_L: Vec3) -> Scalar:
    """Time [s] in which the thrusters take a velocity away, the nose along the track or across it."""
    weakest = 1.0 / jnp.max(computer.allocation.pulses[0, :6], axis=1)
    ahead = jnp.minimum(weakest[0], weakest[3])
    aside = jnp.minimum(jnp.minimum(weakest[1], weakest[2]), jnp.minimum(weakest[4], weakest[5]))
    across = norm(v_L[1:])
    # The station's port tells which of L's axes the ship's x lies along.
    by_track = jnp.abs(computer.C_DL[0, 0]) > 0.5
    along = jnp.where(by_track, jnp.abs(v_L[0]), jnp.abs(v_L[2]))
    across = jnp.where(by_track, across, jnp.sqrt(v_L[0] ** 2 + v_L[1] ** 2))
    return computer.mass * jnp.maximum(along / ahead, across / aside)


def _sets(a: VotingState, b: VotingState) -> tuple[tuple[SetState, SetState], tuple[SetState, SetState]]:
    return (a.gyro, b.gyro), (a.accelerometer, b.accelerometer)


def _product(A: Mat33, B: Mat33) -> Mat33:
    return jnp.sum(A[:, :, None] * B[None, :, :], axis=1)
