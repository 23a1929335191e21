"""Leaving the station: where it is at undocking, and which way the ship is pushed and burns."""

import numpy as np

from homeward.errors import Infeasible
from homeward.flight.deorbit.landing_opportunities import orbital_period
from homeward.flight.executive.flight_plan import PlanStep, plan_step
from homeward.planning.deorbit_planner import (
    MODULE_LEAD,
    STATION_BALLISTIC,
    Opportunity,
    Planner,
    spin_at,
    stack_ballistic,
)
from homeward.scenario.build.initial_state import InitialState
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.passive_bodies import Body, Scene, coast

COARSE = 30.0  # s: step of a coast of days, wrong by less than a metre a revolution
DAY_STEPS = 8640.0
APPROACH_ELLIPSOID = np.array([2000.0, 1000.0, 1000.0])  # m, half axes: along the track, across it, up
MOST_TRIED = 6  # revolutions more than asked for that are looked at where those do not serve
DEPARTURE_WINDOW = 300.0  # s after its time for which a departure burn waits for an attitude

#: Docking axis in (along track, orbit normal, up), and the sign of the departure burn along track.
PORTS = {
    "forward": ((1.0, 0.0, 0.0), 1.0),
    "aft": ((-1.0, 0.0, 0.0), -1.0),
    "nadir": ((0.0, 0.0, -1.0), -1.0),
}


def local_axes_at(r: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Rows: along track, orbit normal, up."""
    up = r / np.linalg.norm(r)
    normal = np.cross(r, v)
    normal /= np.linalg.norm(normal)
    return np.stack([np.cross(normal, up), normal, up])


def state_at(
    scenario: Scenario, start: InitialState, scene: Scene, t: float
) -> tuple[np.ndarray, np.ndarray]:
    """State in I at ``t`` [s since the epoch] of the station, or of the ship if it begins in free orbit.

    Two-line elements say it themselves; any other start is flown on through the true world, which stands for
    the tracking of those days.
    """
    if start.ephemeris is not None:
        return start.ephemeris(t)
    if t <= 0.0:
        return start.r_I, start.v_I
    docked = scenario.return_.legs.start == "undock"
    ballistic = STATION_BALLISTIC if docked else stack_ballistic(scenario)
    step = float(np.clip(t / DAY_STEPS, scenario.simulation.coast_step_s, COARSE))
    body = Body(0.0, start.r_I, start.v_I, ballistic)
    path = coast(
        scene, body, step=step, end_time=t, end_altitude=scenario.flight.guidance.interface_altitude_m
    )
    if path.time[-1] < t - 1e-3:
        raise Infeasible(
            f"{scenario.name}: the orbit comes down to the interface by itself on "
            f"{start.epoch.plus(float(path.time[-1])).to_iso(0)}"
        )
    return path.r[-1], path.v[-1]


def departure_step(delta_v: float, along: np.ndarray, time: float) -> PlanStep:
    """The departure burn [m/s] along a direction in I, due at ``time`` [s].

    One that cannot be lit within its window, for want of an attitude, is given up: the deorbit burn, aimed on
    board, makes up for the tens of kilometres along the orbit that it leaves.
    """
    return plan_step(delta_v=delta_v, direction_I=along, latest_time=time + DEPARTURE_WINDOW)


def depart(
    scenario: Scenario, planner: Planner, chosen: Opportunity, r: np.ndarray, v: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """From the station's state at undocking: time and state after the departure burn, and its direction."""
    sep = scenario.onboard_data.separation
    axis, sign = PORTS[sep.port]
    spring = (np.array(axis) @ local_axes_at(r, v)) * sep.undock_speed_m_s
    time = chosen.undock + sep.departure_delay_s
    r, v = carried(planner, chosen.undock, r, v + spring, time)
    along = sign * local_axes_at(r, v)[0]
    return time, r, v + sep.departure_delta_v_m_s * along, along


def check_departure(
    scenario: Scenario, planner: Planner, station: tuple[float, np.ndarray, np.ndarray],
    ship: tuple[float, np.ndarray, np.ndarray], burn: float,
) -> None:  # fmt: skip
    """Refuse a departure that is still inside the approach ellipsoid when the ship comes apart or burns.

    ``station`` and ``ship`` are times [s] and states in I [m, m/s], of the one at the undocking and of the
    other after its departure burn. Raises ``Infeasible`` with the first number of revolutions that serves,
    if there is one.
    """
    whole = scenario.onboard_data.stack.orbital_module_kg <= 0.0
    lead, what = (0.0, "deorbit burn") if whole else (MODULE_LEAD, "separation of the orbital module")
    apart = _apart(planner, station, ship, burn - lead)
    if _outside(apart):
        return
    many = scenario.flight.plan.return_revolutions
    period = orbital_period(planner.docked, *planner.earth_state(*station))
    serves = [
        n
        for n in range(many + 1, many + MOST_TRIED)
        if _outside(_apart(planner, station, ship, station[0] + n * period - lead))
    ]
    # Where none serves, the departure itself is the cause: it is flown, and judged by the station's own path.
    if not serves:
        return
    raise Infeasible(
        f"{scenario.name}: flight.plan.return_revolutions = {many}: at the {what} the ship is "
        f"{np.linalg.norm(apart) / 1e3:.1f} km from the station, inside the approach ellipsoid; "
        f"{serves[0]} is the first that serves"
    )


def _apart(
    planner: Planner, station: tuple[float, np.ndarray, np.ndarray],
    ship: tuple[float, np.ndarray, np.ndarray], time: float,
) -> np.ndarray:  # fmt: skip
    """Ship less station [m] at a time [s]: along the track, across it, up."""
    r, _ = carried(planner, *ship, max(time, ship[0]))
    r_T, v_T = carried(planner, *station, max(time, ship[0]))
    return local_axes_at(r_T, v_T) @ (r - r_T)


def _outside(apart: np.ndarray) -> bool:
    return float(np.sum((apart / APPROACH_ELLIPSOID) ** 2)) > 1.0


def carried(
    planner: Planner, t0: float, r_I: np.ndarray, v_I: np.ndarray, t1: float
) -> tuple[np.ndarray, np.ndarray]:
    """Carry an inertial state on with the flight's own orbit model."""
    r_E, v_E = planner.earth_state(t0, r_I, v_I)
    r_E, v_E = planner.carry(r_E, v_E, t1 - t0)
    C, omega = spin_at(planner.orientation, t1)
    return C.T @ r_E, C.T @ (v_E + np.cross(omega, r_E))
