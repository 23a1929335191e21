"""The first generation's stored flight and law: signs, consistency, gains against finite differences."""

from functools import cache

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from onboard_sphere import EARTH, MODEL, n

import homeward
from homeward.earth.constants import G0
from homeward.flight.entry.ballistic import LARGEST_LEAD, BallisticEntryGuidance
from homeward.flight.entry.reference_gains import store_reference
from homeward.flight.entry.reference_guidance import ReferenceEntryGuidance, ReferenceSettings
from homeward.flight.entry.reference_table import fast_row, low_row
from homeward.flight.entry.reference_trajectory import STEPS, Profile, Push, _step, fly_profile
from homeward.icd import EntryTarget, Navigation

SPEEDS = (7400.0, 6500.0, 5000.0, 3500.0, 2000.0, 900.0)
CLOSED = 0.2e3  # m: of the stored range, a few metres asked for and what a table's straight lines leave
LINEAR = 0.03  # relative: a difference of finite size against a derivative


PROFILE = Profile(*(n(x) for x in (1.05, 0.87, 7800.0, 530.0, 30.0, 2.0, 100.0)))
RANGE = 4100e3  # m, from the interface to the aim


def interface(speed=7500.0, angle=-1.6):
    gamma = np.radians(angle)
    r = np.array([EARTH + 120e3, 0.0, 0.0])
    return r, speed * np.array([np.sin(gamma), np.cos(gamma), 0.0])


@cache
def stored():
    end = RANGE / EARTH
    target = EntryTarget(n((EARTH + 10e3) * np.array([np.cos(end), np.sin(end), 0.0])), n(10e3))
    table, flight = store_reference(MODEL, PROFILE, target, *interface(), False)
    return target, table, flight


def law(table, load_limit=3.6):
    values = (5.0, 1.5, 0.2, 0.25, 0.17, 2.4, 480.0, load_limit, 8.0, 1.0, 0.26)
    return ReferenceEntryGuidance(MODEL, table, ReferenceSettings(*(n(x) for x in values)))


def rest_of(x, push=None, profile=None):
    """Range [m] still flown and place to the right [m] from a state, by the stored flight's own steps."""
    _, _, flight = stored()
    push = Push(n(0.0), n(0.0), jnp.zeros(3)) if push is None else push
    profile = flight.profile if profile is None else profile
    end = flight.path[-1]
    forward = end[4:] - end[:3] * (end[:3] @ end[4:])
    forward = forward / np.linalg.norm(forward)
    step = jax.jit(lambda y: _step(MODEL, profile, push, n(-1.0), y, n(flight.size)))
    x = n(x)
    while True:
        new = step(x)
        if float(new[3]) <= 10e3:
            break
        x = new
    part = float((x[3] - 10e3) / (x[3] - new[3]))
    u = np.asarray(x[:3] + part * (new[:3] - x[:3]))
    return EARTH * (u @ forward), EARTH * (u @ np.cross(forward, end[:3]))


def test_the_stored_flight_ends_beside_the_aim():
    target, _, flight = stored()
    aim = np.asarray(target.aim_E) / np.linalg.norm(target.aim_E)
    begin, end = flight.path[0, :3], flight.path[-1, :3]
    assert abs(np.arccos(begin @ end) - np.arccos(begin @ aim)) * EARTH < CLOSED
    assert flight.path[-1, 3] == pytest.approx(10e3, abs=1.0)


def test_the_table_is_monotone_and_its_gains_have_their_signs():
    _, table, _ = stored()
    speeds = np.linspace(float(table.fast_first) + 60.0, float(table.fast_first + 190 * table.fast_step), 60)
    rows = jax.vmap(lambda v: fast_row(table, v))(n(speeds))
    assert np.all(np.diff(np.asarray(rows.range)) > 0.0)
    assert np.all(np.asarray(rows.by_drag) < 0.0)  # more drag is deeper: less range
    assert np.all(np.asarray(rows.by_lift) > 0.0)
    assert np.all(np.asarray(rows.by_side) > 0.0)
    assert np.all(np.asarray(rows.by_rate)[speeds > 1500.0] > 0.0)  # rising faster is flying farther


