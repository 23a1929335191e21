"""The flight computer between insertion and the 5 km hold: it measures, plans, burns and plans again.

Two stages use one planner: far guidance to the aim point behind and below the station, and homing from there
to the first hold point. After every burn, and at some set times before an arrival, what is still to be burnt
is planned anew from what navigation says. If that no longer fits the propellant set aside for the chosen
time, the later of the two times to arrive is taken.
"""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.flight.navigation.imu_fdi import Voting, VotingState
from homeward.flight.relative_navigation.gnss_spoofing import (
    PairLead,
    alone,
    led,
    no_lead,
    summed,
    taken_back,
)
from homeward.flight.relative_navigation.relative_filter import PairFilter, PairFilterState
from homeward.flight.relative_navigation.sensor_fdi import Trust, full_trust, heard, judged
from homeward.flight.rendezvous.burn_planner import MOST_BURNS, BurnPlan, plan_burns
from homeward.flight.rendezvous.orbit_propagator import PairModel
from homeward.icd import InertialReadings
from homeward.icd.rendezvous_messages import PairAids
from homeward.math.numerics import norm
from homeward.typing import Array, Count, Flag, Float, Scalar, Vec3
from homeward.vehicle.parameters import Engine

LEAST_MAIN = 1.5  # m/s still to go: below it the thrusters push
ENOUGH = 4e-3  # m/s still to go: the burn is over
LEAST_BURN = 0.06  # m/s: a planned burn below that is left to the next plan
# s before an arrival at which it is planned anew without a burn; a new stage begins with the last three.
CHECKS = jnp.array([129600.0, 86400.0, 43200.0, 21600.0, 2400.0, 900.0, 240.0])
LATE_CHECKS = 3
WEAK, DEAD = 0.2, 3.0  # share of the gain expected that counts as nothing, s of it
LEAST_TIME = 100.0  # s: no new plan this close to an arrival
OUT_OF_QUESTION = 1e4  # m/s, cost of a plan that dips into the air
MISS = 20e3  # m: a plan that arrives farther off does not serve
FAR, HOMING, ARRIVED = 0, 1, 2
SECOND = 1.0  # s between two looks at what was sensed


class FarComputer(eqx.Module):
    """Settings and beliefs. Places and rates are curvilinear (``rendezvous_plan.relative``)."""

    filter: PairFilter
    model: PairModel
    drags: tuple[Scalar, Scalar]  # CD A / m of ship and station, m2/kg, believed
    engine: Engine
    trim: Engine
    mass: Scalar  # kg believed at the insertion
    aim: Float[Array, "6"]
    hold: Float[Array, "6"]
    arrivals: Float[Array, " p"]  # s: at the aim point by the chosen plan, and by the others
    homing_time: Scalar  # s
    budget: Scalar  # m/s up to the aim point: beyond it the later plan is taken
    lowest: Scalar  # m from the Earth's centre that no plan may go below
    most: Scalar  # m/s up to the aim point that the propellant allows
    abort_distance: Scalar  # m to the station at which to leave it at that; 0: nowhere
    abort_time: Scalar  # s at which to
    switch_time: Scalar  # s at which the other plan is ordered
    voting: Voting  # of the accelerometers
    has_fallback: bool = eqx.field(static=True, default=True)


class FarState(eqx.Module):
    """What is carried on. ``choice`` is 0 by the chosen plan, k by the k-th of the others."""

    time: Scalar  # s, onboard, of the last cycle
    filter: PairFilterState
    plan: BurnPlan
    stage: Count
    index: Count  # of the next burn
    burning: Flag
    main: Flag  # of the tick that is flown: by the main engine, and for how long [s]
    seconds: Scalar
    due: Flag
    checked: Count  # of ``CHECKS``
    to_go: Vec3  # m/s, I
    sensed: Vec3  # m/s, I, gained since the last cycle
    moved: Vec3  # m, I, by that gain
    spent: Scalar  # m/s in all
    mass: Scalar
    choice: Count
    switches: Count
    silent: Scalar  # s that the main engine was told to burn and did not
    voting: VotingState
    trust: Trust
    lead: PairLead  # of the satellite receiver
    main_dead: Flag  # it is given up: the thrusters that push forward burn in its place
    asked: Flag  # the ordered change of plan has been looked at
    aborted: Flag  # no burn any more: from anywhere here a free ship stays clear of the station


def no_plan(arrival: Scalar) -> BurnPlan:
    """Nothing planned yet."""
    zero = jnp.zeros(())
    late = jnp.full(MOST_BURNS, 1e12)
    return BurnPlan(late, jnp.zeros((MOST_BURNS, 3)), zero, zero, zero, arrival)


