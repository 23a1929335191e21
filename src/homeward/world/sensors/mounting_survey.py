"""Where sensors and what they look at really are, against where vision and navigation were told they are.

A camera on the ship looks at a target beside the station's port; a lidar at a reflector there. What is made
of it, the port's place from the ship's port, takes the numbers of the drawings: each shift and turn of what
was built is an error of that place, and nothing on board can see it.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.math.quaternion import multiply, normalise, to_matrix
from homeward.typing import Mat33, Quat, Vec3

BEHIND = 1.0  # m: the camera's pupil behind the ship's port, its target behind the station's (assumed)


class PairMounting(eqx.Module):
    """Built less drawn: shifts [m] and small turns [rad, of the part's axes against its drawing's]."""

    camera_B: Vec3
    camera_turn_B: Vec3
    lidar_B: Vec3
    lidar_turn_B: Vec3
    star_turn_B: Vec3
    target_D: Vec3  # on the station, from its true port
    target_turn_D: Vec3
    reflector_D: Vec3


def as_drawn() -> PairMounting:
    """Everything is where it was told to be."""
    return PairMounting(*[jnp.zeros(3)] * 8)


def camera_view(m: PairMounting, between_B: Vec3, C_BD: Mat33, q_BD: Quat) -> tuple[Vec3, Quat]:
    """The station's port from the ship's [m, B] and ``q_BD``, as a camera without noise makes them out.

    ``between_B`` is from the ship's true port to the station's true port.
    """
    pupil, target = jnp.asarray([-BEHIND, 0.0, 0.0]), jnp.asarray([-BEHIND, 0.0, 0.0])
    line = between_B + _apply(C_BD, target + m.target_D) - (pupil + m.camera_B)
    line = line - jnp.cross(m.camera_turn_B, line)
    q = turned_axes(q_BD, m.camera_turn_B)
    # Axes of the target that are turned on against D: the other side of the product.
    q = normalise(multiply(q, jnp.concatenate([jnp.ones(1), 0.5 * m.target_turn_D])))
    return line + pupil - _apply(to_matrix(q), target), q


def lidar_line(m: PairMounting, between_B: Vec3, C_BD: Mat33) -> Vec3:
    """From the lidar to its reflector [m], in what it takes for B."""
    line = between_B + _apply(C_BD, m.reflector_D) - m.lidar_B
    return line - jnp.cross(m.lidar_turn_B, line)


def turned_axes(q_BF: Quat, turn_B: Vec3) -> Quat:
    """``q_BF`` of axes turned on by a small ``turn_B`` [rad], first order."""
    return normalise(multiply(jnp.concatenate([jnp.ones(1), -0.5 * turn_B]), q_BF))


def _apply(C: Mat33, a: Vec3) -> Vec3:
    return jnp.sum(C * a[None, :], axis=1)
