"""Planning a return on the flight's own orbit model: opportunities, and the burn for the chosen one."""

import dataclasses

import jax
import numpy as np

from homeward._aot.program import program
from homeward.earth.constants import G0, J2_EGM96, MU_EGM96, RADIUS_EGM96
from homeward.earth.orientation import AbstractOrientation
from homeward.earth.time import Epoch
from homeward.errors import Infeasible
from homeward.flight.deorbit.landing_opportunities import STEP, Pass, find_passes, orbit_path, orbital_period
from homeward.flight.deorbit.orbit_propagator import J3, J4, OrbitModel, propagate
from homeward.flight.deorbit.targeting import (
    ENTRY_TIME,
    DeorbitPlan,
    DeorbitTask,
    cheapest_deorbit,
    first_guess,
    solve_deorbit,
)
from homeward.flight.entry.onboard_model import OnboardModel
from homeward.icd import EntryTarget
from homeward.scenario.build.flight_computer import believed_mass
from homeward.scenario.build.world import build_air, build_ellipsoid, densities, number, numbers
from homeward.scenario.schema.scenario import Scenario

HALF_WORLD = 2.1e7  # m: no site is farther from a ground track
ENTRY_SHIFT = 400e3  # m: a return's plane passes the site at most this far from the orbit's own pass
FALL_TIME = 2100.0  # s from ignition to passing the site: the first guess
QUICKEST = 1500.0  # s from the start to a pass that can be had at best, from a low and falling orbit
SETTLE = 900.0  # s before the guessed ignition at which the solution starts
USUAL_BURN = 120.0  # m/s, for the thrust direction taken for the list of opportunities
PASS_SHARE = 0.8  # of the time of entry after which the capsule, already slow, is beside the site
MODULE_LEAD = 300.0  # s before ignition at which the orbital module is left
ORBIT_LEAD = 600.0  # s before ignition at which a flight begins that starts with the burn
TRIM_LEAD = 600.0  # s from the departure burn to leaving the orbital module, at least
STATION_BALLISTIC = 130.0  # kg/m2, mass over CD times area of a station: CSS and ISS are both near it
REACH_SHARE = 0.9  # of the sideways reach that planning may use
SAME_BURN = 300.0  # s: two passes whose burns lie closer are one


@program
def _spin(orientation, t):
    return orientation.at(t)


@program
def _carry(model, r, v, t):
    return propagate(model, r, v, t, 2)[:2]


