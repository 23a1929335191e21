"""The flight computers of a rendezvous, far and near, loaded with what they believe."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from homeward.earth.constants import G0, MU_EGM96, WGS84_A
from homeward.flight.control.phase_plane import ControlSettings
from homeward.flight.control.thruster_selection_6dof import allocate_six
from homeward.flight.relative_navigation.attitude_filter import pair_attitude
from homeward.flight.relative_navigation.relative_filter import PairFilter, pair_filter
from homeward.flight.rendezvous.approach_frame import STEADY, TUMBLING
from homeward.flight.rendezvous.approach_sequence import ALWAYS, approach_steps, withdrawal_steps
from homeward.flight.rendezvous.far_range import FarComputer
from homeward.flight.rendezvous.glideslope import Glideslope, glideslope
from homeward.flight.rendezvous.port_dynamics import PORTS, SpeedProfile, port_motion, speed_profile
from homeward.flight.rendezvous.proximity_executive import CloseComputer, Orders
from homeward.flight.rendezvous.proximity_mpc import ProximityMpc, proximity_mpc
from homeward.scenario.build.docking_survey import drawn_geometry, mounting_belief
from homeward.scenario.build.flight_computer import believed_orientation
from homeward.scenario.build.imu_fdi import build_voting
from homeward.scenario.build.launch import Insertion
from homeward.scenario.build.rendezvous_world import believed_air_between, build_model, main_engine
from homeward.scenario.build.world import number, numbers
from homeward.scenario.schema.rendezvous import PLANS, Rendezvous
from homeward.scenario.schema.scenario import Scenario
from homeward.world.dynamics.two_spacecraft import PairWorld

NOTICED = 5.0  # s after which a thruster that has failed is known to be out
NEVER = 1e12  # s
DAY = 86400.0  # s
EVASION_TIME = 90.0  # s at most that the thrusters push away from the station
EVASION = (0.15, 1.5)  # m/s along and across the way the station goes: see docs/models/rendezvous.md
SPEED = {"nadir": 2.0}  # m/s at most along the axis; 1 to other ports
# 1/s, speed for a distance: from below at most 1.15 times the orbit's rate, or free flight comes too near.
SLOPE = {"nadir": 0.0013, "aft": 0.003, "forward": 0.003}
LOWEST = 160e3  # m above the equatorial radius that no plan may go below
SLACK = 300.0  # s kept for what takes longer than foreseen


def filter_of(told: Rendezvous, pole_I: np.ndarray, air: np.ndarray) -> PairFilter:
    """The relative filter, loaded with the ports as drawn, the tolerances of what looks at them, and the drag
    of both bodies in the onboard air (``believed_air_between``)."""
    law = pair_filter(drawn_geometry(told), jnp.asarray(pole_I))
    s, t = told.ship, told.station
    level, slope, altitude = (float(x) for x in air)
    return eqx.tree_at(
        lambda f: (
            f.belief.mounting, f.forces.ship_ballistic, f.forces.station_ballistic, f.forces.density,
            f.forces.altitude, f.forces.scale_height,
        ),
        law,
        (
            mounting_belief(told), number(s.drag_area_m2 * s.drag_coefficient / s.mass_kg),
            number(t.drag_area_m2 * t.drag_coefficient / t.mass_kg), number(np.exp(level)),
            number(altitude), number(-1.0 / slope),
        ),
    )  # fmt: skip


def axis_speeds(told: Rendezvous) -> tuple[float, float]:
    """Slope [1/s] and most [m/s] of the speed along the port's axis."""
    g = told.guidance
    return (
        SLOPE[told.port] if g.axis_time_constant_s is None else 1.0 / g.axis_time_constant_s,
        SPEED.get(told.port, 1.0) if g.axis_speed_m_s is None else g.axis_speed_m_s,
    )


