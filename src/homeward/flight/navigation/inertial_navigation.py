"""Navigation of a turning capsule: an inertial unit reckons, stars, satellites and altimeters correct it."""

import equinox as eqx
import jax.numpy as jnp

from homeward.earth.geodesy import Ellipsoid, height_and_up, north_east_down, to_geodetic
from homeward.earth.orientation import AbstractOrientation
from homeward.errors import InputError
from homeward.flight.interfaces import AbstractStrapdown
from homeward.flight.navigation import error_state_filter as filter_
from homeward.flight.navigation.delayed_measurements import (
    carried_back,
    carried_forth,
    remembered,
    since,
    when,
)
from homeward.flight.navigation.error_state_filter import Covariance, Errors
from homeward.flight.navigation.filter_state import (
    StrapdownState,
    begun_from,
    carried,
    injected,
    navigation_message,
    only_known,
    powered_on,
)
from homeward.flight.navigation.free_fall_propagation import drift, unfelt
from homeward.flight.navigation.gnss_antennas import audible
from homeward.flight.navigation.gnss_error_states import no_sky, prepared
from homeward.flight.navigation.gnss_spoofing import change, heard, judged
from homeward.flight.navigation.imu_fdi import Voting, VotingState
from homeward.flight.navigation.measurement_editing import (
    ages,
    brought_on,
    choose,
    clean,
    finite,
    only,
    satellites_in_I,
)
from homeward.flight.navigation.mechanization import (
    BRIEF,
    NavState,
    ZonalEarth,
    advance,
    no_sums,
    small_turn,
    turn_error,
)
from homeward.flight.navigation.pseudorange_update import clock_by, correct_ranges
from homeward.flight.navigation.scale_factor_noise import SlowMotion
from homeward.flight.navigation.sensor_parameters import AidBelief, InertialBelief
from homeward.flight.navigation.star_tracker_fusion import or_by_sun, together
from homeward.icd import (
    Accuracy,
    Aids,
    Attitude,
    Estimate,
    InertialReadings,
    InertialSample,
    Measurements,
    Navigation,
    NavigationStart,
)
from homeward.math.quaternion import to_matrix
from homeward.math.triples import join, split
from homeward.typing import Array, Bool, Flag, Float, Int, Mat33, Vec3

# Cycles for which the gamma altimeter is read: 100 m at 7 m/s, over ground whose one error they all share.
HEIGHT_MEMORY = 15.0


