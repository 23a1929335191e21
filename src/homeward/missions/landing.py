"""The touchdown of every lane, assessed after the flight: `[truth.landing]` (docs/models/landing.md).

Local axes are east, north and up at the place of touchdown.
"""

from typing import Any

import jax
import numpy as np

from homeward._aot.program import program
from homeward.dispersion.landing import LandingDraws, nominal_landing
from homeward.earth.constants import G0
from homeward.math.quaternion import to_matrix
from homeward.scenario.schema.landing import Landing
from homeward.scenario.schema.scenario import Scenario
from homeward.typing import Array, Float
from homeward.world.landing.dynamic_response import LIMITS, dose
from homeward.world.landing.pulse import Pulse, half_sine, rocket_pulse, trapezoid, water_entry
from homeward.world.landing.surface import Surface, sloping, swell
from homeward.world.landing.tip_over import Base, tip_over_index
from homeward.world.state import TruthState
from homeward.world.world import World

SIGMAS = 3.0  # the scenario's spreads are three of them
Numbers = dict[str, np.ndarray]


@program
def _body_axes(world: World, truth: TruthState) -> Float[Array, "n 3 3"]:
    """Axes of B as rows, in components of E, of every lane of a ship that turns."""

    def one(t: TruthState) -> Float[Array, "3 3"]:
        assert t.body is not None
        return to_matrix(t.body.q_BI) @ world.orientation.at(t.time).C_EI(t.time).T

    return jax.vmap(one)(truth)


def horizontal_speed(place: Numbers) -> np.ndarray:
    """Speed over ground [m/s] of what ``places`` gives."""
    return np.sqrt(np.maximum(place["speed"] ** 2 - place["vertical_speed"] ** 2, 0.0))


def landing_numbers(
    scenario: Scenario, world: Any, truth: TruthState, place: Numbers, rockets_g: np.ndarray,
    draws: LandingDraws | None,
) -> Numbers:  # fmt: skip
    """What is told of every lane's touchdown, SI and radians; nothing where it is not assessed.

    ``place`` is what ``places`` gives of the end, ``rockets_g`` the greatest load [g] while the landing
    rockets burnt, ``draws`` what the runs have drawn (none: the nominal landing).
    """
    told = scenario.truth.landing
    if not told.assessed:
        return {}
    lanes = len(place["latitude"])
    drawn = nominal_landing(lanes) if draws is None else draws
    C_LE = _local_axes(place["latitude"], place["longitude"])
    velocity = np.einsum("nij,nj->ni", C_LE, place["v_E"])
    drift = _unit(velocity[:, :2], np.array([0.0, 1.0]))
    if truth.body is None:
        axes, swinging = _hanging(scenario, drift, drawn)
        velocity = velocity + swinging
    else:
        axes = np.einsum("nij,nkj->nik", np.asarray(_body_axes(world, truth)), C_LE)
    ground = _surface(scenario, drift, drawn)
    met = velocity - ground.velocity
    normal = -np.sum(met * ground.normal, axis=1)
    sliding = met + normal[:, None] * ground.normal
    along = np.linalg.norm(sliding, axis=1)
    toward = _unit(sliding, np.array([0.0, 1.0, 0.0]))
    axis = axes[:, 0]
    upright = np.sum(axis * ground.normal, axis=1)
    mass = np.broadcast_to(np.asarray(truth.mass, float), (lanes,))
    pulse = _pulse(scenario, normal, mass)
    # What stops the drift goes with what stops the fall, and ends with the drift.
    friction = told.friction if told.surface == "ground" else 0.0
    held = np.minimum(friction, along / np.maximum(normal, 1e-3))
    push = ground.normal - held[:, None] * toward
    crew = _crew_axes(axes, told.seat_angle_deg)
    limits = told.dose_limits or LIMITS[told.dose_level]
    seat = np.einsum("nij,nj->ni", crew, push)
    felt = dose(pulse.samples[:, :, None] * seat[:, None, :], pulse.step, limits)
    response, beta = felt.response, felt.beta
    if scenario.truth.retro is not None:
        rockets = rocket_pulse(np.maximum(rockets_g - 1.0, 0.0) * G0, scenario.truth.retro.burn_time_s)
        lifted = dose(rockets.samples[:, :, None] * crew[:, None, :, 2], rockets.step, limits)
        response, beta = np.maximum(response, lifted.response), np.maximum(beta, lifted.beta)
    numbers = {
        "touchdown_impact_speed": normal,
        "touchdown_tilt": np.arccos(np.clip(upright, -1.0, 1.0)),
        "touchdown_slope": np.arccos(np.clip(ground.normal[:, 2], -1.0, 1.0)),
        "touchdown_pulse": pulse.peak / G0, "touchdown_pulse_time": pulse.duration,
        "touchdown_response_x": response[:, 0], "touchdown_response_y": response[:, 1],
        "touchdown_response_z": response[:, 2], "touchdown_crew_dose": beta,
    }  # fmt: skip
    if told.surface == "ground":
        lean = np.arctan2(np.sum(axis * toward, axis=1), upright)
        downhill = np.arcsin(np.clip(-toward[:, 2], -1.0, 1.0))
        index = tip_over_index(_base(scenario, mass), along, np.maximum(normal, 0.0), lean, downhill)
        numbers["touchdown_tip_over"] = np.minimum(index, TIPPED)
    return numbers


TIPPED = 99.0  # the index of one that does not stand on its slope: a number that tables can hold


