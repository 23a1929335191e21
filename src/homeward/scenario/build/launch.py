"""From lift-off to insertion: the orbit that a launch at a given time reaches, and the station's."""

import dataclasses

import numpy as np

from homeward.earth.constants import MU_EGM96, WGS84_A, WGS84_F
from homeward.earth.frames import earth_spin
from homeward.earth.time import Epoch
from homeward.errors import Infeasible
from homeward.io.oem import read_oem
from homeward.scenario.build.initial_state import InitialState, state_of
from homeward.scenario.schema.rendezvous import Launch, Rendezvous
from homeward.textfile import read_kept

StateVector = tuple[np.ndarray, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Insertion:
    """Ship and station [m, m/s, I] at the insertion; phase and plane error [rad] between them.

    ``phase`` is how far the station is ahead along its orbit, ``plane`` the angle between both planes.
    """

    epoch: Epoch
    ship: StateVector
    station: StateVector
    phase: float
    plane: float


def insertion(told: Rendezvous, lift_off: Epoch, where: str) -> Insertion:
    """The insertion of a launch at ``lift_off`` into the plane that the site then passes through.

    The ascent is not flown: it takes its time, covers its arc and ends at the perigee of the wanted orbit,
    whose inclination is the station's. Raises ``Infeasible``, beginning with ``where``, for a site that no
    orbit of that inclination passes over.
    """
    launch = told.launch
    epoch = lift_off.plus(launch.ascent_s)
    station = station_at(told, epoch, where)
    C_EI = earth_spin([lift_off])[0][0]
    site, pole = C_EI.T @ site_E(launch), C_EI.T[:, 2]
    north = launch.heading == "north"
    normal = plane_through(site, pole, inclination_of(station, pole), north, where)
    # Along the site's meridian circle of motion: at lift-off the ship is over the site.
    up = site - (site @ normal) * normal
    up /= np.linalg.norm(up)
    along = np.cross(normal, up)
    arc = np.radians(launch.ascent_arc_deg)
    radial = np.cos(arc) * up + np.sin(arc) * along
    ahead = np.cross(normal, radial)
    low, high = WGS84_A + launch.perigee_altitude_m, WGS84_A + launch.apogee_altitude_m
    speed = np.sqrt(MU_EGM96 * (2.0 / low - 2.0 / (low + high)))
    ship = low * radial, speed * ahead
    phase, plane = phase_and_plane(ship, station)
    return Insertion(epoch, ship, station, phase, plane)


def site_E(launch: Launch) -> np.ndarray:
    """Unit vector from the Earth's centre to the launch site, Earth-fixed."""
    latitude, longitude = np.radians([launch.latitude_deg, launch.longitude_deg])
    flat = np.arctan((1.0 - WGS84_F) ** 2 * np.tan(latitude))  # geocentric
    return np.array([np.cos(flat) * np.cos(longitude), np.cos(flat) * np.sin(longitude), np.sin(flat)])


def station_at(told: Rendezvous, epoch: Epoch, where: str) -> StateVector:
    """State of the station [m, m/s, I] at an instant.

    Two-line elements say it themselves; an ephemeris is flown on from its last row before, any other state
    from where it is given (``build_pair.carried_to``).
    """
    start = station_start(told, epoch, where)
    if start.ephemeris is not None:
        return start.ephemeris(epoch.since(start.epoch))
    from homeward.scenario.build.rendezvous_world import carried_to

    return carried_to(told, start, epoch)


def station_start(told: Rendezvous, epoch: Epoch, where: str) -> InitialState:
    """The station's state as it is given, nearest before ``epoch``."""
    given = told.station.orbit
    own = given.kind in ("opm_file", "state")
    return state_of(given, None if own else epoch, f"{where}.station.orbit.{given.kind}", on_row=True)


def told_between(told: Rendezvous) -> tuple[Epoch, Epoch] | None:
    """First and last instant at which an ephemeris tells where the station is; None for any other source."""
    given = told.station.orbit
    if given.kind != "oem_file":
        return None
    segments = read_kept(read_oem, str(given.oem_file)).segments
    ends = [s.epoch.plus(float(s.t[-1])) for s in segments]
    first = min((s.epoch for s in segments), key=lambda e: e.since(segments[0].epoch))
    return first, max(ends, key=lambda e: e.since(segments[0].epoch))


def inclination_of(state: StateVector, pole: np.ndarray) -> float:
    """Angle [rad] between an orbit's normal and the Earth's axis."""
    h = np.cross(*state)
    return float(np.arccos(h @ pole / np.linalg.norm(h)))


def plane_through(
    site: np.ndarray, pole: np.ndarray, inclination: float, north: bool, where: str
) -> np.ndarray:
    """Normal of the orbit of an inclination that passes over the site, going north or south."""
    z = site @ pole
    flat = np.sqrt(1.0 - z * z)
    # n . pole = cos i, n . site = 0; of the two solutions the one whose motion at the site goes north.
    across = np.cos(inclination) / flat
    if abs(across) > 1.0:
        raise Infeasible(
            f"{where}.launch.latitude_deg: no orbit inclined by {np.degrees(inclination):.2f} deg passes "
            f"over a site at {np.degrees(np.arcsin(z)):.2f} deg of geocentric latitude"
        )
    east = np.cross(pole, site) / flat
    toward = np.cross(site, east)  # north
    # Motion at the site: along n x site. n = across * north-part + sqrt(1 - across^2) * (-east).
    side = np.sqrt(1.0 - across * across)
    return across * toward - (side if north else -side) * east


def phase_and_plane(ship: StateVector, station: StateVector) -> tuple[float, float]:
    """How far the station is ahead [rad, 0 to 2 pi], and the angle between the planes [rad]."""
    h_T, h_B = np.cross(*station), np.cross(*ship)
    n_T, n_B = h_T / np.linalg.norm(h_T), h_B / np.linalg.norm(h_B)
    # The ship's direction laid into the station's plane.
    seen = ship[0] - (ship[0] @ n_T) * n_T
    angle = np.arctan2(np.cross(seen, station[0]) @ n_T, seen @ station[0])
    plane = np.arctan2(np.linalg.norm(np.cross(n_T, n_B)), n_T @ n_B)
    return float(angle % (2.0 * np.pi)), float(plane)
