"""Messages of the rendezvous: what the flight computer is given, and what it commands and reports.

Frames: I inertial, L the station's orbit, B the ship, T the station, D the station's port (x_D outward).
Docked, ``C_BD = diag(-1, -1, 1)``. Of a line of sight in B the azimuth turns toward +y_B and the elevation
toward -z_B: ``u_B = (cos e cos a, cos e sin a, -sin e)``.
"""

import equinox as eqx

from homeward.icd import InertialReadings, channel
from homeward.typing import Array, Count, Flag, Float, Quat, Scalar, Vec3


class PairAids(eqx.Module):
    """What the sensors give once a cycle; a reading that is not valid is zero (no turn): leave it alone."""

    star_valid: Flag = channel("1", "the star tracker sees stars")
    star_q_BI: Quat = channel("1", "the ship's attitude by stars")
    satellite_valid: Flag = channel("1", "the ship's satellite navigation has a fix")
    satellite_position: Vec3 = channel("m", "the ship's position by satellites", "I")
    satellite_velocity: Vec3 = channel("m/s", "the ship's velocity by satellites", "I")
    station_valid: Flag = channel("1", "the link tells the station's fix and attitude")
    station_position: Vec3 = channel("m", "the station's own fix, told by link", "I")
    station_velocity: Vec3 = channel("m/s", "the station's own velocity, told by link", "I")
    relative_valid: Flag = channel("1", "relative satellite navigation has a solution")
    relative_position: Vec3 = channel("m", "ship less station by satellites", "I")
    relative_velocity: Vec3 = channel("m/s", "ship less station by satellites, not turning", "I")
    radar_valid: Flag = channel("1", "the radar has locked on to the station")
    radar_range: Scalar = channel("m", "distance of the centres of mass by radar")
    radar_rate: Scalar = channel("m/s", "rate of that distance by radar")
    radar_azimuth: Scalar = channel("rad", "line of sight to the station by radar, toward +y_B", "B")
    radar_elevation: Scalar = channel("rad", "line of sight to the station by radar, toward -z_B", "B")
    lidar_valid: Flag = channel("1", "the lidar sees the reflector at the station's port")
    lidar_range: Scalar = channel("m", "distance from port to port by lidar")
    lidar_azimuth: Scalar = channel("rad", "line of sight from port to port by lidar, toward +y_B", "B")
    lidar_elevation: Scalar = channel("rad", "line of sight from port to port by lidar, toward -z_B", "B")
    camera_valid: Flag = channel("1", "the camera sees the target at the station's port")
    camera_position: Vec3 = channel("m", "the station's port from the ship's port by camera", "B")
    camera_q_BD: Quat = channel("1", "attitude against the station's port by camera")
    camera_age: Scalar = channel("s", "from the camera's exposure to this message, by its time tag")
    station_q_TI: Quat = channel("1", "the station's attitude, told by link; no turn without a link")
    touched: Flag = channel("1", "a contact switch is pressed")
    captured: Flag = channel("1", "the latches have caught")


class PairNavigation(eqx.Module):
    """What navigation believes of ship and station; guidance and control read nothing else."""

    time: Scalar = channel("s", "onboard time since the scenario's epoch")
    r_BI_I: Vec3 = channel("m", "believed position of the ship", "I")
    v_BI_I: Vec3 = channel("m/s", "believed velocity of the ship", "I")
    r_TI_I: Vec3 = channel("m", "believed position of the station", "I")
    v_TI_I: Vec3 = channel("m/s", "believed velocity of the station", "I")
    q_BI: Quat = channel("1", "believed attitude of the ship, components of I to components of B")
    omega_BI_B: Vec3 = channel("rad/s", "believed rate of turn of the ship", "B")
    q_TI: Quat = channel("1", "believed attitude of the station, components of I to components of T")
    position_sigma: Vec3 = channel("m", "1-sigma of the relative position", "L")
    velocity_sigma: Vec3 = channel("m/s", "1-sigma of the relative velocity", "L")
    attitude_sigma: Vec3 = channel("rad", "1-sigma of the ship's attitude", "B")


class PairStart(eqx.Module):
    """What the ground uplinks at the insertion, from tracking: the state that navigation begins with."""

    time: Scalar = channel("s", "onboard time since the scenario's epoch")
    r_BI_I: Vec3 = channel("m", "position of the ship", "I")
    v_BI_I: Vec3 = channel("m/s", "velocity of the ship", "I")
    r_BT_I: Vec3 = channel("m", "ship less station", "I")
    v_BT_I: Vec3 = channel("m/s", "velocity of the ship less that of the station", "I")
    own_sigma: Float[Array, "2"] = channel("m, m/s", "1-sigma of the ship's own state, an axis")
    relative_sigma: Float[Array, "2"] = channel("m, m/s", "1-sigma of ship less station, an axis")


