"""The capsule's outline, what is refused of it, and Newtonian coefficients against closed forms."""

import dataclasses
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.errors import InputError
from homeward.vehicle.capsule_shape import (
    APOLLO,
    CapsuleShape,
    check_center_of_mass,
    check_shape,
    outline,
    radius_at,
)
from homeward.world.aerodynamics.newtonian import NODES, newtonian, stagnation_pressure_coefficient

CLOSED_FORM = 1e-9  # smooth integrands
QUADRATURE = 2e-6  # where part of the surface comes out of the shadow: absolute, against four times the nodes
ANGLES = np.radians(np.linspace(0.0, 180.0, 361))


def test_neighbours_of_the_outline_meet_and_it_is_convex():
    arcs = outline(APOLLO)
    for before, after in pairwise(arcs):
        assert before.end == pytest.approx(after.start, abs=1e-12)
        assert before.phi_end <= after.phi_start + 1e-12
    assert arcs[-1].end == (APOLLO.length, 0.0)
    assert radius_at(APOLLO, outline(APOLLO)[1].start[0] + APOLLO.shoulder_radius) < 0.5 * APOLLO.diameter
    assert max(radius_at(APOLLO, x) for x in np.linspace(0.0, APOLLO.length, 4001)) == pytest.approx(
        0.5 * APOLLO.diameter, abs=1e-6
    )
    assert radius_at(APOLLO, -0.1) < 0.0 and radius_at(APOLLO, 4.0) < 0.0


def test_the_command_module_is_as_long_as_its_drawing_says():
    assert APOLLO.length == pytest.approx(3.4306, abs=2e-3)
    check_shape(APOLLO)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"nose_radius": 1.9}, "nose_radius_m"),
        ({"shoulder_radius": 2.0}, "shoulder_radius_m"),
        ({"cone_half_angle": math.radians(36.0)}, "cone_half_angle_deg"),
        ({"cone_half_angle": math.radians(90.0)}, "cone_half_angle_deg"),
        ({"length": 0.6}, "length_m"),
        ({"length": -1.0}, "length_m"),
        ({"diameter": math.nan}, "diameter_m"),
        ({"apex_radius": math.inf}, "apex_radius_m"),
        ({"apex_radius": 2.4}, "apex_radius_m"),
    ],
)
def test_what_does_not_close_is_refused_by_its_key(change, key):
    with pytest.raises(InputError, match=rf"^truth\.capsule\.shape\.{key}: [^.]"):
        check_shape(dataclasses.replace(APOLLO, **change), "truth.capsule.shape")


@pytest.mark.parametrize("offset", [(1.0, 0.0, 2.0), (-0.1, 0.0, 0.0), (3.5, 0.0, 0.0), (1.0, math.nan, 0.0)])
def test_a_centre_of_mass_outside_is_refused(offset):
    with pytest.raises(InputError, match=r"^truth\.capsule\.center_of_mass_m: "):
        check_center_of_mass(APOLLO, offset, "truth.capsule.center_of_mass_m")
    check_center_of_mass(APOLLO, (1.0, 0.1, 0.15))


def test_a_sphere_has_drag_one_half_and_no_lift():
    sphere = CapsuleShape(2.0, 1.0, 1.0, 0.0, 2.0, 1.0)
    check_shape(sphere)
    ca, cn, cm = newtonian(sphere, ANGLES)
    drag = ca * np.cos(ANGLES) + cn * np.sin(ANGLES)
    lift = cn * np.cos(ANGLES) - ca * np.sin(ANGLES)
    assert np.max(np.abs(drag - 0.5)) < QUADRATURE  # 1 for Cpmax = 2
    assert np.max(np.abs(lift)) < QUADRATURE
    assert np.max(np.abs(cm - 0.5 * cn)) < QUADRATURE  # forces pass through the centre, half a diameter on


def test_a_flat_disc_takes_the_square_of_the_cosine():
    disc = CapsuleShape(2.0, 1e5, 0.0, 0.0, 1e-4)
    ca, _, _ = newtonian(disc, ANGLES)
    assert ca == pytest.approx(np.cos(ANGLES) * np.abs(np.cos(ANGLES)), abs=1e-4)  # the rim is 1e-4 m high


