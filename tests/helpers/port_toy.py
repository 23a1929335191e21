"""A toy of the last 200 m: Clohessy-Wiltshire in closed form, smallest pulses, noise; many lanes at once."""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward.flight.rendezvous.port_dynamics import PORTS, port_motion

RATE = 1.13e-3  # rad/s
QUANTUM = np.array([12.0, 2.0, 2.0]) / 8000.0  # m/s: four thrusters at their smallest pulse
POSITION, VELOCITY = 0.01, 0.002  # m and m/s, 1 sigma an axis, white from cycle to cycle
SCALE = 0.02  # 1 sigma of what is given over what is asked for, of a flight
START = np.array([200.0, 0.0, 0.0])
SECONDS = 1400.0
LANES = 200


def transition(rate, dt):
    """State transition in L: x along the track, y against the orbit's normal, z down (Fehse, 2003)."""
    s, c, a = np.sin(rate * dt), np.cos(rate * dt), rate * dt
    phi = np.zeros((6, 6))
    phi[0] = [1, 0, 6 * (a - s), (4 * s - 3 * a) / rate, 0, 2 * (1 - c) / rate]
    phi[1] = [0, c, 0, 0, s / rate, 0]
    phi[2] = [0, 0, 4 - 3 * c, -2 * (1 - c) / rate, 0, s / rate]
    phi[3] = [0, 0, 6 * rate * (1 - c), 4 * c - 3, 0, 2 * s]
    phi[4] = [0, -rate * s, 0, 0, c, 0]
    phi[5] = [0, 0, 3 * rate * s, -2 * s, 0, c]
    return phi


def in_port(phi, C_DL):
    turn = np.kron(np.eye(2), np.asarray(C_DL))
    return turn @ phi @ turn.T


@functools.lru_cache
def motion(port):
    return port_motion(RATE, np.array(PORTS[port]))


@eqx.filter_jit
def _fly(law, phi, start, size, noise, goals, limit, dt, quantum):
    """``noise``: of position and velocity, each lane and cycle; ``goals``: one distance for each cycle."""

    def lane(start, size, noise):
        def cycle(carry, x):
            state, truth, spent, hit = carry
            error, goal = x
            seen = truth + error
            state, wanted = law.step(state, seen[:3], seen[3:], goal, limit, dt)
            # What a pulse too short could not give is forgotten: the law sees that it is missing.
            short = jnp.abs(wanted) < quantum
            rounded = jnp.where(jnp.abs(wanted) > 0.5 * quantum, jnp.sign(wanted) * quantum, 0.0)
            given = size * jnp.where(short, rounded, wanted)
            new = jnp.sum(phi * (truth + jnp.concatenate([jnp.zeros(3), given]))[None, :], axis=1)
            touches = ~hit & (new[0] <= 0.0)
            share = truth[0] / jnp.maximum(truth[0] - new[0], 1e-9)
            at = jnp.concatenate([truth[:3] + share * (new[:3] - truth[:3]), new[3:]])
            spent = spent + jnp.where(hit, 0.0, jnp.sum(jnp.abs(given)))
            new = jnp.where(hit, truth, jnp.where(touches, at, new))
            return (state, new, spent, hit | touches), (new, given, hit | touches)

        begin = (law.init(), start, jnp.asarray(0.0), jnp.asarray(False))
        (_, end, spent, hit), record = jax.lax.scan(cycle, begin, (noise, goals))
        return end, spent, hit, record

    return jax.vmap(lane)(start, size, noise)


def fly(law, port, *, seed=1, dt=1.0, start=START, rates=(0.0, 0.0, 0.0), spread=(2.0, 2.0, 2.0),
        goals=0.0, limit=10.0, noise=(POSITION, VELOCITY), quantum=QUANTUM,
        seconds=SECONDS, lanes=LANES):  # fmt: skip
    """Final states, delta-v spent, contact flags, and the record (states, delta-v, contact) of all lanes."""
    rng = np.random.default_rng(seed)
    cycles = round(seconds / dt)
    first = np.zeros((lanes, 6))
    first[:, :3] = np.asarray(start) + rng.normal(size=(lanes, 3)) * spread
    first[:, 3:] = np.asarray(rates) + 0.01 * rng.normal(size=(lanes, 3)) * (np.asarray(spread) > 0.0)
    size = 1.0 + SCALE * rng.normal(size=(lanes, 3))
    errors = rng.normal(size=(lanes, cycles, 6)) * np.repeat(noise, 3)
    phi = in_port(transition(RATE, dt), PORTS[port])
    told = _fly(
        law, *(jnp.asarray(x) for x in (phi, first, size, errors)),
        jnp.broadcast_to(jnp.asarray(goals, float), (cycles,)), jnp.asarray(float(limit)),
        jnp.asarray(float(dt)), jnp.asarray(quantum),
    )  # fmt: skip
    return jax.tree.map(np.asarray, told)


def contact(end, spent, hit, record):
    """What a test asks of a set of lanes: figures of contact and of the way there."""
    x, side = record[0][:, :, 0], np.hypot(record[0][:, :, 1], record[0][:, :, 2])
    tight = np.tan(np.radians(10.0))
    cone = side - tight * np.maximum(x, 0.0)
    return {
        "all": bool(hit.all()),
        "closing": -end[:, 3], "offset": np.hypot(end[:, 1], end[:, 2]),
        "lateral_rate": np.hypot(end[:, 4], end[:, 5]),
        "outside": float(np.max(np.where(x > 1.0, cone, -1.0))), "spent": spent,
        "time": np.argmax(record[2], axis=1),
    }  # fmt: skip
