"""What the rendezvous must show over many flights: docked, at a bearable price, and safe if thrust is lost.

Three hundred dispersed flights of each shipped scenario, navigation and thrusters in the loop. A flight that
does not dock counts, whatever the reason.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import homeward as hw
from homeward.campaigns.execution.rendezvous_batch import fly_pairs
from homeward.missions.collision_avoidance import evasions
from homeward.missions.passive_safety import free_flights
from homeward.planning.rendezvous_plan import plan_rendezvous
from homeward.world.dynamics.two_spacecraft import Bodies

pytestmark = pytest.mark.slow

RUNS, SEEDS, SEED = 300, (1, 2, 3), 1
SCENARIOS = ["shenzhou-21", "tianzhou-5", "shenzhou-15", "shenzhou-16"]
DOCKED = 0.995  # of the flights, inside the box at the first or second approach
LATERAL = 0.03  # m, 99.7 % of the contacts
KEEP_OUT = 200.0  # m
SAFE_RUNS, STRIDE = 50, 10  # flights looked at for passive safety, seconds between their states


class Kept:
    """States of the first flights every ten seconds, up to the second hold point."""

    def __init__(self, stages):
        self.second = next(k for k, name in enumerate(stages, 2) if name == "400 m hold")
        self.least, self.states = np.inf, 0

    def __call__(self, world, far, close, frames, picks):
        rows = {
            name: np.concatenate([np.asarray(getattr(f, name)) for f in (*far.frames, *frames)], axis=1)
            for name in ("time", "stage", "mass", "r_BI_I", "v_BI_I", "r_TI_I", "v_TI_I", "velocity_L")
        }
        for lane in np.flatnonzero(picks < SAFE_RUNS):
            speed = np.linalg.norm(rows["velocity_L"][lane], axis=1)
            stage = rows["stage"][lane]
            there = np.flatnonzero(((stage == self.second) & (speed < 0.1)) | (stage > self.second))
            end = there[0] if len(there) else len(stage)
            t = rows["time"][lane][:end]
            pick = np.flatnonzero(np.append(True, np.diff(np.floor(t / STRIDE)) > 0))
            zero = np.zeros((len(pick), 3))
            r = [rows[k][lane][pick] for k in ("r_BI_I", "v_BI_I", "r_TI_I", "v_TI_I")]
            # Rows of bodies: put together as a tree, since ``Bodies`` itself takes one of each.
            bodies = jax.tree.unflatten(jax.tree.structure(Bodies(*[jnp.zeros(3)] * 6)), [*r, zero, zero])
            least = free_flights(world, int(lane), t[pick], bodies, rows["mass"][lane][pick])
            self.least = min(self.least, float(least.min()))
            self.states += len(pick)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", SCENARIOS)
def test_three_hundred_dispersed_flights(name, seed):
    scenario = hw.load(name)
    made = plan_rendezvous(scenario)
    flights = fly_pairs(scenario, RUNS, seed=seed, made=made)
    docked = flights["captured"] & flights["inside"]
    ratio = flights["delta_v_aim"] / flights["bound"]
    lateral, closing = np.sort(flights["lateral"][docked]), flights["closing"][docked]
    wide = lateral[int(0.997 * len(lateral))]
    print(
        f"{name} seed {seed}: docked {docked.mean():.4f}, "
        f"at the first approach {(flights['tries'] == 0).mean():.4f}, "
        f"aborts {flights['aborts'].sum()}, switches {flights['switched'].sum()}, "
        f"lateral p99.7 {wide:.4f} m, closing {closing.min():.3f} to {closing.max():.3f} m/s, "
        "delta-v to the aim over the bound p50 "
        f"{np.percentile(ratio, 50):.3f} p99 {np.percentile(ratio, 99):.3f}, "
        f"{RUNS / flights.wall_s:.2f} runs/s"
    )
    assert docked.mean() >= DOCKED
    assert not flights["collided"].any() and not flights["failed"].any()
    # Whoever did not dock has gone away.
    assert (docked | (flights["aborts"] > 0)).all()
    assert lateral[int(0.997 * len(lateral))] <= LATERAL
    assert flights["closest"].min() > KEEP_OUT
    assert (flights["tries"][docked] <= 1).all()


@pytest.mark.parametrize("name", SCENARIOS)
def test_thrust_lost_at_any_moment_is_safe(name):
    scenario = hw.load(name)
    made = plan_rendezvous(scenario)
    kept = Kept(made.steps)
    fly_pairs(scenario, SAFE_RUNS, seed=SEED, made=made, cores=1, keep=kept)
    print(f"{name}: {kept.states} states, least distance of two free revolutions {kept.least:.0f} m")
    assert kept.states > 10000
    assert kept.least > KEEP_OUT


@pytest.mark.parametrize("name", ["shenzhou-21", "tianzhou-5", "shenzhou-16"])
def test_the_ship_can_leave_from_anywhere_with_a_thruster_out(name):
    made = plan_rendezvous(hw.load(name))
    left = evasions(made, [402.0, 201.0, 32.0, 2.0], seed=SEED, thrusters=[-1, 0, 5, 13, 16, 20])
    assert left.left.all()
    outside = left.distance + 13.0 > KEEP_OUT
    assert left.flown[outside].min() > KEEP_OUT
    assert left.clearance.min() > 0.0
    assert left.free.min() > KEEP_OUT
