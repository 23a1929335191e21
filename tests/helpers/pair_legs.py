"""Ships put where each leg of a rendezvous flies, and the calls into the flight computer written down.

A flight takes hours to come to its last legs. Here truth and belief of one ship are set at a leg, a second or
two before its end, and flown for some cycles by the simulation's own loop. The flight computer's calls, and
what of the world takes long, are programs compiled one by one: the same program gives the same bits wherever
it runs, in another process too.
"""

import contextlib
import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from quick_compile import QUICK

import homeward as hw
from homeward.astro.lvlh import from_lvlh, lvlh_quaternion, lvlh_rate
from homeward.dispersion.rendezvous import disperse_pair
from homeward.flight.executive import rendezvous_executive as executive
from homeward.flight.rendezvous.approach_sequence import AXIS, HOP
from homeward.flight.rendezvous.far_range import CHECKS
from homeward.math.quaternion import conjugate, from_matrix, multiply, rotate
from homeward.missions.rendezvous_flight import pair_keys
from homeward.planning.rendezvous_plan import plan_rendezvous
from homeward.sim.rendezvous import far_range, far_range_lanes, proximity, proximity_lanes
from homeward.world.dynamics.docking_bodies import station_attitude
from homeward.world.dynamics.two_spacecraft import bodies_at, pulled, tidal_pull

CONTACT = 0.25  # m before the port, where the last leg is set
AHEAD = 2.0  # s before its end at which a leg is set
PLACES = {"place": (1.5, -2.0, 1.0), "speed": (2e-3, 1e-3, -1e-3)}  # m, m/s: what belief has wrong


_programs = {}


class Apart:
    """A function compiled on its own, also where the loop around it is not; ``log`` takes its calls."""

    def __init__(self, function, log=None, name=""):
        self.function, self.log, self.name = function, log, name

    def __call__(self, *arguments):
        leaves, tree = jax.tree.flatten(arguments)
        key = (self.function, tree, tuple((np.shape(x), str(jnp.result_type(x))) for x in leaves))
        with jax.disable_jit(False):
            if key not in _programs:
                _programs[key] = jax.jit(self.function).lower(*arguments).compile(QUICK)
            told = _programs[key](*arguments)
        if self.log is not None:
            self.log.append((self.name, arguments, told))
        return told


@contextlib.contextmanager
def step_by_step(monkeypatch, log, world=True, heard=None):
    """The loop runs call by call; calls of the flight computer go to ``log``, of the world to ``heard``.

    How the bodies move and what sensors tell is compiled too, unless a test puts it in its place.
    """
    with jax.disable_jit(), monkeypatch.context() as patch:
        for name in ("tick", "cycle", "plan", "asks_plan"):
            patch.setattr(executive, name, Apart(getattr(executive, name), log, name))
        slow = [
            (proximity, "pulled"),
            (proximity, "situation"),
            (proximity, "ports"),
            (far_range, "situation"),
        ]
        slow += (
            [
                (proximity, "_fly"),
                (proximity, "sense_pair"),
                (far_range, "_second"),
                (far_range, "sense_pair"),
            ]
            if world
            else []
        )
        for module, name in slow:
            patch.setattr(module, name, Apart(getattr(module, name), heard, name))
        yield patch


@functools.cache
def made_plan(name="shenzhou-16"):
    """The plan of a scenario, with one lane of world and far legs at the insertion."""
    plan = plan_rendezvous(hw.load(name))
    wide, start = disperse_pair(plan, 0, np.arange(1))
    world = jax.tree.map(jnp.asarray, far_range_lanes.pick_pair(wide, np.asarray(0)))
    return plan, world, jax.tree.map(lambda x: jnp.asarray(x)[0], start)


def placed(world, computer, start, place_L, speed_L=None):
    """The far legs' carry with ship and belief about the station at a place [m] and speed [m/s] in L."""
    b = start.truth.bodies
    r_T, v_T = b.r_TI_I, b.v_TI_I
    r, v = from_lvlh(r_T, v_T, jnp.asarray(place_L), jnp.zeros(3) if speed_L is None else speed_L)
    truth, one = start.truth, jnp.ones(())
    tidal = tidal_pull(world, truth.time, r_T)
    spin = world.orientation.at(truth.time)
    bodies = pulled(world, spin, truth.time, tidal, bodies_at(r, v, r_T, v_T), truth.mass, one)
    off, slow = (jnp.asarray(x) for x in PLACES.values())
    near = jnp.minimum(jnp.sqrt(jnp.sum(jnp.square(r - r_T))) / 5000.0, 1.0)
    belief = computer.filter.init(
        r + 5.0, v, r - r_T + near * off, v - v_T + near * slow, (jnp.asarray(10.0), jnp.asarray(0.05)),
        (jnp.maximum(2.0 * near, 0.01), jnp.maximum(3e-3 * near, 1e-3)),
    )  # fmt: skip
    return eqx.tree_at(lambda c: (c.truth.bodies, c.flight.filter), start, (bodies, belief))


