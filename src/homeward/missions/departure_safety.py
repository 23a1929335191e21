"""Is the departure safe, and where do the modules fall? Flown through the true world after the flight."""

from collections.abc import Callable
from typing import Any

import numpy as np

from homeward.planning.deorbit_planner import STATION_BALLISTIC
from homeward.planning.return_plan import PORTS, ReturnPlan
from homeward.planning.undocking import local_axes_at
from homeward.sim.lanes import whole_history
from homeward.sim.mission import Outcome
from homeward.sim.passive_bodies import Body, Path, Scene, coast, fall, places

REVOLUTIONS = 2.0  # for which nothing may come back
KEEP_OUT = 200.0  # m about the station's centre of mass
FREE = 600.0  # s after undocking from which the keep-out sphere counts
MODULE_FREE = 60.0  # s after a separation from which the two bodies must stay apart
MODULE_KEEP_OUT = 20.0  # m between the centres of capsule and module
MODULE_BALLISTIC = 120.0  # kg/m2 of an orbital module


def departure_facts(
    plan: ReturnPlan, outcome: Outcome, lane: int = 0, scene: Scene | None = None,
    keep: Callable[[Path], None] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """What the summary tells of station and modules: ``departure`` and ``modules``.

    ``keep`` is given the station's path from the undocking on, where there is one. Needs the recorded
    telemetry of the lane. ``scene`` is what it was flown in, the plan's own if left out. A flight from the
    interface has neither, one that begins with the burn no departure.
    """
    if plan.planner is None:
        return {}
    scene = Scene(plan.world, plan.flight) if scene is None else scene
    capsule = _flown(outcome, lane)
    facts: dict[str, Any] = {}
    if plan.station is not None:
        facts["departure"] = departure_from_station(plan, outcome, lane, scene, keep)
    facts["modules"] = [
        item
        for item in (
            _orbital_module(plan, outcome, lane, scene, capsule),
            _service_module(plan, outcome, lane, scene, capsule),
        )
        if item is not None
    ]
    return facts


def _flown(outcome: Outcome, lane: int) -> Path:
    """The capsule's own states from its telemetry."""
    h = whole_history(outcome.legs, lane)
    return Path(h["time"], h["r_BI_I"], h["v_BI_I"])


def _state(outcome: Outcome, leg: str, lane: int) -> tuple[float, np.ndarray, np.ndarray]:
    truth = outcome.starts[leg]
    return float(truth.time[lane]), np.asarray(truth.r_BI_I[lane]), np.asarray(truth.v_BI_I[lane])


def closest(
    capsule: Path, other: Path, begin: float, end: float
) -> tuple[float, float]:  # fmt: skip
    """Least distance [m] of two paths between two instants [s], at the capsule's own states; and when."""
    last = min(end, float(other.time[-1]), float(capsule.time[-1]))
    times = capsule.time[(capsule.time >= begin) & (capsule.time <= last)]
    if not len(times):
        times = np.array([min(max(begin, float(capsule.time[0])), last)])
    apart = np.linalg.norm(capsule.at(times) - other.at(times), axis=1)
    k = int(np.argmin(apart))
    return float(apart[k]), float(times[k])


def _period(plan: ReturnPlan, r: np.ndarray, v: np.ndarray) -> float:
    assert plan.planner is not None
    mu = float(plan.planner.model.mu)
    a = 1.0 / (2.0 / float(np.linalg.norm(r)) - float(v @ v) / mu)
    return float(2.0 * np.pi * np.sqrt(a**3 / mu))


def departure_from_station(
    plan: ReturnPlan, outcome: Outcome, lane: int = 0, scene: Scene | None = None,
    keep: Callable[[Path], None] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """How far the ship stays from the station for two revolutions, or until it leaves the orbit.

    ``keep`` is given the station's path. A mission flown only in part is judged as far as it goes.
    """
    scene = Scene(plan.world, plan.flight) if scene is None else scene
    capsule = _flown(outcome, lane)
    sep = plan.scenario.truth.separation
    time, r, pushed = _state(outcome, "undock", lane)
    # The springs' push is along the axes that the push itself leaves as they are.
    v = pushed - (np.array(PORTS[sep.port][0]) @ local_axes_at(r, pushed)) * sep.undock_speed_m_s
    period = _period(plan, r, v)
    end = time + REVOLUTIONS * period
    station = coast(scene, Body(time, r, v, STATION_BALLISTIC), end_time=end)
    if keep is not None:
        keep(station)
    # The ship's own path for as long as it is in orbit.
    left = float(outcome.starts.get("coast to separation", outcome.truth).time[lane])
    distance, when = closest(capsule, station, time + FREE, left)
    checked = min(end, left) - time
    return {
        "station_min_range_m": distance,
        "station_min_range_utc": plan.epoch.plus(when).to_iso(0),
        "checked_revolutions": checked / period,
        "safe": distance > KEEP_OUT,
        "keep_out_m": KEEP_OUT,
        "port": sep.port,
    }


def _module(
    plan: ReturnPlan, scene: Scene, name: str, path: Path, capsule: Path, left: float, fell: bool
) -> dict[str, Any]:
    distance, _ = closest(capsule, path, left + MODULE_FREE, float(path.time[-1]))
    told: dict[str, Any] = {
        "name": name,
        "fate": "falls" if fell else "stays in orbit",
        "latitude_deg": None, "longitude_deg": None, "time_utc": None, "perigee_km": None,
        "released_utc": plan.epoch.plus(left).to_iso(0),
        "min_range_m": distance,
        "recontact": distance < MODULE_KEEP_OUT,
    }  # fmt: skip
    latitude, longitude, altitude = places(scene, path)
    if fell:
        told["latitude_deg"] = float(np.degrees(latitude[-1]))
        told["longitude_deg"] = float(np.degrees(longitude[-1]))
        told["time_utc"] = plan.epoch.plus(float(path.time[-1])).to_iso(0)
    else:
        told["perigee_km"] = float(np.min(altitude)) / 1e3
    return told


def _orbital_module(
    plan: ReturnPlan, outcome: Outcome, lane: int, scene: Scene, capsule: Path
) -> dict[str, Any] | None:
    stack, speed = plan.scenario.truth.stack, plan.scenario.truth.separation.module_speed_m_s
    if stack.orbital_module_kg <= 0.0:
        return None
    time, r, v = _state(outcome, "coast to burn", lane)
    # Seen from the ship the module goes the other way at the speed of the springs.
    body = Body(time, r, v - speed * local_axes_at(r, v)[1], MODULE_BALLISTIC)
    path, fell = _to_the_ground(plan, scene, body, time + REVOLUTIONS * _period(plan, r, v))
    return _module(plan, scene, "orbital module", path, capsule, time, fell)


def _service_module(
    plan: ReturnPlan, outcome: Outcome, lane: int, scene: Scene, capsule: Path
) -> dict[str, Any] | None:
    stack, speed = plan.scenario.truth.stack, plan.scenario.truth.separation.module_speed_m_s
    if stack.service_module_kg <= 0.0:
        return None
    time, r, v = _state(outcome, "coast to interface", lane)
    body = Body(time, r, v + speed * local_axes_at(r, v)[1], stack.service_module_ballistic_kg_m2)
    path, fell = _to_the_ground(plan, scene, body, time + REVOLUTIONS * _period(plan, r, v))
    return _module(plan, scene, "service module", path, capsule, time, fell)


def _to_the_ground(plan: ReturnPlan, scene: Scene, body: Body, end: float) -> tuple[Path, bool]:
    """Flown until ``end`` [s] or the ground, whichever comes first; and whether it was the ground."""
    interface = plan.scenario.flight.guidance.interface_altitude_m
    path = coast(scene, body, end_time=end, end_altitude=interface)
    if path.time[-1] > end - 1e-3:
        return path, False
    return path.joined(fall(scene, path.body(body.ballistic))), True