@pytest.mark.parametrize("speed", SPEEDS)
def test_gains_are_the_differences_of_the_stored_flight(speed):
    _, table, flight = stored()
    k = int(np.flatnonzero(np.linalg.norm(flight.path[:, 4:], axis=1) > speed)[-1])
    x = flight.path[k]
    u, v = x[:3], x[4:]
    here = np.linalg.norm(v)
    row = fast_row(table, n(here))
    rate = u @ v
    level = v - u * rate
    # At one speed: turn the velocity upward for the rate, move the altitude for the drag.
    turn = 1.0 / np.linalg.norm(level)
    raised = x.copy()
    raised[4:] = v * np.cos(turn) + here * np.sin(turn) * np.cross(np.cross(v, u), v) / (
        here * np.linalg.norm(np.cross(v, u))
    )
    gained = raised[:3] @ raised[4:] - rate
    slope = (rest_of(raised)[0] - rest_of(x)[0]) / gained
    assert slope == pytest.approx(float(row.by_rate), rel=LINEAR, abs=3.0)
    for name, axis, push in (
        ("by_lift", 0, Push(n(1e-3), n(0.0), jnp.zeros(3))),
        ("by_side", 1, Push(n(0.0), n(1e-3), jnp.zeros(3))),
    ):
        difference = (rest_of(x, push)[axis] - rest_of(x)[axis]) / 1e-3
        assert difference == pytest.approx(float(getattr(row, name)), rel=LINEAR), name
    deeper = x.copy()
    deeper[3] -= 100.0
    more = float(MODEL.density(n(deeper[3])) / MODEL.density(n(x[3]))) - 1.0
    slope = (rest_of(deeper)[0] - rest_of(x)[0]) / (more * float(row.drag))
    assert slope == pytest.approx(float(row.by_drag), rel=LINEAR)


def navigation_at(x, drag=None):
    """What navigation would believe in a state of the stored flight."""
    u, h, v = x[:3], x[3], x[4:]
    speed = np.linalg.norm(v)
    if drag is None:
        drag = 0.5 * float(MODEL.density(n(h))) * 0.002 * speed**2
    force = -drag * v / speed
    return Navigation(n(0.0), n((EARTH + h) * u), n(v), n(force), n(1.0), jnp.asarray(False))


def test_on_the_stored_flight_the_law_asks_for_the_stored_lift():
    target, table, flight = stored()
    end = flight.path[-1, :3]
    beside = EntryTarget(n((EARTH + 10e3) * end), target.altitude)
    guidance = law(table, 20.0)
    speed = np.linalg.norm(flight.path[:, 4:], axis=1)
    for wanted in SPEEDS:
        k = int(np.flatnonzero(speed > wanted)[-1])
        _, command = guidance.step(guidance.init(beside), navigation_at(flight.path[k]), beside)
        row = fast_row(table, n(speed[k]))
        assert abs(float(command.predicted_miss)) < max(CLOSED, 2e-3 * float(row.range)), wanted
        assert np.cos(float(command.bank)) == pytest.approx(float(row.share), abs=0.03), wanted


def test_too_far_asks_for_less_lift_and_too_near_for_more():
    target, table, flight = stored()
    guidance = law(table)
    x = flight.path[int(np.flatnonzero(np.linalg.norm(flight.path[:, 4:], axis=1) > 5000.0)[-1])]
    state, banks = guidance.init(target), []
    for moved in (-30e3, 0.0, 30e3):
        angle = moved / EARTH
        end = flight.path[-1, :3]
        turned = end * np.cos(angle) + np.cross([0.0, 0.0, 1.0], end) * np.sin(angle)
        aim = EntryTarget(n((EARTH + 10e3) * turned), target.altitude)
        banks.append(abs(float(guidance.step(state, navigation_at(x), aim)[1].bank)))
    assert banks[0] > banks[1] > banks[2]


def test_the_end_beyond_the_dead_band_turns_the_bank_over():
    target, table, flight = stored()
    guidance = law(table)
    x = flight.path[int(np.flatnonzero(np.linalg.norm(flight.path[:, 4:], axis=1) > 5000.0)[-1])]
    for side in (1.0, -1.0):
        for apart, turned in ((5e3, False), (60e3, True)):
            end = flight.path[-1, :3] + np.array([0.0, 0.0, side * apart / EARTH])  # +z lies left of east
            aim = EntryTarget(n((EARTH + 10e3) * end / np.linalg.norm(end)), target.altitude)
            state = eqx.tree_at(lambda q: q.side, guidance.init(target), n(side))
            new, _ = guidance.step(state, navigation_at(x), aim)
            assert (float(new.side) == -side) is turned


