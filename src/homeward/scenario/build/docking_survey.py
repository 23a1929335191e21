"""From `[rendezvous.survey]` to the true places of ports, cameras and targets; drawings are the belief."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward.flight.relative_navigation.sensor_parameters import MountingBelief, PairGeometry
from homeward.flight.rendezvous.port_dynamics import PORTS
from homeward.scenario.schema.rendezvous import Rendezvous
from homeward.typing import Array, Float, Mat33, Vec3
from homeward.world.dynamics.two_spacecraft import PairWorld
from homeward.world.sensors.mounting_survey import PairMounting

#: What a flight draws three numbers of, in order: name of the keys, and whether metres or degrees.
PARTS = (
    ("port", "m"), ("port", "deg"), ("dock", "m"), ("camera", "m"), ("camera", "deg"), ("lidar", "m"),
    ("lidar", "deg"), ("star", "deg"), ("target", "m"), ("target", "deg"), ("reflector", "m"),
)  # fmt: skip
NUMBERS = 3 * len(PARTS)
SIGMAS = 3.0  # the scenario's errors are three of them


def drawn_geometry(told: Rendezvous) -> PairGeometry:
    """Both ports by the drawings: what the flight computer is loaded with."""
    s = told.ship
    axes = np.array(PORTS[told.port])
    port = axes[0] * np.abs(axes[0] @ np.array(told.station.half_size_m))
    dock = [s.length_m - s.center_of_mass_m, 0.0, 0.0]
    return PairGeometry(*(jnp.asarray(np.array(x, float)) for x in (port, axes, dock)))


def survey_offsets(told: Rendezvous) -> np.ndarray:
    """Offsets [m, rad] of every flight, ``NUMBERS`` of them."""
    return np.concatenate(
        [_unit(unit) * np.array(getattr(told.survey, f"{n}_offset_{unit}")) for n, unit in PARTS]
    )


def survey_sigmas(told: Rendezvous) -> np.ndarray:
    """1-sigma [m, rad] of what a flight draws, ``NUMBERS`` of them."""
    errors = [_unit(unit) * getattr(told.survey, f"{n}_error_{unit}") / SIGMAS for n, unit in PARTS]
    return np.repeat(np.array(errors), 3)


def mounting_belief(told: Rendezvous) -> MountingBelief:
    """How well the flight computer knows where its sensors look: the tolerances, 1-sigma."""
    sizes = dict(zip(PARTS, survey_sigmas(told)[::3], strict=True))

    def both(*names: tuple[str, str]) -> Array:
        return jnp.asarray(float(np.sqrt(sum(sizes[name] ** 2 for name in names))))

    # Attitude comes by stars: what star tracker and camera differ by turns what the camera sees.
    return MountingBelief(
        camera_place=both(("camera", "m"), ("target", "m")),
        camera_turn=both(("camera", "deg"), ("star", "deg")),
        target_turn=both(("target", "deg")),
        port_turn=both(("port", "deg")),
        star_turn=both(("star", "deg")),
        lidar_place=both(("lidar", "m"), ("reflector", "m")),
        lidar_turn=both(("lidar", "deg"), ("star", "deg")),
    )  # fmt: skip


def surveyed(world: PairWorld, offsets: Float[Array, " n"]) -> PairWorld:
    """One lane's world with its parts farther off their drawings by ``offsets`` [m, rad]."""
    part = dict(zip(PARTS, jnp.reshape(offsets, (len(PARTS), 3)), strict=True))
    h = world.hull
    turned = _turned(h.C_DT, part["port", "deg"])
    port = h.port_T + jnp.sum(h.C_DT * part["port", "m"][:, None], axis=0)
    mounting = PairMounting(
        camera_B=part["camera", "m"], camera_turn_B=part["camera", "deg"], lidar_B=part["lidar", "m"],
        lidar_turn_B=part["lidar", "deg"], star_turn_B=part["star", "deg"], target_D=part["target", "m"],
        target_turn_D=part["target", "deg"], reflector_D=part["reflector", "m"],
    )  # fmt: skip
    mounting = jax.tree.map(jnp.add, world.sensors.mounting, mounting)
    return eqx.tree_at(
        lambda w: (w.hull.port_T, w.hull.C_DT, w.hull.dock_B, w.sensors.mounting), world,
        (port, turned, h.dock_B + part["dock", "m"], mounting),
    )  # fmt: skip


def _turned(C_DT: Mat33, turn_D: Vec3) -> Mat33:
    """Axes turned on about themselves by a rotation vector [rad], exactly."""
    size = jnp.sqrt(jnp.sum(turn_D * turn_D))
    safe = jnp.where(size > 0.0, size, 1.0)
    x, y, z = turn_D / safe
    zero = jnp.zeros_like(x)
    K = jnp.stack([jnp.stack([zero, -z, y]), jnp.stack([z, zero, -x]), jnp.stack([-y, x, zero])])
    turn = jnp.eye(3) - jnp.sin(size) * K + (1.0 - jnp.cos(size)) * (K @ K)
    return jnp.where(size > 0.0, turn @ C_DT, C_DT)


def _unit(unit: str) -> float:
    return float(np.pi / 180.0) if unit == "deg" else 1.0
