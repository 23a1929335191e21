"""Standard-trajectory entry guidance: the first generation, of the kind of Apollo's final phase.

Before the entry one nominal flight is stored against speed, with what its range answers to drag, rate of
altitude and lift. In the air the vertical lift is that one, corrected by the range that would be missed;
nothing is predicted by integration and nothing is stored anew. See docs/models/reference_guidance.md.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.earth.constants import G0
from homeward.flight.control.roll_direction import constrain_roll_lift_up
from homeward.flight.entry.onboard_model import OnboardModel
from homeward.flight.entry.reference_table import ReferenceTable, fast_row, low_row
from homeward.flight.entry.reference_trajectory import CATCH_RATE, hold_share
from homeward.flight.interfaces import AbstractEntryGuidance
from homeward.icd import EntryCommand, EntryTarget, Navigation
from homeward.math.numerics import norm, unit, wrap_angle
from homeward.typing import Flag, Scalar, Vec3

SIDEWAYS = 0.3  # least sine of the nominal bank that sideways reach is reckoned with


class ReferenceState(eqx.Module):
    """What the law remembers from cycle to cycle."""

    side: Scalar  # +1 right, -1 left, 0 before the first cycle
    command: Scalar  # last commanded bank, rad
    caught: Flag  # the fall from beyond orbit is caught
    terminal: Flag
    forward_E: Vec3  # level direction of the motion as the terminal phase began


class ReferenceSettings(eqx.Module):
    """Numbers an engineer tunes. Angles in radians, speeds in m/s, accelerations in m/s2, loads in g."""

    gain: Scalar  # over-control: corrections as many times as large as would do if kept up to the end
    terminal_gain: Scalar
    dead_band: Scalar  # share of the sideways reach by which the end may lie on the wrong side
    begin_drag: Scalar  # drag at which steering begins
    bank_minimum: Scalar
    bank_maximum: Scalar
    terminal_speed: Scalar
    load_limit: Scalar
    load_lead: Scalar  # s
    cycle: Scalar  # s
    rate_limit: Scalar


class ReferenceEntryGuidance(AbstractEntryGuidance):
    """Follows a stored trajectory by its sensitivities.

    ``table`` is filled in once the return is planned; ``model.wind`` is the forecast of the day.
    """

    model: OnboardModel
    table: ReferenceTable
    settings: ReferenceSettings

    def init(self, target: EntryTarget) -> ReferenceState:
        no, zero = jnp.asarray(False), jnp.asarray(0.0)
        return ReferenceState(zero, self.table.bank * 1.0, no, no, jnp.zeros(3))

    def step(
        self, state: ReferenceState, navigation: Navigation, target: EntryTarget
    ) -> tuple[ReferenceState, EntryCommand]:
        s, table, model = self.settings, self.table, self.model
        r, v = navigation.r_BE_E, navigation.v_BE_E
        u, speed = unit(r), norm(v)
        altitude = norm(r) - model.radius(u[2])
        rate = jnp.sum(u * v)
        forward = unit(v - u * rate)
        drag = -jnp.sum(navigation.specific_force * v) / speed
        _, ratio = model.aerodynamics(speed)
        wind = model.wind - table.wind

        terminal = state.terminal | (speed < s.terminal_speed)
        forward_E = jnp.where(terminal & ~state.terminal, forward, state.forward_E)
        share, short, aside, reach = self._fast(
            u, v, forward, speed, rate, altitude, drag, ratio, target, wind
        )
        low = self._low(u, v, forward_E, rate, altitude, ratio, target, wind)
        steer = _any_way(state.command, low[0], low[1])

        caught = state.caught | (rate > -CATCH_RATE)
        beyond = speed > table.speed_start
        share = jnp.where(beyond & ~caught, 1.0, share)
        # Below the drag that tells anything the planned bank is held.
        felt = drag > s.begin_drag
        share = jnp.where(felt, share, jnp.where(beyond & ~caught, 1.0, jnp.cos(table.bank)))
        bank = jnp.arccos(jnp.clip(share, jnp.cos(s.bank_maximum), jnp.cos(s.bank_minimum)))
        toward = jnp.where(aside < 0.0, -1.0, 1.0)
        side = jnp.where(state.side == 0.0, toward, state.side)
        # While it still climbs out of the catch, a roll through lift-up would throw it out of the air.
        may = ~terminal & ~(beyond & (rate > 0.0))
        side = jnp.where((side * aside < -s.dead_band * reach) & may, -side, side)
        wanted = jnp.where(terminal, steer, side * bank)
        wanted = wanted * (1.0 - self._load_share(navigation, rate, speed))
        new = ReferenceState(side, wanted, caught, terminal, forward_E)
        wanted = constrain_roll_lift_up(wanted, navigation.bank, terminal | beyond)
        one = jnp.asarray(1.0)
        miss = jnp.where(terminal, low[2], jnp.sqrt(short**2 + aside**2))
        return new, EntryCommand(wrap_angle(wanted), one, one, miss)

    def _fast(self, u, v, forward, speed, rate, altitude, drag, ratio, target, wind):
        """Upward share of the lift, range missing [m], aim beside the end [m] and sideways reach [m].

        ``range flown = R(V) + dR/dD (D - D(V)) + dR/drdot (rdot - rdot(V))``, the drag's part in the
        logarithm, which is altitude; the lift is the stored one and ``gain (range to go - range flown) /
        dR/d(L/D)``.
        """
        s, table, model = self.settings, self.table, self.model
        row = fast_row(table, speed)
        a = model.equatorial_radius
        aim = unit(target.aim_E)
        right = jnp.cross(forward, u)
        ahead, beside = jnp.sum(aim * forward), jnp.sum(aim * right)
        distance = a * jnp.arctan2(jnp.sqrt(ahead**2 + beside**2), jnp.sum(aim * u))
        distance = jnp.where(ahead < 0.0, -distance, distance)
        bend = wrap_angle(jnp.arctan2(beside, ahead) - row.bend)
        aside = a * jnp.arcsin(jnp.clip(jnp.sin(distance / a) * jnp.sin(bend), -1.0, 1.0))
        aside = aside - jnp.sum(row.by_wind[1] * wind)
        denser = jnp.clip(jnp.log(jnp.maximum(drag, 1e-3) / jnp.maximum(row.drag, 1e-3)), -1.0, 1.0)
        flown = row.range + row.by_drag * row.drag * denser + row.by_rate * (rate - row.rate)
        flown = flown + jnp.sum(row.by_wind[0] * wind)
        short = distance - flown
        share = row.share + s.gain * short / (jnp.maximum(row.by_lift, 1e3) * ratio)
        # Faster than the stored steering begins, the drag is held that spends what range there is.
        start = fast_row(table, table.speed_start)
        spare = jnp.maximum(distance - start.range, 1e4)
        hold = table.hold * jnp.clip((row.range - start.range) / spare, 0.6, 1.6)
        held = hold_share(model, u, altitude, v, drag, hold)
        share = jnp.where(speed > table.speed_start, held, share)
        sine = jnp.sqrt(jnp.maximum(1.0 - row.share**2, SIDEWAYS**2))
        return share, short, aside, jnp.maximum(row.by_side * ratio * sine, 100.0)

    def _low(self, u, v, forward, rate, altitude, ratio, target, wind):
        """Lift wanted upward and to the right, as shares of all there is, and the miss without it [m]."""
        s, table = self.settings, self.table
        row = low_row(table, altitude)
        a = self.model.equatorial_radius
        aim = unit(target.aim_E)
        right = jnp.cross(forward, u)
        level = jnp.sum(v * forward)
        ahead = row.range + row.by_rate * (rate - row.rate) + row.by_level * (level - row.level)
        across = row.aside + row.by_across * jnp.sum(v * right)
        short = a * jnp.sum((aim - u) * forward) - ahead - jnp.sum(row.by_wind[0] * wind)
        aside = a * jnp.sum((aim - u) * right) - across - jnp.sum(row.by_wind[1] * wind)
        up = row.share + s.terminal_gain * short / (jnp.maximum(row.by_lift, 20.0) * ratio)
        return (
            up,
            s.terminal_gain * aside / (jnp.maximum(row.by_side, 20.0) * ratio),
            jnp.sqrt(short**2 + aside**2),
        )

    def _load_share(self, navigation, rate, speed) -> Scalar:
        """How far to roll toward lift-up, 0 to 1, as the load some seconds ahead comes to its limit.

        In air of scale height ``H`` the load grows by ``n' / n = -rdot / H - 2 n g0 / V``.
        """
        s = self.settings
        load = norm(navigation.specific_force) / G0
        growth = -rate / 7500.0 - 2.0 * load * G0 / speed
        ahead = load * (1.0 + jnp.clip(s.load_lead * growth, -0.5, 1.0))
        return jnp.clip((ahead - s.load_limit) / 1.5, 0.0, 1.0)


def _any_way(command: Scalar, up: Scalar, right: Scalar) -> Scalar:
    """Bank [rad] that gives lift shares ``up`` and ``right``, as far as a lift of one size can.

    Where more is wanted than there is it points there. Where less, it is held beside that direction by the
    angle whose cosine is the share wanted, on the side where the bank is already: what it then gives too much
    sideways is asked back in the next cycles.
    """
    size = jnp.sqrt(up**2 + right**2)
    direction = jnp.arctan2(right, up)
    beside = jnp.arccos(jnp.clip(size, 0.0, 1.0))
    off = wrap_angle(command - direction)
    return wrap_angle(direction + jnp.where(off < 0.0, -beside, beside))
