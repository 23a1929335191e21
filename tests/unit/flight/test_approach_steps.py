"""The list of steps to each port: where the ship stays, which way it points, what comes after what."""

import jax
import numpy as np
import pytest

from homeward.flight.rendezvous.approach_sequence import (
    ALWAYS,
    AXIS,
    HOP,
    LEAVE,
    MOST_STEPS,
    STAY,
    approach_steps,
    withdrawal_steps,
)
from homeward.flight.rendezvous.port_dynamics import PORTS
from homeward.math.quaternion import to_matrix

HOLDS = [(5000.0, 120.0, ALWAYS), (400.0, 60.0, ALWAYS), (200.0, 30.0, 9000.0), (30.0, 45.0, ALWAYS)]
HALF = {"forward": 9.0, "aft": 9.0, "nadir": 3.0}
DOCK, SIDE, HOP_TIME = 4.6, 1600.0, 1800.0
OUT = {"forward": [1.0, 0.0, 0.0], "aft": [-1.0, 0.0, 0.0], "nadir": [0.0, 0.0, 1.0]}  # z is down


def steps_to(port, holds=HOLDS, side=SIDE):
    out = np.array(OUT[port])
    return approach_steps(port, holds, side, HOP_TIME, HALF[port] * out, DOCK)


def rows(steps, names):
    return {name: k for k, name in enumerate(names)}, np.asarray(steps.kind)


@pytest.mark.parametrize("port", PORTS)
def test_the_order_of_things(port):
    steps, names = steps_to(port)
    _, kind = rows(steps, names)
    between = [STAY] if port != "nadir" else [STAY, AXIS]  # by way of the midway point
    expected = [STAY, HOP, *between, AXIS, AXIS, AXIS]
    np.testing.assert_array_equal(kind[: len(names)], expected)
    assert names[0] == "5000 m hold" and names[-1] == "final translation"
    np.testing.assert_allclose(np.asarray(steps.distance)[len(names) - 3 : len(names)], [200.0, 30.0, 0.0])
    # What is left of the table is the last step again: nothing follows it.
    assert len(kind) == MOST_STEPS and np.all(kind[len(names) :] == AXIS)
    assert np.all(np.asarray(steps.distance)[len(names) :] == 0.0)


@pytest.mark.parametrize("port", PORTS)
def test_the_hold_that_a_retreat_goes_to_is_the_last(port):
    steps, names = steps_to(port)
    assert names[int(steps.last_hold)] == "30 m hold"
    steps, names = steps_to(port, HOLDS[:2])
    assert names[int(steps.last_hold)] == "400 m hold"


@pytest.mark.parametrize("port", PORTS)
def test_distances_are_from_port_to_port(port):
    """A hold's distance, the ship's arm and the station's add up to that of the centres of mass."""
    steps, names = steps_to(port, side=0.0)
    at, _ = rows(steps, names)
    place, out = np.asarray(steps.place_L), np.array(OUT[port])
    along = np.array(OUT["forward" if port == "forward" else "aft"])
    arm = HALF[port] if port != "nadir" else 0.0
    np.testing.assert_allclose(place[at["5000 m hold"]], (5000.0 + DOCK + arm) * along, atol=1e-9)
    if port == "nadir":
        np.testing.assert_allclose(place[at["midway point"]], (2000.0 + DOCK + 3.0) * out)
        assert float(steps.distance[at["400 m hold"]]) == 400.0
    else:
        np.testing.assert_allclose(place[at["400 m hold"]], (400.0 + DOCK + 9.0) * out)
    # A hop ends where the next step stays.
    hop = int(np.flatnonzero(np.asarray(steps.kind) == HOP)[0])
    np.testing.assert_array_equal(place[hop], place[hop + 1])
    assert float(steps.seconds[hop]) == HOP_TIME


def test_the_first_hold_may_lie_beside_the_orbit():
    for side in (1600.0, -800.0):
        steps, _ = steps_to("aft", side=side)
        assert float(steps.place_L[0, 1]) == side
        assert np.all(np.asarray(steps.place_L)[1:, 1] == 0.0)


@pytest.mark.parametrize("port", PORTS)
def test_the_nose_looks_to_the_station(port):
    steps, names = steps_to(port, side=0.0)
    kind = np.asarray(steps.kind)
    for k in range(len(names)):
        C_BL = np.asarray(to_matrix(steps.q_BL[k]))
        nose = C_BL[0]  # x of B, in L
        out = np.array(OUT[port]) if k > 0 else np.asarray(steps.place_L[0])
        np.testing.assert_allclose(nose, -out / np.linalg.norm(out), atol=1e-9)
        assert np.linalg.det(C_BL) == pytest.approx(1.0)
        # Docked attitude: y against the port's y, z along its z.
        if kind[k] == AXIS:
            np.testing.assert_allclose(C_BL, np.diag([-1.0, -1.0, 1.0]) @ np.array(PORTS[port]), atol=1e-9)


def test_times_and_goes():
    steps, names = steps_to("forward")
    at, _ = rows(steps, names)
    assert float(steps.seconds[at["400 m hold"]]) == 60.0
    assert float(steps.go[at["200 m hold"]]) == 9000.0
    others = [k for name, k in at.items() if name != "200 m hold"]
    assert np.all(np.asarray(steps.go)[others] == ALWAYS)


def test_a_longer_list_is_a_longer_table():
    holds = [*HOLDS, (20.0, 1.0, ALWAYS), (10.0, 1.0, ALWAYS)]
    for port in PORTS:
        steps, names = steps_to(port, holds)
        assert len(np.asarray(steps.kind)) == MOST_STEPS
        assert len(names) <= len(np.asarray(steps.kind))
        assert names[int(steps.last_hold)] == "10 m hold"
        assert float(steps.distance[len(names) - 1]) == 0.0


@pytest.mark.parametrize("port", PORTS)
def test_the_way_out_is_a_list_of_the_same_form(port):
    """One program flies both: the tables have one shape."""
    steps, names = withdrawal_steps(port, 220.0, 10.0, 0.4)
    there, _ = steps_to(port)
    for a, b in zip(jax.tree.leaves(steps), jax.tree.leaves(there), strict=True):
        assert a.shape == b.shape and a.dtype == b.dtype
    kind = np.asarray(steps.kind)
    assert len(names) == 2 and list(kind[:2]) == [AXIS, LEAVE] and np.all(kind[2:] == LEAVE)
    assert float(steps.distance[0]) == 220.0 and np.all(np.asarray(steps.limit) == 0.4)
    assert int(steps.last_hold) > MOST_STEPS  # nothing sends it back