def test_a_load_at_the_limit_lifts_up():
    target, table, flight = stored()
    guidance = law(table)
    x = flight.path[int(np.flatnonzero(np.linalg.norm(flight.path[:, 4:], axis=1) > 5000.0)[-1])]
    _, command = guidance.step(guidance.init(target), navigation_at(x, 6.0 * G0), target)
    assert abs(float(command.bank)) < 0.05


def test_a_faster_entry_holds_its_drag():
    profile = eqx.tree_at(lambda p: (p.speed_start, p.load_limit), PROFILE, (n(5500.0), n(9.0)))
    r, v = interface(10700.0, -6.6)
    end = 2300e3 / EARTH
    target = EntryTarget(n((EARTH + 10e3) * np.array([np.cos(end), np.sin(end), 0.0])), n(10e3))
    table, flight = store_reference(MODEL, profile, target, r, v, True)
    speed = np.linalg.norm(flight.path[:, 4:], axis=1)
    held = float(fast_row(table, n(6000.0)).drag)
    assert held == pytest.approx(float(table.hold), rel=0.1)
    assert np.all(np.diff(speed[flight.marks > 0.5]) < 0.0)  # once it is caught it never leaves the air


def test_below_the_terminal_speed_the_lift_points_at_what_is_missing():
    target, table, flight = stored()
    guidance = law(table)
    k = int(np.flatnonzero(np.linalg.norm(flight.path[:, 4:], axis=1) > 400.0)[-1])
    x = flight.path[k]
    assert float(low_row(table, n(x[3])).range) > 0.0
    for sideways, sign in ((8e3, -1.0), (-8e3, 1.0)):  # +z lies left
        end = flight.path[-1, :3] + np.array([0.0, 0.0, sideways / EARTH])
        aim = EntryTarget(n((EARTH + 10e3) * end / np.linalg.norm(end)), target.altitude)
        _, command = guidance.step(guidance.init(aim), navigation_at(x), aim)
        assert np.sign(float(command.bank)) == sign
        assert abs(float(command.bank)) > 0.7


def test_both_laws_keep_the_contract():
    _, table, _ = stored()
    homeward.check_guidance(law(table))
    homeward.check_guidance(BallisticEntryGuidance(MODEL, *(n(x) for x in (0.26, 0.26, 0.1, 1.0))))


def test_the_rolling_command_stays_ahead_and_never_half_a_turn():
    target, _, flight = stored()
    x = flight.path[STEPS // 2]
    for rate in (0.1, 0.26, 1.0):
        roll = BallisticEntryGuidance(MODEL, n(rate), n(0.26), n(0.1), n(1.0))
        for bank in (-3.0, 0.0, 1.0, 3.1):
            navigation = eqx.tree_at(lambda q: q.bank, navigation_at(x), n(bank))
            _, command = roll.step(roll.init(target), navigation, target)
            ahead = (float(command.bank) - bank) % (2.0 * np.pi)
            assert 0.1 < ahead <= LARGEST_LEAD + 1e-9


def test_the_ballistic_end_is_told_as_it_is_flown():
    target, _, flight = stored()
    x = flight.path[0]
    roll = BallisticEntryGuidance(MODEL, *(n(y) for y in (0.26, 0.26, 0.1, 1.0)))
    state = roll.init(target)
    for _ in range(8):  # the time to go settles over some cycles
        state, command = roll.step(state, navigation_at(x), target)
    flat = eqx.tree_at(lambda m: m.lift_to_drag, MODEL, jnp.zeros(2))
    path, _ = fly_profile(flat, PROFILE, n(x), n(-0.0), n(0.6))
    path = np.asarray(path)
    k = int(np.flatnonzero(path[:, 3] <= 10e3)[0])
    aim = np.asarray(target.aim_E) / np.linalg.norm(target.aim_E)
    miss = EARTH * np.arccos(path[k, :3] @ aim)
    assert float(command.predicted_miss) == pytest.approx(miss, abs=3e3)
