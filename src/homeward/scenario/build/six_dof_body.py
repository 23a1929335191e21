"""The turning ship of a scenario: shape, inertia, thrusters, sensors; and what is believed of them."""

import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.program import program
from homeward.earth.constants import G0, MU_EGM96, OMEGA_WGS84, WGS84_A
from homeward.earth.orientation import AbstractOrientation, UniformRotation
from homeward.errors import InputError
from homeward.flight.control.attitude_modes import Steering
from homeward.flight.control.phase_plane import AttitudeControl, ControlSettings
from homeward.flight.control.thruster_selection import allocate
from homeward.flight.deorbit.burn_cutoff import no_range
from homeward.flight.executive.system_monitor import Health
from homeward.scenario.build.redundant_imu import UNIT_DRAWS, redundant_unit
from homeward.scenario.build.sensors import aid_sensors, alternating
from homeward.scenario.build.world import build_ellipsoid, number, numbers
from homeward.scenario.schema import body as schema_body
from homeward.scenario.schema.scenario import Scenario
from homeward.typing import Mat33, Quat, Scalar
from homeward.vehicle.capsule_shape import CapsuleShape
from homeward.vehicle.parameters import Engine
from homeward.vehicle.thrusters import Thrusters
from homeward.world.aerodynamics.six_dof import BodyAerodynamics, trim
from homeward.world.aerodynamics.six_dof_fit import body_aerodynamics, body_for_lift_to_drag
from homeward.world.aerodynamics.trim import TrimTable, trim_table
from homeward.world.sensors.aiding import INITIAL_NOISES, initial_aids
from homeward.world.sensors.redundant_imu import CYCLE_NOISES, dodecahedron, first_unit
from homeward.world.six_dof_model import BodyModel
from homeward.world.state import BodyState

RING = 12  # thrusters of a standard ring
TURNING_KEYS = ("inertia_kg_m2", "products_of_inertia_kg_m2", "thrusters")
TRIM_MACH = 12.0  # at which the flight computer's one trim angle is taken: the middle of the heating pulse


def shape_of(scenario: Scenario) -> CapsuleShape:
    """The capsule's outer shape."""
    c = scenario.truth.capsule
    s = c.shape
    return CapsuleShape(
        c.diameter_m, c.nose_radius_m, s.shoulder_radius_m, float(np.radians(s.cone_half_angle_deg)),
        s.length_m, s.apex_radius_m,
    )  # fmt: skip


def build_body_aero(scenario: Scenario, drag_scale: float | None = None) -> BodyAerodynamics:
    """Aerodynamics of the shape about the centre of mass.

    Where the scenario gives no offset of the centre of mass, it is put where the trim L/D at Mach 10 is
    the one that the scenario states. Raises ``InputError`` for a shape that closes on itself or a centre
    of mass outside it.
    """
    c = scenario.truth.capsule
    shape, label = shape_of(scenario), scenario.place("truth.capsule")
    offset = c.center_of_mass_offset_m
    if offset is None:
        aero = body_for_lift_to_drag(shape, c.center_of_mass_m, c.lift_to_drag, label=label)
    else:
        aero = body_aerodynamics(shape, (c.center_of_mass_m, 0.0, offset), label=label)
    scale = c.drag_scale if drag_scale is None else drag_scale
    return aero if scale == 1.0 else aero.scaled(drag=scale)


def shape_trim(scenario: Scenario) -> TrimTable:
    """Trim lift and drag against Mach number of the scenario's shape: what the ship has once it turns."""
    aero = build_body_aero(scenario)
    mach = np.asarray(aero.mach)
    _, cl, cd = (np.asarray(x) for x in _trims(aero, mach))
    return trim_table(mach, cl, cd)


@program
def _trims(aero, mach):
    return jax.vmap(lambda m: trim(aero, m))(mach)


def inertia_of(moments: tuple[float, float, float], products: tuple[float, float, float]) -> Mat33:
    """The tensor [kg m2, B] of three moments and the products xy, xz, yz (integrals of xy dm and so on)."""
    xy, xz, yz = products
    return numbers(np.diag(moments) - np.array([[0.0, xy, xz], [xy, 0.0, yz], [xz, yz, 0.0]]))


