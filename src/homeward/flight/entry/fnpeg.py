"""Fully numerical predictor-corrector as published: one bank parameter, linear in energy.

P. Lu, Entry Guidance: A Unified Method, Journal of Guidance, Control, and Dynamics 37(3), 2014, and C. W.
Brunner and P. Lu, ibid. 31(5), 2008. Each cycle the longitudinal motion, the Earth's turn left out but for
what it does to gravity, is flown down to the target with a bank magnitude that goes in a straight line over
energy from ``bank`` now to ``bank_end``; the range to go that is left there is brought to nothing by a secant
step, halved where it made things worse. The side changes where the cross-range leaves a corridor. What the
papers leave to the vehicle, and what is ours, is marked so. See docs/models/published_laws.md.
"""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.earth.constants import G0
from homeward.flight.control.roll_direction import constrain_roll_lift_up
from homeward.flight.entry.onboard_model import OnboardModel
from homeward.flight.interfaces import AbstractEntryGuidance
from homeward.icd import EntryCommand, EntryTarget, Navigation
from homeward.math.numerics import norm, rk4_step, unit, wrap_angle
from homeward.typing import Array, Flag, Float, Scalar

FAR = 3e7  # m: range of a flight that does not come back
PACE = 2.7  # stretched seconds in a second, over an entry: for the first guess of the steps' length
MEAN_SPEED = 0.72  # of the present speed, likewise
PROBE = 0.02  # rad, between the two flights of a secant
LOAD_LEAD, LOAD_WIDTH = 8.0, 1.5  # s and g: as the first generation's limiter
ORBITAL = 8000.0  # m/s over the ground: faster, lift-down is what keeps a capsule in the air


class FnpegState(eqx.Module):
    """What the law remembers from cycle to cycle."""

    bank: Scalar  # rad, magnitude now
    side: Scalar  # +1 right, -1 left, 0 before the first cycle
    length: Scalar  # stretched time to go, s
    drag: Scalar  # seen over the model's
    lift: Scalar


class FnpegSettings(eqx.Module):
    """Numbers an engineer tunes. Angles in radians, times in seconds, loads in g."""

    bank_end: Scalar
    bank_minimum: Scalar
    bank_maximum: Scalar
    bank_step: Scalar  # largest change a cycle
    corridor: Scalar  # half width of the cross-range corridor, in V^2 / g
    corridor_least: Scalar  # m
    memory: Scalar  # of the drag and lift factors
    load_limit: Scalar
    cycle: Scalar


