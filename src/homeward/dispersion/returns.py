"""Dispersed worlds: one random stream for each parameter of each run.

Run ``i`` of seed ``s`` uses ``fold_in(key(s), i)``, and each parameter a stream of its own, keyed by a
checksum of its name: adding a parameter changes no other, and any run can be drawn again alone.
"""

from functools import partial
from typing import cast

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward.dispersion.initial_navigation import disperse_start
from homeward.dispersion.sampling import RANDOM, Plan
from homeward.dispersion.scaled_aerodynamics import unscaled
from homeward.dispersion.six_dof import disperse_body
from homeward.dispersion.streams import Draws, draws_of, factor, normal, stream
from homeward.dispersion.vehicle import disperse_canopies, disperse_ship, ship_numbers
from homeward.earth.constants import G0
from homeward.flight.executive.flight_computer import FlightComputer
from homeward.planning.return_plan import ReturnPlan
from homeward.scenario.build.deployment_unit import DRAWS, deployment_sensors
from homeward.scenario.build.entry_guidance import OWN
from homeward.scenario.build.flight_computer import (
    believed_mass,
    believed_parachutes,
    forecast_of,
    low_air,
    steering_wind,
    target_under,
)
from homeward.scenario.build.main_deployment import forecast_rows
from homeward.scenario.build.wind_estimation import wind_rows
from homeward.scenario.build.world import ARCSECOND, number
from homeward.scenario.schema.distribution import RETURN_DRAWS
from homeward.sim.lanes import spread_flight, spread_world
from homeward.typing import Array, Float, Scalar, Vec3
from homeward.world.environment.atmosphere import TableAtmosphere
from homeward.world.environment.random_profiles import disturbed_air
from homeward.world.environment.wind import WindTable, disturbed_wind
from homeward.world.state import TruthState
from homeward.world.world import World

# Profiles by the name of their stream: what their sizes are called, and the table whose altitudes they have.
PROFILES = {
    "density_profile": ("air", "air"), "wind": ("wind", "wind"), "forecast_error": ("forecast", "wind"),
}  # fmt: skip
Dispersed = tuple[World, FlightComputer, TruthState]  # each with a lane axis
SIGMAS = 3.0  # the scenario's figures are three of them


class Draw(eqx.Module):
    """What one run draws: everything that differs from the nominal."""

    atmosphere: TableAtmosphere
    thin_air: TableAtmosphere
    wind: WindTable
    forecast: WindTable
    drag: Scalar
    lift_to_drag: Scalar
    mass: Scalar
    thrust: Scalar
    thrust_misalignment: Vec3
    accelerometer_bias: Vec3
    misalignment: Vec3
    navigation_position: Vec3
    navigation_velocity: Vec3
    position: Vec3  # of the start, m, in I
    velocity: Vec3
    deployment: Float[Array, " d"]  # standard normal: errors of the deployment unit's sensors
    aim_E: Vec3
    wind_rows: Float[Array, "m 2"]
    onboard_wind_E: Vec3
    main_rows: Float[Array, "n 6"] | None  # None where the flight ends before the parachutes


