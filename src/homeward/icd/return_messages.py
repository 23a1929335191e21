"""Every message that passes between what flies and what is flown through, and nothing else.

Unit, frame and one line of text stand once, as metadata of the message field: the documentation,
the telemetry columns and the plot labels are made from them (``channels``).
"""

import dataclasses
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from homeward.typing import Array, Bool, Count, Flag, Float, Quat, Scalar, Vec3

Span = tuple[float, float]  # least and greatest value that a channel can have


def channel(unit: str, text: str, frame: str = "", span: Span | None = None) -> Any:
    """A message field with its unit, its frame, one line of text and, where it has one, its range."""
    return eqx.field(metadata={"unit": unit, "frame": frame, "text": text, "span": span})


@dataclasses.dataclass(frozen=True)
class Channel:
    """What a reader must know of one field: name, unit, frame, text, and the range [of its unit] or None."""

    name: str
    unit: str
    frame: str
    text: str
    span: Span | None = None


def channels(message: type) -> tuple[Channel, ...]:
    """The channels of a message type, in order."""
    return tuple(
        Channel(f.name, f.metadata["unit"], f.metadata["frame"], f.metadata["text"], f.metadata["span"])
        for f in dataclasses.fields(message)
        if "unit" in f.metadata
    )


class InertialSample(eqx.Module):
    """What the strapdown inertial unit gives for one control tick, both integrals corrected within it."""

    delta_angle: Vec3 = channel("rad", "rotation sensed over the tick, coning corrected", "B")
    delta_velocity: Vec3 = channel("m/s", "velocity gained over the tick, in the axes at its start", "B")
    duration: Scalar = channel("s", "length of the tick")


class InertialReadings(eqx.Module):
    """What each instrument of a redundant inertial unit gives for one control tick, in the unit's order."""

    angles: Float[Array, " n"] = channel("rad", "rotation that each gyro sensed over the tick")
    velocities: Float[Array, " n"] = channel("m/s", "velocity gained that each accelerometer sensed")
    duration: Scalar = channel("s", "length of the tick")


class Ranges(eqx.Module):
    """What a satellite receiver tells of every satellite that it can follow; what is not valid is zero."""

    valid: Bool[Array, " n"] = channel("1", "each satellite is followed")
    range: Float[Array, " n"] = channel("m", "pseudo-range: distance and the receiver's clock")
    rate: Float[Array, " n"] = channel("m/s", "its rate of change, by the carrier")
    place: Float[Array, "n 3"] = channel("m", "the satellite's position by its broadcast orbit", "I")
    speed: Float[Array, "n 3"] = channel("m/s", "its velocity likewise", "I")
    sight: Float[Array, "n 3"] = channel("1", "direction from the receiver to it", "I")


class Coarse(eqx.Module):
    """Directions by Sun sensors and a horizon scanner; one that is not valid is to be left alone."""

    sun_valid: Flag = channel("1", "the Sun is seen")
    sun_B: Vec3 = channel("1", "direction to the Sun", "B")
    down_valid: Flag = channel("1", "the horizon is seen")
    down_B: Vec3 = channel("1", "direction to the middle of the Earth", "B")


class Aids(eqx.Module):
    """What the other sensors give once a cycle; a reading that is not valid is to be left alone."""

    star_valid: Bool[Array, "2"] = channel("1", "each head of the star tracker sees stars")
    star_q_BI: Float[Array, "2 4"] = channel("1", "attitude by stars, of each head")
    satellite_valid: Flag = channel("1", "satellite navigation has a fix")
    satellite_position: Vec3 = channel("m", "position by satellites", "E")
    satellite_velocity: Vec3 = channel("m/s", "velocity by satellites", "E")
    pressure_valid: Flag = channel("1", "the static pressure port is open")
    pressure_altitude: Scalar = channel("m", "altitude by static pressure")
    height_valid: Flag = channel("1", "the gamma altimeter sees the ground")
    height: Scalar = channel("m", "height above the ground by the gamma altimeter")
    ranges: Ranges | None = None  # of a receiver that tells them; the fix is then its own solution
    # s since the reading was true; None: it is of this instant.
    star_age: Scalar | None = None
    satellite_age: Scalar | None = None
    coarse: Coarse | None = None  # of a ship with Sun sensors and a horizon scanner


