"""``rendezvous``: fly one, from insertion to a docked hatch, and tell how it went."""

import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from homeward.dispersion.rendezvous import disperse_pair
from homeward.errors import InputError
from homeward.missions.approach_clearance import approach_facts
from homeward.missions.passive_safety import Safety, judge
from homeward.missions.progress import shows_progress
from homeward.missions.rendezvous_history import PairHistory, history_of, stage_names
from homeward.missions.rendezvous_outcome import judged
from homeward.missions.rendezvous_result import RendezvousFlight
from homeward.missions.rendezvous_summary import abort_of, summarise
from homeward.missions.withdrawal import rows_of, withdraw, withdrawal_facts
from homeward.planning.rendezvous_plan import RendezvousPlan, plan_rendezvous, strikes_on
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.listeners import begun
from homeward.sim.rendezvous.far_range_lanes import fly_far
from homeward.sim.rendezvous.proximity_lanes import fly_close
from homeward.typing import Array

FAR_SHARE = 0.4  # of the progress bar


@shows_progress
def rendezvous(
    scenario: Scenario, *, plan: str | None = None, port: str | None = None, dispersed: bool = False,
    seed: int = 0, run: int = 0, progress: Callable[[str, float], None] | None = None,
    between: Callable[[Any, Any], tuple[Any, Any]] | None = None,
) -> RendezvousFlight:  # fmt: skip
    """Fly a scenario's rendezvous. ``plan`` and ``port`` go before the scenario's own.

    ``dispersed`` draws insertion, sensors, thrusters and air; run ``run`` of ``seed`` is that of
    ``fly_pairs``. ``between`` is asked before each minute of the far legs and each half minute of the last
    ones, with the flight computer and the carry of these legs: orders from the ground, see
    ``homeward.ground.commands.approach_commands``.
    Raises ``Infeasible`` where no plan serves, ``InputError`` for a scenario without a rendezvous.
    """
    if isinstance(seed, bool) or seed < 0:
        raise InputError(f"rendezvous: seed: expected a whole number of at least 0, not {seed!r}")
    began = time.perf_counter()
    made = plan_rendezvous(scenario, plan, port)
    picks = np.array([run])
    world, carry = disperse_pair(made, seed, picks, dispersed)
    keys = pair_keys(seed, picks)
    until = float(np.max(np.asarray(made.far.arrivals))) + float(made.far.homing_time)
    first = float(made.far.arrivals[0]) + float(made.far.homing_time)

    def far_progress(name: str, share: float) -> None:
        if progress is not None:
            progress(name, FAR_SHARE * min(share * until / first, 1.0))

    def close_progress(name: str, share: float) -> None:
        if progress is not None:
            progress(name, FAR_SHARE + (1.0 - FAR_SHARE) * share)

    begun(made.inserted.epoch, stage_names(made.steps))
    far, far_result = fly_far(world, made.far, carry, keys, True, until, far_progress, between)
    fault = made.told.faults.thruster_s if made.told.faults.thruster >= 0 else 1e12
    close, frames = fly_close(
        world, made.close, fault, far, keys, True, made.steps, close_progress, between=between
    )
    history = history_of(made, far_result, frames, 0)
    check_times(made, history)
    left, left_rows = None, None
    if made.told.ends == "withdrawn" and bool(np.asarray(close.truth.contact.captured)[0]):
        flown = withdraw(made, world, close, fault, keys, True, progress)
        left, left_rows = withdrawal_facts(made, world, flown, 0), rows_of(made, flown, 0)
    if progress is not None:
        progress("passive safety", 1.0)
    safety = judge_flight(made, world, history, 0)
    summary = summarise(made, far, float(far_result.aim_delta_v[0]), close, history, safety, 0)
    summary["approach"] = approach_facts(made, history.rows)
    summary["abort"] = abort_of(history, world, far, close, 0)
    summary["withdrawal"] = left
    summary = judged(made.told, summary)
    summary |= {"dispersed": dispersed, "seed": seed, "wall_s": time.perf_counter() - began}
    return RendezvousFlight(made, history, summary, left_rows)


def check_times(made: RendezvousPlan, history: PairHistory) -> None:
    """Raise ``InputError`` for a failure of the scenario's file whose time lies outside its leg or flight."""
    time, stage = history.rows["time"], history.rows["stage"]
    for strike in strikes_on(made):
        if strike.leg is None:
            if not 0.0 <= strike.time <= time[-1]:
                raise InputError(
                    f"{strike.key}.when: this rendezvous ends at {time[-1]:.0f} s, before {strike.time:g} s"
                )
            continue
        mine = time[stage == history.stages.index(strike.leg)]
        lasts = float(mine[-1] - mine[0]) if len(mine) else 0.0
        if strike.time > lasts + 1.0:
            raise InputError(
                f"{strike.key}.when: {strike.leg} lasts {lasts:.0f} s, and +{strike.time:g} s is outside it"
            )


def judge_flight(made: RendezvousPlan, world: Any, history: PairHistory, lane: int) -> Safety:
    """Passive safety of a recorded flight up to the second hold point."""
    rows = history.before_second_hold()
    return judge(
        world, lane, rows.time, rows.bodies, rows.mass, rows.delta_v,
        made.told.station.keep_out_radius_m,
    )  # fmt: skip


def pair_keys(seed: int, runs: np.ndarray) -> Array:
    """The key of every run's noise."""
    key = jax.random.fold_in(jax.random.key(seed), 0x7A)
    return jax.vmap(lambda run: jax.random.fold_in(key, run))(jnp.asarray(runs))


__all__ = ["RendezvousFlight", "judge_flight", "pair_keys", "rendezvous"]
