"""The earliest landings from many moments of one flight: at sites, on land, at sea; all reckoned at once.

Moments between which nothing thrusts lie on one path, an *arc*: they share the burns that can be made along
it.
"""

import dataclasses
from collections.abc import Callable

import jax
import numpy as np

from homeward._aot.program import program
from homeward.earth.constants import G0
from homeward.earth.land import on_land, shore_distance
from homeward.flight.deorbit.free_landing import Entered, entries, pitch_of, solve_free
from homeward.flight.deorbit.landing_opportunities import (
    STEP,
    Pass,
    find_passes,
    orbit_path,
    orbital_period,
)
from homeward.flight.deorbit.orbit_propagator import OrbitModel
from homeward.flight.deorbit.targeting import solve_deorbit
from homeward.flight.descent.parachute_drift import drift
from homeward.planning.deorbit_planner import ENTRY_SHIFT, QUICKEST, SETTLE, USUAL_BURN, Planner
from homeward.scenario.build.flight_computer import believed_mass, believed_parachutes, low_air
from homeward.scenario.build.initial_state import InitialState
from homeward.scenario.build.world import build_ellipsoid, number
from homeward.scenario.schema.scenario import Scenario

SAME_PATH = 1e-3  # m/s: moments between which less than this was burnt lie on one arc
COARSE = 6  # steps of the path between two burns that are solved; those between them are interpolated
AROUND = 1.15  # revolutions ahead that land and sea are looked for
SHORE = 30e3  # m from a drawn shore at which a place is surely land or surely sea
SLACK = 30.0  # s later than the earliest: the flown burn is solved anew and moves by some seconds
DAY = 86400.0
LAND, SEA = "land", "sea"

Told = Callable[[str, float], None]


@dataclasses.dataclass(frozen=True)
class Moments:
    """Moments in order: time [s since the planner's epoch] (n,), state in I (n, 3), delta-v spent so far
    [m/s] and propellant left [kg] (n,). ``lead`` [s] is the least time from each to a burn, ``departure``
    [m/s] what is burnt before it to leave the station."""

    time: np.ndarray
    r_I: np.ndarray
    v_I: np.ndarray
    spent: np.ndarray
    propellant: np.ndarray
    lead: float
    departure: float = 0.0

    def arcs(self) -> list[tuple[int, int]]:
        """First moment of each arc, and the one after its last."""
        firsts, begun = [0], 0
        for k in range(1, len(self.time)):
            if self.spent[k] - self.spent[begun] > SAME_PATH:
                firsts.append(k)
                begun = k
        return list(zip(firsts, [*firsts[1:], len(self.time)], strict=True))


@dataclasses.dataclass(frozen=True)
class AbortLanding:
    """A landing from a moment; times in s since the planner's epoch, ``cross_range`` [m] of a site."""

    burn: float
    delta_v: float  # m/s
    delta_v_left: float  # m/s
    landing: float
    latitude_deg: float
    longitude_deg: float
    load: float  # g, under the nominal bank
    ballistic_load: float  # g
    cross_range: float = 0.0