def landing_told(n: dict[str, Any], told: Landing) -> dict[str, Any]:
    """The summary's ``touchdown.landing`` of one lane; empty where it is not assessed."""
    if "touchdown_tilt" not in n:
        return {}
    return {
        "surface": told.surface,
        "impact_speed_m_s": float(n["touchdown_impact_speed"]),
        "tilt_deg": float(np.degrees(n["touchdown_tilt"])),
        "slope_deg": float(np.degrees(n["touchdown_slope"])),
        "pulse_g": float(n["touchdown_pulse"]),
        "pulse_s": float(n["touchdown_pulse_time"]),
        "dynamic_response": {axis: float(n[f"touchdown_response_{axis}"]) for axis in "xyz"},
        "dose_level": told.dose_level if told.dose_limits is None else "own",
        "crew_dose": float(n["touchdown_crew_dose"]),
        "tip_over_index": float(n["touchdown_tip_over"]) if "touchdown_tip_over" in n else None,
    }


def _local_axes(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """East, north and up as rows, in E (n, 3, 3)."""
    sl, cl, so, co = np.sin(latitude), np.cos(latitude), np.sin(longitude), np.cos(longitude)
    zero = np.zeros_like(sl)
    rows = [[-so, co, zero], [-sl * co, -sl * so, cl], [cl * co, cl * so, sl]]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def _unit(vectors: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.where(length > 1e-9, vectors / np.maximum(length, 1e-12), otherwise)


def _turned(vectors: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """Vectors (n, k, 3) turned by rotation vectors (n, 3): Rodrigues."""
    angle = np.linalg.norm(turn, axis=1)[:, None, None]
    about = _unit(turn, np.array([0.0, 0.0, 1.0]))[:, None, :]
    along = np.sum(vectors * about, axis=-1, keepdims=True)
    sideways = np.cross(np.broadcast_to(about, vectors.shape), vectors)
    return vectors * np.cos(angle) + sideways * np.sin(angle) + about * along * (1.0 - np.cos(angle))


def _hanging(scenario: Scenario, drift: np.ndarray, drawn: LandingDraws) -> tuple[np.ndarray, np.ndarray]:
    """Axes of B as rows of a point mass that hangs and swings, and the velocity of its swing [m/s].

    Feet, at +z of B, face the way of the drift, or any way in a run that draws it. The swing is a pendulum's
    at an unknown phase: angle and rate are normal, the rate ``sqrt(g / L)`` times as wide.
    """
    told = scenario.truth.landing
    away = _unit(drawn["facing"], np.array([1.0, 0.0]))
    feet = np.stack(
        [
            drift[:, 0] * away[:, 0] - drift[:, 1] * away[:, 1],
            drift[:, 1] * away[:, 0] + drift[:, 0] * away[:, 1],
            np.zeros(len(drift)),
        ],
        axis=1,
    )
    up = np.broadcast_to(np.array([0.0, 0.0, 1.0]), feet.shape)
    hang = np.radians(told.hang_angle_deg)
    x = up * np.cos(hang) + feet * np.sin(hang)
    z = feet * np.cos(hang) - up * np.sin(hang)
    axes = np.stack([x, np.cross(z, x), z], axis=1)
    sigma = np.radians(scenario.dispersion.swing_deg) / SIGMAS
    angle, rate = sigma * drawn["swing"][:, :2], sigma * drawn["swing"][:, 2:]
    # A bob that is out to the east has its axis leaning to the west, where the canopy is.
    turn = np.stack([angle[:, 1], -angle[:, 0], np.zeros(len(angle))], axis=1)
    speed = np.sqrt(G0 * told.suspension_m) * rate
    return _turned(axes, turn), np.concatenate([speed, np.zeros((len(speed), 1))], axis=1)


def _surface(scenario: Scenario, drift: np.ndarray, drawn: LandingDraws) -> Surface:
    told, spread = scenario.truth.landing, scenario.dispersion
    if told.surface == "ground":
        mean = -np.tan(np.radians(told.slope_deg)) * drift
        return sloping(mean + np.tan(np.radians(spread.ground_slope_deg) / SIGMAS) * drawn["ground_slope"])
    higher = np.maximum(1.0 + spread.wave_height / SIGMAS * drawn["wave_height"][:, 0], 0.0)
    toward = _unit(drawn["swell_direction"], np.array([1.0, 0.0]))
    now, rising = drawn["swell"].T
    return swell(told.wave_height_m * higher, told.wave_period_s, toward, now, rising)


def _pulse(scenario: Scenario, normal: np.ndarray, mass: np.ndarray) -> Pulse:
    told = scenario.truth.landing
    if told.surface == "sea":
        return water_entry(normal, scenario.truth.capsule.nose_radius_m, mass)
    if told.pulse == "trapezoid":
        return trapezoid(normal, told.stroke_m, told.rise)
    return half_sine(normal, told.stroke_m)


def _crew_axes(axes: np.ndarray, seat_deg: float) -> np.ndarray:
    """Crew axes as rows: back to chest, to the left, seat to head; heads lie at -z of B."""
    c, s = np.cos(np.radians(seat_deg)), np.sin(np.radians(seat_deg))
    x, head = axes[:, 0], -axes[:, 2]
    chest, spine = c * x - s * head, s * x + c * head
    return np.stack([chest, np.cross(spine, chest), spine], axis=1)


def _base(scenario: Scenario, mass: np.ndarray) -> Base:
    told, capsule = scenario.truth.landing, scenario.truth.capsule
    across = 0.5 * (capsule.inertia_kg_m2[1] + capsule.inertia_kg_m2[2])
    radius = told.base_radius_m or 0.5 * capsule.diameter_m
    return Base(radius, capsule.center_of_mass_m, np.sqrt(across / mass))


__all__ = ["horizontal_speed", "landing_numbers", "landing_told"]