class Attitude(eqx.Module):
    """What navigation believes of the attitude; attitude control reads nothing else."""

    q_BI: Quat = channel("1", "believed attitude, components of I to components of B")
    omega_BI_B: Vec3 = channel("rad/s", "believed rate of turn", "B")
    known: Flag = channel("1", "the attitude has been found; before that there are only rates")


class NavigationStart(eqx.Module):
    """What navigation starts from: the state that was stored, or what the ground and the station sent."""

    q_BI: Quat = channel("1", "attitude, components of I to components of B")
    r_BI_I: Vec3 = channel("m", "position", "I")
    v_BI_I: Vec3 = channel("m/s", "velocity", "I")
    attitude_sigma: Scalar = channel("rad", "1-sigma an axis; infinite: the attitude is not known")
    position_sigma: Scalar = channel("m", "1-sigma an axis; infinite: neither is known")
    velocity_sigma: Scalar = channel("m/s", "1-sigma an axis")


class Accuracy(eqx.Module):
    """How well navigation thinks it knows: 1-sigma an axis. For telemetry and monitors."""

    position_sigma: Vec3 = channel("m", "1-sigma of the believed position", "N")
    velocity_sigma: Vec3 = channel("m/s", "1-sigma of the believed velocity", "N")
    attitude_sigma: Vec3 = channel("rad", "1-sigma of the believed attitude", "B")


class Estimate(eqx.Module):
    """What navigation believes at an instant, with its covariance: for telemetry and for judging it."""

    r_BI_I: Vec3 = channel("m", "believed position", "I")
    v_BI_I: Vec3 = channel("m/s", "believed velocity", "I")
    covariance: Float[Array, "6 6"] = channel("m2, m2/s, m2/s2", "of position and velocity", "I")
    innovation_square: Vec3 = channel("1", "last innovation of stars, places and velocities; 0: none taken")
    started: Flag = channel("1", "the estimate is valid")


class Consistency(eqx.Module):
    """Squares over their believed spread, a dimension: one, on the average, where a filter knows itself."""

    navigation_square: Scalar = channel("1", "error of position and velocity")
    innovation_square: Vec3 = channel("1", "last innovation of stars, places and velocities; 0: none taken")


class DeploymentReadings(eqx.Module):
    """What the parachute deployment unit reads once a guidance cycle; it shares no part with navigation."""

    pressure: Float[Array, "3"] = channel("Pa", "static pressure behind the heat shield, each transducer")
    load: Float[Array, "3"] = channel("g", "load that each accelerometer of the unit senses")


class Measurements(eqx.Module):
    """What the sensors give the flight computer at a guidance cycle."""

    time: Scalar = channel("s", "onboard time since the scenario's epoch")
    fix_valid: Flag = channel("1", "position and velocity are from a live source, not coasted")
    position_fix: Vec3 = channel("m", "measured position of the capsule", "I")
    velocity_fix: Vec3 = channel("m/s", "measured velocity of the capsule", "I")
    specific_force: Vec3 = channel("m/s2", "sensed non-gravitational acceleration", "I")
    bank: Scalar = channel("rad", "bank angle as the inertial unit gives it")
    height: Scalar = channel("m", "gamma altimeter: height above the ground")
    propellant: Scalar = channel("kg", "main-engine propellant as gauged")
    # Only where a ship turns; a point mass has nothing but the fix with its error.
    attitude: Attitude | None = None
    aids: Aids | None = None
    height_valid: Flag | None = None  # whether the gamma altimeter tells anything; None: it always does
    flow: Scalar | None = None  # kg that the attitude thrusters have taken since the last cycle, metered
    satellite_time: Scalar | None = None  # s, by the satellites' clocks; to be used where they have a fix
    period: Scalar | None = None  # s until the next message of this kind
    inertial: InertialReadings | None = None  # of the control tick that ended as the cycle begins
    deployment: DeploymentReadings | None = None


class TickReadings(eqx.Module):
    """What the sensors give the flight computer at a control tick.

    The first tick of a cycle comes with the cycle's own message, which holds the last inertial readings: here
    they then have no duration, and there is nothing to take in.
    """

    time: Scalar = channel("s", "onboard time since the scenario's epoch")
    height: Scalar = channel("m", "gamma altimeter: height above the ground")
    height_valid: Flag = channel("1", "the gamma altimeter sees the ground")
    propellant: Scalar = channel("kg", "main-engine propellant as gauged")
    period: Scalar = channel("s", "time until the next message of this kind")
    inertial: InertialReadings | InertialSample = channel("", "readings of the tick that has just ended")
    attitude: Attitude | None = None  # by an attitude unit with an error model: where no filter flies


