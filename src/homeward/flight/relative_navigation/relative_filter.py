"""Relative navigation of a rendezvous: ship and ship against station, from 100s of kilometres to contact.

Two filters. That of the ship's own state has six errors and reads fixes; that of ship less station has
thirty-four (``covariance``) and reads all that looks from one to the other. They are kept apart since what
the one does not know, some metres of where the pair is, does not enter the other's motion.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.astro.lvlh import lvlh_matrix, lvlh_quaternion
from homeward.flight.navigation.measurement_editing import choose, finite
from homeward.flight.navigation.mechanization import ZonalEarth, small_turn
from homeward.flight.relative_navigation import covariance as filter_
from homeward.flight.relative_navigation import measurement_models as readings
from homeward.flight.relative_navigation.chaser_state_update import correct_own
from homeward.flight.relative_navigation.measurement_editing import (
    OWN,
    TURN,
    clean_pair,
    count_refusals,
    innovations,
    refused_again,
)
from homeward.flight.relative_navigation.relative_propagation import (
    PairMotion,
    advance_pair,
    drag_apart,
    gravity_walk,
)
from homeward.flight.relative_navigation.sensor_parameters import (
    ForceBelief,
    PairBelief,
    PairGeometry,
    default_earth,
    force_belief,
    pair_belief,
)
from homeward.icd.rendezvous_messages import PairAids, PairNavigation
from homeward.math.quaternion import conjugate, multiply, normalise
from homeward.math.triples import join, split
from homeward.typing import Array, Count, Flag, Float, Int, Mat33, Quat, Scalar, Vec3

DIFFERENCE, RELATIVE, CAMERA = range(3)  # whose slow error the filter carries
DIFFERENCE_NEAREST = 1000.0  # m: nearer, the difference of two fixes says nothing new
WIDENING = 3.0  # of the 1-sigma, a cycle, while readings are refused


class PairFilterState(eqx.Module):
    """All that the navigation remembers of both bodies."""

    motion: PairMotion
    q_TL: Quat  # the station against its orbit, as last told
    slow: Vec3  # believed errors, of their 1-sigma
    lidar: Vec3
    told: Vec3  # rad, T
    fast: Vec3  # of their 1-sigma
    radar: Float[Array, "4"]  # of their 1-sigma
    built: Float[Array, "12"]  # what was built off its drawing, of its tolerance
    own: Float[Array, "6 6"]  # the ship's own place and speed, I
    covariance: Float[Array, "n n"]
    mode: Count  # whose slow error it is
    gained: Vec3  # m/s, I, gained lately
    dt: Scalar  # s, the last step
    refused: Int[Array, "6"]  # readings in a row: camera, its attitude, lidar, satellites, radar, own fix
    # Squares of the last cycle's innovations over what was believed, a reading, in that order; 0: none taken.
    innovation: Float[Array, "5"]


class PairFilter(eqx.Module):
    """The filter, with the figures it was loaded with. Attitude comes from outside."""

    earth: ZonalEarth
    pole_I: Vec3
    belief: PairBelief
    forces: ForceBelief
    geometry: PairGeometry

    def init(
        self,
        r_BI_I: Vec3,
        v_BI_I: Vec3,
        r_BT_I: Vec3,
        v_BT_I: Vec3,
        own_sigma: tuple[Scalar, Scalar],
        relative_sigma: tuple[Scalar, Scalar],
    ) -> PairFilterState:
        """Told before the start: states [m, m/s, I] with 1-sigma an axis (m, m/s).

        The station holds its orbit's axes until the link tells its attitude.
        """
        motion = PairMotion(r_BI_I, v_BI_I, r_BT_I, v_BT_I)
        ones, zeros = jnp.ones(3), jnp.zeros(3)
        place, speed = relative_sigma
        P = filter_.initial(place * ones, speed * ones, self.belief.told_attitude)
        own = filter_.initial(own_sigma[0] * ones, own_sigma[1] * ones, self.belief.told_attitude)
        return PairFilterState(
            motion=motion,
            q_TL=jnp.asarray([1.0, 0.0, 0.0, 0.0]),
            slow=zeros,
            lidar=zeros,
            told=zeros,
            fast=zeros,
            radar=jnp.zeros(4),
            built=jnp.zeros(12),
            own=own[: filter_.MOVING, : filter_.MOVING],
            covariance=P,
            mode=jnp.zeros((), int),
            gained=zeros,
            dt=jnp.ones(()),
            refused=jnp.zeros(6, int),
            innovation=jnp.zeros(5),
        )

    def propagate(
        self, state: PairFilterState, delta_v_I: Vec3, dt: Scalar, spread: Scalar | None = None,
        moved_I: Vec3 | None = None,
    ) -> PairFilterState:  # fmt: skip
        """A cycle of ``dt`` [s] on, in which the ship gained ``delta_v_I`` [m/s] as sensed.

        ``spread`` [m/s] is the 1-sigma an axis of what does not go with the gain: bias and noise. ``moved_I``
        [m] is how far the gain has moved the ship by the end: half of ``delta_v_I dt`` where it came evenly,
        and so if left out. A burn that begins within a cycle of ten seconds is metres off that.
        """
        f, b = self.forces, self.belief
        delta_v_I = jnp.where(finite(delta_v_I), delta_v_I, jnp.zeros(3))
        r_TI, _ = state.motion.station()
        rows = self.earth.gradient(split(r_TI))
        gradient = jnp.stack([join(row) for row in rows])
        # Gains within one burn share their error: its variance grows with the square of their sum.
        gained = jnp.exp(-dt / f.thrust_memory) * state.gained + delta_v_I
        grown = jnp.maximum(jnp.sum(gained * gained) - jnp.sum(state.gained * state.gained), 0.0)
        kick2 = f.thrust_part**2 * grown + (0.0 if spread is None else spread * spread)
        apart = jnp.sqrt(jnp.sum(state.motion.r_BT_I * state.motion.r_BT_I))
        own2 = state.own[0, 0] + state.own[1, 1] + state.own[2, 2]
        dragged = f.drag_part * drag_apart(f, state.motion, self.pole_I)
        even2 = f.relative_walk**2 + (f.walk_lost * apart) ** 2 * own2 + 2.0 * f.drag_memory * dragged**2
        walk2 = even2 * jnp.eye(3) + gravity_walk(f, state.motion)
        time = jnp.where(state.mode == CAMERA, b.camera_time, b.satellite_time)
        slow, told = jnp.exp(-dt / time), jnp.exp(-dt / b.told_attitude_time)
        P = filter_.carry(
            state.covariance, gradient, dt, filter_.moving_noise(walk2, kick2, dt), slow, told,
            b.told_attitude,
        )  # fmt: skip
        own = filter_.carry_motion(state.own, gradient, dt)
        own = own + filter_.moving_noise(f.gravity_walk**2, kick2, dt)
        return PairFilterState(
            motion=_shifted(
                advance_pair(self.earth, self.pole_I, f, state.motion, delta_v_I, dt), delta_v_I, dt, moved_I
            ),
            q_TL=state.q_TL,
            slow=slow * state.slow,
            lidar=state.lidar,
            told=told * state.told,
            fast=slow * state.fast,
            radar=state.radar,
            built=state.built,
            own=own,
            covariance=P,
            mode=state.mode,
            gained=gained,
            dt=dt,
            refused=state.refused,
            innovation=state.innovation,
        )

    def update(
        self, state: PairFilterState, aids: PairAids, q_BI: Quat, attitude_sigma: Vec3 | None = None
    ) -> PairFilterState:
        """The readings taken in, with the ship's attitude as believed and its 1-sigma [rad, B]."""
        aids = clean_pair(aids)
        b = self.belief
        q_LI = lvlh_quaternion(*state.motion.station())
        q_TL = jnp.where(aids.station_valid, multiply(aids.station_q_TI, conjugate(q_LI)), state.q_TL)
        state = eqx.tree_at(lambda s: s.q_TL, state, q_TL)
        state, use_difference = self._mode(state, aids)
        motion = state.motion
        sigma = jnp.zeros(3) if attitude_sigma is None else attitude_sigma
        now = readings.Believed(
            motion.r_BT_I, motion.v_BT_I, state.slow, state.lidar, q_BI, self._station_attitude(state),
            readings.attitude_variance(sigma, state.dt), state.dt, state.fast, state.radar,
            state.built,
        )  # fmt: skip
        figures = choose(aids.relative_valid, b.relative, b.difference)
        place = aids.satellite_position - aids.station_position
        speed = aids.satellite_velocity - aids.station_velocity
        place = jnp.where(aids.relative_valid, aids.relative_position, place)
        speed = jnp.where(aids.relative_valid, aids.relative_velocity, speed)
        satellites = readings.satellite_rows(
            b, figures, now, place, speed, aids.relative_valid | use_difference
        )
        lidar, camera = readings.port_rows(b, self.geometry, now, aids)
        rows = filter_.joined(camera, lidar, satellites, readings.radar_rows(b, now, aids))
        again = refused_again(
            state.refused, b.patience, rows.valid, aids.satellite_valid | aids.station_valid
        )
        factors = jnp.where(again, WIDENING, 1.0)
        factor = jnp.max(jnp.where(jnp.arange(6) < OWN, factors, 1.0).at[TURN].set(1.0))
        P = filter_.widened(state.covariance, factor, factors[TURN])
        P, x, taken, squares = filter_.correct(P, rows, b.gate)
        own, x_own, own_valid, own_taken = correct_own(
            b, state.own, motion, aids, P, x, state.dt, factors[OWN]
        )
        refused = count_refusals(state.refused, rows.valid, taken, own_valid, own_taken)
        return eqx.tree_at(
            lambda s: (
                s.motion,
                s.slow,
                s.lidar,
                s.told,
                s.fast,
                s.radar,
                s.built,
                s.own,
                s.covariance,
                s.refused,
                s.innovation,
            ),
            state,
            (
                PairMotion(
                    motion.r_BI_I + x_own[filter_.PLACE],
                    motion.v_BI_I + x_own[filter_.SPEED],
                    motion.r_BT_I + x[filter_.PLACE],
                    motion.v_BT_I + x[filter_.SPEED],
                ),
                state.slow + x[filter_.SLOW],
                state.lidar + x[filter_.LIDAR],
                state.told + x[filter_.TOLD],
                state.fast + x[filter_.FAST],
                state.radar + x[filter_.RADAR],
                state.built + x[filter_.BUILT],
                own,
                P,
                refused,
                innovations(taken, squares),
            ),
        )

    def believed(
        self,
        state: PairFilterState,
        q_BI: Quat,
        omega_BI_B: Vec3,
        time: Scalar,
        attitude_sigma: Vec3 | None = None,
    ) -> PairNavigation:
        """What is believed now; 1-sigma of the relative state in L."""
        motion = state.motion
        r_TI, v_TI = motion.station()
        C_LI = lvlh_matrix(r_TI, v_TI)
        P = state.covariance
        return PairNavigation(
            time=time,
            r_BI_I=motion.r_BI_I,
            v_BI_I=motion.v_BI_I,
            r_TI_I=r_TI,
            v_TI_I=v_TI,
            q_BI=q_BI,
            omega_BI_B=omega_BI_B,
            q_TI=self._station_attitude(state),
            position_sigma=_spread(C_LI, P[filter_.PLACE, filter_.PLACE]),
            velocity_sigma=_spread(C_LI, P[filter_.SPEED, filter_.SPEED]),
            attitude_sigma=jnp.zeros(3) if attitude_sigma is None else attitude_sigma,
        )

    def _station_attitude(self, state: PairFilterState) -> Quat:
        """As told, or as last told against the orbit, with the error found."""
        q_TI = multiply(state.q_TL, lvlh_quaternion(*state.motion.station()))
        return normalise(small_turn(q_TI, split(state.told)))

    def _mode(self, state: PairFilterState, aids: PairAids) -> tuple[PairFilterState, Flag]:
        """Whose slow error the state is from now on; whether the difference of both fixes is to be read."""
        apart2 = jnp.sum(state.motion.r_BT_I * state.motion.r_BT_I)
        both = aids.satellite_valid & aids.station_valid
        difference = both & ~aids.relative_valid & (apart2 > DIFFERENCE_NEAREST**2)
        mode = jnp.where(difference, DIFFERENCE, state.mode)
        mode = jnp.where(aids.relative_valid, RELATIVE, mode)
        mode = jnp.where(aids.camera_valid, CAMERA, mode)
        # One state serves one sensor: were both to be read, its error would be taken for the other's.
        same = jnp.where(mode == state.mode, 1.0, 0.0)
        P = filter_.renewed(state.covariance, same)
        state = eqx.tree_at(
            lambda s: (s.covariance, s.slow, s.fast, s.mode),
            state,
            (P, state.slow * same, state.fast * same, mode),
        )
        return state, difference


def pair_filter(geometry: PairGeometry, pole_I: Vec3 | None = None) -> PairFilter:
    """The filter with its default figures; the pole is that of I unless given."""
    return PairFilter(
        earth=default_earth(),
        pole_I=jnp.asarray([0.0, 0.0, 1.0]) if pole_I is None else pole_I,
        belief=pair_belief(),
        forces=force_belief(),
        geometry=geometry,
    )


def _shifted(motion: PairMotion, delta_v_I: Vec3, dt: Scalar, moved_I: Vec3 | None) -> PairMotion:
    """The motion after a cycle whose gain did not come evenly."""
    if moved_I is None:
        return motion
    more = jnp.where(finite(moved_I), moved_I - 0.5 * dt * delta_v_I, jnp.zeros(3))
    return eqx.tree_at(lambda m: (m.r_BI_I, m.r_BT_I), motion, (motion.r_BI_I + more, motion.r_BT_I + more))


def _spread(C_AB: Mat33, P_B: Mat33) -> Vec3:
    """1-sigma along the axes of A of a covariance in B."""
    return jnp.sqrt(jnp.maximum(jnp.sum(filter_.times(C_AB, P_B) * C_AB, axis=1), 0.0))
