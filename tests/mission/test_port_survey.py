"""From the last hold to contact with ports, cameras and targets off their drawings: where the ports meet.

| verifies | against |
|---|---|
| station's port 50 mm off its drawing: the contact moves by less than 20 mm | a camera that sees the port |
| boresights of camera and star tracker turned by 0.1 deg: docked inside the box | IDSS, lateral 0.10 m |
| a target 50 mm off its port: the contact is as much off, inside the box | what nobody on board can see |
| a target 150 mm off its port: no capture | the box |
"""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pair_legs import close_leg, made_plan

from homeward.missions.rendezvous_flight import pair_keys
from homeward.scenario.build.docking_survey import NUMBERS, PARTS, surveyed
from homeward.sim.rendezvous.contact import inside_box
from homeward.sim.rendezvous.far_range_lanes import spread_pair, world_axes
from homeward.sim.rendezvous.proximity_lanes import fly_on

pytestmark = pytest.mark.slow

TENTH = np.radians(0.1)
SPREAD = 0.01  # m, 1 sigma of where the ports meet: which pulses are fired differs from flight to flight
CASES = {
    "as drawn": {},
    "port across": {("port", "m"): (0.0, 0.05, 0.0)},
    "port up": {("port", "m"): (0.0, 0.0, -0.05)},
    "boresights": {("camera", "deg"): (0.0, TENTH, -TENTH), ("star", "deg"): (0.0, -TENTH, TENTH)},
    "all": {
        ("port", "m"): (0.0, 0.05, 0.0), ("camera", "deg"): (0.0, TENTH, -TENTH),
        ("star", "deg"): (0.0, -TENTH, TENTH), ("lidar", "deg"): (0.0, TENTH, TENTH),
    },
    "target": {("target", "m"): (0.0, 0.05, 0.0)},
    "target far off": {("target", "m"): (0.0, 0.15, 0.0)},
    "ship's port": {("dock", "m"): (0.0, 0.03, 0.0)},
}  # fmt: skip


def _offsets(case):
    rows = [np.array(case.get(part, (0.0, 0.0, 0.0))) for part in PARTS]
    told = np.concatenate(rows)
    assert told.size == NUMBERS
    return told


@functools.cache
def _contacts():
    """By case: captured, inside the box, and the lateral offset [m, D] of the first contact."""
    plan, world, start = made_plan()
    offsets = jnp.asarray([_offsets(c) for c in CASES.values()])
    wide = spread_pair(world, len(CASES))
    axes = world_axes(world)
    wide = jax.vmap(surveyed, in_axes=(axes, 0), out_axes=axes)(wide, offsets)
    k = len(plan.steps) - 2
    lanes = [close_leg(plan, plan.close, surveyed(world, o), start, k) for o in offsets]
    carry = jax.tree.map(lambda *x: jnp.stack(x), *lanes)
    once = eqx.tree_at(lambda c: c.approaches, plan.close, jnp.asarray(1, int))
    end, _ = fly_on(wide, once, 1e12, carry, pair_keys(4, np.zeros(len(CASES), int)), False, plan.steps)
    c = end.truth.contact
    box = np.asarray(jax.vmap(inside_box)(c))
    for n, name in enumerate(CASES):
        print(
            name, bool(c.captured[n]), bool(box[n]), int(c.count[n]), "lateral mm",
            np.round(1e3 * np.asarray(c.lateral_offset[n])[1:], 1), "angle deg",
            round(float(np.degrees(c.angle[n])), 3), "step", int(end.flight.step[n]), int(end.flight.mode[n]),
        )  # fmt: skip
    return {
        name: (bool(c.captured[n]), bool(box[n]), np.asarray(c.lateral_offset[n])[1:])
        for n, name in enumerate(CASES)
    }


@pytest.mark.parametrize("name", ["as drawn", "port across", "port up", "boresights", "all", "ship's port"])
def test_what_the_camera_sees_is_docked_with(name):
    captured, inside, lateral = _contacts()[name]
    assert captured and inside
    assert np.linalg.norm(lateral) < 0.05


@pytest.mark.parametrize("name", ["port across", "port up"])
def test_a_port_off_its_drawing_moves_the_contact_by_little(name):
    moved = _contacts()[name][2] - _contacts()["as drawn"][2]
    assert np.linalg.norm(moved) < 2.0 * SPREAD


def test_a_target_off_its_port_moves_the_contact_by_as_much():
    captured, inside, lateral = _contacts()["target"]
    assert captured and inside
    moved = lateral - _contacts()["as drawn"][2]
    assert moved[0] == pytest.approx(0.05, abs=2.0 * SPREAD) and abs(moved[1]) < 2.0 * SPREAD


def test_a_target_off_its_port_by_more_than_the_box_is_no_capture():
    captured, _, _ = _contacts()["target far off"]
    assert not captured
