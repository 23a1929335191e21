"""Model-predictive law of the last 200 m: the cheapest pulses that follow a speed profile down a corridor.

Each cycle a convex programme in the delta-v of the next steps is solved by a fixed number of ADMM iterations
that start from the last cycle's. Its matrices are made on the ground and are the same for all flights, so
that many flights at once are matrix products.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from scipy.linalg import expm

from homeward.flight.rendezvous.port_dynamics import (
    Plume,
    PortMotion,
    Seen,
    SpeedProfile,
    look,
    plume,
    remember,
    speed_profile,
    unseen,
)
from homeward.math.triples import add, join, split
from homeward.typing import Array, Float, Scalar, Vec3

RELAX = 1.6  # over-relaxation of ADMM
BEYOND = 100.0  # m, m/s: what takes a limit away


class Programme(eqx.Module):
    """What does not change of ``least 1/2 u P u + q u + c |u| + w max(0, E S u - b)``, ``low <= u <= high``.

    ``u`` [m/s] are three components for each of ``N`` steps. ``S u`` is what they add to the places at the
    nodes and, behind those, to the rates of x. The rows of E: four faces of the corridor, closing speed less
    its profile, closing speed.
    """

    places: Float[Array, "m k"]  # S, by the delta-v
    free: Float[Array, "m 6"]  # by the state now
    weight: Float[Array, " m"]  # of the squares of what S u + p differs from the reference
    inverse: Float[Array, "k k"]  # (P + rho + S' E' rho E S)^-1
    rho: Scalar  # ADMM's penalty of u
    rho_rows: Float[Array, "6 N"]  # and of the rows of E
    penalty: Float[Array, "6 N"]  # w
    slopes: Float[Array, "2"]  # of the corridor, and of the speed profile with its margin


class Duals(eqx.Module):
    """What ADMM goes on from: split variables and scaled multipliers."""

    u: Float[Array, " k"]
    rows: Float[Array, "6 N"]
    y_u: Float[Array, " k"]
    y_rows: Float[Array, "6 N"]


def rows_of(slopes: Float[Array, "2"], p: Float[Array, " m"]) -> Float[Array, "6 N"]:
    """``E p``: what the corridor and the speed limits look at, of places and rates at the nodes."""
    x, y, z, v = p.reshape(4, -1)
    wide = slopes[0] * x
    return jnp.stack([y - wide, -y - wide, z - wide, -z - wide, -v - slopes[1] * x, -v])


def rows_back(slopes: Float[Array, "2"], g: Float[Array, "6 N"]) -> Float[Array, " m"]:
    """``E' g``."""
    x = -slopes[0] * (g[0] + g[1] + g[2] + g[3]) - slopes[1] * g[4]
    return jnp.concatenate([x, g[0] - g[1], g[2] - g[3], -g[4] - g[5]])


def solve(
    t: Programme, q: Float[Array, " k"], cost: Scalar, low: Float[Array, " k"], high: Float[Array, " k"],
    bounds: Float[Array, "6 N"], start: Duals, iterations: int,
) -> Duals:  # fmt: skip
    """A fixed number of ADMM iterations (Boyd et al., 2011; the splitting of OSQP, Stellato et al., 2020).

    ``bounds`` are those of ``E S u``. The price of delta-v and the soft constraints are exact penalties: both
    enter by their proximal step, without a variable of their own.
    """
    edge = t.penalty / t.rho_rows

    def iterate(d: Duals, _) -> tuple[Duals, None]:
        back = rows_back(t.slopes, t.rho_rows * (d.rows - d.y_rows))
        u = t.inverse @ (t.rho * (d.u - d.y_u) + t.places.T @ back - q)
        rows = rows_of(t.slopes, t.places @ u)
        u = RELAX * u + (1.0 - RELAX) * d.u
        rows = RELAX * rows + (1.0 - RELAX) * d.rows
        want, want_rows = u + d.y_u, rows + d.y_rows
        shrunk = jnp.sign(want) * jnp.maximum(jnp.abs(want) - cost / t.rho, 0.0)
        z = jnp.clip(shrunk, low, high)
        z_rows = jnp.where(want_rows > bounds + edge, want_rows - edge, jnp.minimum(want_rows, bounds))
        return Duals(z, z_rows, want - z, want_rows - z_rows), None

    return jax.lax.scan(iterate, start, None, length=iterations)[0]


class MpcState(eqx.Module):
    """Smoothed motion and where the last cycle's programme ended."""

    seen: Seen
    duals: Duals


