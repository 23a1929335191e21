"""Three hundred dispersed approaches as they fly: how wrong the relative filter is, and how sure.

| verifies | against |
|---|---|
| 20 m before the port: 3 sigma 0.02 m an axis, 0.3 deg | the truth, three seeds of a hundred flights |
| mean normalised square of place and speed 0.7 to 1.3 for 90 % of each leg after the first hold | one |
| nowhere above 1.5 for longer than 10 s, from the first hold on | the same |
| far legs and every sensor's innovations in every leg, all off its drawing | one |

The port's place is that from port to port in the orbit's axes, as camera and lidar measure it.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import homeward as hw
from homeward.astro.lvlh import lvlh_matrix
from homeward.campaigns.analysis.filter_consistency import LONG
from homeward.campaigns.analysis.relative_filter_consistency import KINDS, pair_consistency
from homeward.dispersion.rendezvous import disperse_pair
from homeward.flight.relative_navigation.port_relative_state import port_relative
from homeward.flight.relative_navigation.sensor_parameters import PairGeometry
from homeward.icd.rendezvous_messages import PairNavigation
from homeward.math.quaternion import to_matrix
from homeward.missions.rendezvous_flight import pair_keys
from homeward.planning.rendezvous_plan import plan_rendezvous
from homeward.sim.rendezvous.far_range_lanes import fly_far, world_axes
from homeward.sim.rendezvous.proximity import close_cycle, close_noises
from homeward.sim.rendezvous.proximity_lanes import begin_lanes
from homeward.sim.rendezvous.telemetry import apart_as_drawn
from homeward.world.dynamics.docking_bodies import station_attitude

pytestmark = pytest.mark.slow

SEEDS, LANES, SECONDS = (1, 2, 3), 100, 60
NEAR = 20.0  # m from port to port
PLACE, TURN = 0.02, np.radians(0.3)  # 3 sigma
LOW, HIGH, SHARE = 0.7, 1.3, 0.9
MOST, LONGEST = 1.5, 10  # s
# What sensors and filter make of each other: everything is built as drawn. With the errors of the survey the
# filter is too sure of itself near the port: docs/models/relative_navigation.md tells by how much.
PARTS = ("port_error_m", "port_error_deg", "dock_error_m", "target_error_m", "target_error_deg",
         "reflector_error_m", "camera_error_m", "camera_error_deg", "lidar_error_m", "lidar_error_deg",
         "star_error_deg")  # fmt: skip
AS_DRAWN = {f"rendezvous.survey.{part}": "0.0" for part in PARTS}
LOOKED = 64  # flights, each minute far, each half minute near
# All flights of a plan pass the same gravity beyond J4 at the same time: what it does in far guidance, their
# mean at one time does not average out. The mean over the leg does.
COMMON = ("far guidance", KINDS[0])
# Where the filter is less sure than it might be, docs/models/relative_navigation.md: never too sure there.
WIDE = (("transfer to the midway point", KINDS[0]), ("200 m hold", KINDS[0]), ("5000 m hold", KINDS[0]),
        ("19 m hold", "camera, place"), ("final translation", "camera, place"),
        ("final translation", "camera, attitude"))  # fmt: skip
WIDEST = 0.6  # of the mean over such a leg
CAREFUL = ("5000 m hold",)  # where the satellites' lasting errors are read as white ones


def _square(error, P):
    s = jnp.sqrt(jnp.diagonal(P))
    e = error / s
    return jnp.sum(e * jnp.linalg.solve(P / s[:, None] / s[None, :], e)) / error.shape[0]


def _look(world, flight, carry):
    """What is true and what is believed of one lane, at one second."""
    t, f = carry.truth, carry.flight
    b, motion, attitude = t.bodies, f.filter.motion, flight.attitude.attitude(f.attitude)
    believed = flight.filter.believed(f.filter, attitude.q_BI, attitude.omega_BI_B, t.time)
    q_TI, _ = station_attitude(world.hull.motion, t.time, b.r_TI_I, b.v_TI_I)
    sigma = jnp.zeros(3)
    true = PairNavigation(
        t.time, b.r_BI_I, b.v_BI_I, b.r_TI_I, b.v_TI_I, t.q_BI, t.omega_BI_B, q_TI, sigma, sigma, sigma
    )
    geometry, hull = flight.filter.geometry, world.hull
    built = PairGeometry(hull.port_T, hull.C_DT, hull.dock_B)
    apart = jnp.concatenate([b.r_BI_I - b.r_TI_I, b.v_BI_I - b.v_TI_I])
    known = jnp.concatenate([apart_as_drawn(hull, geometry, t), apart[3:]])

    def between(g, r_BT_I, q_BI, q_TI):
        return to_matrix(q_TI).T @ g.port_T - r_BT_I - to_matrix(q_BI).T @ g.dock_B

    off = between(geometry, motion.r_BT_I, attitude.q_BI, believed.q_TI)
    off = off - between(built, apart[:3], t.q_BI, q_TI)
    port = port_relative(true, built)
    return {
        "step": f.step, "done": t.done, "distance": port.rho_D[0],
        "square": _square(jnp.concatenate([motion.r_BT_I, motion.v_BT_I]) - known,
                          f.filter.covariance[:6, :6]),
        "place": lvlh_matrix(b.r_TI_I, b.v_TI_I) @ off,
        "turn": port_relative(believed, geometry).error_B - port.error_B,
    }  # fmt: skip


@jax.jit
def _minute(world, flight, carry, keys):
    def lane(world, carry, key):
        def second(carry, _):
            number = jnp.round(carry.truth.time).astype(int)
            noise = jax.random.normal(jax.random.fold_in(key, number), (close_noises(),))
            carry, _ = close_cycle(world, flight, jnp.asarray(1e12), carry, noise, False)
            return carry, _look(world, flight, carry)

        return jax.lax.scan(second, carry, None, length=SECONDS)

    return jax.vmap(lane, in_axes=(world_axes(world), 0, 0))(world, carry, keys)


@functools.cache
def _flown(seed):
    """Names of the legs, and rows (lane, second) of a hundred flights."""
    made = plan_rendezvous(hw.load("shenzhou-16", AS_DRAWN))
    picks = np.arange(LANES)
    world, start = disperse_pair(made, seed, picks, True)
    keys = pair_keys(seed, picks)
    until = float(np.max(np.asarray(made.far.arrivals))) + float(made.far.homing_time)
    far, _ = fly_far(world, made.far, start, keys, False, until)
    carry, minutes = begin_lanes(made.close, far, keys), []
    while not np.asarray(carry.truth.done).all() and len(minutes) < 150:
        carry, rows = _minute(world, made.close, carry, keys)
        minutes.append(jax.tree.map(np.asarray, rows))
    assert np.asarray(carry.truth.contact.captured).all()
    return made.steps, {k: np.concatenate([m[k] for m in minutes], axis=1) for k in minutes[0]}


def _three_sigma(errors):
    return 3.0 * np.sqrt(np.mean(np.square(errors), axis=0))


def test_twenty_metres_before_the_port():
    place, turn = [], []
    for seed in SEEDS:
        names, rows = _flown(seed)
        last = rows["step"] >= len(names) - 3
        there = [np.flatnonzero(last[k] & (rows["distance"][k] < NEAR))[0] for k in range(LANES)]
        place += [rows["place"][k, at] for k, at in enumerate(there)]
        turn += [rows["turn"][k, at] for k, at in enumerate(there)]
        print(seed, 1e3 * _three_sigma(place[-LANES:]), np.degrees(_three_sigma(turn[-LANES:])))
    assert np.all(_three_sigma(place) <= PLACE)
    assert np.all(_three_sigma(turn) <= TURN)


@functools.cache
def _squares():
    """Mean normalised square of each leg, a value each second since the leg began, while half are in it."""
    told = {}
    flown = [_flown(seed) for seed in SEEDS]
    for number, name in enumerate(flown[0][0]):
        total, count = np.zeros(6000), np.zeros(6000)
        for _, rows in flown:
            mine = (rows["step"] == number) & ~rows["done"]
            for lane in range(LANES):
                at = np.flatnonzero(mine[lane])
                if at.size:
                    total[at - at[0]] += rows["square"][lane, at]
                    count[at - at[0]] += 1
        enough = count >= 0.5 * count.max()
        told[name] = total[enough] / count[enough]
    return told


def _longest(high):
    most = run = 0
    for x in high:
        run = run + 1 if x else 0
        most = max(most, run)
    return most


def test_believed_spread_is_that_of_the_errors_after_the_first_hold():
    for name, square in _squares().items():
        share = np.mean((square > LOW) & (square < HIGH))
        print(f"{name}: {square.size} s, mean {square.mean():.2f}, {square.min():.2f} to {square.max():.2f}, "
              f"{share:.2f} within, above 1.5 for {_longest(square > MOST)} s")  # fmt: skip
        assert name in CAREFUL or share >= SHARE, name
        assert name not in CAREFUL or square.max() < HIGH, name


def test_it_is_never_too_sure_for_long():
    for name, square in _squares().items():
        assert _longest(square > MOST) <= LONGEST, name


@pytest.mark.parametrize("seed", SEEDS)
def test_far_legs_and_innovations_of_every_sensor(seed):
    """Every leg from the insertion on, everything off its drawing as campaigns draw it."""
    found = pair_consistency(hw.load("shenzhou-16"), LOOKED, seed)
    assert {s.kind for s in found.series} == set(KINDS)
    assert {"far guidance", "homing"} < {s.leg for s in found.series}
    for s in found.series:
        where = f"{s.leg}, {s.kind}: {s.share:.2f} in the band, {s.mean.min():.2f} to {s.mean.max():.2f}"
        print(where)
        if (s.leg, s.kind) == COMMON:
            assert LOW < s.mean.mean() < HIGH, where
            continue
        assert s.high <= LONG, where
        share = np.mean(s.mean <= HIGH) if (s.leg, s.kind) in WIDE else s.share
        assert share >= SHARE and s.mean.mean() > WIDEST, where