class StrapdownNavigation(AbstractStrapdown):
    """Strapdown reckoning with one error-state filter. Its figures are beliefs, loaded before the flight.

    With a redundant unit, ``unit`` is believed of what ``voting`` makes of all its instruments.
    """

    orientation: AbstractOrientation
    ellipsoid: Ellipsoid
    earth: ZonalEarth
    unit: InertialBelief
    aids: AidBelief
    voting: Voting | None = None

    def init(self, start: NavigationStart | None = None) -> StrapdownState:
        """At power-on: what was stored or sent, with its covariance; what is not known is not reckoned."""
        reckoned = NavState(jnp.asarray([1.0, 0.0, 0.0, 0.0]), self.ellipsoid.a * jnp.eye(3)[0], jnp.zeros(3))
        P, started, aligned = filter_.unknown(self.unit, self.aids), jnp.asarray(False), jnp.asarray(False)
        if start is not None:
            reckoned, P, started, aligned = begun_from(start, reckoned, P)
        voting = None if self.voting is None else self.voting.init()
        sky = None if self.aids.ranges is None else no_sky()
        return powered_on(reckoned, P, started, aligned, voting, sky)

    def propagate(
        self, state: StrapdownState, sample: InertialSample | InertialReadings, falling: bool = False
    ) -> tuple[StrapdownState, Attitude]:
        """One control tick. A sample that is not finite is taken to be like the last one.

        Readings of a redundant unit are put to the vote first; raises ``InputError`` where nobody counts it.
        ``falling`` (static): a tick of any length in free fall (``flight.navigation.free_fall_propagation``).
        """
        if isinstance(sample, InertialReadings):
            if self.voting is None or state.voting is None:
                raise InputError(
                    "strapdown navigation: readings of single instruments, and no vote to count them"
                )
            voting, sample = self.voting.combine(state.voting, sample)
            state = eqx.tree_at(lambda s: s.voting, state, voting)
        good = finite(sample.delta_angle, sample.delta_velocity, sample.duration)
        sample = choose(good, sample, state.last)
        errors = state.errors
        reckoned, sums = (drift if falling else advance)(
            self.earth, state.C_EI[2], state.reckoned, state.sums, sample, errors.gyro_bias,
            errors.accelerometer_bias,
        )  # fmt: skip
        reckoned = only_known(state, reckoned)
        state = eqx.tree_at(lambda s: (s.reckoned, s.sums, s.last), state, (reckoned, sums, sample))
        return state, self.attitude(state)

    def attitude(self, state: StrapdownState) -> Attitude:
        """Attitude of the body, mounting of the unit taken off, and its rate over the last tick."""
        last, errors = state.last, state.errors
        q = small_turn(state.reckoned.q_BI, split(errors.mounting))
        told = last.duration > BRIEF
        rate = last.delta_angle / jnp.where(told, last.duration, 1.0) - errors.gyro_bias
        rate = jnp.where(told, rate, state.motion.rate_B)
        return Attitude(q_BI=jnp.where(q[0] < 0.0, -q, q), omega_BI_B=rate, known=state.aligned)

    def step(
        self, state: StrapdownState, measurements: Measurements, falling: bool = False
    ) -> tuple[StrapdownState, Navigation]:
        """One cycle: the covariance carried on, readings taken in, belief told.

        ``falling`` (static): a cycle of up to a minute in free fall. Raises ``InputError`` where the
        measurements have no ``aids``.
        """
        if measurements.aids is None:
            raise InputError("strapdown navigation: the measurements hold no aids")
        t = measurements.time
        spin = self.orientation.at(t)
        C_EI = spin.C_EI(t)
        aids, heads, satellites = clean(heard(state.lead, measurements.aids))
        assert state.past is not None
        past = since(state.past, unfelt(state.sums) if falling else state.sums)
        star_age, age = ages(aids)
        looked, timely = when(past, state.reckoned, star_age)
        fixed, in_time = when(past, state.reckoned, age)
        heads, satellites = heads & timely, satellites & in_time
        stars = jnp.any(heads)
        place_I, speed_I = satellites_in_I(spin.C_EI(t - age), spin.omega_EI_E, aids)

        # Each from its own sensor: attitude from stars, place from satellites.
        cold, woken = ~state.started & satellites, ~state.aligned & stars
        ranges = None if aids.ranges is None else only(in_time, aids.ranges)
        if ranges is not None and self.aids.antennas is not None:
            where = fixed.reckoned
            ranges = audible(
                self.aids.antennas, ranges, where.r_BI_I, where.q_BI, state.started & state.aligned
            )
        by_stars = jnp.where(heads[0], aids.star_q_BI[0], aids.star_q_BI[1])
        seen = brought_on(
            self.earth, C_EI[2], NavState(by_stars, place_I, speed_I), state.sums, star_age, age, falling
        )
        seen, woken, noise = or_by_sun(self.aids, aids, state, heads, seen, woken)
        reckoned = NavState(
            choose(woken, seen.q_BI, state.reckoned.q_BI),
            *choose(cold, (seen.r_BI_I, seen.v_BI_I), (state.reckoned.r_BI_I, state.reckoned.v_BI_I)),
        )
        fixed = eqx.tree_at(
            lambda then: (then.reckoned.r_BI_I, then.reckoned.v_BI_I), fixed,
            choose(cold, (place_I, speed_I), (fixed.reckoned.r_BI_I, fixed.reckoned.v_BI_I)),
        )  # fmt: skip
        force_I = self._force(state)
        voting, P, motion = self._covariance(state, seen, heads, noise, force_I, (cold, woken), falling)
        warm, aligned = state.started, state.aligned
        rejected = state.rejected
        errors = carried(state.errors, self.unit, self.aids, motion, state.sums.duration)
        sky, range_noise = state.sky, jnp.zeros(())
        if ranges is not None and self.aids.ranges is not None and sky is not None:
            last = jnp.concatenate([errors.slow_position, errors.slow_velocity])
            P, last, sky, range_noise = prepared(
                self.aids.ranges, sky, ranges, fixed.reckoned.r_BI_I, state.sums.duration, age, P, last,
                clock_by(ranges, place_I, speed_I), cold, state.started,
            )  # fmt: skip
            errors = eqx.tree_at(lambda e: (e.slow_position, e.slow_velocity), errors, (last[:3], last[3:]))

        x = jnp.zeros(filter_.SIZE)
        C_BI = to_matrix(looked.reckoned.q_BI)
        body_q = small_turn(looked.reckoned.q_BI, split(errors.mounting))
        star_errors = jnp.stack([join(turn_error(body_q, aids.star_q_BI[k])) for k in range(2)])
        star_error, star_noise, _ = together(heads, star_errors, self._star_noises(), self.aids.gate)
        P, x, star_taken, by_star = filter_.correct3(
            P, x, (filter_.TURN, filter_.MOUNTING), C_BI, star_noise, star_error,
            self.aids.gate, aligned & stars, self._gives_in(rejected[0]),
        )  # fmt: skip
        give_in = (self._gives_in(rejected[1]), self._gives_in(rejected[2]))
        P, x = carried_back(P, x, fixed)
        before = P, x
        if ranges is None or self.aids.ranges is None:
            P, x, place_taken, by_place = filter_.correct3(
                P, x, (filter_.PLACE, filter_.SLOW_PLACE), jnp.eye(3),
                self.aids.satellite_position_noise**2 * jnp.eye(3),
                place_I - fixed.reckoned.r_BI_I - errors.slow_position, self.aids.gate, warm & satellites,
                give_in[0],
            )  # fmt: skip
            P, x, speed_taken, by_speed = filter_.correct3(
                P, x, (filter_.SPEED, filter_.SLOW_SPEED), jnp.eye(3),
                self.aids.satellite_velocity_noise**2 * jnp.eye(3),
                speed_I - fixed.reckoned.v_BI_I - errors.slow_velocity, self.aids.gate, warm & satellites,
                give_in[1],
            )  # fmt: skip
            told = satellites
        else:
            told = jnp.any(ranges.valid)
            P, x, (place_taken, speed_taken), (by_place, by_speed) = correct_ranges(
                self.aids.ranges, P, x, ranges, fixed.reckoned.r_BI_I, fixed.reckoned.v_BI_I,
                jnp.concatenate([errors.slow_position, errors.slow_velocity[2:]]), errors.slow_velocity[:2],
                range_noise, self.aids.gate, warm, give_in,
            )  # fmt: skip
        lead = judged(state.lead, *change(before, (P, x)), rejected[1:], self.aids, state.sums.duration)
        P, x = carried_forth(P, x, fixed)
        P, x = self._altitude(P, x, reckoned, C_EI, aids, warm)

        offered = jnp.stack([aligned & stars, warm & told, warm & told])
        taken = jnp.stack([star_taken, place_taken, speed_taken])
        refused = offered & ~taken
        reckoned, errors = injected(reckoned, errors, x)
        state = StrapdownState(
            reckoned=reckoned,
            errors=errors,
            covariance=P,
            sums=no_sums(),
            last=state.last,
            C_EI=C_EI,
            motion=motion,
            started=state.started | cold,
            aligned=state.aligned | woken,
            rejected=jnp.where(offered, jnp.where(refused, rejected + 1, 0), rejected),
            squares=jnp.where(taken, jnp.stack([by_star, by_place, by_speed]), 0.0),
            lead=lead,
            voting=voting,
            sky=sky,
            past=remembered(past, reckoned, x),
        )
        return state, navigation_message(self.ellipsoid, state, t, spin.omega_EI_E, force_I, satellites)

    def sensed(self, state: StrapdownState) -> InertialSample:
        """The last tick, after the vote."""
        return state.last

    def position(self, state: StrapdownState) -> Vec3:
        """Position [m, I] as reckoned to the last tick."""
        return state.reckoned.r_BI_I

    def accuracy(self, state: StrapdownState) -> Accuracy:
        """1-sigma of position and velocity along north, east, down and of attitude about body axes.

        Zero before the start: nothing is known then, and nothing believed.
        """
        P = state.covariance
        r_E = jnp.sum(state.C_EI * state.reckoned.r_BI_I[None, :], axis=1)
        latitude, longitude, _ = to_geodetic(self.ellipsoid, r_E)
        C_NI = filter_.multiply(north_east_down(latitude, longitude), state.C_EI)
        C_BI = to_matrix(state.reckoned.q_BI)
        turn, mounting = filter_.TURN, filter_.MOUNTING
        both = 2.0 * jnp.sum(C_BI * P[turn, mounting].T, axis=1)
        attitude = jnp.square(_spread(C_BI, P[turn, turn])) + both + jnp.diagonal(P[mounting, mounting])
        return Accuracy(
            position_sigma=_spread(C_NI, P[filter_.PLACE, filter_.PLACE]),
            velocity_sigma=_spread(C_NI, P[filter_.SPEED, filter_.SPEED]),
            attitude_sigma=jnp.sqrt(jnp.maximum(attitude, 0.0)),
        )

    def estimate(self, state: StrapdownState) -> Estimate:
        """Position and velocity with their covariance, as of the last control tick."""
        both = jnp.arange(filter_.PLACE.start, filter_.SPEED.stop)
        return Estimate(
            state.reckoned.r_BI_I, state.reckoned.v_BI_I, state.covariance[both][:, both], state.squares,
            state.started,
        )  # fmt: skip

    def _force(self, state: StrapdownState) -> Vec3:
        """Mean specific force [m/s2, I] of the cycle."""
        told = state.sums.duration > BRIEF
        before = jnp.sum(to_matrix(state.reckoned.q_BI) * state.motion.force_B[:, None], axis=0)
        return jnp.where(told, state.sums.delta_v / jnp.where(told, state.sums.duration, 1.0), before)

    def _covariance(
        self, state: StrapdownState, seen: NavState, heads: Bool[Array, "2"], noise: Mat33, force_I: Vec3,
        fresh: tuple[Flag, Flag], falling: bool,
    ) -> tuple[VotingState | None, Covariance, SlowMotion]:  # fmt: skip
        """Whom to trust, covariance before the readings of this cycle, and how the capsule moved in it.

        ``fresh``: whether place, and whether attitude, have just been ``seen`` for the first time, with
        a ``noise`` [rad2, B].
        """
        C_BI = to_matrix(state.reckoned.q_BI)
        force_B = jnp.sum(C_BI * force_I[None, :], axis=1)
        motion = state.motion.next(force_B, state.sums.turn, state.sums.duration)
        motion = motion.turned(state.reckoned.q_BI, jnp.any(heads))
        gradient = jnp.stack([join(row) for row in self.earth.gradient(split(state.reckoned.r_BI_I))])
        unit, voting, doubt = self.unit, state.voting, None
        if self.voting is not None and voting is not None:
            unit = unit.thinned(*self.voting.thinned(voting))
            beyond = self.voting.cut_off(voting)
            voting, gyro, accelerometer, _ = self.voting.review(voting, state.sums.duration)
            memory = jnp.maximum(self.voting.memory, state.sums.duration)
            doubt = filter_.doubt(C_BI.T, gyro, accelerometer, memory)
            doubt = doubt + filter_.cut_off(*beyond, state.sums)
        carried = filter_.propagate(unit, self.aids, state.covariance, state.sums, gradient, motion, falling)
        carried = carried if doubt is None else carried + doubt
        P = jnp.where(state.started, carried, filter_.forgotten(carried, filter_.PLACE, filter_.SPEED))
        placed, aligned = fresh
        P = jnp.where(aligned, filter_.with_attitude(P, unit, to_matrix(seen.q_BI).T, noise), P)
        return voting, jnp.where(placed, filter_.with_place(P, self.aids), P), motion

    def _altitude(
        self, P: Covariance, x: Errors, reckoned: NavState, C_EI: Mat33, aids: Aids, warm: Flag
    ) -> tuple[Covariance, Errors]:
        """The lower of the two altimeters that work. Their errors last: each reading counts for little."""
        believed = self.aids
        r_E = jnp.sum(C_EI * reckoned.r_BI_I[None, :], axis=1)
        altitude, up_E = height_and_up(self.ellipsoid, split(r_E))
        up_I = jnp.sum(C_EI * join(up_E)[:, None], axis=0)
        reading = jnp.where(aids.height_valid, believed.ground_altitude + aids.height, aids.pressure_altitude)
        by_pressure = (
            believed.pressure_sigma**2 + believed.altitude_memory * (believed.pressure_scale * altitude) ** 2
        )
        variance = jnp.where(aids.height_valid, HEIGHT_MEMORY * believed.height_sigma**2, by_pressure)
        P, x, _ = filter_.correct1(
            P, x, up_I, variance, reading - altitude, believed.gate,
            warm & (aids.height_valid | aids.pressure_valid),
        )  # fmt: skip
        return P, x

    def _star_noises(self) -> Float[Array, "2 3 3"]:
        return jnp.stack([self.aids.star_noise(head) for head in range(2)])

    def _gives_in(self, rejected: Int[Array, ""]) -> Flag:
        return rejected >= self.aids.patience.astype(int)


def _spread(C_AB: Mat33, P_B: Mat33) -> Vec3:
    """1-sigma along the axes of A of a covariance in B."""
    return jnp.sqrt(jnp.maximum(jnp.sum(filter_.multiply(C_AB, P_B) * C_AB, axis=1), 0.0))