class ProximityMpc(eqx.Module):
    """``init() -> state``, ``step(state, rho_D, v_D, goal_x, speed_limit, dt) -> (state, delta_v_D)``."""

    motion: PortMotion
    profile: SpeedProfile
    plume: Plume
    programme: Programme
    share: Vec3  # of what is seen, see ``look``
    period: Scalar  # s: length of a step
    price: Scalar  # of delta-v at the port
    widening: Scalar  # 1/m: how the price grows with distance
    centering: Scalar  # s: in which an offset from the axis is to shrink by e
    apex: Scalar  # m: half the corridor's width at the port
    margin: Scalar  # how much faster than the profile is allowed
    most: Vec3  # m/s2: what the thrusters make
    iterations: int = eqx.field(static=True)

    def init(self) -> MpcState:
        """Before the first step."""
        k, rows = self.programme.inverse.shape[-1], self.programme.penalty.shape[-1]
        u, g = jnp.zeros(k), jnp.zeros((6, rows))
        return MpcState(unseen(), Duals(u, g, u, g))

    def step(
        self, state: MpcState, rho_D: Vec3, v_D: Vec3, goal_x: Scalar, speed_limit: Scalar, dt: Scalar
    ) -> tuple[MpcState, Vec3]:
        """Delta-v [m/s, D] wanted in this cycle of ``dt`` [s]; it replaces what was wanted before.

        Arguments as those of ``Glideslope.step``.
        """
        rho, v = look(self.motion, self.share, state.seen, rho_D, v_D, dt)
        told = self.pose(join(rho), join(v), goal_x, speed_limit, dt)
        duals = solve(self.programme, *told, self._shifted(state.duals, dt / self.period), self.iterations)
        given = duals.u[:3]
        return MpcState(remember(rho, v, split(given)), duals), given

    def pose(
        self, rho: Vec3, v: Vec3, goal_x: Scalar, speed_limit: Scalar, dt: Scalar
    ) -> tuple[Array, Scalar, Array, Array, Array]:
        """This cycle's programme: ``q``, price, bounds of ``u`` and of ``E S u``."""
        t = self.programme
        n = t.penalty.shape[-1]
        p = t.free @ jnp.concatenate([join(add(split(rho), split(self.motion.offset))), v])
        shift = jnp.concatenate([jnp.repeat(self.motion.offset, n), jnp.zeros(n)])
        p = p - shift
        ahead = self._reference(rho[0], goal_x, speed_limit, n)
        fade = jnp.exp(-self.period / self.centering * jnp.arange(1.0, n + 1.0))
        wanted = jnp.concatenate([ahead[1:], rho[1] * fade, rho[2] * fade, jnp.zeros(n)])
        q = t.places.T @ (t.weight * (p - wanted))
        cost = self.price * (1.0 + self.widening * jnp.maximum(rho[0], 0.0))
        # The first pulse is this cycle's alone; braking where the plume may not be is not planned either.
        seconds = jnp.concatenate([dt[None], jnp.broadcast_to(self.period, (n - 1,))])
        most = seconds[:, None] * self.most[None, :]
        brake = jax.vmap(lambda x, m: self.plume.most_braking(x, goal_x, m))(ahead[:-1], most[:, 0])
        high = jnp.concatenate([brake[:, None], most[:, 1:]], axis=1)
        fast = 1.0 + self.margin
        fastest = fast * jnp.minimum(self.profile.most, speed_limit)
        limits = jnp.stack([*[self.apex] * 4, fast * self.profile.contact, fastest])
        # Beyond the port there is no corridor, and the speed is that of contact.
        beyond = jnp.where(ahead[1:] < 0.0, BEYOND, 0.0)
        free = jnp.stack([*[beyond] * 5, jnp.zeros(n)])
        bounds = limits[:, None] + free - rows_of(t.slopes, p)
        return q, cost, -most.reshape(-1), high.reshape(-1), bounds

    def _reference(self, x: Scalar, goal_x: Scalar, limit: Scalar, n: int) -> Float[Array, " n"]:
        """Distances [m] now and at the nodes of a ship that keeps the profile (midpoint steps)."""

        def on(x: Scalar, _) -> tuple[Scalar, Scalar]:
            half = x + 0.5 * self.period * self.profile.rate(x, goal_x, limit)
            x = x + self.period * self.profile.rate(half, goal_x, limit)
            return x, x

        return jnp.concatenate([x[None], jax.lax.scan(on, x, None, length=n)[1]])

    def _shifted(self, d: Duals, share: Scalar) -> Duals:
        """The last cycle's solution, seen from this one's steps, a ``share`` of a step later."""

        def later(x: Float[Array, "a N"]) -> Float[Array, "a N"]:
            return x + share * (jnp.concatenate([x[:, 1:], x[:, -1:]], axis=1) - x)

        def pulses(u: Float[Array, " k"]) -> Float[Array, " k"]:
            return later(u.reshape(-1, 3).T).T.reshape(-1)

        return Duals(pulses(d.u), later(d.rows), pulses(d.y_u), later(d.y_rows))