def free_landings(
    planner: Planner, scenario: Scenario, start: InitialState, moments: Moments, progress: Told | None = None
) -> dict[str, list[AbortLanding | None]]:
    """For every moment the earliest landing on land and the earliest at sea, within a revolution.

    The burn is one of those every ``STEP`` of the path ahead. None where no burn that the delta-v limit
    allows comes down there.
    """
    ellipsoid, altitude = build_ellipsoid(scenario.as_believed()), float(planner.target.altitude)
    arcs, model = moments.arcs(), planner.docked
    paths, rows, masses = [], [], []
    fixed = float(planner.task().mass) - scenario.onboard_data.stack.propellant_kg
    for begin, end in arcs:
        r, v = planner.earth_state(float(moments.time[begin]), moments.r_I[begin], moments.v_I[begin])
        period = orbital_period(model, r, v)
        span = float(moments.time[end - 1] - moments.time[begin]) + moments.lead + AROUND * period
        _, states = orbit_path(model, r, v, span)
        states = states[: int(span / STEP) + 2 * COARSE]
        paths.append(states)
        rows.append(np.arange(int(moments.lead / STEP), len(states), COARSE))
        masses.append(fixed + moments.propellant[begin])
    pitch = pitch_of(planner.task(), period, USUAL_BURN)
    lit = np.concatenate([states[k] for states, k in zip(paths, rows, strict=True)])
    many = np.repeat(masses, [len(k) for k in rows])
    task = planner.task()

    def solve(states: np.ndarray, mass: np.ndarray):
        return solve_free(
            model, ellipsoid, task, states[:, :3], states[:, 3:], mass, np.full(len(states), pitch)
        )

    if progress is not None:
        progress("burns along the way", 0.0)
    burns = solve(lit, many)
    if progress is not None:
        progress("entries", 0.3)
    met = entries(planner.onboard, task, altitude, burns.r_E, burns.v_E)
    good = burns.closed & (burns.delta_v <= scenario.flight.plan.delta_v_limit_m_s)
    kinds: dict[str, list[tuple[int, int] | None]] = {LAND: [], SEA: []}
    offsets = np.cumsum([0, *(len(k) for k in rows)])
    for a, (begin, end) in enumerate(arcs):
        mine = slice(offsets[a], offsets[a + 1])
        fine = np.arange(rows[a][0], rows[a][-1] + 1)
        share = np.array([np.interp(fine, rows[a], met.end_E[mine, i]) for i in range(3)]).T
        usable = np.interp(fine, rows[a], good[mine].astype(float)) == 1.0
        latitude, longitude = _place(share, model)
        land, shore = on_land(latitude, longitude), shore_distance(latitude, longitude)
        for name, there in ((LAND, land), (SEA, ~land)):
            may = usable & there & (shore >= SHORE)
            for k in range(begin, end):
                due = float(moments.time[k] - moments.time[begin]) + moments.lead + SLACK
                at = np.flatnonzero(may & (fine * STEP >= due))
                kinds[name].append((a, int(fine[at[0]])) if len(at) else None)
    if progress is not None:
        progress("landings", 0.6)
    found: dict[str, list[AbortLanding | None]] = {}
    falls = descent_time(scenario, start, 0.0)
    for name, picks in kinds.items():
        found[name] = [None] * len(picks)
        chosen = [pick for pick in picks if pick is not None]
        there = [k for k, pick in enumerate(picks) if pick is not None]
        if not there:
            continue
        states = np.array([paths[a][row] for a, row in chosen])
        burns = solve(states, fixed + moments.propellant[there])
        told = entries(planner.onboard, task, altitude, burns.r_E, burns.v_E)
        latitude, longitude = _place(told.end_E, model)
        for i, (k, (a, row)) in enumerate(zip(there, chosen, strict=True)):
            burn = float(moments.time[arcs[a][0]]) + STEP * row
            down = burn + float(burns.duration[i] + burns.fall[i] + told.duration[i]) + falls
            found[name][k] = AbortLanding(
                burn, float(burns.delta_v[i]),
                left_over(scenario, fixed, moments, k, float(burns.delta_v[i])), down,
                float(latitude[i]), float(longitude[i]), float(told.load[i]), float(told.ballistic_load[i]),
            )  # fmt: skip
    return found


