"""The rendezvous' flight software as the ship's computer runs it: all that a flight ever calls of it.

Every input and output is a message of ``homeward.icd.rendezvous_messages``. The type of the parameters
selects the program: that of the far legs (a cycle of ten seconds, a tick of one) or that of the close ones (a
second, a tenth of it). Between two chunks of the far legs their planner runs, which takes longer than a
minute of flight.

A cycle is given the readings of its last tick, so the first tick after it has none: theirs have no duration.
"""

from typing import overload

import equinox as eqx
import jax.numpy as jnp

from homeward.astro.lvlh import lvlh_quaternion
from homeward.flight.navigation.measurement_editing import choose
from homeward.flight.relative_navigation.relative_filter import PairFilter, PairFilterState
from homeward.flight.rendezvous.far_range import (
    ARRIVED,
    FarComputer,
    FarState,
    begin_far,
    navigate_far,
    plan_far,
    sensed_far,
    thrust_far,
    wants_plan,
)
from homeward.flight.rendezvous.proximity_executive import (
    AWAY,
    CloseComputer,
    CloseState,
    Orders,
    begin_close,
    control_close,
    cycle_close,
    resting,
    shut_feed,
    tick_close,
)
from homeward.icd import InertialReadings
from homeward.icd.rendezvous_messages import (
    EngineCommand,
    PairMeasurements,
    PairRelease,
    PairReport,
    PairStart,
    PairStatus,
    PairTick,
    ThrusterCommand,
)
from homeward.math.quaternion import multiply
from homeward.typing import Flag, Quat

FAR_CYCLE, CLOSE_CYCLE, CLOSE_TICK = 10.0, 1.0, 0.1  # s
# rad, 1-sigma an axis: how well the far legs hold their attitude. Assumed; the first stars replace it.
HELD = 2e-3

Computer = FarComputer | CloseComputer
State = FarState | CloseState


def init(parameters: FarComputer, start: PairStart) -> FarState:
    """The state at the insertion, from what the ground uplinks."""
    state = begin_far(parameters, _told(parameters.filter, start))
    return eqx.tree_at(lambda s: s.time, state, start.time)


def init_approach(parameters: CloseComputer, far: FarState, orders: Orders) -> CloseState:
    """The state at the first hold point, of all that the far legs have found out.

    The attitude is that which the far legs were commanded to hold, from the believed orbit; stars correct it.
    """
    q_BI = commanded_attitude(parameters, far)
    return begin_close(
        parameters, far.filter, q_BI, far.time, far.mass, orders, far.voting, far.trust, jnp.asarray(HELD)
    )


def commanded_attitude(parameters: CloseComputer, far: FarState) -> Quat:
    """The attitude of the first step of the approach, on the station's believed orbit."""
    return multiply(parameters.steps.q_BL[0], lvlh_quaternion(*far.filter.motion.station()))


def init_withdrawal(parameters: CloseComputer, docked: CloseState, release: PairRelease) -> CloseState:
    """The state as the springs let the ship go. What is known of thrusters that are out stays known."""
    out = (docked.orders.out_index, docked.orders.out_time)
    orders = eqx.tree_at(lambda o: (o.out_index, o.out_time), parameters.orders, out)
    start = release.start
    return begin_close(
        parameters, _told(parameters.filter, start), release.q_BI, start.time, docked.mass, orders,
        sigma=release.attitude_sigma,
    )  # fmt: skip


@overload
def tick(parameters: FarComputer, state: FarState, imu: PairTick) -> tuple[FarState, EngineCommand]: ...
@overload
def tick(
    parameters: CloseComputer, state: CloseState, imu: PairTick
) -> tuple[CloseState, ThrusterCommand]: ...
def tick(parameters: Computer, state: State, imu: PairTick) -> tuple[State, EngineCommand | ThrusterCommand]:
    """One control tick: the inertial unit's readings of the last one taken in, the next one's command."""
    if isinstance(parameters, FarComputer):
        assert isinstance(state, FarState)
        return _tick_far(parameters, state, imu)
    assert isinstance(state, CloseState)
    return _tick_close(parameters, state, imu)