def proximity_mpc(
    motion: PortMotion, *, profile: SpeedProfile | None = None, limits: Plume | None = None, steps: int = 14,
    period: float = 6.0, iterations: int = 30, share: tuple[float, float, float] = (0.2, 0.1, 0.01),
    weight: float = 1.0, price: float = 1.0, widening: float = 0.4, centering: float = 5.0,
    cone: float = np.radians(10.0), apex: float = 0.1, margin: float = 0.1, penalty: float = 30.0,
    rho: float = 2000.0, rho_rows: float = 3000.0, most: tuple[float, float, float] = (0.03, 0.005, 0.005),
) -> ProximityMpc:  # fmt: skip
    """The law with its standard numbers.

    ``weight`` [1/m2] of squared distance from the reference against ``price`` [s/m] of delta-v; ``cone``
    [rad] is the corridor's half angle and ``apex`` [m] its half width at the port; ``most`` [m/s2] are the
    accelerations that the thrusters make. ``rho`` and ``rho_rows`` only tell how fast ADMM converges.
    """
    profile = speed_profile() if profile is None else profile
    places, free = _predictions(motion, steps, period)
    weights = np.concatenate([np.full(3 * steps, weight), np.zeros(steps)])
    slopes = np.array([np.tan(cone), (1.0 + margin) * float(profile.slope)])
    rows = np.stack([np.asarray(rows_of(jnp.asarray(slopes), jnp.asarray(s))).ravel() for s in places.T]).T
    # Rows scaled to one length: a place far ahead moves more for the same pulse.
    scaled = rho_rows / np.mean(np.sum(rows * rows, axis=1).reshape(6, steps), axis=1)
    rho_of = np.repeat(scaled[:, None], steps, axis=1)
    P = places.T @ (weights[:, None] * places) + rows.T @ (rho_of.ravel()[:, None] * rows)
    inverse = np.linalg.inv(P + rho * np.eye(3 * steps))
    punish = penalty * np.array([1.0] * 4 + [10.0] * 2)
    programme = Programme(
        places=jnp.asarray(places), free=jnp.asarray(free), weight=jnp.asarray(weights),
        inverse=jnp.asarray(inverse), rho=jnp.asarray(float(rho)), rho_rows=jnp.asarray(rho_of),
        penalty=jnp.asarray(np.repeat(punish[:, None], steps, axis=1)), slopes=jnp.asarray(slopes),
    )  # fmt: skip
    number = {
        "period": period, "price": price, "widening": widening, "centering": centering, "apex": apex,
        "margin": margin,
    }  # fmt: skip
    return ProximityMpc(
        motion=motion, profile=profile, plume=plume() if limits is None else limits, programme=programme,
        share=jnp.asarray(share), most=jnp.asarray(most), iterations=iterations,
        **{k: jnp.asarray(float(x)) for k, x in number.items()},
    )  # fmt: skip


def _predictions(motion: PortMotion, steps: int, period: float) -> tuple[np.ndarray, np.ndarray]:
    """Places and rates of x at the nodes 1 to N: by the delta-v at the nodes 0 to N-1, and by the state."""
    A = np.block([[np.zeros((3, 3)), np.eye(3)], [np.asarray(motion.by_place), np.asarray(motion.by_rate)]])
    powers = [np.linalg.matrix_power(expm(A * period), k) for k in range(steps + 1)]
    taken = [0, 1, 2, 3]
    free = np.stack([powers[k][taken] for k in range(1, steps + 1)], axis=1).reshape(4 * steps, 6)
    by = np.zeros((4, steps, steps, 3))
    for k in range(1, steps + 1):
        for j in range(k):
            by[:, k - 1, j] = powers[k - j][taken, 3:]
    return by.reshape(4 * steps, 3 * steps), free