def carry(model: OrbitModel, state: np.ndarray, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """Place and velocity in E a short time [s] after a state (6,): the rest of a step of the path."""
    r, v = _carry(model, state[:3], state[3:], number(seconds))
    return np.asarray(r), np.asarray(v)


def spin_at(orientation: AbstractOrientation, t: float) -> tuple[np.ndarray, np.ndarray]:
    """``(C_EI, omega_EI_E)`` at ``t`` [s since the epoch], as NumPy arrays."""
    spin = _spin(orientation, number(t))
    return np.asarray(spin.C_EI0), np.asarray(spin.omega_EI_E)


@dataclasses.dataclass(frozen=True)
class Opportunity:
    """One chance to land: the pass, the burn that uses it, and what it costs. Times in s since the epoch."""

    index: int
    revolution: int
    time: float
    undock: float
    burn: float
    cross_range: float  # m, site right (+) of where a flight without sideways lift comes down
    ground_track: float  # m, of the orbit's own ground track from the site
    reach: float  # m, how far sideways the nominal bank can carry
    direction: str
    delta_v: float
    feasible: bool
    why_not: str


@dataclasses.dataclass
class Planner:
    """What planning knows: believed Earth, ship, air, target, and the orbit it plans from."""

    scenario: Scenario
    model: OrbitModel  # of the ship after undocking
    docked: OrbitModel  # of what flies before it
    onboard: OnboardModel
    target: EntryTarget
    orientation: AbstractOrientation

    def earth_state(self, t: float, r_I: np.ndarray, v_I: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Earth-fixed state at ``t`` [s since the epoch]."""
        C, omega = spin_at(self.orientation, t)
        r_E = C @ np.asarray(r_I)
        return r_E, C @ np.asarray(v_I) - np.cross(omega, r_E)

    def task(self) -> DeorbitTask:
        """The wanted entry and the believed ship at ignition (orbital module already gone)."""
        s = self.scenario
        g, data = s.flight.guidance, s.onboard_data
        c, e, stack = data.capsule, data.engine, data.stack
        return DeorbitTask(
            *(
                number(x)
                for x in (
                    np.radians(g.entry_angle_deg), g.interface_altitude_m, np.radians(g.bank_nominal_deg),
                    np.radians(g.bank_end_deg), 530.0, np.radians(c.bank_rate_limit_deg_s),
                    np.radians(c.bank_acceleration_limit_deg_s2), g.load_limit_g,
                    believed_mass(s) + stack.service_module_kg + stack.propellant_kg, e.count * e.thrust_n,
                    e.specific_impulse_s * G0,
                )
            )
        )  # fmt: skip

    def site_up(self) -> np.ndarray:
        """Geodetic normal of the site."""
        a, b = np.radians([self.scenario.site.latitude_deg, self.scenario.site.longitude_deg])
        return np.array([np.cos(a) * np.cos(b), np.cos(a) * np.sin(b), np.sin(a)])

    def lead(self, period: float) -> float:
        """Time [s] from the flight's beginning to ignition."""
        s = self.scenario
        if s.return_.legs.start == "burn":
            return ORBIT_LEAD
        least = s.onboard_data.separation.departure_delay_s + TRIM_LEAD + MODULE_LEAD
        return max(s.flight.plan.return_revolutions * period, least)

    def opportunities(self, epoch: Epoch, r_E: np.ndarray, v_E: np.ndarray, days: float) -> list[Opportunity]:
        """Every pass of the next days that an entry can come near, with its burn.

        Raises ``Infeasible`` for a path that is no orbit, or comes down by itself before the first pass.
        """
        plan = self.scenario.flight.plan
        ellipsoid = build_ellipsoid(self.scenario.as_believed())
        period = orbital_period(self.docked, r_E, v_E)
        if not np.isfinite(period):
            raise Infeasible(f"{self.scenario.name}: the initial state does not circle the Earth: it escapes")
        times, states = orbit_path(self.docked, np.asarray(r_E), np.asarray(v_E), days * 86400.0)
        keep = times <= days * 86400.0 + 6000.0
        times, states = times[keep], states[keep]
        down = self.comes_down(states)
        if down is not None:
            times, states = times[:down], states[:down]
        wide = plan.cross_range_limit_m + ENTRY_SHIFT
        passes = find_passes(times, states, self.site_up(), ellipsoid, wide) if len(times) > 3 else []
        # The path goes on beyond the days asked for, so that the last pass in them is whole.
        passes = [p for p in passes if QUICKEST < p.time <= days * 86400.0]
        if not passes:
            if down is not None:
                end = epoch.plus(20.0 * down).to_iso(0)
                raise Infeasible(
                    f"{self.scenario.name}: the orbit comes down to the interface by itself on {end}, "
                    f"before it has passed {self.scenario.site.name}"
                )
            return []
        rows = self.guessed_ignition(times, states, passes) - SETTLE / STEP
        rows = np.maximum(rows, 0.0).astype(int)
        solved = solve_deorbit(
            self.model, self.onboard, ellipsoid, self.task(), self.target,
            states[rows, :3], states[rows, 3:], np.full(len(rows), SETTLE),
            np.full(len(rows), self.half_arc(period)),
        )  # fmt: skip
        found = [
            self.judge(p, float(times[row]), jax.tree.map(lambda x, k=k: x[k], solved), period)
            for k, (p, row) in enumerate(zip(passes, rows, strict=True))
        ]
        # A pass sooner than an ordinary fall takes is no chance missed, unless it can be had all the same.
        return _numbered([o for o in found if o.time > FALL_TIME or o.feasible])

    def guessed_ignition(self, times: np.ndarray, states: np.ndarray, passes: list[Pass]) -> np.ndarray:
        """Row of the path at which each pass's burn would begin, by an impulse on the two-body orbit."""
        at = np.array([p.time for p in passes])
        task = self.task()
        rows = np.maximum((at - FALL_TIME) / STEP, 0.0)
        angle, none = np.full(len(at), float(task.entry_angle)), np.zeros(len(at))
        for _ in range(2):
            k = rows.astype(int)
            r, v = states[k, :3], states[k, 3:]
            guess = first_guess(self.model, float(task.interface_altitude), angle, r, v, none, none)
            burning = guess[:, 0] * float(task.mass / task.thrust)
            rows = np.maximum((at - guess[:, 1] - ENTRY_TIME * PASS_SHARE - 0.5 * burning) / STEP, 0.0)
        return rows

    def half_arc(self, period: float) -> float:
        """Half the arc [rad] flown during the burn: a thrust fixed in space points best at its middle."""
        task = self.task()
        return float(np.pi / period * USUAL_BURN * task.mass / task.thrust)

    def comes_down(self, states: np.ndarray) -> int | None:
        """Index of the first state below the entry interface."""
        r = np.linalg.norm(states[:, :3], axis=1)
        a, f = float(self.model.radius), float(self.model.flattening)
        altitude = r - a * (1.0 - f * (states[:, 2] / r) ** 2)
        low = ~(altitude > self.scenario.flight.guidance.interface_altitude_m)
        return int(np.argmax(low)) if low.any() else None

    def judge(
        self, p: Pass, start: float, solved: DeorbitPlan, period: float, since: float = 0.0
    ) -> Opportunity:
        """A pass with the burn solved for it from ``start`` [s], for a flight from ``since`` [s] on."""
        plan = self.scenario.flight.plan
        burn = start + float(solved.ignition)
        begin = burn - self.lead(period)
        cross, delta_v, reach = float(solved.cross_range), float(solved.delta_v), float(solved.reach)
        closed = abs(float(solved.residual[0])) < 1e-4 and abs(float(solved.residual[2])) < 5e3
        why = ""
        if not closed or not np.isfinite(delta_v):
            why = "no burn gives this entry angle and downrange"
        elif abs(cross) > plan.cross_range_limit_m:
            why = f"cross-range {abs(cross) / 1e3:.0f} km is beyond {plan.cross_range_limit_m / 1e3:.0f} km"
        elif abs(cross) > REACH_SHARE * reach:
            why = (
                f"cross-range {abs(cross) / 1e3:.0f} km is beyond the reach of the lift, {reach / 1e3:.0f} km"
            )
        elif delta_v > plan.delta_v_limit_m_s:
            why = f"needs {delta_v:.0f} m/s, allowed are {plan.delta_v_limit_m_s:.0f} m/s"
        elif begin < since:
            many = plan.return_revolutions
            why = (
                f"leaves no {ORBIT_LEAD:.0f} s from the epoch to the burn"
                if self.scenario.return_.legs.start == "burn"
                else f"leaves no {many} revolution{'s' * (many != 1)} from the epoch to the burn"
            )
        return Opportunity(
            0,
            p.revolution,
            p.time,
            begin,
            burn,
            cross,
            p.cross_range,
            reach,
            p.direction,
            delta_v,
            not why,
            why,
        )

    def nearest_approach(self, r_E: np.ndarray, v_E: np.ndarray, days: float) -> Pass | None:
        """The pass that comes closest, however far that is."""
        times, states = orbit_path(self.docked, np.asarray(r_E), np.asarray(v_E), days * 86400.0)
        ellipsoid = build_ellipsoid(self.scenario.as_believed())
        passes = find_passes(times, states, self.site_up(), ellipsoid, HALF_WORLD)
        return min(passes, key=lambda p: p.cross_range) if passes else None

    def carry(self, r_E: np.ndarray, v_E: np.ndarray, duration: float) -> tuple[np.ndarray, np.ndarray]:
        """State after ``duration`` [s] on the flight's own orbit model."""
        if duration <= 0.0:
            return r_E, v_E
        times, states = orbit_path(self.model, np.asarray(r_E), np.asarray(v_E), duration)
        row = min(int(duration / (times[1] - times[0])), len(times) - 1)
        return carry(self.model, states[row], duration - float(times[row]))

    def deorbit(
        self, start: float, r_E: np.ndarray, v_E: np.ndarray, burn_guess: float
    ) -> tuple[DeorbitPlan, float]:
        """The cheapest burn near a guessed time [s since the epoch], from a state at ``start``.

        Returns the plan and the time its own clock starts from. Raises ``Infeasible`` if no burn does it.
        """
        until = max(burn_guess - SETTLE - start, 0.0)
        times, states = orbit_path(self.model, np.asarray(r_E), np.asarray(v_E), max(until, 20.0))
        row = int(until / (times[1] - times[0]))
        ellipsoid = build_ellipsoid(self.scenario.as_believed())
        plan = cheapest_deorbit(
            self.model, self.onboard, ellipsoid, self.task(), self.target,
            states[row, :3], states[row, 3:], burn_guess - start - float(times[row]),
        )  # fmt: skip
        if not np.isfinite(plan.delta_v) or abs(plan.residual[0]) > 1e-5 or abs(plan.residual[2]) > 2e3:
            raise Infeasible(
                f"{self.scenario.name}: no deorbit burn near the chosen pass gives an entry angle of "
                f"{self.scenario.flight.guidance.entry_angle_deg:g} deg and the downrange to "
                f"{self.scenario.site.name}"
            )
        return plan, start + float(times[row])


def _numbered(found: list[Opportunity]) -> list[Opportunity]:
    """In order of the burn, one of each burn, counted."""
    kept: list[Opportunity] = []
    for item in sorted(found, key=lambda o: (not o.feasible, o.ground_track)):
        if all(abs(item.burn - other.burn) > SAME_BURN for other in kept):
            kept.append(item)
    kept.sort(key=lambda o: o.burn)
    return [dataclasses.replace(o, index=k) for k, o in enumerate(kept)]


def thin_air(scenario: Scenario, epoch: Epoch, r_I: np.ndarray, v_I: np.ndarray, mu: float) -> np.ndarray:
    """The exponential that the believed air follows between perigee and apogee: see ``OrbitModel.air``."""
    r = float(np.linalg.norm(r_I))
    energy = 0.5 * float(v_I @ v_I) - mu / r
    h2 = float(np.sum(np.cross(r_I, v_I) ** 2))
    e = np.sqrt(max(1.0 + 2.0 * energy * h2 / mu**2, 0.0))
    perigee = h2 / mu / (1.0 + e)
    apogee = h2 / mu / (1.0 - e) if e < 0.9 else r
    lowest = float(np.clip(perigee - RADIUS_EGM96 - 15e3, 120e3, 900e3))
    # What an eccentric orbit meets far above its perigee hardly counts.
    highest = float(np.clip(apogee - RADIUS_EGM96 + 15e3, lowest + 30e3, lowest + 150e3))
    heights = np.linspace(lowest, highest, 130)
    air = build_air(scenario.as_believed(), epoch)
    density = np.asarray(densities(air, heights)) * scenario.onboard_data.air.density_scale
    slope, level = np.polyfit(heights - lowest, np.log(np.maximum(density, 1e-30)), 1)
    return np.array([level, slope, lowest])


def build_planner(
    scenario: Scenario,
    orientation: AbstractOrientation,
    onboard: OnboardModel,
    target: EntryTarget,
    epoch: Epoch,
    r_I: np.ndarray,
    v_I: np.ndarray,
) -> Planner:
    """A planner whose frame is turned as the Earth is at the epoch, for the orbit of a state [m, m/s, I]."""
    _, omega = spin_at(orientation, 0.0)
    own, gravity = scenario.as_believed(), scenario.onboard_data.gravity
    point = gravity.model == "central"
    zonal = numbers([0.0, 0.0, 0.0] if point else [J2_EGM96, J3, J4])
    mu = gravity.mu_m3_s2 or MU_EGM96
    air = thin_air(scenario, epoch, r_I, v_I, mu)

    def model(ballistic: float) -> OrbitModel:
        law = numbers(air - np.array([np.log(ballistic), 0.0, 0.0]))
        f = build_ellipsoid(own).f
        return OrbitModel(number(mu), number(RADIUS_EGM96), zonal, numbers(omega), f, law)

    ship = model(stack_ballistic(own))
    docked = ship if scenario.return_.legs.start == "burn" else model(STATION_BALLISTIC)
    return Planner(scenario, ship, docked, onboard, target, orientation)


def stack_ballistic(scenario: Scenario) -> float:
    """Mass over CD times area [kg/m2] of the whole ship; of belief in ``Scenario.as_believed``."""
    stack = scenario.truth.stack
    mass = (
        scenario.truth.capsule.mass_kg
        + stack.orbital_module_kg
        + stack.service_module_kg
        + stack.propellant_kg
    )
    return mass / (stack.drag_area_m2 * stack.drag_coefficient)