class Navigation(eqx.Module):
    """What navigation believes; guidance reads nothing else."""

    time: Scalar = channel("s", "onboard time since the scenario's epoch")
    r_BE_E: Vec3 = channel("m", "believed position", "E")
    v_BE_E: Vec3 = channel("m/s", "believed velocity relative to the turning Earth", "E")
    specific_force: Vec3 = channel("m/s2", "sensed non-gravitational acceleration", "E")
    bank: Scalar = channel("rad", "believed bank angle")
    blackout: Flag = channel("1", "satellite navigation is cut off")


class EntryTarget(eqx.Module):
    """Where the entry is to end: fixed before the interface, moved for the wind that is met later on."""

    aim_E: Vec3 = channel("m", "point at the opening altitude that the entry steers to", "E")
    altitude: Scalar = channel("m", "opening altitude above the ellipsoid")


class EntryCommand(eqx.Module):
    """What an entry guidance returns each cycle; all but the bank is told to telemetry, nobody flies it."""

    bank: Scalar = channel("rad", "bank angle wanted; positive turns right")
    drag_factor: Scalar = channel("1", "drag seen over the onboard model's; 1 where a law does not estimate")
    lift_factor: Scalar = channel("1", "lift seen over the onboard model's; 1 where a law does not estimate")
    predicted_miss: Scalar = channel("m", "miss distance predicted; 0 where a law does not predict")
    # What the bank yields to, first in the order of ``CONSTRAINTS``; a law that does not tell leaves it out.
    constraint: Scalar = eqx.field(
        default_factory=lambda: jnp.asarray(0.0)  # pyright: ignore[reportUnknownMemberType]
    )


#: What binds a plan of entry, in the order in which one gives way to another; none: the range alone is flown.
CONSTRAINTS = ("none", "load", "heating", "capture", "range", "comfort")


class Command(eqx.Module):
    """What the flight computer asks of the capsule; it acts one tick late.

    ``ends_in`` is time-tagged and acts at its time: the present step of the flight plan ends then, with the
    separation or the deployment that follows it.
    """

    bank: Scalar = channel("rad", "bank angle wanted; positive turns right")
    engine_seconds: Scalar = channel("s", "main engine burning time within the next tick")
    thrust_direction: Vec3 = channel("1", "unit vector of the wanted thrust", "I")
    deploy: Count = channel("1", "parachute sequence order: 0 none, 1 open, 2 main, 3 backup")
    drop_heat_shield: Flag = channel("1", "release the heat shield")
    fire_retro: Flag = channel("1", "fire the landing rockets")
    ends_in: Scalar = channel("s", "time until the present step ends; infinite: not within the coming cycle")
    # Valve time [s] of every attitude thruster within the next tick; None where nothing turns.
    thruster_seconds: Float[Array, " n"] | None = None
    # Of a ship that turns: the thruster whose feed is shut (0: none, else 1 and its number), and the time [s]
    # within the next tick that the stack's forward thrusters burn in place of the main engine.
    isolated: Count | None = None
    axial_seconds: Scalar | None = None
    # Of a ship that drifts: the rate [rad/s, B] at which it is to turn within the next tick.
    turn_rate_B: Vec3 | None = None


class BodyFrame(eqx.Module):
    """One fast row of telemetry of a ship that turns: one a control tick."""

    time: Scalar = channel("s", "time since the scenario's epoch")
    q_BI: Quat = channel("1", "true attitude, components of I to components of B", span=(-1.0, 1.0))
    omega_BI_B: Vec3 = channel("rad/s", "true rate of turn", "B")
    angle_of_attack: Scalar = channel(
        "rad", "true angle of attack, heat shield first near 180 deg", span=(-np.pi, np.pi)
    )
    sideslip: Scalar = channel("rad", "true sideslip", span=(-np.pi, np.pi))
    bank: Scalar = channel("rad", "true bank angle", span=(-np.pi, np.pi))
    bank_command: Scalar = channel("rad", "bank angle commanded", span=(-np.pi, np.pi))
    load_factor: Scalar = channel(
        "g", "non-gravitational acceleration over standard gravity", span=(0.0, 100.0)
    )
    attitude_error: Vec3 = channel("rad", "believed less true attitude", "B")
    valve_share: Float[Array, " n"] = channel(
        "1", "part of the tick each thruster is told to be open", span=(0.0, 1.0)
    )
    engine_share: Scalar = channel("1", "part of the tick the main engine is told to burn", span=(0.0, 1.0))
    thruster_propellant: Scalar = channel("kg", "left in the capsule's thruster tank")