def site_landings(
    planner: Planner, scenario: Scenario, start: InitialState, moments: Moments, days: float,
    progress: Told | None = None,
) -> list[AbortLanding | None]:  # fmt: skip
    """For every moment the earliest landing at the scenario's site within ``days``: its opportunities, judged
    as ``homeward opportunities`` judges them. None where there is none.

    A day of passes is solved at a time, for the arcs that still look for one.
    """
    arcs, model = moments.arcs(), planner.docked
    last = [float(moments.time[end - 1]) + moments.lead for _, end in arcs]
    chances: list[list[tuple[float, Entered, float, float, float]]] = [[] for _ in arcs]
    ellipsoid, task = build_ellipsoid(scenario.as_believed()), planner.task()
    fixed = float(task.mass) - scenario.onboard_data.stack.propellant_kg
    paths, down = [], []
    for begin, _ in arcs:
        r, v = planner.earth_state(float(moments.time[begin]), moments.r_I[begin], moments.v_I[begin])
        paths.append((orbital_period(model, r, v), *orbit_path(model, r, v, days * DAY)))
        fallen = planner.comes_down(paths[-1][2])
        down.append(len(paths[-1][1]) if fallen is None else fallen)
    wide = scenario.flight.plan.cross_range_limit_m + ENTRY_SHIFT
    for day in range(int(np.ceil(days))):
        if progress is not None:
            progress(f"passes over {scenario.site.name}", day / np.ceil(days))
        lit: list[tuple[int, Pass, int]] = []
        for a in range(len(arcs)):
            if any(burn >= last[a] + SLACK for burn, *_ in chances[a]):
                continue
            _, times, states = paths[a]
            times, states = times[: down[a]], states[: down[a]]
            begun = max(day * DAY, QUICKEST)
            end = min((day + 1) * DAY, days * DAY)
            near = find_passes(times, states, planner.site_up(), ellipsoid, wide) if len(times) > 3 else []
            near = [p for p in near if begun < p.time <= end]
            if not near:
                continue
            ks = np.maximum(planner.guessed_ignition(times, states, near) - SETTLE / STEP, 0.0).astype(int)
            lit += [(a, p, int(k)) for p, k in zip(near, ks, strict=True)]
        if not lit:
            continue
        states = np.array([paths[a][2][k] for a, _, k in lit])
        pitch = planner.half_arc(paths[0][0])
        solved = solve_deorbit(
            model, planner.onboard, ellipsoid, task, planner.target, states[:, :3], states[:, 3:],
            np.full(len(lit), SETTLE), np.full(len(lit), pitch),
        )  # fmt: skip
        told = entries(
            planner.onboard, task, float(planner.target.altitude), solved.r_interface_E, solved.v_interface_E
        )
        for i, (a, p, k) in enumerate(lit):
            one = jax.tree.map(lambda x, i=i: x[i], solved)
            clock = float(moments.time[arcs[a][0]]) + float(paths[a][1][k])
            # Whether there is time for it is asked of every moment below.
            item = planner.judge(p, clock, one, paths[a][0], -np.inf)
            if item.feasible:
                after = float(one.duration + one.fall + told.duration[i])
                entered = jax.tree.map(lambda x, i=i: x[i], told)
                chances[a].append((item.burn, entered, item.delta_v, after, item.cross_range))
    falls = descent_time(scenario, start, scenario.site.altitude_m)
    found: list[AbortLanding | None] = []
    for (begin, end), mine in zip(arcs, chances, strict=True):
        mine = sorted(mine, key=lambda c: c[0])
        for k in range(begin, end):
            due = float(moments.time[k]) + moments.lead + SLACK
            pick = next((c for c in mine if c[0] >= due), None)
            if pick is None:
                found.append(None)
                continue
            burn, entered, delta_v, after, cross = pick
            found.append(AbortLanding(
                burn, delta_v, left_over(scenario, fixed, moments, k, delta_v),
                burn + after + falls, scenario.site.latitude_deg, scenario.site.longitude_deg,
                float(entered.load), float(entered.ballistic_load), cross,
            ))  # fmt: skip
    return found


def left_over(scenario: Scenario, dry: float, moments: Moments, k: int, delta_v: float) -> float:
    """Delta-v [m/s] that the tanks hold after moment ``k``'s burn; negative where they do not hold the burn.

    ``dry`` [kg] is the mass of capsule and service module: the orbital module is left before the burn.
    """
    exhaust = scenario.onboard_data.engine.specific_impulse_s * G0
    held = float(exhaust * np.log1p(moments.propellant[k] / dry))
    return held - moments.departure - delta_v


def descent_time(scenario: Scenario, start: InitialState, ground: float) -> float:
    """Time [s] under the parachutes, from the opening to a ground altitude [m], as planning reckons it."""
    density = low_air(scenario, start.epoch)
    opening = number(scenario.return_.legs.opening_altitude_m)
    return float(
        _fallen(
            believed_parachutes(scenario), number(believed_mass(scenario)), density, opening, number(ground)
        )
    )


@program
def _fallen(parachutes, mass, density, opening, ground):
    return drift(parachutes, mass, density, 0.0 * density, 0.0 * density, opening, ground).duration


def _place(end_E: np.ndarray, model: OrbitModel) -> tuple[np.ndarray, np.ndarray]:
    """Geodetic latitude and longitude [deg] of directions in E of any length."""
    f = float(model.flattening)
    flat = np.hypot(end_E[:, 0], end_E[:, 1])
    latitude = np.arctan2(end_E[:, 2], flat * (1.0 - f) ** 2)
    return np.degrees(latitude), np.degrees(np.arctan2(end_E[:, 1], end_E[:, 0]))


__all__ = ["LAND", "SEA", "AbortLanding", "Moments", "free_landings", "site_landings"]