class PairRelease(eqx.Module):
    """What a docked ship is given as it is let go: station's state and latches, which hold port to port."""

    start: PairStart
    q_BI: Quat = channel("1", "the ship's attitude by that of the station")
    attitude_sigma: Scalar = channel("rad", "1-sigma of that attitude, an axis")


class PairTick(eqx.Module):
    """What the flight computer gets at the control rate."""

    time: Scalar = channel("s", "onboard time at the tick's start")
    running: Flag = channel("1", "the processor runs; else it starts anew, and its inertial unit goes on")
    # Of no duration where the cycle has had them.
    inertial: InertialReadings = channel("", "inertial unit's readings of the tick before")


class PairMeasurements(eqx.Module):
    """What the flight computer gets at the guidance rate."""

    time: Scalar = channel("s", "onboard time of the readings")
    running: Flag = channel("1", "the processor runs; else it starts anew, and its inertial unit goes on")
    inertial: InertialReadings = channel("", "inertial unit's readings of the last tick")
    aids: PairAids = channel("", "readings of the other sensors")
    flow: Scalar = channel("kg", "propellant that the thrusters took since the cycle before, metered")


class EngineCommand(eqx.Module):
    """What the far legs ask of the engines for the coming tick of a second."""

    direction_I: Vec3 = channel("1", "direction of the wanted thrust", "I")
    main: Flag = channel("1", "by the main engine; else by the thrusters that push forward")
    seconds: Scalar = channel("s", "burning time within the tick")


class ThrusterCommand(eqx.Module):
    """What the close legs ask of the thrusters; valve times act one tick late, a feed is shut at once."""

    seconds: Float[Array, " n"] = channel("s", "time that each valve is open within the tick")
    feed_shut: Count = channel("1", "thruster whose feed is shut, counted from 1; 0: none")


class PairStatus(eqx.Module):
    """Where the flight computer stands: for telemetry, for the ground, and to end a flight."""

    leg: Count = channel("1", "0 far guidance, 1 homing, 2 and on: step of the approach")
    arrived: Flag = channel("1", "the far legs are done")
    leaving: Flag = channel("1", "the approach is given up, or the ship departs")
    leaving_since: Scalar = channel("s", "onboard time at which it began to leave")
    waiting: Scalar = channel("s", "time that it has waited for GO at this hold")
    waited: Scalar = channel("s", "time that it has waited for GO in all")


class PairReport(eqx.Module):
    """What the flight computer reports each cycle."""

    navigation: "PairNavigation"
    status: PairStatus


class PairFrame(eqx.Module):
    """One row of telemetry of a rendezvous: truth beside what navigation believes."""

    time: Scalar = channel("s", "time since the scenario's epoch")
    stage: Count = channel(
        "1", "0 far guidance, 1 homing, 2 and on: step of the approach, see the steps", span=(0.0, 99.0)
    )
    r_BI_I: Vec3 = channel("m", "true position of the ship", "I")
    v_BI_I: Vec3 = channel("m/s", "true velocity of the ship", "I")
    r_TI_I: Vec3 = channel("m", "true position of the station", "I")
    v_TI_I: Vec3 = channel("m/s", "true velocity of the station", "I")
    position_L: Vec3 = channel("m", "true position of the ship's centre of mass from the station's", "L")
    velocity_L: Vec3 = channel("m/s", "its rate of change", "L")
    port_position: Vec3 = channel("m", "true position of the ship's port from the station's", "D")
    port_velocity: Vec3 = channel("m/s", "its rate of change", "D")
    q_BI: Quat = channel(
        "1", "true attitude of the ship, components of I to components of B", span=(-1.0, 1.0)
    )
    omega_BI_B: Vec3 = channel("rad/s", "true rate of turn of the ship", "B")
    docking_turn: Vec3 = channel("rad", "turn that is missing to the docked attitude", "B")
    mass: Scalar = channel("kg", "mass of the ship")
    delta_v: Scalar = channel("m/s", "velocity change delivered since the insertion")
    position_error: Vec3 = channel("m", "believed less true relative position", "L")
    velocity_error: Vec3 = channel("m/s", "believed less true relative velocity", "L")
    position_sigma: Vec3 = channel("m", "1-sigma of the believed relative position", "L")
    velocity_sigma: Vec3 = channel("m/s", "1-sigma of the believed relative velocity", "L")
    valve_share: Float[Array, " n"] = channel("1", "part of the cycle each thruster is open", span=(0.0, 1.0))