def disperse(plan: ReturnPlan, seed: int, runs: np.ndarray, sampling: Plan = RANDOM) -> Dispersed:
    """World, flight computer and initial truth of the given runs, with a lane axis (see ``sim.lanes``)."""
    s = plan.scenario
    lanes = len(runs)
    density = low_air(s, plan.epoch)
    # The numbers of the scenario go in as arrays: another value does not compile anew.
    d = s.dispersion
    heights = np.asarray(cast(TableAtmosphere, plan.world.atmosphere).altitudes())
    low, high = d.density_profile_low / SIGMAS, d.density_profile_high / SIGMAS
    wind_heights = np.asarray(cast(WindTable, plan.world.wind).altitudes())
    n = s.truth.navigation
    sizes = {
        "air_sigma": np.interp(heights, [30e3, 100e3], [low, high]),
        "air_length": d.density_length_m,
        "bias": d.density_bias / SIGMAS,
        "wind_sigma": np.interp(wind_heights, d.wind_altitude_m, np.asarray(d.wind_m_s) / SIGMAS),
        "wind_length": d.wind_length_m,
        "forecast_sigma": np.full(wind_heights.shape, d.forecast_error_m_s / SIGMAS),
        "forecast_length": d.forecast_length_m,
        "forecast_bias": d.forecast_bias_m_s / SIGMAS,
        "gust_sigma": np.full(wind_heights.shape, s.truth.wind.gust_m_s),
        "gust_length": s.truth.wind.gust_length_m,
        "drag": d.drag / SIGMAS, "lift_to_drag": d.lift_to_drag / SIGMAS, "mass": d.mass / SIGMAS,
        "thrust": d.thrust / SIGMAS, "pointing": np.radians(d.thrust_pointing_deg) / SIGMAS,
        "accelerometer": n.blackout_accelerometer_bias_ug * 1e-6 * G0,
        "misalignment": n.blackout_misalignment_arcsec * ARCSECOND,
        "navigation_position": n.position_sigma_m, "navigation_velocity": n.velocity_sigma_m_s,
        "position": d.state_position_m / SIGMAS, "velocity": d.state_velocity_m_s / SIGMAS,
        "angle": np.radians(d.interface_angle_deg) / SIGMAS, "speed": d.interface_speed_m_s / SIGMAS,
    }  # fmt: skip
    sizes = {key: jnp.asarray(value, float) for key, value in sizes.items()}
    for p in (p for p in d.distribution if p.kind == "profile"):
        name, grid = PROFILES[p.of]
        sigma = p.scale * np.asarray(p.sigma_at)
        told = heights if grid == "air" else wind_heights
        sizes[f"{name}_sigma"] = jnp.asarray(np.interp(told, np.asarray(p.altitude_m), sigma))
        sizes[f"{name}_length"] = jnp.asarray(p.length_m, float)
    drawn = draws_of(d.distribution, {**RETURN_DRAWS, **profile_shapes(plan)}, sampling.standard(runs))
    at_interface = s.return_.legs.start == "interface"
    draws = _draw(
        plan.world.atmosphere, plan.world.thin_air, plan.world.wind, _known_wind(plan), plan.truth, sizes,
        density,
        jax.random.key(seed), jnp.asarray(runs), drawn, _Site(s), at_interface,
    )  # fmt: skip
    draws = jax.tree.map(np.asarray, draws)
    world, flight, truth = _apply(plan, draws, lanes)
    numbers = ship_numbers(plan, seed, runs, drawn)
    world, truth = disperse_canopies(world, truth, numbers)
    if world.body is not None:
        world, truth = disperse_body(plan, seed, runs, world, truth, draws.drag, draws.lift_to_drag, drawn)
        world, truth = disperse_ship(plan, world, truth, numbers)
        flight = disperse_start(flight, seed, runs, truth, not at_interface)
    return world, flight, truth


def profile_shapes(plan: ReturnPlan) -> dict[str, tuple[int, ...]]:
    """Profiles by the name of their stream: the shape of the standard numbers that a run draws."""
    air = len(np.asarray(cast(TableAtmosphere, plan.world.atmosphere).altitudes()))
    wind = len(np.asarray(cast(WindTable, plan.world.wind).altitudes()))
    return {"density_profile": (air,), **dict.fromkeys(("wind", "forecast_error", "gusts"), (2, wind))}


def _known_wind(plan: ReturnPlan) -> WindTable:
    """The mean wind of the onboard data set, on the grid of the true one."""
    true, known = cast(WindTable, plan.world.wind), forecast_of(plan.scenario)
    if np.shape(known.rows) == np.shape(true.rows) and bool(np.all(known.altitudes() == true.altitudes())):
        return known
    return eqx.tree_at(lambda w: w.rows, true, jax.vmap(known.at)(true.altitudes()))