def ring(radius: float, forward: float, backward: float) -> tuple[np.ndarray, np.ndarray]:
    """Places [m, from the centre of mass] and force directions of a standard ring of twelve.

    Four roll about x in couples, at the widest place; four pitch and four yaw in pairs that push inward
    ``forward`` of the centre of mass or, where ``backward`` is longer, behind it.
    """
    lever = forward if forward >= backward else -backward
    place, direction = [], []
    for side in (1.0, -1.0):
        for turn in (1.0, -1.0):
            place.append((0.0, side * radius, 0.0))
            direction.append((0.0, 0.0, side * turn))
    for axis in (2, 1):
        for side in (1.0, -1.0):
            for beside in (1.0, -1.0):
                where = np.array([lever, 0.0, 0.0])
                where[axis] = side * 0.7 * radius
                where[3 - axis] = beside * 0.2 * radius
                push = np.zeros(3)
                push[axis] = -side
                place.append(tuple(where))
                direction.append(tuple(push))
    return np.array(place), np.array(direction)


def build_thrusters(
    told: schema_body.Thrusters, origin: np.ndarray, standard: tuple[np.ndarray, np.ndarray], count: int
) -> Thrusters:
    """A set of thrusters about a centre of mass; dummies without thrust fill it up to ``count``."""
    if told.place_m:
        place = np.array(told.place_m) - origin
        direction = np.array(told.direction)
    else:
        place, direction = standard
    direction = direction / np.linalg.norm(direction, axis=1, keepdims=True)
    n = len(place)
    share, leak = np.ones(count), np.zeros(count)
    share[list(told.dead)] = 0.0
    leak[list(told.leaking)] = told.leak_share
    spare = count - n
    return Thrusters(
        place=numbers(np.vstack([place, np.zeros((spare, 3))])),
        direction=numbers(np.vstack([direction, np.tile([1.0, 0.0, 0.0], (spare, 1))])),
        thrust=numbers(np.concatenate([np.full(n, told.thrust_n), np.zeros(spare)])),
        minimum_pulse=number(told.minimum_pulse_s), opening=number(told.opening_s),
        closing=number(told.closing_s), exhaust_speed=number(told.specific_impulse_s * G0),
        share=numbers(share), leak=numbers(leak),
    )  # fmt: skip


def thruster_sets(scenario: Scenario, center: np.ndarray) -> tuple[Thrusters, Thrusters]:
    """``(stack, capsule)``; ``center`` [m] is the capsule's centre of mass from the heat shield's vertex."""
    c, s = scenario.truth.capsule, scenario.truth.stack
    own, stacks = c.thrusters, s.thrusters
    count = max(len(own.place_m) or RING, len(stacks.place_m) or RING)
    radius = 0.5 * c.diameter_m
    standard = ring(0.95 * radius, 0.9 * c.shape.length_m - center[0], 0.8 * center[0])
    # On the service module, some way behind the stack's centre of mass.
    long = ring(1.05 * radius, 0.0, 0.4 * s.length_m)
    return (
        build_thrusters(stacks, np.zeros(3), long, count),
        build_thrusters(own, center, standard, count),
    )


