"""Planning a return on the flight's own orbit model: opportunities, and the burn for the chosen one."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from homeward.earth.constants import G0, J2_EGM96, MU_EGM96, RADIUS_EGM96
from homeward.earth.orientation import AbstractOrientation
from homeward.errors import Infeasible
from homeward.flight.deorbit import DeorbitPlan, DeorbitTask, cheapest_deorbit, solve_deorbit
from homeward.flight.onboard import OnboardModel
from homeward.flight.opportunities import Pass, find_passes, orbit_path, orbital_period
from homeward.flight.orbit_model import J3, J4, OrbitModel, propagate
from homeward.icd import EntryTarget
from homeward.scenario.build import build_ellipsoid, number
from homeward.scenario.build_flight import believed_mass
from homeward.scenario.schema import Scenario

HALF_WORLD = 2.1e7  # m: no site is farther from a ground track
ENTRY_SHIFT = 400e3  # m: a return's plane passes the site at most this far from the orbit's own pass
FALL_TIME = 2700.0  # s from ignition to passing the site: the first guess
SETTLE = 900.0  # s before the guessed ignition at which the solution starts
PITCH = np.radians(6.0)  # thrust direction taken for the list of opportunities


_spin = jax.jit(lambda orientation, t: orientation.at(t))
_carry = jax.jit(lambda model, r, v, t: propagate(model, r, v, t, 2)[:2])


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
    cross_range: float  # m, site right (+) of the entry plane
    ground_track: float  # m, of the orbit's own ground track from the site
    direction: str
    delta_v: float
    feasible: bool
    why_not: str


@dataclasses.dataclass
class Planner:
    """What planning knows: believed Earth, ship, air, target, and the orbit it plans from."""

    scenario: Scenario
    model: OrbitModel
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
        g, c, b = s.flight.guidance, s.truth.capsule, s.flight.believed
        e, stack = s.truth.engine, s.truth.stack
        thrust = e.count * (e.thrust_n if b.thrust_n is None else b.thrust_n)
        impulse = e.specific_impulse_s if b.specific_impulse_s is None else b.specific_impulse_s
        rate = c.bank_rate_limit_deg_s if b.bank_rate_limit_deg_s is None else b.bank_rate_limit_deg_s
        return DeorbitTask(
            *(
                number(x)
                for x in (
                    np.radians(g.entry_angle_deg), g.interface_altitude_m, np.radians(g.bank_nominal_deg),
                    np.radians(g.bank_end_deg), 1500.0, np.radians(rate),
                    np.radians(c.bank_acceleration_limit_deg_s2), g.load_limit_g,
                    believed_mass(s) + stack.service_module_kg + stack.propellant_kg, thrust, impulse * G0,
                )
            )
        )  # fmt: skip

    def site_up(self) -> np.ndarray:
        """Geodetic normal of the site."""
        a, b = np.radians([self.scenario.site.latitude_deg, self.scenario.site.longitude_deg])
        return np.array([np.cos(a) * np.cos(b), np.cos(a) * np.sin(b), np.sin(a)])

    def opportunities(self, t0: float, r_E: np.ndarray, v_E: np.ndarray, days: float) -> list[Opportunity]:
        """Every pass of the next days whose entry plane can come near the site, with its burn."""
        plan = self.scenario.flight.plan
        ellipsoid = build_ellipsoid(self.scenario)
        times, states = orbit_path(self.model, jnp.asarray(r_E), jnp.asarray(v_E), days * 86400.0)
        keep = times <= days * 86400.0 + 6000.0
        times, states = times[keep], states[keep]
        period = orbital_period(self.model, jnp.asarray(r_E), jnp.asarray(v_E))
        wide = plan.cross_range_limit_m + ENTRY_SHIFT
        passes = find_passes(times, states, self.site_up(), ellipsoid, wide)
        passes = [p for p in passes if p.time - FALL_TIME - SETTLE > 0.0]
        if not passes:
            return []
        rows = [int((p.time - FALL_TIME - SETTLE) / (times[1] - times[0])) for p in passes]
        solved = solve_deorbit(
            self.model, self.onboard, ellipsoid, self.task(), self.target,
            states[rows, :3], states[rows, 3:], np.full(len(rows), SETTLE), np.full(len(rows), PITCH),
        )  # fmt: skip
        return [
            self._judge(k, t0, p, float(times[rows[k]]), solved, period, plan) for k, p in enumerate(passes)
        ]

    def _judge(
        self, k: int, t0: float, p: Pass, start: float, solved: DeorbitPlan, period: float, plan
    ) -> Opportunity:
        burn = start + float(solved.ignition[k])
        undock = burn - plan.return_revolutions * period
        cross, delta_v = float(solved.cross_range[k]), float(solved.delta_v[k])
        closed = abs(float(solved.residual[k, 0])) < 1e-4 and abs(float(solved.residual[k, 2])) < 5e3
        why = ""
        if not closed or not np.isfinite(delta_v):
            why = "no burn gives this entry angle and downrange"
        elif abs(cross) > plan.cross_range_limit_m:
            why = f"cross-range {abs(cross) / 1e3:.0f} km is beyond {plan.cross_range_limit_m / 1e3:.0f} km"
        elif delta_v > plan.delta_v_limit_m_s:
            why = f"needs {delta_v:.0f} m/s, allowed are {plan.delta_v_limit_m_s:.0f} m/s"
        elif undock < 0.0:
            why = f"leaves no {plan.return_revolutions} revolutions from the epoch to the burn"
        return Opportunity(
            k, p.revolution, t0 + p.time, t0 + undock, t0 + burn, cross, p.cross_range, p.direction, delta_v,
            not why, why,
        )  # fmt: skip

    def nearest_approach(self, r_E: np.ndarray, v_E: np.ndarray, days: float) -> Pass | None:
        """The pass that comes closest, however far that is."""
        times, states = orbit_path(self.model, jnp.asarray(r_E), jnp.asarray(v_E), days * 86400.0)
        ellipsoid = build_ellipsoid(self.scenario)
        passes = find_passes(times, states, self.site_up(), ellipsoid, HALF_WORLD)
        return min(passes, key=lambda p: p.cross_range) if passes else None

    def carry(self, r_E: np.ndarray, v_E: np.ndarray, duration: float) -> tuple[np.ndarray, np.ndarray]:
        """State after ``duration`` [s] on the flight's own orbit model."""
        if duration <= 0.0:
            return r_E, v_E
        times, states = orbit_path(self.model, jnp.asarray(r_E), jnp.asarray(v_E), duration)
        row = min(int(duration / (times[1] - times[0])), len(times) - 1)
        rest = duration - float(times[row])
        r, v = _carry(self.model, states[row, :3], states[row, 3:], number(rest))
        return np.asarray(r), np.asarray(v)

    def deorbit(
        self, start: float, r_E: np.ndarray, v_E: np.ndarray, burn_guess: float
    ) -> tuple[DeorbitPlan, float]:
        """The cheapest burn near a guessed time [s since the epoch], from a state at ``start``.

        Returns the plan and the time its own clock starts from. Raises ``Infeasible`` if no burn does it.
        """
        until = max(burn_guess - SETTLE - start, 0.0)
        times, states = orbit_path(self.model, jnp.asarray(r_E), jnp.asarray(v_E), max(until, 20.0))
        row = int(until / (times[1] - times[0]))
        ellipsoid = build_ellipsoid(self.scenario)
        plan = cheapest_deorbit(
            self.model, self.onboard, ellipsoid, self.task(), self.target,
            states[row, :3], states[row, 3:], burn_guess - start - float(times[row]),
        )  # fmt: skip
        if not np.isfinite(plan.delta_v) or abs(plan.residual[0]) > 1e-5 or abs(plan.residual[2]) > 2e3:
            raise Infeasible(
                f"{self.scenario.name}: no deorbit burn near the chosen pass gives an entry angle of "
                f"{self.scenario.flight.guidance.entry_angle_deg:g} deg and the downrange to {self.scenario.site.name}"
            )
        return plan, start + float(times[row])


def build_planner(
    scenario: Scenario,
    orientation: AbstractOrientation,
    onboard: OnboardModel,
    target: EntryTarget,
    t0: float,
) -> Planner:
    """A planner whose frame is turned as the Earth is at ``t0`` [s since the epoch]."""
    _, omega = spin_at(orientation, t0)
    point = scenario.truth.gravity.model == "central"
    zonal = jnp.zeros(3) if point else jnp.asarray([J2_EGM96, J3, J4])
    mu = scenario.truth.gravity.mu_m3_s2 or MU_EGM96
    model = OrbitModel(number(mu), number(RADIUS_EGM96), zonal, jnp.asarray(omega))
    return Planner(scenario, model, onboard, target, orientation)