class _Site:
    """The scenario as a static argument: two of the same content count as one program."""

    def __init__(self, scenario) -> None:
        self.scenario = scenario
        self.text = scenario.model_dump_json(include={"landing_site", "homecoming", "flight", "onboard"})

    def __hash__(self) -> int:
        return hash(self.text)

    def __eq__(self, other) -> bool:
        return isinstance(other, _Site) and self.text == other.text


@partial(jax.jit, static_argnames=("site", "at_interface"))
def _draw(
    air, thin, wind, known, truth, sizes, density, key, runs, drawn: Draws, site: _Site, at_interface: bool
) -> Draw:
    scenario = site.scenario
    mass = number(believed_mass(scenario))
    parachutes = believed_parachutes(scenario)

    def one(run, standard) -> Draw:
        draw = Draws(drawn.laws, standard)
        k = jax.random.fold_in(key, run)
        bias = draw(k, "density_bias", sizes["bias"])
        true_air = disturbed_air(
            air, draw.profile(k, "density_profile"), bias, sizes["air_sigma"], sizes["air_length"]
        )
        high = disturbed_air(thin, stream(k, "density_profile"), bias, 0.0 * thin.altitudes(), 1.0)
        # The day departs from its mean by as much in the forecast as in the true wind.
        forecast = disturbed_wind(known, draw.profile(k, "wind"), sizes["wind_sigma"], sizes["wind_length"])
        true_wind = disturbed_wind(wind, draw.profile(k, "wind"), sizes["wind_sigma"], sizes["wind_length"])
        true_wind = disturbed_wind(
            true_wind, draw.profile(k, "forecast_error"), sizes["forecast_sigma"], sizes["forecast_length"]
        )
        apart = draw(k, "forecast_bias", sizes["forecast_bias"], (2,))
        true_wind = eqx.tree_at(lambda w: w.rows, true_wind, true_wind.rows + apart[None, :])
        true_wind = disturbed_wind(
            true_wind, draw.profile(k, "gusts"), sizes["gust_sigma"], sizes["gust_length"]
        )
        target = target_under(scenario, parachutes, mass, density, forecast)
        latitude, longitude = (
            number(np.radians(x)) for x in (scenario.site.latitude_deg, scenario.site.longitude_deg)
        )
        believed = 0.0 if scenario.flight.believed.wind == "none" else 1.0
        position = draw(k, "state_position", sizes["position"], (3,))
        velocity = draw(k, "state_velocity", sizes["velocity"], (3,))
        if at_interface:
            position, velocity = 0.0 * position, _interface_error(k, draw, sizes, truth)
        lands = scenario.return_.legs.end == "touchdown"
        rows = forecast_rows(scenario, parachutes, mass, density, forecast) if lands else None
        return Draw(
            atmosphere=true_air, thin_air=high, wind=true_wind, forecast=forecast,
            drag=factor(draw(k, "drag", sizes["drag"])),
            lift_to_drag=factor(draw(k, "lift_to_drag", sizes["lift_to_drag"])),
            mass=factor(draw(k, "mass", sizes["mass"])),
            thrust=factor(draw(k, "thrust", sizes["thrust"])),
            thrust_misalignment=draw(k, "thrust_pointing", sizes["pointing"], (3,)),
            accelerometer_bias=draw(k, "accelerometer_bias", sizes["accelerometer"], (3,)),
            misalignment=draw(k, "imu_misalignment", sizes["misalignment"], (3,)),
            navigation_position=draw(k, "navigation_position", sizes["navigation_position"], (3,)),
            navigation_velocity=draw(k, "navigation_velocity", sizes["navigation_velocity"], (3,)),
            deployment=normal(k, "deployment_sensors", (DRAWS,)),
            position=position, velocity=velocity, aim_E=target.aim_E,
            main_rows=rows,
            wind_rows=believed * wind_rows(forecast),
            onboard_wind_E=believed * steering_wind(forecast, latitude, longitude),
        )  # fmt: skip

    return jax.vmap(one)(runs, drawn.standard)