def build_body(
    scenario: Scenario, band: tuple[float, float], aero: BodyAerodynamics | None = None,
    sun_I: np.ndarray | None = None,
) -> BodyModel:  # fmt: skip
    """The true ship that turns; ``band`` [kg/m3] are the densities between which plasma hides satellites.

    ``sun_I`` is the unit vector to the Sun (none: along x); ``aero`` takes the place of what the scenario's
    shape gives, centre of mass included.
    """
    c, s, t = scenario.truth.capsule, scenario.truth.stack, scenario.truth
    aero = build_body_aero(scenario) if aero is None else aero
    center = np.asarray(aero.center_of_mass)
    stack, capsule = thruster_sets(scenario, center)
    riser = np.array(t.parachute.riser_m or (0.95 * c.shape.length_m, 0.0, float(center[2])))
    return BodyModel(
        aero=aero,
        capsule_inertia=inertia_of(c.inertia_kg_m2, c.products_of_inertia_kg_m2),
        capsule_thrusters=capsule, stack_thrusters=stack,
        axial=Engine(number(s.axial_thrust_n), number(s.thrusters.specific_impulse_s * G0)),
        engine_place=numbers([-0.5 * s.length_m, 0.0, 0.0]), engine_fall=number(t.engine.fall_s),
        riser_place=numbers(riser - center),
        inertial=redundant_unit(scenario, alternating(UNIT_DRAWS)),
        aids=aid_sensors(scenario, band, number(-1.0), np.eye(3)[0] if sun_I is None else sun_I),
        gradient_mu=_gradient_mu(scenario),
    )  # fmt: skip


def _gradient_mu(scenario: Scenario) -> Scalar | None:
    if not scenario.truth.gravity_gradient:
        return None
    own = scenario.truth.gravity.mu_m3_s2
    return number(MU_EGM96 if own is None else own)


def stack_inertia(scenario: Scenario) -> Mat33:
    """The tensor [kg m2, B] of capsule and service module together."""
    s = scenario.truth.stack
    return inertia_of(s.inertia_kg_m2, s.products_of_inertia_kg_m2)


def check_body(scenario: Scenario) -> None:
    """Build what only a ship that turns needs; raises ``InputError`` where that cannot be."""
    check_thrusters(scenario)
    build_body(scenario, (1e-5, 1e-4))
    build_steering(scenario, UniformRotation.of(0.0, scenario.onboard_data.earth.rotation_rate_rad_s))


def check_thrusters(scenario: Scenario) -> None:
    """Refuse an onboard data set with another number of thrusters than the ship has valves."""
    for which in ("capsule", "stack"):
        sets = [getattr(side, which).thrusters for side in (scenario.truth, scenario.onboard_data)]
        built, known = (len(thrusters.place_m) or RING for thrusters in sets)
        if built != known:
            raise InputError(
                f"{scenario.place(f'onboard.{which}.thrusters.place_m')}: expected as many thrusters as "
                f"truth.{which}.thrusters has, {built}, not {known}"
            )


def tells_of_turning(scenario: Scenario) -> bool:
    """Whether a file says anything that only a ship that turns needs."""
    capsule, stack = scenario.truth.capsule.model_fields_set, scenario.truth.stack.model_fields_set
    own = {"shape", "center_of_mass_m", "center_of_mass_offset_m", *TURNING_KEYS}
    return bool(
        capsule & own or stack & {"length_m", *TURNING_KEYS} or scenario.flight.control.model_fields_set
    )


def first_body(scenario: Scenario, body: BodyModel, with_stack: bool, q_BI: Quat) -> BodyState:
    """The body state before the first leg that turns: at rest, all valves shut, satellites followed."""
    thrusters = body.capsule_thrusters.thrust.shape[0]
    zero, zeros = number(0.0), numbers([0.0, 0.0, 0.0])
    return BodyState(
        q_BI=q_BI, omega_BI_B=zeros,
        inertia=stack_inertia(scenario) if with_stack else body.capsule_inertia,
        level=numbers(np.zeros(thrusters)), engine_level=zero,
        propellant=number(scenario.truth.capsule.thrusters.propellant_kg),
        tip_off=numbers(np.radians(scenario.truth.separation.tip_off_deg_s) / 3.0),
        foremost=number(-1.0), flow=number(0.0),
        sensors=initial_aids(body.aids, numbers(np.zeros(INITIAL_NOISES))),
        unit=first_unit(body.inertial, numbers(np.zeros(CYCLE_NOISES))),
    )  # fmt: skip


