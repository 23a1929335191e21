"""The telemetry of one rendezvous, all legs in one, and what can be read off it."""

import dataclasses

import jax
import numpy as np

from homeward.icd import channels
from homeward.icd.rendezvous_messages import PairFrame
from homeward.planning.rendezvous_plan import RendezvousPlan
from homeward.sim.rendezvous.far_range_lanes import FarResult
from homeward.world.dynamics.two_spacecraft import Bodies

PAUSE = 20.0  # s without thrust after which the next thrust is another burn
LEAST = 0.02  # m/s: less is no burn that anybody would name


@dataclasses.dataclass
class States:
    """States second by second: time [s], both bodies, mass [kg], delta-v so far [m/s]."""

    time: np.ndarray
    bodies: Bodies
    mass: np.ndarray
    delta_v: np.ndarray


@dataclasses.dataclass
class PairHistory:
    """Channels of ``PairFrame`` by name, a row a cycle; the far legs by the second; names of the stages."""

    rows: dict[str, np.ndarray]
    far: States
    stages: list[str]
    second_hold: str  # name of that stage
    arrivals: tuple[float, float]  # s: at the aim point and at the first hold, as planned last

    def before_second_hold(self) -> States:
        """Every second from the insertion to the second hold point, where free drift has to be safe."""
        near = self.rows["stage"] >= 2
        # It is there once it has come to rest.
        speed, stage = np.linalg.norm(self.rows["velocity_L"], axis=1), self.rows["stage"]
        second = self.stages.index(self.second_hold)
        there = ((stage == second) & (speed < 0.1)) | (stage > second)
        end = np.flatnonzero(there)
        last = end[0] if len(end) else len(speed)
        pick = np.flatnonzero(near[:last])
        r = self.rows
        zero = np.zeros((len(pick), 3))
        # Rows of bodies: put together as a tree, since ``Bodies`` itself takes one of each.
        leaves = [*(r[k][pick] for k in ("r_BI_I", "v_BI_I", "r_TI_I", "v_TI_I")), zero, zero]
        close = jax.tree.unflatten(jax.tree.structure(self.far.bodies), leaves)
        bodies = jax.tree.map(lambda a, b: np.concatenate([a, b]), self.far.bodies, close)
        return States(
            np.concatenate([self.far.time, r["time"][pick]]), bodies,
            np.concatenate([self.far.mass, r["mass"][pick]]),
            np.concatenate([self.far.delta_v, r["delta_v"][pick]]),
        )  # fmt: skip

    def burns(self) -> list[dict[str, float | str]]:
        """Burns flown in the far legs, in order: when they began [s], their size, and what for."""
        t, dv = self.far.time, self.far.delta_v
        gained = np.diff(dv, prepend=0.0)
        lit = np.flatnonzero(gained > 1e-6)
        found: list[dict[str, float | str]] = []
        groups = np.split(lit, np.flatnonzero(np.diff(t[lit]) > PAUSE) + 1) if len(lit) else []
        aim, hold = self.arrivals
        for group in groups:
            size = float(gained[group].sum())
            if size >= LEAST:
                when = float(t[group[0]]) - 1.0
                found.append({"time": when, "delta_v_m_s": size, "purpose": _purpose(when, size, aim, hold)})
        return found


def _purpose(when: float, size: float, aim: float, hold: float) -> str:
    if abs(when - aim) < 45.0:
        return "arrival at the aim point"
    if abs(when - hold) < 60.0:
        return "braking at the first hold"
    if size <= 1.0:
        return "correction"
    return "phasing" if when < aim else "homing"


def stage_names(steps: list[str]) -> list[str]:
    """The stages by number: the far legs, then the steps of the approach."""
    return ["far guidance", "homing", *steps]


def history_of(
    plan: RendezvousPlan, far: FarResult, close: list[PairFrame], lane: int, alone: bool = False
) -> PairHistory:
    """One lane's telemetry; rows of a lane that stands still are left out.

    ``close`` is empty where no lane came to the last legs. ``alone`` says that this lane alone was recorded.
    """
    names, row = [c.name for c in channels(PairFrame)], 0 if alone else lane
    parts = [
        {name: np.concatenate([np.asarray(getattr(f, name))[row] for f in frames]) for name in names}
        for frames in (far.frames, close)
        if frames
    ]
    # A lane that has come to the first hold repeats a cycle after it until the others have come.
    begun = parts[1]["time"][0] - 0.5 if len(parts) > 1 else np.inf
    before = parts[0]["time"] < begun
    parts[0] = {k: v[before] for k, v in parts[0].items()}
    rows = {name: np.concatenate([part[name] for part in parts]) for name in names}
    keep = np.append(True, np.diff(rows["time"]) > 1e-9)
    rows = {k: v[keep] for k, v in rows.items()}
    fine = jax.tree.map(
        lambda *x: np.concatenate([p[row].reshape(-1, *p.shape[3:]) for p in x]), *far.seconds
    )
    fresh = np.append(True, np.diff(fine.time) > 1e-9) & (fine.time < begun)
    fine = jax.tree.map(lambda x: x[fresh], fine)
    stages = stage_names(plan.steps)
    last = max(
        (float(np.asarray(p.arrival)[lane]) for _, wanting, p in far.plans if wanting[lane]), default=0.0
    )
    arrivals = (last - float(plan.far.homing_time), last)
    second = f"{plan.told.holds[1].distance_m:g} m hold"
    far_states = States(fine.time, fine.bodies, fine.mass, fine.delta_v)
    return PairHistory(rows, far_states, stages, second, arrivals)
