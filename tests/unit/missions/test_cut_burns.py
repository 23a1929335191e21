"""Burns of ``one-revolution`` cut short: nearest pass in two free revolutions, by Clohessy and Wiltshire.

A flight is looked at second by second, and a burn of six seconds has too few of them to show every share.
"""

import numpy as np
import pytest
from scipy.linalg import expm

import homeward as hw

KEEP_OUT = 200.0  # m
RATE = 2.0 * np.pi / 5550.0  # rad/s, a circular orbit at some 385 km
DOCK = 13.6  # m between the centres when the ports touch
SHARES = np.linspace(0.0, 1.0, 2001)  # a two-hundredth of a burn moves what it leads to by a kilometre
# x along the track, y across, z down: x'' = 2 n z', y'' = -n^2 y, z'' = 3 n^2 z - 2 n x'.
MOTION = np.zeros((6, 6))
MOTION[:3, 3:] = np.eye(3)
MOTION[3, 5], MOTION[4, 1], MOTION[5, 2], MOTION[5, 3] = 2.0 * RATE, -(RATE**2), 3.0 * RATE**2, -2.0 * RATE


def impulses(start, end, seconds):
    """Velocity to leave a place with, and the one that the ship arrives with, [m/s]."""
    over = expm(MOTION * seconds)
    leaving = np.linalg.solve(over[:3, 3:], end - over[:3, :3] @ start)
    return leaving, (over @ np.concatenate([start, leaving]))[3:]


def nearest(places, velocities):
    """Least distance [m] from the station of free flights from one place with several velocities."""
    states = np.concatenate([np.tile(places, (len(velocities), 1)), velocities], axis=1).T
    step, least = expm(MOTION * 10.0), np.inf
    for _ in range(1120):
        before, states = states[:3], step @ states
        along = states[:3] - before
        share = np.clip(
            -np.sum(before * along, axis=0) / np.maximum(np.sum(along**2, axis=0), 1e-12), 0.0, 1.0
        )
        least = min(least, float(np.linalg.norm(before + share * along, axis=0).min()))
    return least


def passes(side_m):
    """Nearest passes [m] of the burns of homing and of the hop, each cut at every share of it."""
    told = hw.load("one-revolution").required_rendezvous()
    g, (first, second) = told.guidance, (hold.distance_m + DOCK for hold in told.holds)
    below, hold = np.array([-g.aim_behind_m, 0.0, g.aim_below_m]), np.array([-first, side_m, 0.0])
    drift, leaving, arriving = (
        np.array([1.5 * RATE * g.aim_below_m, 0.0, 0.0]),
        *impulses(below, hold, g.homing_s),
    )
    near = np.array([-second, 0.0, 0.0])
    off, there = impulses(hold, near, g.hop_s)
    return [
        nearest(below, drift + SHARES[:, None] * (leaving - drift)),
        nearest(hold, (1.0 - SHARES[:, None]) * arriving),
        nearest(hold, SHARES[:, None] * off),
        nearest(near, (1.0 - SHARES[:, None]) * there),
    ]


def test_every_share_of_every_burn_passes_outside_the_keep_out_sphere():
    side = hw.load("one-revolution").required_rendezvous().guidance.side_m
    homing, braking, hop, hop_braking = passes(side)
    assert min(homing, braking, hop, hop_braking) > 1.3 * KEEP_OUT
    # The figures of docs/models/rendezvous_plan.md.
    assert homing == pytest.approx(432.0, abs=5.0)
    assert hop == pytest.approx(314.0, abs=5.0)


def test_without_the_step_aside_homing_cut_short_is_not_safe():
    assert passes(0.0)[0] < KEEP_OUT
