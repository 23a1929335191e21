"""Failures as data: what has failed when; words of a scenario file; the thruster monitor."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import homeward as hw
from homeward.errors import InputError
from homeward.flight.control.thruster_fdi import no_suspects, watch
from homeward.scenario.build.six_dof_body import ring
from homeward.scenario.faults.catalogue import FAILURES, RETURN
from homeward.scenario.faults.schedule import EquipmentCounts, strikes_of
from homeward.vehicle.thrusters import Thrusters
from homeward.world.fault_schedule import SLOTS, Faults, Kind, active_faults, due

FLEET = EquipmentCounts(12, 12, 0, 4, 12)
EPOCH = {"return.initial.interface.epoch_utc": "2023-09-07T23:52:50Z"}


def _one(kind, which=0, size=1.0, start=100.0, end=np.inf, leg=-1):
    faults = Faults(jnp.zeros(()), jnp.zeros(()))
    put = lambda name, value: np.array([value] + [np.asarray(getattr(faults, name))[1]] * (SLOTS - 1))  # noqa: E731
    values = {"kind": int(kind), "which": which, "size": size, "start": start, "end": end, "leg": leg}
    names = tuple(values)
    return eqx.tree_at(
        lambda f: tuple(getattr(f, n) for n in names), faults,
        tuple(jnp.asarray(put(n, v)) for n, v in values.items()),
    )  # fmt: skip


def test_a_head_of_the_star_tracker_fails_by_itself():
    a = active_faults(_one(Kind.STAR_HEAD_BLIND, which=1), jnp.asarray(200.0), 0)
    assert np.asarray(a.heads).tolist() == [0.0, 1.0] and float(a.star) == 0.0
    assert float(active_faults(_one(Kind.STAR_BLIND), jnp.asarray(200.0), 0).star) == 1.0


def test_nothing_fails_before_its_time_or_after_its_end():
    faults = _one(Kind.COMPUTER, end=108.0)
    told = [float(active_faults(faults, jnp.asarray(t), 24).computer) for t in (99.9, 100.0, 107.9, 108.0)]
    assert told == [0.0, 1.0, 1.0, 0.0]


def test_one_thruster_of_all_is_stuck():
    a = active_faults(_one(Kind.THRUSTER_ON, which=13), jnp.asarray(200.0), 24)
    assert np.flatnonzero(np.asarray(a.on)).tolist() == [13]
    assert not np.any(np.asarray(a.off))


def test_a_drift_grows_and_a_bias_does_not():
    drifting, biased = _one(Kind.GYRO_DRIFTING, 2, 1e-3), _one(Kind.GYRO_BIASED, 2, 1e-3)
    for seconds in (1.0, 50.0):
        t = jnp.asarray(100.0 + seconds)
        assert np.asarray(active_faults(drifting, t, 0).gyro_bias) == pytest.approx(
            [0, 0, 1e-3 * seconds, 0, 0, 0]
        )
        assert np.asarray(active_faults(biased, t, 0).gyro_bias) == pytest.approx([0, 0, 1e-3, 0, 0, 0])


def test_a_false_fix_is_led_away_smoothly():
    faults = _one(Kind.SATELLITE_SPOOFED, size=0.01)
    place, speed = active_faults(faults, jnp.asarray(200.0), 0).spoof
    assert float(speed) == pytest.approx(1.0) and float(place) == pytest.approx(50.0)


def test_a_failure_waits_for_its_leg():
    faults = jax.tree.map(lambda x: np.asarray(x)[None], _one(Kind.MAIN, start=np.inf, leg=3))
    assert not np.isfinite(due(faults, 2, np.array([50.0])).start).any()
    assert due(faults, 3, np.array([50.0])).start[0, 0] == 50.0


def _told(*rows, **changes):
    return hw.load("shenzhou-15", changes).model_copy(update={"fault": tuple(rows)})


def _rows(*many):
    from homeward.scenario.schema.fault import Fault

    return [Fault(**row) for row in many]


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([{"what": "wing", "when": 5.0}], "expected one of"),
        ([{"what": "stars", "when": 5.0}], "did you mean star"),
        ([{"what": "gyro 7", "when": 5.0}], "a number of 0 to 5"),
        ([{"what": "gyro", "when": 5.0}], "a number of 0 to 5"),
        ([{"what": "star 1", "when": 5.0}], "without a number"),
        ([{"what": "star", "when": 5.0, "how": "late"}], "star fails as blind"),
        ([{"what": "star", "when": "entry + soon"}], "seconds or"),
        (
            [{"what": "density", "when": "entry", "how": "low"}, {"what": "density", "when": 9.0}],
            "contradict",
        ),
        ([{"what": "main", "when": "entry"}, {"what": "main", "when": "entry+3"}], "the same failure twice"),
        (
            [{"what": "star", "when": 5.0}, {"what": "star tracker 0", "when": "entry"}],
            "star blind and star tracker 0 blind are two failures that contradict: one includes the other",
        ),
        (
            [{"what": "engine 2", "when": "burn"}, {"what": "engines", "when": "burn+9"}],
            "engine 2 out and engines cut-off are two failures that contradict: one includes the other",
        ),
    ],
)
def test_bad_words_are_one_sentence(rows, sentence):
    with pytest.raises(InputError, match=r"shenzhou-15.*fault\[\d\]") as told:
        strikes_of(_told(*_rows(*rows)), "return", RETURN, FLEET)
    assert sentence in str(told.value) and "\n" not in str(told.value)


def test_parts_of_one_whole_may_fail_one_by_one():
    what = ("engine 1", "engine 2", "star tracker 0", "star tracker 1")
    rows = _rows(*({"what": w, "when": "burn"} for w in what))
    assert len(strikes_of(_told(*rows), "return", RETURN, FLEET)) == 4


@pytest.mark.parametrize(
    ("lost", "wrong", "refused"),
    [
        ("homing+100", "homing+100", True), ("homing+100", "homing+200", True),
        ("homing+100", "homing+99.5", True), ("homing+100", "homing+99", False),
        ("far guidance", "homing", True), ("homing", "far guidance", False), (5.0, "homing", False),
    ],
)  # fmt: skip
def test_a_passing_failure_has_to_be_over(lost, wrong, refused):
    rows = _rows(
        {"what": "camera", "when": lost, "how": "lost"},
        {"what": "camera", "when": wrong, "how": "wrong once"},
    )
    told, legs = _told(*rows), ("far guidance", "homing")
    if not refused:
        assert len(strikes_of(told, "rendezvous", legs, FLEET)) == 2
        return
    with pytest.raises(InputError, match="camera lost and camera wrong once are two failures that contr"):
        strikes_of(told, "rendezvous", legs, FLEET)


@pytest.mark.parametrize("when", [-3.0, float("nan"), float("inf"), True])
def test_a_number_that_is_no_time_is_one_sentence(when, tmp_path):
    own = tmp_path / "own.toml"
    told = {-3.0: "-3.0", True: "true"}.get(when, str(when))
    own.write_text(f"schema = 1\n[[fault]]\nwhat = 'main'\nwhen = {told}\n")
    with pytest.raises(InputError, match=r"own.toml: fault\[0\].when: expected seconds") as raised:
        hw.load(str(own))
    assert "more problem" not in str(raised.value)


def test_the_leg_tells_whose_thruster_it_is():
    rows = _rows(*({"what": "thruster 3", "when": w, "how": "on"} for w in ("entry+30", "burn+5")))
    one, other = strikes_of(_told(*rows), "return", RETURN, FLEET)
    assert (one.failure.what, one.leg, one.time) == ("capsule thruster", "entry", 30.0)
    assert (other.failure.what, other.leg, other.time) == ("stack thruster", "deorbit burn", 5.0)


def test_every_failure_of_the_list_has_a_way_into_the_world():
    assert {f.kind for f in FAILURES} == set(Kind) - {Kind.NONE}


# -------------------------------------------------- the monitor, against a rigid body made here
INERTIA, MASS = np.diag([2000.0, 2100.0, 2000.0]), 3200.0


@pytest.fixture(scope="module")
def thrusters():
    place, direction = ring(1.2, 1.3, 0.7)
    n = len(place)
    return Thrusters(
        jnp.asarray(place), jnp.asarray(direction), jnp.full(n, 150.0), jnp.asarray(0.02), jnp.asarray(0.01),
        jnp.asarray(0.01), jnp.asarray(220.0 * 9.80665), jnp.ones(n), jnp.zeros(n),
    )  # fmt: skip


@pytest.fixture(scope="module")
def judged(thrusters):
    return jax.jit(
        lambda state, rate, flow, load, burning: watch(
            state, thrusters, jnp.asarray(INERTIA), rate, flow, load, burning, jnp.asarray(True),
            jnp.asarray(1.0), jnp.asarray(MASS),
        )
    )  # fmt: skip


def _course(judged, thrusters, stuck=None, dead=None, cycles=60, load=0.0, seed=0, askew=None, strikes=0):
    """Cycles of random pulses; who is isolated after each of them."""
    draw = np.random.default_rng(seed)
    torque, use = np.asarray(thrusters.torques()), 150.0 / float(thrusters.exhaust_speed)
    state, rate, isolated = no_suspects(12), np.zeros(3), []
    state = eqx.tree_at(lambda s: s.noted, state, jnp.asarray(True))
    for cycle in range(cycles):
        shut = int(state.isolated) - 1
        told = np.where(draw.uniform(size=12) < 0.3, draw.uniform(0.02, 0.3, 12), 0.0)
        told[shut if shut >= 0 else []] = 0.0
        true = told.copy()
        if stuck is not None and cycle >= strikes:
            true[stuck] = 1.0
        if dead is not None:
            true[dead] = 0.0
        if shut >= 0:
            true[shut] = 0.0
        turn, push = (np.zeros(3), np.zeros(3)) if askew is None else askew
        rate = rate + np.linalg.solve(INERTIA, true @ torque + turn) + 1e-5 * draw.normal(size=3)
        gained = (150.0 * true @ np.asarray(thrusters.direction) + push) / MASS + 2e-4 * draw.normal(size=3)
        state = eqx.tree_at(
            lambda s: (s.opened, s.felt, s.gained),
            state,
            (jnp.asarray(told), jnp.asarray(told), jnp.asarray(gained)),
        )
        flow = jnp.asarray(use * true.sum() + 2e-3 * draw.normal())
        burning = jnp.asarray(askew is not None)
        state = judged(state, jnp.asarray(rate), flow, jnp.asarray(load), burning)
        isolated.append(int(state.isolated))
    return isolated


def test_sound_thrusters_are_not_suspected(judged, thrusters):
    for seed in range(5):
        assert set(_course(judged, thrusters, cycles=120, seed=seed)) == {0}


@pytest.mark.parametrize("k", range(12))
def test_a_stuck_thruster_is_found_and_its_feed_shut(judged, thrusters, k):
    isolated = _course(judged, thrusters, stuck=k, seed=k)
    # At the second cycle, before which no rate was known, and no other one is tried.
    assert isolated[0] == 0 and set(isolated[1:]) == {k + 1}


@pytest.mark.parametrize("k", range(12))
def test_a_dead_thruster_is_found(judged, thrusters, k):
    assert _course(judged, thrusters, dead=k, seed=k)[-1] == k + 1


def test_in_thick_air_the_flow_tells_and_the_trial_finds(judged, thrusters):
    assert _course(judged, thrusters, stuck=5, load=3.0, cycles=80)[-1] == 6


# What an engine of 10 kN gives aside that is a degree off: N m s and N s a cycle.
ASKEW = (np.array([0.0, 240.0, -180.0]), np.array([1e4, 90.0, 120.0]))


def test_a_burning_engine_that_is_askew_makes_nobody_suspect(judged, thrusters):
    for seed in range(5):
        assert set(_course(judged, thrusters, cycles=80, seed=seed, askew=ASKEW)) == {0}


@pytest.mark.parametrize("k", range(12))
def test_one_that_sticks_while_the_engine_burns_is_found_at_once(judged, thrusters, k):
    isolated = _course(judged, thrusters, stuck=k, seed=k, askew=ASKEW, strikes=20)
    assert set(isolated[:20]) == {0} and set(isolated[22:]) == {k + 1}
