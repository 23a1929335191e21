"""What is told of a flight: the numbers of ``homeward return --json``, from the truth at each leg's end."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.program import program
from homeward.dispersion.landing import LandingDraws
from homeward.earth.geodesy import from_geodetic, horizontal_distance, to_geodetic
from homeward.earth.orientation import inertial_to_earth
from homeward.missions.canopy_loads import canopies_told, canopy_numbers
from homeward.missions.canopy_state import canopy_open
from homeward.missions.entry_outcome import entry_verdict, told_verdict
from homeward.missions.failure_text import failure_told
from homeward.missions.implausible_values import BOUNDS, implausible
from homeward.missions.landing import horizontal_speed, landing_numbers, landing_told
from homeward.missions.return_outcome import limits_told, outcome_of, succeeded
from homeward.planning.return_plan import ReturnPlan
from homeward.scenario.build.entry_guidance import law_name
from homeward.scenario.return_limits import return_limits
from homeward.sim.mission import Outcome
from homeward.world.state import TruthState

# m: a deployment by static pressure is three sigma of it, 750 m, off its altitude where navigation is lost.
OPENED_WITHIN = 1000.0


def places_program(world, truth):
    """Earth-fixed position and relative velocity, geodetic place and vertical speed of every lane."""

    def one(truth):
        spin = world.orientation.at(truth.time)
        r, v = inertial_to_earth(spin, truth.time, truth.r_BI_I, truth.v_BI_I)
        lat, lon, alt = to_geodetic(world.ellipsoid, r)
        up = jnp.stack([jnp.cos(lat) * jnp.cos(lon), jnp.cos(lat) * jnp.sin(lon), jnp.sin(lat)])
        v_I = truth.v_BI_I
        angle = jnp.arcsin(jnp.sum(truth.r_BI_I * v_I) / jnp.sqrt(jnp.sum(truth.r_BI_I**2) * jnp.sum(v_I**2)))
        return {
            "r_E": r, "v_E": v, "latitude": lat, "longitude": lon, "altitude": alt,
            "vertical_speed": jnp.sum(v * up), "speed": jnp.sqrt(jnp.sum(v * v)),
            "inertial_speed": jnp.sqrt(jnp.sum(v_I * v_I)),
            "flight_path_angle": angle,
        }  # fmt: skip

    return jax.vmap(one)(truth)


_places = program(places_program)


@program
def _distances(ellipsoid, a, b):
    return jax.vmap(lambda x, y: horizontal_distance(ellipsoid, x, y))(a, b)


_position, _geodetic = program(from_geodetic), program(to_geodetic)


def places(world, truth: TruthState) -> dict[str, np.ndarray]:
    """Where every lane is, as arrays."""
    return {key: np.asarray(value) for key, value in _places(world, truth).items()}


def _lengths(vectors: np.ndarray) -> np.ndarray:
    return np.sqrt(np.sum(vectors**2, axis=1))


def metrics(
    plan: ReturnPlan, world, flight, outcome: Outcome, landing: LandingDraws | None = None
) -> dict[str, np.ndarray]:
    """The numbers of every lane, SI and radians, one array each.

    ``landing`` is what the runs have drawn of their landing place.
    """
    site = plan.scenario.site
    lat, lon = np.radians(site.latitude_deg), np.radians(site.longitude_deg)
    ends = outcome.ends
    at_interface = places(world, outcome.starts["entry"])
    opening = places(world, ends["entry"])
    lanes = opening["altitude"].shape[0]
    aim = np.broadcast_to(np.asarray(flight.target.aim_E), (lanes, 3))
    moved = outcome.carry.flight.aim_moved
    moved = np.zeros((lanes, 3)) if moved is None else np.asarray(moved)
    aim = aim + moved  # where the flight software steered to, in the end
    site_E = np.broadcast_to(
        np.asarray(_position(world.ellipsoid, lat, lon, site.altitude_m)),
        (lanes, 3),
    )
    if outcome.flight is not None and outcome.flight.main is not None:
        site_E = np.asarray(outcome.flight.main.site_E)  # the ground may have named another one in flight
    truth = outcome.truth
    final = places(world, truth)
    ended = "touchdown" in ends
    result = {
        "failed": np.asarray(truth.failed),
        "failed_time": np.asarray(truth.failed_time),
        "interface_time": np.asarray(outcome.starts["entry"].time),
        "interface_flight_path_angle": at_interface["flight_path_angle"],
        "interface_speed": at_interface["inertial_speed"],
        "peak_load": np.asarray(ends["entry"].extremes.load),
        "peak_heat_rate": np.asarray(ends["entry"].extremes.heat_rate),
        "peak_dynamic_pressure": np.asarray(ends["entry"].extremes.dynamic_pressure),
        "heat_load": np.asarray(ends["entry"].heat_load),
        "bank_reversals": np.asarray(ends["entry"].extremes.bank_reversals),
        "open_altitude": opening["altitude"],
        "open_latitude": opening["latitude"],
        "open_longitude": opening["longitude"],
        "open_speed": opening["speed"],
        "open_time": np.asarray(ends["entry"].time),
        "open_miss": np.asarray(_distances(world.ellipsoid, opening["r_E"], aim)),
        "aim_moved": _lengths(moved),
        "navigation_error_open": _lengths(outcome.beliefs["entry"].error),
        "parachute_stage": np.asarray(truth.stage),
        "touchdown_latitude": final["latitude"],
        "touchdown_longitude": final["longitude"],
        "touchdown_miss": np.asarray(_distances(world.ellipsoid, final["r_E"], site_E)),
        "touchdown_vertical_speed": np.abs(final["vertical_speed"]),
        "touchdown_horizontal_speed": horizontal_speed(final),
        "touchdown_time": np.asarray(truth.time),
        "propellant": np.asarray(outcome.starts[next(iter(outcome.starts))].propellant - truth.propellant),
    }
    sigma = outcome.beliefs["entry"].sigma
    if sigma is not None:
        result["navigation_sigma_open"] = _lengths(sigma)
    if truth.body is not None:
        tank = plan.scenario.truth.capsule.thrusters.propellant_kg
        result["tumbled"] = np.asarray(truth.body.foremost) > 0.0
        after = ends["entry"].body
        assert after is not None
        result["thruster_propellant"] = tank - np.asarray(after.propellant)
    result |= entry_verdict(flight, outcome, final["r_E"], float(world.ellipsoid.a))
    if ended:
        result["peak_opening_load"] = np.asarray(truth.extremes.opening_load)
        result["peak_landing_load"] = np.asarray(truth.extremes.landing_load)
        result["peak_crew_load"] = np.maximum(
            result["peak_load"], np.maximum(result["peak_opening_load"], result["peak_landing_load"])
        )
        result |= landing_numbers(plan.scenario, world, truth, final, result["peak_landing_load"], landing)
        result |= canopy_numbers(plan.scenario, truth)
        result["canopy_open"] = canopy_open(world, outcome)
        result["arrived"] = np.abs(final["altitude"] - site.altitude_m) < 1.0
    else:
        opened = plan.scenario.return_.legs.opening_altitude_m
        result["arrived"] = np.abs(result["open_altitude"] - opened) < OPENED_WITHIN
    return judged(plan, result, law_name(flight.guidance), ended)


def judged(
    plan: ReturnPlan, numbers: dict[str, np.ndarray], law: str, to_the_ground: bool
) -> dict[str, np.ndarray]:
    """The numbers with ``failed`` of what is beyond physics (``implausible`` says which), and ``success``."""
    skipped = () if to_the_ground else tuple(k for k in BOUNDS if k.startswith("touchdown"))
    found = implausible({k: v for k, v in numbers.items() if k not in skipped})
    found = np.where(numbers["failed"], -1, found)
    failed = numbers["failed"] | (found >= 0)
    time = np.where(found >= 0, numbers["touchdown_time"], numbers["failed_time"])
    numbers = numbers | {"failed": failed, "failed_time": time, "implausible": found}
    numbers["success"] = succeeded(return_limits(plan.scenario, law), numbers, to_the_ground)
    return numbers


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _three_sigma(sigma: float) -> float | None:
    return 3.0 * sigma if np.isfinite(sigma) else None


def summarise(
    plan: ReturnPlan, numbers: dict[str, np.ndarray], outcome: Outcome, flight, world,
    *, lane: int, seed: int | None, guidance: str, fidelity: str, extra: dict[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The summary of one lane, in the units people read."""
    n = {key: value[lane] for key, value in numbers.items()}
    s, epoch = plan.scenario, plan.epoch
    aim = np.asarray(flight.target.aim_E)
    lat, lon, _ = _geodetic(world.ellipsoid, aim if aim.ndim == 1 else aim[lane])
    legs = [
        {"name": name, "start": float(leg.start[lane]), "end": float(leg.end[lane])}
        for name, leg in outcome.legs
    ]
    deg = np.degrees
    summary: dict[str, Any] = {
        "scenario": s.name,
        "seed": seed,
        "guidance": guidance,
        "fidelity": fidelity,
        "success": bool(n["success"]),
        "outcome": "",
        "epoch_utc": epoch.to_iso(3),
        "legs": legs,
        "deorbit": None,
        "entry": {
            "interface_time_utc": epoch.plus(float(n["interface_time"])).to_iso(3),
            "flight_path_angle_deg": float(deg(n["interface_flight_path_angle"])),
            "speed_m_s": float(n["interface_speed"]),
            "peak_load_g": float(n["peak_load"]),
            "peak_heat_rate_w_m2": float(n["peak_heat_rate"]),
            "peak_dynamic_pressure_pa": float(n["peak_dynamic_pressure"]),
            "heat_load_j_m2": float(n["heat_load"]),
            "bank_reversals": int(n["bank_reversals"]),
        },
        "parachute": {
            "open_altitude_m": float(n["open_altitude"]),
            "open_speed_m_s": float(n["open_speed"]),
            "open_miss_km": float(n["open_miss"]) / 1e3,
            "peak_opening_load_g": _number(n.get("peak_opening_load")),
            "aim_latitude_deg": float(deg(lat)),
            "aim_longitude_deg": float(deg(lon)),
        },
        "touchdown": None,
        "navigation": {
            "position_error_at_parachute_m": float(n["navigation_error_open"]),
            "position_3sigma_at_parachute_m": _three_sigma(float(n.get("navigation_sigma_open", np.nan))),
        },
        "propellant_kg": float(n["propellant"]),
        "peak_crew_load_g": _number(n.get("peak_crew_load", n["peak_load"])),
    }
    verdict = told_verdict(n)
    if verdict is not None:
        summary["executive"] = verdict
    failure = failure_told(plan, n, [(g["name"], g["start"], g["end"]) for g in legs])
    if failure is not None:
        summary["failure"] = failure
    if plan.deorbit is not None and plan.burn_time is not None:
        burn = outcome.ends["deorbit burn"]
        before = outcome.starts["deorbit burn"]
        start = next(leg for name, leg in outcome.legs if name == "deorbit burn").start[lane]
        summary["deorbit"] = {
            "burn_start_utc": epoch.plus(float(start)).to_iso(3),
            "delta_v_m_s": float(burn.sensed_delta_v[lane]),
            "duration_s": float(burn.time[lane] - before.time[lane]),
            "pitch_deg": float(deg(plan.deorbit.pitch)),
            "propellant_kg": float(before.propellant[lane] - burn.propellant[lane]),
            # The flight computer's own choice: what it knew was not enough for the burn that was planned.
            "put_off": bool(outcome.carry.flight.put_off[lane]),
        }
    if "touchdown" in outcome.ends:
        summary["touchdown"] = {
            "latitude_deg": float(deg(n["touchdown_latitude"])),
            "longitude_deg": float(deg(n["touchdown_longitude"])),
            "miss_km": float(n["touchdown_miss"]) / 1e3,
            "vertical_speed_m_s": float(n["touchdown_vertical_speed"]),
            "horizontal_speed_m_s": float(n["touchdown_horizontal_speed"]),
            "peak_landing_load_g": float(n["peak_landing_load"]),
            "time_utc": epoch.plus(float(n["touchdown_time"])).to_iso(3),
        }
        canopies = canopies_told(n, s.truth.canopies)
        summary["parachute"] |= {"canopies": canopies} if canopies else {}
        assessed = landing_told(n, s.truth.landing)
        summary["touchdown"] |= {"landing": assessed} if assessed else {}
    summary.update(extra or {})
    limits = return_limits(s, guidance)
    summary["limits"] = limits_told(limits, numbers, "touchdown" in outcome.ends, lane) + _clear(summary)
    # What only a recorded flight is asked: that it kept clear of the station and of its own modules.
    summary["success"] = summary["success"] and all(row["kept"] for row in summary["limits"])
    summary["outcome"] = outcome_of(summary)
    return summary


def _clear(summary: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of ``limits``: the departure from the station, and the modules that fly on beside the capsule."""
    found = []
    departure = summary.get("departure") or {}
    if "safe" in departure:
        found.append(("clear of the station", "departure.safe", bool(departure["safe"])))
    modules = summary.get("modules") or ()
    if modules:
        found.append(("clear of the modules", None, not any(m["recontact"] for m in modules)))
    return [
        {"name": name, "quantity": key, "flown": good, "limit": True, "unit": "", "kept": good}
        for name, key, good in found
    ]
