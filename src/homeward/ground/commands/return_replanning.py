"""What the executive of a return reckons with when it judges a site or a burn: the flight's own planning.

From what navigation believes and nothing else. Before the burn a site is flown to by a burn solved anew,
on the pass that is flown or on one of the next day; a burn that is named is carried through to the interface.
After the burn the site must lie in the reach of the lift.
"""

import dataclasses

import jax
import numpy as np

from homeward.earth.constants import G0
from homeward.errors import Infeasible
from homeward.flight.deorbit.burn_prediction import burn_outcome
from homeward.flight.deorbit.footprint import Reach, coasted, reach_from
from homeward.flight.deorbit.landing_opportunities import find_passes, orbit_path
from homeward.flight.entry.entry_corridor import entry_corridor
from homeward.flight.executive.flight_computer import FlightComputer
from homeward.ground.commands.commands import Burn
from homeward.icd import EntryTarget
from homeward.planning.deorbit_planner import ENTRY_SHIFT, FALL_TIME, REACH_SHARE, Planner, spin_at
from homeward.planning.landing_opportunities import planner_of, span_of
from homeward.scenario.build.flight_computer import build_onboard, forecast_of
from homeward.scenario.build.initial_state import initial_state
from homeward.scenario.build.world import build_earth, build_ellipsoid
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.core.carry import Carry

NOTICE = 300.0  # s before the burn, of the old plan and of the new one, that both still need
SETTLE = 600.0  # s before a named burn from which it is carried through in fine steps
WAIT = 86400.0  # s that another pass may be waited for
MOST_PASSES = 3  # of them that are solved


class Insane(Exception):  # noqa: N818
    """This command cannot be flown; one sentence says why."""


@dataclasses.dataclass(frozen=True)
class Burning:
    """A burn to be made: start [s since the epoch], size [m/s], direction (I), the interface after it [m,
    m/s, E]."""

    start: float
    delta_v: float
    direction_I: np.ndarray
    r_interface_E: np.ndarray
    v_interface_E: np.ndarray


