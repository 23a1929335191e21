"""What every run has drawn, as columns of a store: departures from the nominal, in parts of it or in SI."""

from typing import cast

import numpy as np

from homeward.campaigns.store.columns import Column
from homeward.dispersion.scaled_aerodynamics import ScaledAerodynamics
from homeward.planning.rendezvous_plan import RendezvousPlan
from homeward.planning.return_plan import ReturnPlan
from homeward.sim.rendezvous.far_range import FarCarry
from homeward.world.dynamics.two_spacecraft import PairWorld
from homeward.world.environment.atmosphere import TableAtmosphere
from homeward.world.environment.wind import WindTable
from homeward.world.six_dof_model import BodyModel
from homeward.world.state import TruthState
from homeward.world.world import World

# m: where the profiles drawn are written down; the whole profile can be drawn again from run and seed.
AIR_HEIGHTS = (20e3, 40e3, 60e3, 80e3, 100e3)
WIND_HEIGHTS = (1e3, 5e3, 10e3, 30e3, 60e3)
Draws = tuple[dict[str, np.ndarray], dict[str, Column]]


class _Table:
    """Columns in the making."""

    def __init__(self) -> None:
        self.values: dict[str, np.ndarray] = {}
        self.columns: dict[str, Column] = {}

    def add(self, name: str, unit: str, text: str, values) -> None:
        """A column ``draw_NAME``; several for values (lanes, n): x to z of three, else by number from 1."""
        values = np.asarray(values, float)
        if values.ndim == 2:
            count = values.shape[1]
            names = "xyz"[:count] if count <= 3 else [str(k + 1) for k in range(count)]
            for k, axis in enumerate(names):
                self.add(f"{name}_{axis}", unit, f"{text}, {axis}", values[:, k])
            return
        self.values[f"draw_{name}"] = values
        self.columns[f"draw_{name}"] = Column(f"draw_{name}", unit, text, "draw")


def return_draws(plan: ReturnPlan, world: World, truth: TruthState) -> Draws:
    """Draws of a block of returns, a value a lane, and their columns; of what ``disperse`` gave."""
    t, nominal = _Table(), plan.world
    air, thin = cast(TableAtmosphere, nominal.atmosphere), cast(TableAtmosphere, nominal.thin_air)
    true_air, true_thin = cast(TableAtmosphere, world.atmosphere), cast(TableAtmosphere, world.thin_air)
    bias = np.expm1(np.asarray(true_thin.rows)[:, 0, 0] - np.asarray(thin.rows)[0, 0])
    t.add("density_bias", "1", "part by which all air is denser", bias)
    heights = np.asarray(air.altitudes())
    for h in AIR_HEIGHTS:
        k = int(np.argmin(np.abs(heights - h)))
        shift = np.expm1(np.asarray(true_air.rows)[:, k, 0] - np.asarray(air.rows)[k, 0])
        t.add(f"density_{h / 1e3:.0f}km", "1", f"part by which air at {h / 1e3:.0f} km is denser", shift)
    wind, true_wind = cast(WindTable, nominal.wind), cast(WindTable, world.wind)
    levels = np.asarray(wind.altitudes())
    for h in WIND_HEIGHTS:
        k = int(np.argmin(np.abs(levels - h)))
        gained = np.asarray(true_wind.rows)[:, k] - np.asarray(wind.rows)[k]
        for axis, way in enumerate(("north", "east")):
            name, text = f"wind_{way}_{h / 1e3:.0f}km", f"wind to {way} at {h / 1e3:.0f} km, above its mean"
            t.add(name, "m/s", text, gained[:, axis])
    aero = cast(ScaledAerodynamics, world.aerodynamics)
    t.add("drag", "1", "part by which drag is greater", np.asarray(aero.drag) - 1.0)
    ratio = np.asarray(aero.lift_to_drag) - 1.0
    t.add("lift_to_drag", "1", "part by which L/D is greater", ratio)
    mass = np.asarray(world.capsule.mass) / float(nominal.capsule.mass) - 1.0
    t.add("mass", "1", "part by which the capsule is heavier", mass)
    thrust = np.asarray(world.engine.thrust) / float(nominal.engine.thrust) - 1.0
    t.add("thrust", "1", "part by which the main engine is stronger", thrust)
    t.add("thrust_pointing", "rad", "turn of the thrust", world.thrust_misalignment)
    n = world.navigation
    t.add("accelerometer_bias", "m/s2", "bias of the accelerometers in the blackout", n.accelerometer_bias)
    t.add("imu_misalignment", "rad", "error of the known attitude in the blackout", n.misalignment)
    e = truth.navigation_error
    t.add("navigation_position", "m", "first error of the known position", e.position)
    t.add("navigation_velocity", "m/s", "first error of the known velocity", e.velocity)
    t.add("position", "m", "start off its place, inertial axes", truth.r_BI_I - np.asarray(plan.truth.r_BI_I))
    t.add("velocity", "m/s", "start off its velocity, inertial axes",
          truth.v_BI_I - np.asarray(plan.truth.v_BI_I))  # fmt: skip
    _canopies(t, nominal, world, truth)
    if world.body is not None and nominal.body is not None and truth.body is not None:
        _ship(t, plan, world.body, truth)
        moved = np.asarray(world.body.aero.center_of_mass) - np.asarray(nominal.body.aero.center_of_mass)
        t.add("center_of_mass", "m", "centre of mass off its place", moved)
        t.add("tip_off", "rad/s", "rate left by the last separation", np.asarray(truth.body.tip_off))
        _inertial(t, world.body.inertial)
    return t.values, t.columns