def begin_far(computer: FarComputer, filter_: PairFilterState) -> FarState:
    """The state at the insertion; the first plan is due."""
    zero, none, no = jnp.zeros(()), jnp.asarray(0, int), jnp.asarray(False)
    return FarState(
        time=zero, filter=filter_, plan=no_plan(computer.arrivals[0]), stage=none, index=none, burning=no,
        main=no, seconds=zero,
        due=jnp.asarray(True), checked=none, to_go=jnp.zeros(3), sensed=jnp.zeros(3), moved=jnp.zeros(3),
        spent=zero, mass=computer.mass, choice=none, switches=none, silent=zero, main_dead=no, asked=no,
        aborted=no,
        voting=computer.voting.init(), trust=full_trust(), lead=no_lead(),
    )  # fmt: skip


def navigate_far(computer: FarComputer, state: FarState, aids: PairAids, dt: Scalar) -> FarState:
    """One cycle of ``dt`` [s]: the filter carried on by what was sensed, and corrected."""
    f = computer.filter
    carried = f.propagate(state.filter, state.sensed, dt, moved_I=state.moved)
    # In these legs attitude is held ideally and no sensor reads angles against the hull.
    aids = heard(state.trust, aids)
    updated = f.update(carried, aids, jnp.asarray([1.0, 0.0, 0.0, 0.0]))
    near = norm(updated.motion.r_BT_I) < computer.abort_distance
    trust = judged(state.trust, updated.refused, f.belief.patience, aids, jnp.zeros(()), dt)
    lead = summed(state.lead, carried, updated, alone(aids), dt)
    trust = eqx.tree_at(lambda t: t.satellite, trust, trust.satellite | led(lead))
    updated = taken_back(updated, lead, trust.satellite & ~state.trust.satellite)
    voting, _, _, _ = computer.voting.review(state.voting, dt)
    return eqx.tree_at(
        lambda s: (s.filter, s.sensed, s.moved, s.aborted, s.trust, s.lead, s.voting),
        state,
        (updated, jnp.zeros(3), jnp.zeros(3), state.aborted | near, trust, lead, voting),
    )


def thrust_far(computer: FarComputer, state: FarState, time: Scalar) -> tuple[FarState, Vec3, Flag, Scalar]:
    """What to burn in the second from ``time`` [s]: direction (I), by the main engine or not, seconds."""
    aborted = state.aborted | (time >= computer.abort_time)
    k = jnp.minimum(state.index, MOST_BURNS - 1)
    at, burn = state.plan.times[k], state.plan.burns[k]
    size = norm(burn)
    main = (size > LEAST_MAIN) & ~state.main_dead
    thrust = jnp.where(main, computer.engine.thrust, computer.trim.thrust)
    half = 0.5 * size * state.mass / thrust
    begins = ~state.burning & (state.index < MOST_BURNS) & (size > LEAST_BURN) & (time + 0.5 >= at - half)
    to_go = jnp.where(begins, burn, state.to_go)
    burning = (state.burning | begins) & ~aborted
    left = norm(to_go)
    main = (left > LEAST_MAIN) & ~state.main_dead
    thrust = jnp.where(main, computer.engine.thrust, computer.trim.thrust)
    seconds = jnp.where(burning, jnp.minimum(left * state.mass / thrust, 1.0), 0.0)
    direction = to_go / jnp.maximum(left, 1e-9)
    # A burn too small to be made is passed over when its time has come.
    passed = ~burning & (state.index < MOST_BURNS) & (size <= LEAST_BURN) & (time >= at)
    index = state.index + passed.astype(int)
    new = eqx.tree_at(
        lambda s: (s.to_go, s.burning, s.index, s.aborted), state, (to_go, burning, index, aborted)
    )
    return new, direction, main, seconds


def sensed_far(
    computer: FarComputer, state: FarState, readings: InertialReadings, main: Flag, seconds: Scalar
) -> FarState:
    """After the second: the velocity gained [m/s, I], voted on, is taken off what is still to go.

    An engine that was told to burn for ``seconds`` of it and gave next to nothing, time after time, is dead.
    """
    voting, sample = computer.voting.combine(state.voting, readings)
    gained = sample.delta_velocity
    speed = jnp.where(main, computer.engine.exhaust_speed, computer.trim.exhaust_speed)
    size = norm(gained)
    to_go = state.to_go - jnp.where(state.burning, gained, 0.0)
    over = state.burning & (norm(to_go) < ENOUGH)
    asked = main & (seconds > 0.5)
    nothing = asked & (size < WEAK * computer.engine.thrust / state.mass * seconds)
    silent = jnp.where(nothing, state.silent + 1.0, jnp.where(asked, 0.0, state.silent))
    return eqx.tree_at(
        lambda s: (
            s.to_go, s.burning, s.index, s.due, s.sensed, s.spent, s.mass, s.silent, s.main_dead,
            s.voting, s.moved,
        ),
        state,
        (
            to_go, state.burning & ~over, state.index + over.astype(int), state.due | over,
            state.sensed + gained, state.spent + size, state.mass * (1.0 - size / speed), silent,
            state.main_dead | (silent >= DEAD), voting,
            state.moved + SECOND * (state.sensed + 0.5 * gained),
        ),
    )  # fmt: skip