def far_legs(plan, world, start):
    """Carries of the far legs by name: at a burn of each engine, and at the end of each stage."""
    flight, now = plan.far, start.truth.time
    hold = placed(world, flight, start, plan.close.steps.place_L[0] + jnp.asarray([0.0, 0.0, 400.0]))

    def burning(carry, size):
        p = carry.flight.plan
        burns = p.burns.at[0].set(size * carry.truth.bodies.v_BI_I / 7.6e3)
        every = jnp.asarray(len(CHECKS), carry.flight.checked.dtype)
        soon = (p.times.at[0].set(now + 4.0), burns, now + 3000.0, jnp.asarray(False), every)
        return eqx.tree_at(
            lambda c: (
                c.flight.plan.times, c.flight.plan.burns, c.flight.plan.arrival, c.flight.due,
                c.flight.checked,
            ),
            carry, soon,
        )  # fmt: skip

    def staged(carry, stage):
        return eqx.tree_at(lambda c: c.flight.stage, carry, jnp.asarray(stage, carry.flight.stage.dtype))

    def arriving(carry, stage):
        carry = staged(carry, stage)
        return eqx.tree_at(
            lambda c: (c.flight.plan.arrival, c.flight.due), carry, (now - AHEAD, jnp.asarray(False))
        )

    return {
        "far guidance": burning(start, 6.0),
        "far guidance, its end": arriving(start, 0),
        "homing": burning(staged(hold, 1), 0.4),
        "homing, its end": arriving(hold, 1),
    }


def close_legs(plan, world, start):
    """Carries of the close legs by their steps' names, each about to end."""
    flight, names = plan.close, plan.steps
    return {name: close_leg(plan, flight, world, start, k) for k, name in enumerate(names)}


def close_leg(plan, flight, world, start, k):
    """The carry of step ``k``."""
    steps, hull, now = flight.steps, world.hull, start.truth.time
    b = start.truth.bodies
    place, speed_L = steps.place_L[k], jnp.zeros(3)
    q_LI = lvlh_quaternion(b.r_TI_I, b.v_TI_I)
    q_BI, omega_I = multiply(steps.q_BL[k], q_LI), rotate(conjugate(q_LI), lvlh_rate(b.r_TI_I, b.v_TI_I))
    last = bool(steps.distance[k] <= 0.0)
    if int(steps.kind[k]) == AXIS:
        q_TI, omega_T = station_attitude(hull.motion, now, b.r_TI_I, b.v_TI_I)
        docked = multiply(jnp.asarray([0.0, 0.0, 0.0, 1.0]), from_matrix(hull.C_DT))
        q_BI, omega_I = multiply(docked, q_TI), rotate(conjugate(q_TI), omega_T)
        away = hull.C_DT[0] * (CONTACT if last else steps.distance[k])
        place_T = hull.port_T + away - rotate(conjugate(docked), hull.dock_B)
        place = rotate(q_LI, rotate(conjugate(q_TI), place_T))
        speed_T = jnp.cross(omega_T, place_T) - (0.07 * hull.C_DT[0] if last else 0.0)
        moving = rotate(q_LI, rotate(conjugate(q_TI), speed_T))
        speed_L = moving - jnp.cross(lvlh_rate(b.r_TI_I, b.v_TI_I), place)
    carry = placed(world, flight, start, place, speed_L)
    carry = jax.tree.map(lambda x: jnp.asarray(x)[None], carry)
    carry = proximity_lanes.begin_lanes(flight, carry, pair_keys(0, np.arange(1)))
    carry = jax.tree.map(lambda x: jnp.asarray(x)[0], carry)
    lasting = steps.seconds[k] - AHEAD
    since = now - (lasting if int(steps.kind[k]) == HOP else 0.0)
    state = carry.flight
    attitude = flight.attitude.init(q_BI, jnp.asarray(1e-4))
    state = eqx.tree_at(
        lambda s: (s.step, s.since, s.there, s.attitude, s.q_WI, s.omega_W), state,
        (
            jnp.asarray(k, state.step.dtype), since, jnp.maximum(lasting, 0.0), attitude, q_BI,
            rotate(q_BI, omega_I),
        ),
    )  # fmt: skip
    truth = eqx.tree_at(lambda t: (t.q_BI, t.omega_BI_B), carry.truth, (q_BI, rotate(q_BI, omega_I)))
    return eqx.tree_at(lambda c: (c.truth, c.flight), carry, (truth, state))


def fly_far_leg(plan, world, carry, cycles, seed=5):
    """Some cycles of ten seconds, planned first where a plan is wanted."""
    for number in range(cycles):
        if bool(executive.asks_plan(plan.far, carry.flight)):
            carry = eqx.tree_at(lambda c: c.flight, carry, executive.plan(plan.far, carry.flight))
        noise = jax.random.normal(jax.random.key(seed + number), (far_range.NOISES,))
        carry, _ = far_range._cycle(world, plan.far, carry, noise, False)
        if bool(carry.truth.done):
            break
    return carry


def fly_close_leg(flight, world, carry, cycles, seed=5):
    """Some cycles of a second."""
    for number in range(cycles):
        noise = jax.random.normal(jax.random.key(seed + number), (proximity.close_noises(),))
        carry, _ = proximity.close_cycle(world, flight, jnp.asarray(1e12), carry, noise, False)
        if bool(carry.truth.done):
            break
    return carry
