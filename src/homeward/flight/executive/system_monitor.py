"""What a turning ship's flight computer watches of itself: thrusters, engine, clock, altimeter."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward.earth.constants import G0
from homeward.flight.control.thruster_fdi import (
    MonitorState,
    no_suspects,
    note_gain,
    note_tick,
    paused,
    watch,
)
from homeward.flight.deorbit.burn_cutoff import EntryRange, still_to_burn
from homeward.icd import Attitude, Measurements, Navigation
from homeward.math.triples import dot, split
from homeward.typing import Array, Flag, Float, Mat33, Scalar, Vec3
from homeward.vehicle.thrusters import Thrusters

SILENT = 1.5  # s that the engine is told to burn and does not
WEAK = 0.2  # of the velocity expected in a tick: less counts as nothing
LAG = 4.0  # m/s that a burn may be behind before it ends by where it comes down
LARGE = 20.0  # m/s: no smaller burn is aimed so
LEAST, MOST = 0.8, 1.5  # of the velocity wanted
CLOCK_OFF = (
    0.02  # s between the onboard clock and the satellites' beyond which it is not the receiver's error
)
CLOCK_SURE = 3.0  # cycles in a row


class HealthState(eqx.Module):
    """What is remembered."""

    thrusters: MonitorState
    stack: Flag  # the monitor's numbers are the stack's
    engine_silent: Scalar  # s
    axial: Flag  # the burn goes on with the thrusters that push forward
    sensed: Scalar  # m/s sensed at the last tick
    clock: Scalar  # s that the onboard clock is ahead
    clock_off: Scalar  # cycles in a row
    expected: Scalar  # m/s that the burn should have given so far
    begun: Scalar  # s: when it was due
    wanted: Scalar  # m/s at which it is to end, where it did not give them; infinite before that is known


class Health(eqx.Module):
    """The beliefs that the watching rests on."""

    stack: Thrusters
    capsule: Thrusters
    masses: tuple[Scalar, Scalar]  # kg, of stack at the burn and of capsule
    axial_acceleration: Scalar  # m/s2, believed
    ground: Scalar  # m above the ellipsoid, of the landing area
    mu: Scalar  # m3/s2
    interface_radius: Scalar  # m
    interface_E: Vec3  # where the planned burn comes down through it; zero where nothing is planned
    later_E: Vec3  # the same of the next opportunity's burn
    rotation: Scalar  # rad/s
    entry: EntryRange  # by the angle at which it comes down there

    def init(self) -> HealthState:
        """All sound."""
        zero, no = jnp.zeros(()), jnp.asarray(False)
        suspects = no_suspects(self.stack.thrust.shape[0])
        return HealthState(suspects, no, zero, no, zero, zero, zero, zero, zero, zero + jnp.inf)

    def comes_down(self, r_E: np.ndarray, v_E: np.ndarray) -> "Health":
        """With the interface [m, m/s, E] to which the planned burn leads."""
        v_I = v_E + np.cross([0.0, 0.0, float(self.rotation)], r_E)
        size = float(np.linalg.norm(r_E))
        angle = np.arcsin(float(np.dot(r_E, v_I)) / (size * float(np.linalg.norm(v_I))))
        return eqx.tree_at(
            lambda h: (h.interface_E, h.interface_radius, h.entry.planned), self,
            (jnp.asarray(r_E, float), jnp.asarray(size), jnp.asarray(angle)),
        )  # fmt: skip

    def timed(
        self, state: HealthState, measurements: Measurements, fixed: Flag
    ) -> tuple[HealthState, Measurements]:
        """Onboard time put right by the satellites', once the difference has been seen several times."""
        if measurements.satellite_time is None:
            return state, measurements
        apart = measurements.time - state.clock - measurements.satellite_time
        wrong = fixed & (jnp.abs(apart) > CLOCK_OFF)
        count = jnp.where(wrong, state.clock_off + 1.0, jnp.where(fixed, 0.0, state.clock_off))
        sure = count >= CLOCK_SURE
        clock = jnp.where(sure, state.clock + apart, state.clock)
        state = eqx.tree_at(lambda s: (s.clock, s.clock_off), state, (clock, jnp.where(sure, 0.0, count)))
        return state, eqx.tree_at(lambda m: m.time, measurements, measurements.time - clock)

    def paused(self, state: HealthState) -> HealthState:
        """Nothing is watched in a drift: what was noted of rates and valves before says nothing of after."""
        return eqx.tree_at(lambda s: s.thrusters, state, paused(state.thrusters))

    def watched(
        self, state: HealthState, in_orbit: bool, inertia: Mat33, attitude: Attitude, last: Navigation,
        measurements: Measurements, burning: Flag, dt: Scalar,
    ) -> HealthState:  # fmt: skip
        """One cycle: the thrusters judged; at a separation those of the other part begin as sound."""
        if measurements.flow is None:
            return state
        own = state.stack == jnp.asarray(in_orbit)
        fresh = no_suspects(self.stack.thrust.shape[0])
        before = _choose(own, state.thrusters, fresh)
        force = split(last.specific_force)
        load = jnp.sqrt(dot(force, force)) / G0
        after = watch(
            before, self.stack if in_orbit else self.capsule, inertia, attitude.omega_BI_B, measurements.flow,
            jnp.where(in_orbit, 0.0, load), burning, attitude.known, dt,
            self.masses[0 if in_orbit else 1],
        )  # fmt: skip
        return eqx.tree_at(
            lambda s: (s.thrusters, s.stack), state, (after, jnp.full_like(state.stack, in_orbit))
        )

    def ticked(
        self, state: HealthState, inertia: Mat33, seconds: Float[Array, " n"], attitude: Attitude,
        gained: Vec3, dt: Scalar,
    ) -> HealthState:  # fmt: skip
        """One control tick's valve times [s] and the velocity gained in it [m/s, B] noted."""
        noted = note_tick(state.thrusters, inertia, seconds, attitude.omega_BI_B, dt)
        return eqx.tree_at(lambda s: s.thrusters, state, note_gain(noted, gained))

    def burnt(
        self, state: HealthState, sensed: Scalar, told_seconds: Scalar, acceleration: Scalar, wanted: Scalar,
        time: Scalar, dt: Scalar,
    ) -> HealthState:  # fmt: skip
        """One control tick of a burn: whether the engine answers. m/s, ``acceleration`` as believed."""
        gained, asked = sensed - state.sensed, told_seconds > 0.5 * dt
        nothing = asked & (gained < WEAK * acceleration * told_seconds)
        # Whatever holds a burn up, an engine or an attitude, it should have given this by now.
        begun = jnp.where(wanted > LARGE, state.begun, time)
        expected = jnp.minimum(acceleration * (time - begun), wanted)
        silent = jnp.where(nothing, state.engine_silent + dt, jnp.where(asked, 0.0, state.engine_silent))
        return eqx.tree_at(
            lambda s: (s.engine_silent, s.axial, s.sensed, s.expected, s.begun), state,
            (silent, state.axial | (silent > SILENT), sensed, expected, begun),
        )  # fmt: skip

    def aimed(
        self, state: HealthState, last: Navigation, thrust_E: Vec3, wanted: Scalar, put_off: Flag
    ) -> HealthState:
        """One cycle of a burn of ``wanted`` [m/s] along ``thrust_E``: if it lags, it ends by its landing.

        ``put_off``: it is that of the next opportunity. Within ``LEAST`` and ``MOST`` of what was wanted.
        """
        omega = jnp.stack([jnp.zeros(()), jnp.zeros(()), self.rotation])
        v = last.v_BE_E + jnp.cross(omega, last.r_BE_E)
        goal = jnp.where(put_off, self.later_E, self.interface_E)
        more = still_to_burn(
            self.mu, self.interface_radius, self.rotation, last.r_BE_E, v, goal, self.entry, thrust_E
        )  # fmt: skip
        planned = jnp.sum(goal * goal) > 0.0
        lags = state.axial | (state.expected - state.sensed > LAG)
        lags = lags & planned & (wanted > LARGE)
        # While the arc does not come down at all the burn goes on.
        end = jnp.minimum(jnp.maximum(state.sensed + more, LEAST * wanted), MOST * wanted)
        return eqx.tree_at(lambda s: s.wanted, state, jnp.where(lags, end, jnp.inf))


def _choose(yes: Flag, one: MonitorState, other: MonitorState) -> MonitorState:
    return jax.tree.map(lambda a, b: jnp.where(yes, a, b), one, other)
