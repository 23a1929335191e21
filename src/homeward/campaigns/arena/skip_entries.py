"""Skip entries of several ranges, each at an entry angle near the middle of its corridor."""

import dataclasses

import jax.numpy as jnp
import numpy as np

from homeward.earth.constants import MU_EGM96, WGS84_A
from homeward.earth.geodesy import to_geodetic
from homeward.errors import InputError
from homeward.planning.deorbit_planner import spin_at
from homeward.planning.return_plan import plan_return
from homeward.scenario.schema.returns import Initial, State
from homeward.scenario.schema.scenario import Scenario

SKIPS_FROM = 9500.0  # m/s, inertial: slower entries do not skip as far


@dataclasses.dataclass(frozen=True)
class Skip:
    """A range [km] over the turning ground from where the flight begins, and the entry angle flown for it
    [deg, inertial, geocentric, at the scenario's interface altitude]."""

    range_km: float
    angle_deg: float


#: At these angles nearly all dispersed entries of an Orion-like capsule land (docs/models/entry_guidance.md).
SKIPS = (Skip(4000.0, -5.7), Skip(5900.0, -5.66), Skip(7000.0, -5.55), Skip(10000.0, -5.5))


def skip_scenarios(scenario: Scenario) -> list[Scenario]:
    """The scenario once for each of ``SKIPS``: the start turned to the angle, the site moved along.

    Raises ``InputError`` for an entry that is too slow to skip.
    """
    plan = plan_return(scenario)
    r, v = np.asarray(plan.truth.r_BI_I), np.asarray(plan.truth.v_BI_I)
    speed = float(np.linalg.norm(v))
    if speed < SKIPS_FROM:
        raise InputError(
            f"{scenario.name}: --set skip: expected an entry from beyond orbit, faster than {SKIPS_FROM:.0f} "
            f"m/s, not {speed:.0f} m/s"
        )
    epoch = plan.epoch.to_iso(6)
    C_EI, omega = spin_at(plan.world.orientation, float(plan.truth.time))
    return [_one(scenario, s, r, v, epoch, C_EI, omega, plan.world.ellipsoid) for s in SKIPS]


def _one(scenario: Scenario, skip: Skip, r, v, epoch: str, C_EI, omega, ellipsoid) -> Scenario:
    v = _turned(r, v, np.radians(skip.angle_deg), WGS84_A + scenario.flight.guidance.interface_altitude_m)
    r_E = C_EI @ r
    v_E = C_EI @ v - np.cross(omega, r_E)
    here = r_E / np.linalg.norm(r_E)
    ahead = v_E - here * (here @ v_E)
    ahead /= np.linalg.norm(ahead)
    arc = 1e3 * skip.range_km / WGS84_A
    there = here * np.cos(arc) + ahead * np.sin(arc)
    latitude, longitude, _ = (float(x) for x in to_geodetic(ellipsoid, jnp.asarray(there * WGS84_A)))
    site = scenario.site.model_copy(
        update={"latitude_deg": float(np.degrees(latitude)), "longitude_deg": float(np.degrees(longitude)),
                "name": f"{skip.range_km:,.0f} km ahead"}
    )  # fmt: skip
    place, motion = ((float(x[0]), float(x[1]), float(x[2])) for x in (r, v))
    state = State(epoch_utc=epoch, frame="gcrf", position_m=place, velocity_m_s=motion)
    return_ = scenario.return_.model_copy(update={"initial": Initial(state=state)})
    return scenario.model_copy(update={"homecoming": return_, "landing_site": site})


def _turned(r: np.ndarray, v: np.ndarray, angle: float, radius: float) -> np.ndarray:
    """The velocity, as large, turned in its plane until the conic has an angle [rad] at a radius [m].

    ``r v cos(gamma)`` is the same all along a conic, and the speed there follows from the energy.
    """
    size, speed = float(np.linalg.norm(r)), float(np.linalg.norm(v))
    there = np.sqrt(speed**2 + 2.0 * MU_EGM96 * (1.0 / radius - 1.0 / size))
    level = radius * there * np.cos(angle) / (size * speed)
    if not level <= 1.0:
        raise InputError(f"no conic through the start has {np.degrees(angle):g} deg at {radius / 1e3:.0f} km")
    up = r / size
    ahead = v - up * (up @ v)
    ahead /= np.linalg.norm(ahead)
    return speed * (level * ahead - np.sqrt(1.0 - level**2) * up)


__all__ = ["SKIPS", "Skip", "skip_scenarios"]