@overload
def cycle(
    parameters: FarComputer, state: FarState, sensors: PairMeasurements
) -> tuple[FarState, PairReport]: ...
@overload
def cycle(
    parameters: CloseComputer, state: CloseState, sensors: PairMeasurements
) -> tuple[CloseState, PairReport]: ...
def cycle(parameters: Computer, state: State, sensors: PairMeasurements) -> tuple[State, PairReport]:
    """One guidance cycle: navigation, decisions, and what the ticks until the next one are to do."""
    if isinstance(parameters, FarComputer):
        assert isinstance(state, FarState)
        return _cycle_far(parameters, state, sensors)
    assert isinstance(state, CloseState)
    return _cycle_close(parameters, state, sensors)


def asks_plan(parameters: FarComputer, state: FarState) -> Flag:
    """Whether the far legs want their burns planned anew."""
    return wants_plan(parameters, state, state.time)


def plan(parameters: FarComputer, state: FarState) -> FarState:
    """The burns planned anew if that is wanted; of bounded length whatever is found."""
    return plan_far(parameters, state, state.time)


def status(state: State) -> PairStatus:
    """Where the computer stands."""
    zero, no = jnp.zeros_like(state.time), jnp.zeros_like(state.time, bool)
    if isinstance(state, FarState):
        return PairStatus(state.stage, state.stage >= ARRIVED, state.aborted, zero, zero, zero)
    leaving = state.mode == AWAY
    return PairStatus(state.step + 2, ~no, leaving, state.away_since, state.waiting, state.waited)


def _told(filter_: PairFilter, start: PairStart) -> PairFilterState:
    own, relative = start.own_sigma, start.relative_sigma
    return filter_.init(
        start.r_BI_I, start.v_BI_I, start.r_BT_I, start.v_BT_I, (own[0], own[1]), (relative[0], relative[1])
    )


def _read(inertial: InertialReadings) -> Flag:
    """Whether there are readings that were not taken in yet."""
    return inertial.duration > 0.0


def _tick_far(parameters: FarComputer, state: FarState, imu: PairTick) -> tuple[FarState, EngineCommand]:
    state = _sensed(parameters, state, imu.inertial)
    ordered, direction, main, seconds = thrust_far(parameters, state, imu.time)
    state, seconds = choose(imu.running, ordered, state), jnp.where(imu.running, seconds, 0.0)
    state = eqx.tree_at(lambda s: (s.main, s.seconds), state, (main, seconds))
    return state, EngineCommand(direction, main, seconds)


def _sensed(parameters: FarComputer, state: FarState, inertial: InertialReadings) -> FarState:
    sensed = sensed_far(parameters, state, inertial, state.main, state.seconds)
    return choose(_read(inertial), sensed, state)


def _cycle_far(
    parameters: FarComputer, state: FarState, sensors: PairMeasurements
) -> tuple[FarState, PairReport]:
    state = _sensed(parameters, state, sensors.inertial)
    state = navigate_far(parameters, state, sensors.aids, jnp.asarray(FAR_CYCLE))
    state = eqx.tree_at(lambda s: s.time, state, sensors.time)
    # The far legs' attitude is an ideal one: their axes B are those of I.
    still = jnp.asarray([1.0, 0.0, 0.0, 0.0])
    believed = parameters.filter.believed(state.filter, still, jnp.zeros(3), sensors.time)
    return state, PairReport(believed, status(state))


def _tick_close(
    parameters: CloseComputer, state: CloseState, imu: PairTick
) -> tuple[CloseState, ThrusterCommand]:
    state = choose(_read(imu.inertial), tick_close(parameters, state, imu.inertial), state)
    controlled, seconds = control_close(parameters, state, state.active, imu.time, jnp.asarray(CLOSE_TICK))
    state, seconds = choose(imu.running, controlled, state), jnp.where(imu.running, seconds, 0.0)
    state = eqx.tree_at(lambda s: s.active, state, seconds)
    return state, ThrusterCommand(seconds, shut_feed(state))


def _cycle_close(
    parameters: CloseComputer, state: CloseState, sensors: PairMeasurements
) -> tuple[CloseState, PairReport]:
    state = choose(_read(sensors.inertial), tick_close(parameters, state, sensors.inertial), state)
    dt = jnp.asarray(CLOSE_CYCLE)
    heard, believed = cycle_close(parameters, state, sensors.aids, sensors.time, dt, sensors.flow)
    # A computer that starts anew decides nothing, but takes up later what its unit has summed.
    state = choose(sensors.running, heard, resting(state, heard))
    state = eqx.tree_at(lambda s: s.time, state, sensors.time)
    return state, PairReport(believed, status(state))