def approach_time(told: Rendezvous) -> float:
    """Time [s] from the arrival at the first hold to contact, as foreseen."""
    holds, g = told.holds, told.guidance
    contact, (slope, most) = g.contact_speed_m_s, axis_speeds(told)
    total = g.hop_s + sum(h.seconds for h in holds) + 40.0
    start = 2000.0 if told.port == "nadir" else holds[1].distance_m
    ends = [h.distance_m for h in (holds[1:] if told.port == "nadir" else holds[2:])] + [0.0]
    for end in ends:
        # By the profile, then what settling at a hold takes beyond it.
        x = np.linspace(end, start, 400)
        speed = np.minimum(contact + slope * x, most)
        if end > 0.0:
            speed = np.minimum(speed, np.maximum(0.02 * (x - end), 0.01))
        total += float(np.trapezoid(1.0 / speed, x))
        start = end
    return total + 60.0


def far_times(told: Rendezvous, plan: str) -> float:
    """Time [s] from the insertion to the aim point that a plan leaves."""
    return PLANS[plan] - approach_time(told) - told.guidance.homing_s - SLACK


def aim_of(told: Rendezvous, rate: float) -> np.ndarray:
    """Curvilinear place and rate at the end of far guidance: drifting on a coelliptic orbit."""
    g = told.guidance
    return np.array([-g.aim_behind_m, 0.0, g.aim_below_m, 1.5 * rate * g.aim_below_m, 0.0, 0.0])


def build_far(
    scenario: Scenario,
    told: Rendezvous,
    inserted: Insertion,
    world: PairWorld,
    plan: str,
    budget: float,
    most: float,
) -> FarComputer:
    """The computer of far guidance and homing."""
    turn = believed_orientation(scenario, inserted.epoch, DAY, world.orientation)
    C_EI = np.asarray(turn.at(number(0.0)).C_EI0)
    model = build_model(scenario, inserted.epoch, C_EI)
    rate = orbit_rate(inserted)
    first = told.holds[0].distance_m
    s, half = told.ship, told.station.half_size_m[0]
    reach = first + half + s.length_m - s.center_of_mass_m
    place = (reach if told.port == "forward" else -reach, told.guidance.side_m)
    others = [name for name in told.guidance.fallbacks if name != plan]
    times = [far_times(told, name) for name in (plan, *others)]
    times += times if len(times) == 1 else []
    order = told.faults
    drags = (world.ship_drag / s.mass_kg, world.station_drag)
    return FarComputer(
        filter=filter_of(told, C_EI[2], believed_air_between(scenario, inserted.epoch, inserted)),
        model=model, drags=drags,
        engine=main_engine(scenario.as_believed()), trim=world.trim,
        mass=number(s.mass_kg), aim=numbers(aim_of(told, rate)),
        hold=numbers([place[0], place[1], 0.0, 0.0, 0.0, 0.0]), arrivals=numbers(times),
        homing_time=number(told.guidance.homing_s), budget=number(budget),
        lowest=number(WGS84_A + LOWEST), has_fallback=bool(others),
        abort_distance=number(order.abort_distance_m),
        abort_time=number(NEVER if order.abort_s is None else order.abort_s),
        switch_time=number(NEVER if order.switch_s is None else order.switch_s), most=number(most),
        voting=build_voting(scenario.flight.navigation.sensors),
    )  # fmt: skip


def orbit_rate(inserted: Insertion) -> float:
    """Mean motion [rad/s] of the station."""
    r, v = inserted.station
    a = 1.0 / (2.0 / np.linalg.norm(r) - v @ v / MU_EGM96)
    return float(np.sqrt(MU_EGM96 / a**3))