def _interface_error(k: Array, draw: Draws, sizes, truth: TruthState) -> Vec3:
    """Velocity error [m/s, I] of a dispersed entry angle and speed."""
    up = truth.r_BI_I / jnp.sqrt(jnp.sum(truth.r_BI_I**2))
    v = truth.v_BI_I
    speed = jnp.sqrt(jnp.sum(v * v))
    along = v / speed
    across = up - along * jnp.sum(up * along)
    # A flight straight down has no plane of its own: any direction across it serves.
    axis = jnp.where(jnp.arange(3) == jnp.argmin(jnp.abs(along)), 1.0, 0.0)
    across = jnp.where(jnp.sum(across**2) > 1e-18, across, axis - along * jnp.sum(axis * along))
    across = across / jnp.sqrt(jnp.sum(across**2))
    angle = draw(k, "interface_angle", sizes["angle"])
    faster = draw(k, "interface_speed", sizes["speed"])
    return (speed + faster) * (jnp.cos(angle) * along + jnp.sin(angle) * across) - v


def _apply(plan: ReturnPlan, draws: Draw, lanes: int) -> Dispersed:
    """Put the draws in their places; whatever is not drawn is the same in every lane."""
    nominal = plan.world
    world = spread_world(nominal, lanes)
    units = [deployment_sensors(plan.scenario, x) for x in np.asarray(draws.deployment)]
    unit = jax.tree.map(lambda *x: np.stack([np.asarray(v) for v in x]), *units)
    world = eqx.tree_at(lambda w: w.deployment, world, unit)
    capsule_mass = float(nominal.capsule.mass) * draws.mass
    world = eqx.tree_at(
        lambda w: (
            w.atmosphere, w.thin_air, w.wind, w.capsule.mass, w.engine.thrust, w.thrust_misalignment,
            w.navigation.accelerometer_bias, w.navigation.misalignment,
        ),
        world,
        (
            draws.atmosphere, draws.thin_air, draws.wind, capsule_mass,
            float(nominal.engine.thrust) * draws.thrust, draws.thrust_misalignment, draws.accelerometer_bias,
            draws.misalignment,
        ),
    )  # fmt: skip
    # Unflattened, not constructed: with a lane axis its numbers are not those that the constructor checks.
    scaled = jax.tree.unflatten(
        jax.tree.structure(unscaled(nominal.aerodynamics)),
        [*jax.tree.leaves(world.aerodynamics), draws.drag, draws.lift_to_drag],
    )
    world = eqx.tree_at(lambda w: w.aerodynamics, world, scaled)
    flight = spread_flight(plan.flight, lanes)
    flight = eqx.tree_at(lambda f: f.target.aim_E, flight, draws.aim_E)
    if draws.main_rows is not None:
        flight = eqx.tree_at(lambda f: f.main.rows, flight, draws.main_rows)
    if flight.winds is not None:
        flight = eqx.tree_at(lambda f: f.winds.rows, flight, draws.wind_rows)
    if isinstance(flight.guidance, OWN):
        flight = eqx.tree_at(lambda f: f.guidance.model.wind, flight, draws.onboard_wind_E)
    truth = jax.tree.map(lambda x: np.broadcast_to(np.asarray(x), (lanes, *np.shape(x))).copy(), plan.truth)
    heavier = capsule_mass - float(nominal.capsule.mass)
    truth = eqx.tree_at(
        lambda t: (
            t.mass, t.r_BI_I, t.v_BI_I, t.navigation_error.position, t.navigation_error.velocity,
        ),
        truth,
        (
            truth.mass + heavier, truth.r_BI_I + draws.position, truth.v_BI_I + draws.velocity,
            draws.navigation_position, draws.navigation_velocity,
        ),
    )  # fmt: skip
    return world, flight, truth