def build_steering(scenario: Scenario, orientation: AbstractOrientation) -> Steering:
    """Attitude control as loaded: believed inertia, thruster tables, trim angle.

    Raises ``InputError`` where the thrusters cannot turn the ship about one of its axes, and where the
    capsule has no stable trim.
    """
    own, f = scenario.as_believed(), scenario.flight
    c = scenario.onboard_data.capsule
    aero = build_body_aero(own)
    angle = trim(aero, number(TRIM_MACH))[0]
    if not np.isfinite(angle):
        by_ratio = f.believed.lift_to_drag is not None
        place = own.place("flight.believed.lift_to_drag" if by_ratio else "truth.capsule.center_of_mass_m")
        words = "a lift-to-drag ratio" if by_ratio else "a centre of mass"
        raise InputError(f"{place}: expected {words} with which the capsule trims heat shield first")
    stack, capsule = thruster_sets(own, np.asarray(aero.center_of_mass))
    return Steering(
        stack=_control(
            scenario, stack, stack_inertia(own), angle, "stack", f.control.unused_stack,
        ),
        capsule=_control(
            scenario, capsule, inertia_of(c.inertia_kg_m2, c.products_of_inertia_kg_m2), angle, "capsule",
            f.control.unused_capsule,
        ),
        engine_tail=number(scenario.onboard_data.engine.fall_s), ellipsoid=build_ellipsoid(own),
        orientation=orientation,
        # Six axes of a dodecahedron: their squares add up to two along any direction.
        forward_weights=numbers(0.5 * dodecahedron()[:, 0]),
    )  # fmt: skip


def build_health(scenario: Scenario, mass: float, capsule_mass: float) -> Health:
    """What the flight computer watches its ship by: masses [kg] of the stack at the burn and the capsule."""
    own, data = scenario.as_believed(), scenario.onboard_data
    stack, capsule = thruster_sets(own, np.asarray(build_body_aero(own).center_of_mass))
    return Health(
        stack=stack, capsule=capsule, masses=(number(mass), number(capsule_mass)),
        axial_acceleration=number(data.stack.axial_thrust_n / mass),
        ground=number(own.site.altitude_m),
        mu=number(data.gravity.mu_m3_s2 or MU_EGM96),
        interface_radius=number(WGS84_A + scenario.flight.guidance.interface_altitude_m),
        interface_E=numbers([0.0, 0.0, 0.0]), later_E=numbers([0.0, 0.0, 0.0]),
        rotation=number(OMEGA_WGS84), entry=no_range(),
    )  # fmt: skip


def _control(
    scenario: Scenario,
    thrusters: Thrusters,
    inertia: Mat33,
    angle: Scalar,
    which: str,
    unused: tuple[int, ...],
) -> AttitudeControl:
    settings, c = scenario.flight.control, scenario.onboard_data.capsule
    count = int(np.count_nonzero(np.asarray(thrusters.thrust)))
    for k in unused:
        if not 0 <= k < count:
            place = scenario.place(f"flight.control.unused_{which}")
            raise InputError(f"{place}: there is no thruster {k}; they are numbered 0 to {count - 1}")
    label = scenario.as_believed().place(f"truth.{which}.thrusters")
    table = allocate(thrusters, label, unused, spare=True)
    # What a tick's worth of the strongest pulse about each axis makes, per second.
    strength = 1.0 / np.max(np.asarray(table.pulses), axis=1)
    strength = np.minimum(strength[:3], strength[3:])
    acceleration = settings.acceleration_share * strength / np.diag(np.asarray(inertia))
    acceleration[0] = min(acceleration[0], np.radians(c.bank_acceleration_limit_deg_s2))
    rad = np.radians
    return AttitudeControl(
        inertia=inertia, allocation=table,
        settings=ControlSettings(
            rate_limit=number(rad(settings.rate_limit_deg_s)),
            roll_rate_limit=number(rad(c.bank_rate_limit_deg_s)),
            acceleration=numbers(acceleration), angle_band=number(rad(settings.angle_band_deg)),
            rate_band=number(rad(settings.rate_band_deg_s)),
            air_rate_band=number(rad(settings.air_rate_band_deg_s)),
        ),
        trim=jnp.asarray(angle),
    )  # fmt: skip