class FnpegEntryGuidance(AbstractEntryGuidance):
    """FNPEG. ``steps`` (static) is how many a prediction may take."""

    model: OnboardModel
    settings: FnpegSettings
    steps: int = eqx.field(static=True, default=160)

    def init(self, target: EntryTarget) -> FnpegState:
        one = jnp.asarray(1.0)
        return FnpegState(one, 0.0 * one, -one, one, one)

    def step(
        self, state: FnpegState, navigation: Navigation, target: EntryTarget
    ) -> tuple[FnpegState, EntryCommand]:
        s, model = self.settings, self.model
        r, v = navigation.r_BE_E, navigation.v_BE_E
        u, speed = unit(r), norm(v)
        altitude = norm(r) - model.radius(u[2])
        rate = jnp.sum(u * v)
        state = self._adapted(state, navigation, altitude, speed)
        aim = unit(target.aim_E)
        forward = unit(v - u * rate)
        right = jnp.cross(forward, u)
        ahead, beside = jnp.sum(aim * forward), jnp.sum(aim * right)
        arc = jnp.arctan2(jnp.sqrt(ahead**2 + beside**2), jnp.sum(aim * u))
        arc = jnp.where(ahead < 0.0, -arc, arc)
        bearing = wrap_angle(jnp.arctan2(beside, ahead))
        a = model.equatorial_radius
        cross = a * jnp.arcsin(jnp.clip(jnp.sin(arc) * jnp.sin(bearing), -1.0, 1.0))
        guess = PACE * jnp.maximum(a * jnp.abs(arc) / (MEAN_SPEED * speed), 60.0)
        length = jnp.where(state.length < 0.0, guess, state.length)
        start = jnp.stack([altitude, speed, jnp.arcsin(jnp.clip(rate / speed, -1.0, 1.0)), 0.0 * speed])

        def short(bank: Scalar) -> tuple[Scalar, Scalar]:
            """Range [m] that is left where a bank ends, and the stretched time that it takes."""
            flown, taken = self._range(state, start, u, bank, target.altitude, length)
            return a * arc - flown, taken

        banks = jnp.stack([state.bank, state.bank + jnp.where(state.bank > s.bank_end, -PROBE, PROBE)])
        (z0, z1), (taken, _) = jax.lax.map(short, banks)
        slope = (z1 - z0) / (banks[1] - banks[0])
        newton = -z0 * slope / (slope**2 + (0.01 * a) ** 2)
        move = jnp.clip(newton, -s.bank_step, s.bank_step)
        new = jnp.clip(state.bank + move, s.bank_minimum, s.bank_maximum)
        z2, taken2 = short(new)
        worse = jnp.abs(z2) > jnp.abs(z0)
        new = jnp.where(worse, 0.5 * (new + state.bank), new)
        z, taken = jnp.where(worse, z0, z2), jnp.where(worse, taken, taken2)
        good = jnp.isfinite(z + new)
        bank = jnp.where(good, new, state.bank)

        toward = jnp.where(cross < 0.0, -1.0, 1.0)
        side = jnp.where(state.side == 0.0, toward, state.side)
        wide = jnp.maximum(s.corridor * speed**2 / G0, s.corridor_least)
        side = jnp.where(side * cross < -wide, -side, side)
        wanted = side * bank * (1.0 - self._load_share(navigation, rate, speed))
        free: Flag = speed > ORBITAL
        wanted = wrap_angle(constrain_roll_lift_up(wanted, navigation.bank, free))
        length = jnp.maximum(jnp.where(good, taken, length) - s.cycle, 5.0)
        state = FnpegState(bank, side, length, state.drag, state.lift)
        miss = jnp.where(good, jnp.sqrt(z**2 + cross**2), 0.0)
        return state, EntryCommand(wanted, state.drag, state.lift, miss)

    def _range(
        self, state: FnpegState, start: Float[Array, "4"], u: Array, bank: Scalar, altitude: Scalar,
        length: Scalar,
    ) -> tuple[Scalar, Scalar]:  # fmt: skip
        """Range [m] flown down to an altitude under a bank, and the stretched time it takes [s].

        ``x`` is altitude h, speed V, flight-path angle g and range s; with the radius r and the lift L and
        drag D a kilogram ``h' = V sin g``, ``V' = -D - G sin g``,
        ``V g' = L cos(bank) + (V^2/r - G) cos g``, ``s' = V cos g``. Steps are equal in
        ``dt (1 + |L + D| / g0)``; what is left after them is told by a straight line.
        """
        s, model = self.settings, self.model
        base = model.radius(u[2])

        def energy(h: Scalar, v: Scalar) -> Scalar:
            return 0.5 * v**2 + G0 * h

        first = energy(start[0], start[1])
        last = energy(altitude, jnp.asarray(150.0))

        def rates(_: Scalar, x: Float[Array, "4"]) -> Float[Array, "4"]:
            h, v, g, _ = x
            v = jnp.maximum(v, 20.0)
            area, ratio = model.aerodynamics(v)
            drag = 0.5 * model.density(h) * area * v * v * state.drag
            lift = drag * ratio * state.lift
            part = jnp.clip((energy(h, v) - last) / jnp.maximum(first - last, 1.0), 0.0, 1.0)
            up = jnp.cos(s.bank_end + (bank - s.bank_end) * part)
            radius = base + jnp.maximum(h, 0.0)
            # An even pull, less what the Earth's turn takes of it below the capsule.
            pull = model.mu / radius**2 - model.rotation**2 * radius * (1.0 - u[2] ** 2)
            fall = -drag - pull * jnp.sin(g)
            turn = (lift * up + (v * v / radius - pull) * jnp.cos(g)) / v
            pace = 1.0 + jnp.sqrt(drag * drag + lift * lift) / G0
            along = v * jnp.cos(g) * model.equatorial_radius / radius
            return jnp.stack([v * jnp.sin(g), fall, turn, along]) / pace

        size = 1.1 * length / self.steps

        def one(carry: tuple[Float[Array, "4"], Scalar], _: None):
            x, taken = carry
            new = rk4_step(rates, taken, x, size)
            down = x[0] <= altitude
            return (jnp.where(down, x, new), taken + jnp.where(down, 0.0, size)), None

        (x, taken), _ = jax.lax.scan(one, (start, 0.0 * length), None, length=self.steps)
        slope = rates(taken, x)
        fall = jnp.minimum(slope[0], -20.0)
        late = jnp.clip((altitude - x[0]) / fall, -size, 0.25 * length)
        gone = (x[0] > 150e3) & (slope[0] > 0.0)
        return jnp.where(gone, FAR, x[3] + slope[3] * late), taken + late

    def _adapted(
        self, state: FnpegState, navigation: Navigation, altitude: Scalar, speed: Scalar
    ) -> FnpegState:
        """Fading-memory factors of drag and lift, ``factor += dt / (T + dt) (seen - factor)``."""
        s, model = self.settings, self.model
        force = navigation.specific_force
        drag = -jnp.sum(force * navigation.v_BE_E) / speed
        lift = jnp.sqrt(jnp.maximum(jnp.sum(force**2) - drag**2, 1e-12))
        area, ratio = model.aerodynamics(speed)
        expected = 0.5 * model.density(altitude) * area * speed**2
        trust = jnp.clip((drag - 0.02 * G0) / (0.05 * G0), 0.0, 1.0) * s.cycle / (s.memory + s.cycle)
        seen = jnp.clip(drag / jnp.maximum(expected, 1e-6), 0.3, 3.0)
        risen = jnp.clip(lift / jnp.maximum(drag * ratio, 1e-3), 0.5, 2.0)
        told = (state.drag + trust * (seen - state.drag), state.lift + trust * (risen - state.lift))
        start = state.length < 0.0
        bank = jnp.where(start, s.bank_end + 0.2, state.bank)
        return eqx.tree_at(lambda q: (q.drag, q.lift, q.bank), state, (*told, bank))

    def _load_share(self, navigation: Navigation, rate: Scalar, speed: Scalar) -> Scalar:
        """How far to roll toward lift-up, 0 to 1: ours, for the papers' load relief of a vehicle."""
        load = norm(navigation.specific_force) / G0
        growth = -rate / 7500.0 - 2.0 * load * G0 / speed
        ahead = load * (1.0 + jnp.clip(LOAD_LEAD * growth, -0.5, 1.0))
        return jnp.clip((ahead - self.settings.load_limit) / LOAD_WIDTH, 0.0, 1.0)