class Frame(eqx.Module):
    """One row of telemetry of a simulated flight: truth beside what the flight computer believes."""

    time: Scalar = channel("s", "time since the scenario's epoch")
    leg: Count = channel("1", "index of the leg", span=(0.0, 99.0))
    r_BI_I: Vec3 = channel("m", "true position", "I")
    v_BI_I: Vec3 = channel("m/s", "true inertial velocity", "I")
    latitude: Scalar = channel("rad", "geodetic latitude", span=(-np.pi / 2, np.pi / 2))
    longitude: Scalar = channel("rad", "longitude, east positive", span=(-np.pi, np.pi))
    altitude: Scalar = channel("m", "altitude above the ellipsoid")
    speed: Scalar = channel("m/s", "speed relative to the turning Earth")
    inertial_speed: Scalar = channel("m/s", "inertial speed")
    flight_path_angle: Scalar = channel(
        "rad", "relative flight-path angle, up positive", span=(-np.pi / 2, np.pi / 2)
    )
    heading: Scalar = channel("rad", "relative heading, clockwise from north", span=(-np.pi, 2 * np.pi))
    vertical_speed: Scalar = channel("m/s", "rate of altitude, up positive")
    mass: Scalar = channel("kg", "mass of what flies on")
    density: Scalar = channel("kg/m3", "true air density")
    mach: Scalar = channel("1", "Mach number", span=(0.0, 100.0))
    dynamic_pressure: Scalar = channel("Pa", "dynamic pressure")
    load_factor: Scalar = channel(
        "g", "non-gravitational acceleration over standard gravity", span=(0.0, 100.0)
    )
    heat_rate: Scalar = channel("W/m2", "stagnation heating, convective and radiative")
    heat_load: Scalar = channel("J/m2", "stagnation heating summed over the flight")
    bank_command: Scalar = channel("rad", "bank angle commanded")
    bank: Scalar = channel("rad", "true bank angle", span=(-np.pi, np.pi))
    wind_north: Scalar = channel("m/s", "true wind toward north")
    wind_east: Scalar = channel("m/s", "true wind toward east")
    range_to_go: Scalar = channel("m", "true distance along the ground to the aim point")
    navigation_position_error: Vec3 = channel("m", "believed less true position", "N")
    navigation_velocity_error: Vec3 = channel("m/s", "believed less true velocity", "N")
    blackout: Flag = channel("1", "satellite navigation is cut off", span=(0.0, 1.0))
    drag_factor: Scalar = channel("1", "drag estimated on board over the onboard model's")
    lift_factor: Scalar = channel("1", "lift estimated on board over the onboard model's")
    predicted_miss: Scalar = channel("m", "miss distance the guidance predicts")
    guidance_constraint: Count = channel(
        "1", "what binds the plan: 0 none, 1 load, 2 heating, 3 capture, 4 range, 5 comfort", span=(0.0, 5.0)
    )
    lift_turn: Scalar = channel(
        "rad", "side of the lift about the body's axis, estimated on board", span=(-np.pi / 2, np.pi / 2)
    )
    wind_departure_north: Scalar = channel("m/s", "wind toward north less its forecast, estimated on board")
    wind_departure_east: Scalar = channel("m/s", "wind toward east less its forecast, estimated on board")
    parachute_stage: Count = channel(
        "1", "0 none, 1 drogue, 2 main reefed, 3 main, 4 backup", span=(0.0, 4.0)
    )
    # Only of a ship that turns: the control ticks of this cycle, and how well its filter thinks it knows.
    body: BodyFrame | None = None
    accuracy: Accuracy | None = None
    consistency: Consistency | None = None  # not sent down: it takes the truth to know


def stack_history(frames: list[Frame]) -> dict[str, np.ndarray]:
    """Join chunks of recorded frames into one array a channel, first axis time."""

    return {c.name: np.concatenate([np.asarray(getattr(f, c.name)) for f in frames]) for c in channels(Frame)}