def wants_plan(computer: FarComputer, state: FarState, time: Scalar) -> Flag:
    """Whether ``plan_far`` would change anything at ``time`` [s]."""
    check = state.plan.arrival - CHECKS[jnp.minimum(state.checked, len(CHECKS) - 1)]
    checking = (state.checked < len(CHECKS)) & (time >= check) & (time < state.plan.arrival)
    arrived = (time >= state.plan.arrival + 1.0) & (state.stage < ARRIVED)
    ordered = (time >= computer.switch_time) & ~state.asked & (state.stage == FAR)
    return ~state.burning & ~state.aborted & (state.due | checking | arrived | ordered)


def plan_far(computer: FarComputer, state: FarState, time: Scalar) -> FarState:
    """Plan what is left anew, if that is due, from what navigation says at ``time`` [s]."""
    wanted = wants_plan(computer, state, time)
    arrived = (time >= state.plan.arrival + 1.0) & (state.stage < ARRIVED)
    stage = state.stage + (wanted & arrived).astype(int)
    base = computer.arrivals[state.choice]
    arrival = jnp.where(stage == FAR, base, base + computer.homing_time)
    aim = jnp.where(stage == FAR, computer.aim, computer.hold)
    motion = state.filter.motion
    ship, station = (motion.r_BI_I, motion.v_BI_I), motion.station()

    def plan(arrival: Scalar) -> BurnPlan:
        # A plan to an arrival already there would divide by nothing; it is not used.
        until = jnp.maximum(arrival, time + LEAST_TIME)
        return plan_burns(computer.model, ship, station, computer.drags, time, until, aim)

    if computer.has_fallback:
        every = jax.vmap(plan)(jnp.concatenate([arrival[None], computer.arrivals[1:]]))
        costs = jax.vmap(lambda p: _cost(computer, p))(every)
        may = (stage == FAR) & (state.choice == 0)
        dear, better = other_plan(costs, computer.budget - state.spent)
        ordered = (time >= computer.switch_time) & ~state.asked
        serves = ordered & (every.miss[1] < MISS) & (state.spent + costs[1] < computer.most)
        switch = wanted & may & (dear | serves)
        pick = jnp.where(switch, jnp.where(serves, 1, better), 0).astype(int)
        chosen = jax.tree.map(lambda x: x[pick], every)
    else:
        chosen, switch, pick = plan(arrival), jnp.asarray(False), jnp.asarray(0, int)
    use = wanted & (chosen.arrival - time > LEAST_TIME + 1.0) & (stage < ARRIVED)
    kept = jax.tree.map(lambda a, b: jnp.where(use, a, b), chosen, state.plan)
    new_stage = stage != state.stage
    checked = jnp.where(new_stage, len(CHECKS) - LATE_CHECKS, jnp.sum(time >= kept.arrival - CHECKS))
    return eqx.tree_at(
        lambda s: (s.plan, s.stage, s.index, s.due, s.checked, s.choice, s.switches, s.asked),
        state,
        (
            kept, stage, jnp.where(use, 0, state.index), state.due & ~wanted,
            jnp.where(wanted, checked, state.checked).astype(int),
            jnp.where(switch, pick, state.choice).astype(int), state.switches + switch.astype(int),
            state.asked | (wanted & (time >= computer.switch_time)),
        ),
    )  # fmt: skip


def other_plan(costs: Float[Array, " p"], left: Scalar) -> tuple[Flag, Count]:
    """Whether the plan flown is to be left for another, and for which, counted from 1.

    ``costs`` [m/s] are what is still to be burnt by the plan flown and by the others, from short to long;
    ``left`` [m/s] what the budget still has. Taken is the first of the others that it bears; where it bears
    none, the cheapest, if that is cheaper than the plan flown.
    """
    others = costs[1:]
    borne = others <= left
    better = jnp.where(jnp.any(borne), jnp.argmax(borne), jnp.argmin(others))
    return (costs[0] > left) & (others[better] < costs[0]), better + 1


def _cost(computer: FarComputer, plan: BurnPlan) -> Scalar:
    return plan.cost + jnp.where(plan.lowest < computer.lowest, OUT_OF_QUESTION, 0.0)
