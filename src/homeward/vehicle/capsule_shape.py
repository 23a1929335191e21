"""Outer shape of a capsule: spherical-segment heat shield, round shoulder, conical afterbody, blunted apex.

Lengths run along the body's x axis from the foremost point of the heat shield (its vertex, x = 0) toward the
apex (x = length); the heat shield faces -x. The outline is convex and smooth, so that a point of the surface
sees the air, or does not, by its own normal alone.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from homeward.errors import InputError


@dataclass(frozen=True)
class CapsuleShape:
    """A body of revolution [m, rad]; plain numbers, used while a model is built and never under ``jit``."""

    diameter: float  # m, the largest
    nose_radius: float  # m, of the heat shield's sphere
    shoulder_radius: float  # m, of the rounding between heat shield and cone
    cone_half_angle: float  # rad, of the afterbody; 0 is a cylinder
    length: float  # m, from the vertex of the heat shield to the apex plane
    apex_radius: float = 0.0  # m, of the rounding between cone and apex plane; 0 is a sharp edge


@dataclass(frozen=True)
class Arc:
    """A part of the outline: a circle's arc, or a straight line where ``radius`` is 0.

    Points are ``start + radius (n(phi) - n(phi_start))`` on an arc, and ``start`` to ``end`` on a line; the
    outward normal ``n(phi) = (-cos phi, sin phi)`` in (x, radius) turns from the wind side (0) to the apex
    (pi).
    """

    start: tuple[float, float]  # (x, distance from the axis) [m]
    end: tuple[float, float]
    phi_start: float  # rad
    phi_end: float
    radius: float  # m


# The command module: 154 in across, nose 184.8 in, shoulder 7.7 in, cone 33 deg, apex 9.1 in (Moss, Glass and
# Greene 2006, NASA Langley; drawing dimensions). The length is what the other five make it, less 1 mm.
APOLLO = CapsuleShape(
    diameter=3.9116,
    nose_radius=4.6939,
    shoulder_radius=0.1956,
    cone_half_angle=math.radians(33.0),
    length=3.4290,
    apex_radius=0.2311,
)


def outline(shape: CapsuleShape) -> tuple[Arc, ...]:
    """The outline from the vertex to the apex: sphere, shoulder, cone, rounding, apex plane.

    Neighbours are tangent, except at edges that the shape asks for by a radius of 0.
    """
    half, rs, ra = 0.5 * shape.diameter, shape.shoulder_radius, shape.apex_radius
    turn = 0.5 * math.pi + shape.cone_half_angle  # normal of the cone
    ring = half - rs  # of the shoulder's centre
    rim = math.asin(ring / (shape.nose_radius - rs)) if shape.nose_radius > rs else 0.5 * math.pi
    center = shape.nose_radius - (shape.nose_radius - rs) * math.cos(rim)
    edge = (shape.nose_radius * (1.0 - math.cos(rim)), shape.nose_radius * math.sin(rim))
    foot = (center - rs * math.cos(turn), ring + rs * math.sin(turn))
    apex_center = shape.length - ra
    top_x = apex_center - ra * math.cos(turn)
    top = (top_x, foot[1] - (top_x - foot[0]) * math.tan(shape.cone_half_angle))
    flat = top[1] - ra * math.sin(turn)
    return (
        Arc((0.0, 0.0), edge, 0.0, rim, shape.nose_radius),
        Arc(edge, foot, rim, turn, rs),
        Arc(foot, top, turn, turn, 0.0),
        Arc(top, (shape.length, flat), turn, math.pi, ra),
        Arc((shape.length, flat), (shape.length, 0.0), math.pi, math.pi, 0.0),
    )


def radius_at(shape: CapsuleShape, x: float) -> float:
    """Distance of the surface from the axis [m] at ``x`` [m] from the vertex; negative outside the body."""
    if not 0.0 <= x <= shape.length:
        return -1.0
    for arc in outline(shape)[:4]:
        (x0, y0), (x1, y1) = arc.start, arc.end
        if x > x1 or x1 <= x0:
            continue
        if arc.radius == 0.0:
            return y0 + (x - x0) / (x1 - x0) * (y1 - y0)
        cosine = math.cos(arc.phi_start) - (x - x0) / arc.radius
        sine = math.sqrt(max(0.0, 1.0 - cosine * cosine))
        return y0 + arc.radius * (sine - math.sin(arc.phi_start))
    return 0.0


def check_shape(shape: CapsuleShape, label: str = "shape", beside: str | None = None) -> None:
    """Raises ``InputError`` naming the key under ``label`` unless the shape is a closed convex body.

    Keys are those of a scenario: ``diameter_m``, ``nose_radius_m``, ``shoulder_radius_m``,
    ``cone_half_angle_deg``, ``length_m``, ``apex_radius_m``; the first two may stand under a label of their
    own, ``beside``.
    """

    def refuse(key: str, words: str) -> None:
        place = beside if beside is not None and key in ("diameter_m", "nose_radius_m") else label
        raise InputError(f"{place}.{key}: {words}")

    for field in fields(shape):
        value = getattr(shape, field.name)
        key = field.name + ("_deg" if field.name == "cone_half_angle" else "_m")
        if not math.isfinite(value):
            refuse(key, f"expected a finite number, not {value}")
        may_vanish = field.name in ("shoulder_radius", "cone_half_angle", "apex_radius")
        if value < 0.0 or (value == 0.0 and not may_vanish):
            refuse(key, f"expected {'zero or more' if may_vanish else 'more than zero'}, not {value:g}")
    half = 0.5 * shape.diameter
    if shape.nose_radius < half:
        refuse(
            "nose_radius_m",
            f"a sphere of {shape.nose_radius:g} m does not span half the diameter, {half:g} m",
        )
    if shape.shoulder_radius > half:
        refuse("shoulder_radius_m", f"{shape.shoulder_radius:g} m is more than half the diameter, {half:g} m")
    if shape.cone_half_angle >= 0.5 * math.pi:
        refuse("cone_half_angle_deg", "expected less than 90")
    _, _, cone, rounding, _ = outline(shape)
    if cone.end[0] < cone.start[0]:
        least = shape.length + cone.start[0] - cone.end[0]
        refuse("length_m", f"heat shield, shoulder and apex rounding alone take {least:.4g} m")
    if rounding.end[1] < 0.0:
        sharp = cone.start[1] - (shape.length - cone.start[0]) * math.tan(shape.cone_half_angle)
        if sharp >= 0.0:
            refuse("apex_radius_m", f"a rounding of {shape.apex_radius:g} m is more than there is room for")
        refuse("cone_half_angle_deg", "the cone meets the axis before the apex plane")


def check_center_of_mass(shape: CapsuleShape, offset: Sequence[float], label: str = "shape") -> None:
    """Raises ``InputError`` naming ``label`` unless ``offset`` [m, B, from the vertex] is inside."""
    x, y, z = (float(v) for v in np.asarray(offset, float))
    if not all(map(math.isfinite, (x, y, z))):
        raise InputError(f"{label}: expected three finite numbers")
    if math.hypot(y, z) >= radius_at(shape, x):
        raise InputError(
            f"{label}: the centre of mass, {x:g} m from the heat shield's vertex and {math.hypot(y, z):g} m "
            "off the axis, is outside the capsule"
        )
