"""Bodies that nobody steers: the station, and modules left behind, flown through the same true world.

They reuse the coast and descent programs of the mission, so nothing more is compiled.
"""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.program import program
from homeward.earth.geodesy import to_geodetic
from homeward.earth.orientation import inertial_to_earth
from homeward.flight.executive.flight_computer import FlightComputer
from homeward.flight.interfaces import AbstractStrapdown
from homeward.flight.navigation.fix_navigation import FixNavigation
from homeward.sim.core.legs import COAST, DESCENT, Leg, leg
from homeward.sim.lanes import first_carry, fly_leg, lane_history, spread_flight, spread_leg, spread_world
from homeward.sim.listeners import watching
from homeward.sim.mission import planned
from homeward.sim.point_mass.tick import BLUNT_DRAG
from homeward.typing import Array
from homeward.world.state import initial_truth
from homeward.world.world import World

MASS = 1000.0  # kg: only the ballistic coefficient counts


@dataclasses.dataclass(frozen=True)
class Body:
    """A body at an instant: time [s since the epoch], state in I [m, m/s], ballistic coefficient [kg/m2]."""

    time: float
    r: np.ndarray
    v: np.ndarray
    ballistic: float


@dataclasses.dataclass(frozen=True)
class Scene:
    """The true world, and the flight computer that its programs expect; no lane axis, or one of one."""

    world: World
    flight: FlightComputer


@dataclasses.dataclass(frozen=True)
class Path:
    """States along a flight: ``time`` (n,) in s since the epoch, ``r`` and ``v`` (n, 3) in I."""

    time: np.ndarray
    r: np.ndarray
    v: np.ndarray

    def at(self, times: np.ndarray) -> np.ndarray:
        """Positions (m, 3) at times [s]: a cubic between states.

        Right to a millimetre at steps of 10 s, to 0.4 m at 60 s.
        """
        k = np.clip(np.searchsorted(self.time, times, side="right") - 1, 0, len(self.time) - 2)
        h = (self.time[k + 1] - self.time[k])[:, None]
        x = (times - self.time[k])[:, None] / h
        a, b = self.r[k], self.r[k + 1]
        return (
            a * (1.0 + 2.0 * x) * (1.0 - x) ** 2
            + b * (3.0 - 2.0 * x) * x**2
            + self.v[k] * h * x * (1.0 - x) ** 2
            - self.v[k + 1] * h * x**2 * (1.0 - x)
        )

    def joined(self, other: "Path") -> "Path":
        """This path, then another that starts where it ends."""
        return Path(*(np.concatenate([getattr(self, n), getattr(other, n)[1:]]) for n in ("time", "r", "v")))

    def body(self, ballistic: float) -> Body:
        """The body at the end of the path."""
        return Body(float(self.time[-1]), self.r[-1], self.v[-1], ballistic)


def single_world(world: World) -> World:
    """A world of points with a lane axis of one, whether it had none or has it already."""
    world = world if world.body is None else eqx.tree_at(lambda w: w.body, world, None)
    return world if np.ndim(world.ground_altitude) else spread_world(world, 1)


def single_flight(flight: FlightComputer) -> FlightComputer:
    """A flight computer of points with a lane axis of one, whether it had none or has it already."""
    flight = _of_points(flight)
    flight = flight if np.ndim(flight.thrust_acceleration) else spread_flight(flight, 1)
    # Nobody steers these bodies: no step of a plan ends their legs.
    return planned(flight, [])


def _of_points(flight: FlightComputer) -> FlightComputer:
    """The flight computer of a point mass, which these bodies' programs expect."""
    if flight.steering is None:
        return flight
    if isinstance(flight.navigation, AbstractStrapdown):
        fix = FixNavigation(flight.steering.orientation)
        flight = eqx.tree_at(lambda f: f.navigation, flight, fix)
    return eqx.tree_at(
        lambda f: (f.steering, f.health, f.entry_watch, f.waiting), flight, (None,) * 4,
        is_leaf=lambda x: x is None,
    )  # fmt: skip


def coast(
    scene: Scene, body: Body, *, step: float = 10.0, end_time: float = np.inf,
    end_altitude: float = -np.inf,
) -> Path:  # fmt: skip
    """Fly a body through the thin air of the orbit until a time [s] or down to an altitude [m]."""
    if end_time <= body.time:
        return Path(np.full(2, body.time), np.stack([body.r, body.r]), np.stack([body.v, body.v]))
    patience = end_time - body.time + 7200.0 if np.isfinite(end_time) else 86400.0
    part = leg(COAST, 0, step, end_time=end_time, end_altitude=end_altitude, patience=patience)
    return _fly(scene, body, part, MASS / body.ballistic)


def fall(scene: Scene, body: Body, ground: float = 0.0) -> Path:
    """Fly a body without lift through the air down to ``ground`` [m above the ellipsoid].

    It stays whole, and its drag coefficient stays what it is at all speeds.
    """
    world = single_world(scene.world)
    area = np.full(1, MASS / body.ballistic / BLUNT_DRAG)
    none = jax.tree.map(lambda x: np.zeros_like(np.asarray(x)), (world.parachutes, world.retro))
    world = eqx.tree_at(lambda w: (w.capsule.area, w.parachutes, w.retro), world, (area, *none))
    part = leg(DESCENT, 0, 0.1, end_altitude=ground, patience=7200.0)
    return _fly(Scene(world, scene.flight), body, part, 0.0)


@program
def _places(orientation, ellipsoid, times, r, v):
    def one(t, r, v):
        r_E, _ = inertial_to_earth(orientation.at(t), t, r, v)
        return jnp.stack(to_geodetic(ellipsoid, r_E))

    return jax.lax.map(lambda x: one(*x), (times, r, v))


def places(scene: Scene, path: Path, rows: int = 256) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Geodetic latitude, longitude [rad] and altitude [m] of ``rows`` states of a path, the last too."""
    pick = np.linspace(0, len(path.time) - 1, rows).astype(int)
    t, r, v = path.time[pick], path.r[pick], path.v[pick]
    told = np.asarray(_places(scene.world.orientation, scene.world.ellipsoid, t, r, v))
    return told[:, 0], told[:, 1], told[:, 2]


def _fly(scene: Scene, body: Body, part: Leg, drag_area: float) -> Path:
    truth = initial_truth(body.time, jnp.asarray(body.r, float), jnp.asarray(body.v, float), MASS)
    truth = eqx.tree_at(lambda t: t.drag_area, truth, np.asarray(drag_area))
    flight = single_flight(scene.flight)
    carry = first_carry(flight, jax.tree.map(lambda x: np.asarray(x)[None], truth))
    with watching(None):  # who listens listens to the ship
        carry, result = fly_leg(single_world(scene.world), flight, spread_leg(part, 1), carry, _key(), True)
    rows = lane_history(result.frames, float(result.start[0]), float(result.end[0]), 0)
    last = carry.truth
    time = np.append(rows["time"], np.asarray(last.time))
    r = np.concatenate([rows["r_BI_I"], np.asarray(last.r_BI_I)])
    v = np.concatenate([rows["v_BI_I"], np.asarray(last.v_BI_I)])
    keep = np.append(True, np.diff(time) > 1e-9)
    keep[-2] = keep[-2] and time[-1] - time[-2] > 1e-9
    keep[-1] = True
    return Path(time[keep], r[keep], v[keep])


def _key() -> Array:
    # Nothing here depends on chance; the program still takes a key.
    return jax.random.wrap_key_data(jnp.asarray(np.zeros((1, 2), np.uint32)))
