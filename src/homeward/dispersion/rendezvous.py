"""Dispersed rendezvous: one random stream for each parameter of each run, as for the return."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.program import program
from homeward.astro.lvlh import lvlh_matrix
from homeward.dispersion.sampling import RANDOM, Plan
from homeward.dispersion.streams import Draws, draws_of, factor, normal
from homeward.icd.rendezvous_messages import PairStart
from homeward.planning.rendezvous_plan import RendezvousPlan
from homeward.scenario.build.docking_survey import NUMBERS, survey_sigmas, surveyed
from homeward.scenario.build.sensors import DRAWS, inertial_unit
from homeward.scenario.schema.distribution import PAIR_DRAWS
from homeward.sim.rendezvous.far_range import FarCarry, started
from homeward.sim.rendezvous.far_range_lanes import spread_pair, world_axes
from homeward.typing import Array
from homeward.world.dynamics.rendezvous_state import first_truth
from homeward.world.dynamics.two_spacecraft import PairWorld, bodies_at, pulled, tidal_pull
from homeward.world.sensors.rendezvous import INITIAL_NOISES, initial_pair_sensors

SIGMAS = 3.0  # the scenario's figures are three of them
NAVIGATION = ((10.0, 0.05), (15.0, 0.08))  # m, m/s an axis: the first fix of the ship, and of both


def disperse_pair(
    plan: RendezvousPlan, seed: int, runs: np.ndarray, dispersed: bool = True, sampling: Plan = RANDOM
) -> tuple[PairWorld, FarCarry]:
    """World and carry at the insertion of the given runs, with a lane axis.

    An undispersed flight still has its sensors' noise, of the seed's stream.
    """
    d = plan.scenario.dispersion
    figures = {
        "position": d.insertion_position_m / SIGMAS,
        "velocity": np.array(
            [d.insertion_velocity_m_s, d.insertion_cross_velocity_m_s, d.insertion_velocity_m_s]
        ) / SIGMAS,
        "station": np.array([d.state_position_m, d.state_velocity_m_s]) / SIGMAS,
        "drag": d.drag / SIGMAS, "thrust": d.thrust / SIGMAS, "mass": d.mass / SIGMAS,
        "pointing": np.radians(d.thrust_pointing_deg) / SIGMAS, "density": d.density_profile_high / SIGMAS,
    }  # fmt: skip
    figures["survey"] = survey_sigmas(plan.told)
    figures = {k: jnp.asarray(v, float) * (1.0 if dispersed else 0.0) for k, v in figures.items()}
    world = spread_pair(plan.world, len(runs))
    start = tuple(jnp.asarray(x) for x in (*plan.inserted.ship, *plan.inserted.station))
    ship = plan.told.ship
    told = (jnp.asarray(ship.mass_kg), jnp.asarray(ship.propellant_kg))
    laws = plan.scenario.dispersion.distribution if dispersed else ()
    draws = draws_of(laws, PAIR_DRAWS, sampling.standard(runs))
    drawn, carry = _draw(
        plan.far, world, start, told, figures, draws, jax.random.key(seed), jnp.asarray(runs)
    )
    unit = jax.vmap(lambda n: inertial_unit(plan.scenario, n))(drawn["inertial"])
    if not dispersed:
        unit = world.hull.inertial
    world = _surveyed(world, drawn["survey"])
    world = eqx.tree_at(
        lambda w: (
            w.density_scale, w.ship_drag, w.station_drag, w.engine.thrust, w.trim.thrust,
            w.thrust_misalignment, w.accelerometer_scale, w.hull.inertial, w.hull.motion.phase,
            w.hull.thrusters.share,
        ),
        world,
        (
            drawn["density"], world.ship_drag * drawn["drag"], world.station_drag * drawn["station_drag"],
            world.engine.thrust * drawn["thrust"], world.trim.thrust * drawn["trim"], drawn["pointing"],
            drawn["scale"], unit, drawn["phase"], drawn["share"] * np.asarray(world.hull.thrusters.share),
        ),
    )  # fmt: skip
    return world, carry


def _surveyed(world: PairWorld, offsets: Array) -> PairWorld:
    """Ports, cameras and targets of every lane off their drawings."""
    return jax.vmap(surveyed, in_axes=(world_axes(world), 0), out_axes=world_axes(world))(world, offsets)


@program
def _draw(far, world, start, told, figures, draws, key, runs):
    def lane(world: PairWorld, run: Array, standard):
        draw = Draws(draws.laws, standard)
        one = jax.random.fold_in(key, run)
        r, v, r_T, v_T = start
        C_IL = lvlh_matrix(r, v).T
        r_B = r + C_IL @ (draw(one, "insertion_position", figures["position"], (3,)))
        v_B = v + C_IL @ (draw(one, "insertion_velocity", figures["velocity"], (3,)))
        r_S = r_T + draw(one, "station_position", figures["station"][0], (3,))
        v_S = v_T + draw(one, "station_velocity", figures["station"][1], (3,))
        sensors = initial_pair_sensors(world.sensors, normal(one, "pair_sensors", (INITIAL_NOISES,)))
        mass = told[0] * factor(draw(one, "ship_mass", figures["mass"]))
        bodies = bodies_at(r_B, v_B, r_S, v_S)
        zero = jnp.zeros(())
        spin, tidal = world.orientation.at(zero), tidal_pull(world, zero, r_S)
        bodies = pulled(world, spin, zero, tidal, bodies, mass, jnp.ones(()))
        n = world.hull.thrusters.thrust.shape[0]
        truth = first_truth(zero, bodies, mass, told[1], sensors, n)
        (r1, v1), (r2, v2) = NAVIGATION
        e = normal(one, "first_fix", (4, 3))
        start_message = PairStart(
            zero,
            r_B + r1 * e[0],
            v_B + v1 * e[1],
            r_B - r_S + r2 * e[2],
            v_B - v_S + v2 * e[3],
            jnp.asarray([r1, v1]),
            jnp.asarray([r2, v2]),
        )
        some = jnp.where(figures["density"] > 0.0, 1.0, 0.0)
        drawn = {
            "density": jnp.exp(figures["density"] * normal(one, "thin_air")),
            "drag": factor(draw(one, "ship_drag", figures["drag"])),
            "station_drag": factor(draw(one, "station_drag", figures["drag"])),
            "thrust": factor(draw(one, "thrust", figures["thrust"])),
            "trim": factor(draw(one, "trim_thrust", figures["thrust"])),
            "pointing": draw(one, "pointing", figures["pointing"], (3,)),
            "scale": some * 1e-4 * normal(one, "accelerometer_scale"),
            "phase": world.hull.motion.phase
            + some * 2.0 * jnp.pi * jax.random.uniform(jax.random.fold_in(one, 77), (3,)),
            "share": factor(figures["thrust"] * normal(one, "thrusters", (n,))),
            "survey": draw(one, "survey", figures["survey"], (NUMBERS,)),
            "inertial": normal(one, "inertial_unit", (DRAWS,)),
        }
        return drawn, started(far, truth, start_message)

    return jax.vmap(lane, in_axes=(world_axes(world), 0, 0))(world, runs, draws.standard)