def build_close(
    scenario: Scenario, told: Rendezvous, inserted: Insertion, world: PairWorld, pole_I: np.ndarray
) -> tuple[CloseComputer, list[str]]:
    """The computer of the last legs, and the names of their steps."""
    h, s, f = world.hull, told.ship, told.faults
    label = scenario.place("rendezvous.ship")
    allocation = allocate_six(h.thrusters, label)
    drawn = drawn_geometry(told)
    dock, port = float(drawn.dock_B[0]), np.asarray(drawn.port_T)
    holds = [(x.distance_m, x.seconds, ALWAYS if x.go_s is None else x.go_s) for x in told.holds]
    steps, names = approach_steps(told.port, holds, told.guidance.side_m, told.guidance.hop_s, port, dock)
    force, torque = (np.asarray(x) for x in allocation.strength())
    inertia = np.array(s.inertia_kg_m2)
    ahead = {"aft": (1.0, 0.0, -1.0), "forward": (-1.0, 0.0, 1.0), "nadir": (-1.0, 0.0, 1.0)}[told.port]
    return CloseComputer(
        filter=filter_of(told, pole_I, believed_air_between(scenario, inserted.epoch, inserted)),
        attitude=pair_attitude(),
        law=build_axis_law(told, orbit_rate(inserted), port, dock, 0.7 * force / s.mass_kg),
        allocation=allocation,
        control=ControlSettings(
            number(np.radians(1.0)), number(np.radians(1.0)), numbers(0.4 * torque / inertia),
            number(np.radians(0.12)), number(np.radians(0.015)), number(np.radians(0.1)),
        ),
        inertia=numbers(np.diag(inertia)), steps=steps, mass=number(s.mass_kg),
        exhaust_speed=number(s.specific_impulse_s * G0),
        corridor=number(np.tan(np.radians(told.station.corridor_deg))),
        evasion_L=numbers([ahead[0] * EVASION[0], 0.0, ahead[2] * EVASION[1]]),
        pushing=number(EVASION_TIME),
        approaches=jnp.asarray(told.guidance.approaches, int),
        orders=Orders(
            number(f.abort_distance_m), number(NEVER if f.abort_s is None else f.abort_s),
            number(f.retreat_distance_m),
            jnp.asarray(f.thruster + 1, int), number(f.thruster_s + NOTICED),
        ),
        C_DL=numbers(np.array(PORTS[told.port])),
        voting=build_voting(scenario.flight.navigation.sensors),
        blend=numbers(TUMBLING if any(told.station.tumble_deg_s) else STEADY),
        thrusters=eqx.tree_at(lambda t: t.share, h.thrusters, jnp.ones_like(h.thrusters.share)),
    ), names  # fmt: skip


def build_withdrawal(
    scenario: Scenario, told: Rendezvous, close: CloseComputer
) -> tuple[CloseComputer, list[str]]:
    """The computer that flies the ship away from the station, and the names of its steps.

    The one of the approach with other steps: the same program flies both. It leaves with the departure
    burn of the return: along the track, forward from the forward port, backward from the others.
    """
    w, burn = told.withdrawal, scenario.onboard_data.separation.departure_delta_v_m_s
    steps, names = withdrawal_steps(told.port, w.distance_m, w.seconds, w.speed_m_s)
    along = burn if told.port == "forward" else -burn
    # Along the track is along the ship's x but at the nadir port.
    force = float(close.allocation.strength()[0][2 if told.port == "nadir" else 0])
    orders = eqx.tree_at(
        lambda o: (o.abort_distance, o.abort_time, o.retreat_distance),
        close.orders,
        (number(0.0), number(1e12), number(0.0)),
    )
    # With a thruster out; longer, and the ship would go on holding its velocity against its orbit.
    longest = burn * told.ship.mass_kg / max(force, 1.0) + 10.0
    return eqx.tree_at(
        lambda c: (c.steps, c.evasion_L, c.pushing, c.orders),
        close,
        (steps, numbers([along, 0.0, 0.0]), number(longest), orders),
    ), names


def approach_profile(told: Rendezvous) -> SpeedProfile:
    """The speed wanted at every distance along the port's axis."""
    slope, most = axis_speeds(told)
    return speed_profile(told.guidance.contact_speed_m_s, slope=slope, most=most)


def build_axis_law(
    told: Rendezvous, rate: float, port: np.ndarray, dock: float, most: np.ndarray
) -> Glideslope | ProximityMpc:
    """The law along the port's axis."""
    C_DL = np.array(PORTS[told.port])
    offset = C_DL @ port + np.array([dock, 0.0, 0.0])
    motion = port_motion(rate, C_DL, tuple(float(x) for x in offset))
    profile = approach_profile(told)
    three = (float(most[0]), float(most[1]), float(most[2]))
    if told.guidance.law == "glideslope":
        return glideslope(motion, profile=profile, most=three)
    cone = np.radians(told.station.corridor_deg)
    return proximity_mpc(motion, profile=profile, most=three, cone=cone, price=0.12)