def test_a_cone_apex_first():
    theta = math.radians(30.0)
    cone = CapsuleShape(2.0, 1e4, 0.0, theta, 1.0 / math.tan(theta) + 4e-5)
    alpha = ANGLES[theta > ANGLES]
    ca, cn, _ = newtonian(cone, alpha)
    s2 = math.sin(theta) ** 2
    axial = 2.0 * s2 + np.sin(alpha) ** 2 * (1.0 - 3.0 * s2)  # Cpmax = 2; 2 sin^2 theta at alpha = 0
    assert 2.0 * ca == pytest.approx(axial, abs=1e-4)
    assert 2.0 * cn == pytest.approx((1.0 - s2) * np.sin(2.0 * alpha), abs=1e-4)


def test_a_spherical_segment_heat_shield_first():
    rim = math.asin(1.0 / 2.4)  # nose radius 1.2 diameters, no shoulder
    segment = CapsuleShape(2.0, 2.4, 0.0, math.radians(33.0), 1.0)
    ca, cn, cm = newtonian(segment, np.array([math.pi]))
    assert float(-ca[0]) == pytest.approx(1.0 - 0.5 * math.sin(rim) ** 2, abs=CLOSED_FORM)
    assert abs(float(cn[0])) < CLOSED_FORM and abs(float(cm[0])) < CLOSED_FORM
    # Fully lit while the tilt stays below 90 deg less the rim's angle: (Wells and Armstrong 1962, form b).
    tilt = math.radians(20.0)
    ca, cn, cm = newtonian(segment, np.array([math.pi - tilt]))
    s, c = math.sin(rim) ** 2, math.cos(tilt) ** 2
    assert float(-ca[0]) == pytest.approx(
        c * (1.0 - 0.5 * s) + 0.25 * s * math.sin(tilt) ** 2, abs=CLOSED_FORM
    )
    assert float(cn[0]) == pytest.approx(0.5 * s * math.sin(tilt) * math.cos(tilt), abs=CLOSED_FORM)
    assert float(cm[0]) == pytest.approx(1.2 * float(cn[0]), abs=CLOSED_FORM)  # through the sphere's centre


@pytest.mark.parametrize("half_angle", [0.0, 8.0, 33.0])
def test_the_quadrature_is_converged(half_angle):
    shape = dataclasses.replace(APOLLO, cone_half_angle=math.radians(half_angle), length=2.0)
    for coarse, fine in zip(newtonian(shape, ANGLES), newtonian(shape, ANGLES, 4 * NODES), strict=True):
        assert np.max(np.abs(coarse - fine)) < QUADRATURE


def test_stagnation_pressure():
    # NACA Report 1135: p02/p1 is 1.8929 at Mach 1, 5.6404 at Mach 2 and 129.22 at Mach 10.
    mach, ratio = np.array([1.0, 2.0, 10.0]), np.array([1.8929, 5.6404, 129.22])
    wanted = (ratio - 1.0) / (0.7 * mach**2)
    assert stagnation_pressure_coefficient(mach) == pytest.approx(wanted, rel=5e-5)
    ends = stagnation_pressure_coefficient(np.array([0.05, 100.0]))
    assert ends == pytest.approx([1.0, 1.8394], abs=1e-3)


@given(
    st.floats(1.01, 3.0), st.floats(0.0, 0.5), st.floats(0.0, 40.0), st.floats(0.1, 3.0), st.floats(0.0, 0.5)
)
def test_any_shape_is_refused_in_one_sentence_or_has_drag(nose, shoulder, half_angle, length, apex):
    shape = CapsuleShape(2.0, nose, shoulder, math.radians(half_angle), length, apex)
    try:
        check_shape(shape)
    except InputError as error:
        assert str(error).startswith("shape.") and "\n" not in str(error)
        return
    arcs = outline(shape)
    assert all(a.phi_start <= a.phi_end + 1e-12 for a in arcs)
    assert all(a.start[0] <= a.end[0] + 1e-12 for a in arcs)
    angle = np.radians(np.linspace(0.0, 180.0, 13))
    ca, cn, _ = newtonian(shape, angle)
    assert np.all(ca * np.cos(angle) + cn * np.sin(angle) > 0.0)
    assert np.all(cn >= -1e-12)