def _canopies(t: _Table, nominal: World, world: World, truth: TruthState) -> None:
    known, true = nominal.parachutes, world.parachutes
    for name, of in (
        ("drogue_area", "drogue's area"), ("main_area", "main's area"), ("backup_area", "backup's area"),
        ("drogue_fill", "filling time of the drogue"), ("main_fill", "filling time of the main"),
        ("main_reefed_fraction", "reefed part of the main"),
    ):  # fmt: skip
        base = float(getattr(known, name))
        part = np.asarray(getattr(true, name)) / base - 1.0 if base else 0.0 * np.asarray(getattr(true, name))
        t.add(name, "1", f"part by which the {of} is greater", part)
    push = float(nominal.retro.thrust)
    part = np.asarray(world.retro.thrust) / push - 1.0 if push else 0.0 * np.asarray(world.retro.thrust)
    t.add("retro_thrust", "1", "part by which the landing rockets are stronger", part)
    t.add("retro_delay", "s", "delay of the landing rockets", -np.asarray(truth.retro_time))


def _ship(t: _Table, plan: ReturnPlan, body: BodyModel, truth: TruthState) -> None:
    nominal, state = plan.world.body, truth.body
    assert nominal is not None and state is not None
    true, known = np.asarray(body.aero.table), np.asarray(nominal.aero.table)
    mach = np.asarray(nominal.aero.mach)
    for name, at in (("above Mach 5", 10.0), ("from Mach 1.2 to 5", 3.0), ("below Mach 1.2", 0.8)):
        k = int(np.argmin(np.abs(mach - at)))
        stem = f"mach_{at:g}".replace(".", "_")
        t.add(f"force_{stem}", "1", f"part by which the air's force is greater {name}",
              true[:, k, 0] / known[k, 0] - 1.0)  # fmt: skip
        t.add(f"damping_{stem}", "1", f"departure of the pitch damping {name}", true[:, k, 3] - known[k, 3])
    t.add("altimeter_bias", "m", "bias of the gamma altimeter", body.aids.gamma.bias)
    t.add("barometer_bias", "m", "bias of the altitude by static pressure", body.aids.pressure.bias)
    base = np.asarray(plan.truth.body.inertia) if plan.truth.body is not None else np.eye(3)
    for axis, k in (("x", 0), ("y", 1), ("z", 2)):
        part = np.asarray(state.inertia)[:, k, k] / base[k, k] - 1.0
        t.add(f"inertia_{axis}", "1", f"part by which the moment of inertia about {axis} is greater", part)


def _inertial(t: _Table, unit) -> None:
    t.add("gyro_bias", "rad/s", "bias of the gyros", unit.gyro.bias)
    t.add("accelerometer_offset", "m/s2", "bias of the unit's accelerometers", unit.accelerometer.bias)
    t.add("imu_mounting", "rad", "turn of the inertial unit against the body", unit.mounting)


def pair_draws(plan: RendezvousPlan, world: PairWorld, carry: FarCarry) -> Draws:
    """Draws of a block of rendezvous, of what ``rendezvous`` gave."""
    t, nominal, b = _Table(), plan.world, carry.truth.bodies
    (r, v), (r_T, v_T) = plan.inserted.ship, plan.inserted.station
    along = np.asarray(v) / np.linalg.norm(v)
    radial = np.asarray(r) / np.linalg.norm(r)
    across = -np.cross(radial, along) / np.linalg.norm(np.cross(radial, along))
    C_LI = np.stack([np.cross(radial, across), across, -radial])  # along track, against the normal, down
    t.add(
        "insertion_position",
        "m",
        "insertion off its place, axes of the orbit",
        (np.asarray(b.r_BI_I) - r) @ C_LI.T,
    )
    t.add(
        "insertion_velocity",
        "m/s",
        "insertion off its velocity, axes of the orbit",
        (np.asarray(b.v_BI_I) - v) @ C_LI.T,
    )
    t.add("station_position", "m", "station off its place, inertial axes", np.asarray(b.r_TI_I) - r_T)
    t.add("station_velocity", "m/s", "station off its velocity, inertial axes", np.asarray(b.v_TI_I) - v_T)

    def part(name: str, text: str, drawn, told) -> None:
        t.add(name, "1", text, np.asarray(drawn) / np.asarray(told) - 1.0)

    part("density", "part by which the thin air is denser", world.density_scale, nominal.density_scale)
    part("drag", "part by which the ship's drag is greater", world.ship_drag, nominal.ship_drag)
    part(
        "station_drag",
        "part by which the station's drag is greater",
        world.station_drag,
        nominal.station_drag,
    )
    part("mass", "part by which the ship is heavier", carry.truth.mass, plan.told.ship.mass_kg)
    part("thrust", "part by which the main engine is stronger", world.engine.thrust, nominal.engine.thrust)
    part("trim_thrust", "part by which the trim engines are stronger", world.trim.thrust, nominal.trim.thrust)
    t.add("thrust_pointing", "rad", "turn of the thrust", world.thrust_misalignment)
    t.add("accelerometer_scale", "1", "scale factor of the far accelerometer", world.accelerometer_scale)
    t.add("station_phase", "rad", "phase of the station's swaying", world.hull.motion.phase)
    _inertial(t, world.hull.inertial)
    return t.values, t.columns  # fmt: skip