class ReturnPlanning:
    """Planning on board of one return, made ready when it is first asked."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._made: Planner | None = None

    def _planner(self, target: EntryTarget, site_deg: tuple[float, float]) -> Planner:
        if self._made is None:
            s = self._scenario
            start = initial_state(s)
            orientation = build_earth(s.as_believed(), start.epoch, span_of(s.flight.plan.days))
            self._made = planner_of(s, start, orientation, target)
        s = self._scenario
        site = s.site.model_copy(update=dict(zip(("latitude_deg", "longitude_deg"), site_deg, strict=True)))
        there = s.model_copy(update={"landing_site": site})
        return dataclasses.replace(self._made, scenario=there, target=target)

    def reach(self, flight: FlightComputer, carry: Carry) -> Reach:
        """What the lift can reach from where the ship believes to be; raises Insane where it does not come
        down."""
        s, (_, r, v) = self._scenario, _believed(carry)
        limits = _limits(s)
        altitude = float(np.asarray(flight.target.altitude).ravel()[0])
        bank = float(np.asarray(carry.flight.last.bank).ravel()[0])
        if s.return_.legs.start == "interface":
            onboard = build_onboard(s, initial_state(s).epoch, forecast_of(s))
            return reach_from(onboard, r, v, bank, altitude, limits)
        planner = self._planner_now(flight)
        after, r, v = self.interface(flight, carry)
        return reach_from(planner.onboard, r, v, 0.0 if after > 0.0 else bank, altitude, limits)

    def interface(self, flight: FlightComputer, carry: Carry) -> tuple[float, np.ndarray, np.ndarray]:
        """Where the coast from where the ship believes to be ends: s from now (0 where it is lower already)
        and state [m, m/s, E]; raises Insane where it does not come down."""
        _, r, v = _believed(carry)
        high = self._scenario.flight.guidance.interface_altitude_m
        down = coasted(self._planner_now(flight).model, r, v, high)
        if down is None:
            raise Insane("the ship does not come down to the interface")
        return down

    def _planner_now(self, flight: FlightComputer) -> Planner:
        """The planner for the target in force."""
        site = self._scenario.site
        target = jax.tree.map(lambda x: np.asarray(x)[0], flight.target)
        return self._planner(target, (site.latitude_deg, site.longitude_deg))

    def to_site(
        self, target: EntryTarget, site_deg: tuple[float, float], carry: Carry, burn: float
    ) -> Burning:
        """The burn that leads to a site [deg] whose aim is ``target``: near the time of the one planned, or
        on a later pass. Raises Insane where none does."""
        planner = self._planner(target, site_deg)
        now, r, v = _believed(carry)
        reasons = []
        for guess in (burn, *self._passes(planner, now, r, v, burn)):
            try:
                return self._solved(planner, now, r, v, guess, carry)
            except (Insane, Infeasible) as error:
                reasons.append(_why(error))
        raise Insane(reasons[0] + ("; nor does any pass of a day serve" if len(reasons) > 1 else ""))

    def _passes(self, planner: Planner, now: float, r: np.ndarray, v: np.ndarray, burn: float) -> list[float]:
        """Guesses of the burn [s] of the passes to come, that of the burn planned left out."""
        times, states = orbit_path(planner.model, r, v, WAIT)
        keep = times <= WAIT
        limit = self._scenario.flight.plan.cross_range_limit_m + ENTRY_SHIFT
        passes = find_passes(
            times[keep], states[keep], planner.site_up(), build_ellipsoid(self._scenario.as_believed()), limit
        )
        guesses = [now + p.time - FALL_TIME for p in passes]
        return [g for g in guesses if g > now + NOTICE and abs(g - burn) > 1500.0][:MOST_PASSES]

    def _solved(
        self, planner: Planner, now: float, r: np.ndarray, v: np.ndarray, guess: float, carry: Carry
    ) -> Burning:
        plan, clock = planner.deorbit(now, r, v, guess)
        start, limit = clock + float(plan.ignition), self._scenario.flight.plan
        cross, reach = float(plan.cross_range), float(plan.reach)
        if start - now < NOTICE:
            raise Insane(f"its burn would be due in {start - now:.0f} s, and takes {NOTICE:.0f} s to prepare")
        if abs(cross) > min(limit.cross_range_limit_m, REACH_SHARE * reach):
            most = min(limit.cross_range_limit_m, REACH_SHARE * reach)
            raise Insane(
                f"it lies {abs(cross) / 1e3:.0f} km off the entry's plane, allowed are {most / 1e3:.0f}"
            )
        self._affordable(float(plan.delta_v), carry)
        C_EI, _ = spin_at(planner.orientation, start)
        direction = C_EI.T @ np.asarray(plan.direction_E)
        interface = np.asarray(plan.r_interface_E), np.asarray(plan.v_interface_E)
        return Burning(start, float(plan.delta_v), direction, *interface)

    def named(self, target: EntryTarget, command: Burn, carry: Carry) -> Burning:
        """The burn of a command; raises Insane where it leads to no entry, or not to the site."""
        s = self._scenario
        planner = self._planner(target, (s.site.latitude_deg, s.site.longitude_deg))
        now, r, v = _believed(carry)
        self._affordable(command.delta_v_m_s, carry)
        ahead = max(command.start_s - now - SETTLE, 0.0)
        r, v = planner.carry(r, v, ahead)
        told = burn_outcome(
            planner.model, planner.task(), r, v, command.start_s - now - ahead, command.delta_v_m_s,
            command.pitch_rad, command.yaw_rad,
        )  # fmt: skip
        if told is None:
            raise Insane("it does not bring the ship down within a revolution")
        g = s.flight.guidance
        speed = float(np.linalg.norm(told.v_E))
        steep, shallow = entry_corridor(
            planner.onboard, speed, g.interface_altitude_m, s.onboard_data.limits.load_g
        )
        # What is solved for is the inertial angle; the corridor is that through the air.
        through = float(np.arcsin(told.r_E @ told.v_E / (np.linalg.norm(told.r_E) * speed)))
        if not steep <= through <= shallow:
            raise Insane(
                f"it leads to an entry at {np.degrees(through):.2f} deg, and the corridor is from "
                f"{np.degrees(steep):.2f} to {np.degrees(shallow):.2f}"
            )
        altitude = float(np.asarray(target.altitude))
        reach = reach_from(planner.onboard, told.r_E, told.v_E, 0.0, altitude, _limits(s))
        why = reach.objection(np.asarray(target.aim_E))
        if why:
            raise Insane(f"the site would be out of reach: {why}")
        C_EI, _ = spin_at(planner.orientation, command.start_s)
        direction = C_EI.T @ told.direction_E
        return Burning(command.start_s, command.delta_v_m_s, direction, told.r_E, told.v_E)

    def _affordable(self, delta_v: float, carry: Carry) -> None:
        s = self._scenario
        limit = s.flight.plan.delta_v_limit_m_s
        if delta_v > limit:
            raise Insane(f"it takes {delta_v:.1f} m/s, allowed are {limit:g}")
        data = s.onboard_data
        mass = data.capsule.mass_kg + data.stack.service_module_kg + data.stack.propellant_kg
        needed = mass * (1.0 - np.exp(-delta_v / (data.engine.specific_impulse_s * G0)))
        # Of the tanks' gauge: what is left is told on board.
        left = float(np.min(np.asarray(carry.truth.propellant)))
        if needed > left:
            raise Insane(f"it takes {needed:.0f} kg of propellant, and {left:.0f} kg are left")


def _limits(s: Scenario) -> tuple[float, float, float]:
    c = s.onboard_data.capsule
    rate, turn = c.bank_rate_limit_deg_s, c.bank_acceleration_limit_deg_s2
    return float(np.radians(rate)), float(np.radians(turn)), float(s.flight.guidance.load_limit_g)


def _believed(carry: Carry) -> tuple[float, np.ndarray, np.ndarray]:
    """Onboard time [s] and state in E that the first lane's navigation told last; raises Insane at first."""
    last = carry.flight.last
    r, v = np.asarray(last.r_BE_E).reshape(-1, 3)[0], np.asarray(last.v_BE_E).reshape(-1, 3)[0]
    if not np.linalg.norm(r) > 1e6:
        raise Insane("navigation has not begun")
    return float(np.asarray(last.time).ravel()[0]), r, v


def _why(error: Exception) -> str:
    """A refusal without the name of the scenario that planning puts before it."""
    return str(error).split(": ", 1)[1] if isinstance(error, Infeasible) else str(error)
