"""Where a return starts: the initial state of a scenario, whatever form it was given in."""

import dataclasses
import math
from collections.abc import Callable

import numpy as np

from homeward.earth.frames import to_gcrf
from homeward.earth.time import Epoch
from homeward.errors import HomewardError, Infeasible, InputError, one_line
from homeward.io.element_sets import read_elements
from homeward.io.oem import Oem, Segment, read_oem
from homeward.io.opm import read_opm
from homeward.io.tle import Tle, parse_tle, tle_state
from homeward.scenario.build.ephemeris_arc import between_rows
from homeward.scenario.schema.returns import Initial, Interface, State
from homeward.scenario.schema.scenario import Scenario
from homeward.textfile import read_kept

SLACK = 1e-6  # s by which a start may miss a line of an ephemeris
LEAST_RADIUS, LARGEST_RADIUS = 6350.0, 1e6  # km: what a state vector of the scenario file allows too
LARGEST_SPEED = 20.0 * 3.0**0.5  # km/s, the same
ELEMENTS_LAST = 30.0  # days: beyond it SGP4 misses the place by more than a pass is wide

StateVector = tuple[np.ndarray, np.ndarray]


@dataclasses.dataclass(frozen=True)
class InitialState:
    """Start of the mission clock, and the station's (or capsule's) state in I [m, m/s] then.

    ``ephemeris`` gives the state at later times [s since ``epoch`` ] where the source says how (two-line
    elements); elsewhere the truth model carries it on.
    """

    epoch: Epoch
    r_I: np.ndarray
    v_I: np.ndarray
    kind: str
    ephemeris: Callable[[float], StateVector] | None = None
    source: str = ""  # what the orbit is of, and from when, for people


def initial_state(scenario: Scenario) -> InitialState:
    """Read the scenario's initial state.

    Raises ``InputError`` for a file that cannot be read, ``Infeasible`` for two-line elements that do not
    reach the start.
    """
    given = scenario.return_.initial
    start = None if given.epoch_utc is None else Epoch.from_iso(given.epoch_utc)
    return state_of(given, start, scenario.place(f"return.initial.{given.kind}"))


def state_of(given: Initial, start: Epoch | None, where: str, on_row: bool = False) -> InitialState:
    """A state given in any form, at ``start`` or at its own epoch; ``where`` begins a refusal.

    ``on_row`` leaves an ephemeris at its last row at or before ``start``, for whoever flies on from there.
    """
    kind, wanted = given.kind, given.object
    match kind:
        case "tle" | "tle_file":
            if given.tle is not None:
                tle = parse_tle(given.tle, where)
            else:
                tle = read_elements(str(given.tle_file), start, wanted)
            return _from_tle(tle, start or tle.epoch, where)
        case "oem_file":
            message = read_kept(read_oem, str(given.oem_file))
            return _from_segment(_segment_of(message, start, wanted), start, where, on_row)
        case "opm_file":
            opm = read_opm(str(given.opm_file))
            _about_the_earth(opm.file, opm.centre, opm.r, opm.v)
            return _fixed(opm.epoch, start, opm.frame, opm.r, opm.v, kind, where)
        case "state":
            assert isinstance(given.state, State)
            frame = {"gcrf": "GCRF", "itrf": "ITRF", "eme2000": "EME2000"}[given.state.frame]
            epoch = Epoch.from_iso(given.state.epoch_utc)
            r, v = np.array(given.state.position_m), np.array(given.state.velocity_m_s)
            return _fixed(epoch, start, frame, r, v, kind, where)
        case _:
            assert isinstance(given.interface, Interface)
            epoch = Epoch.from_iso(given.interface.epoch_utc)
            zeros = np.zeros(3)
            return InitialState(epoch, zeros, zeros, "interface")


def _from_tle(tle: Tle, epoch: Epoch, where: str) -> InitialState:
    age = epoch.since(tle.epoch) / 86400.0
    if abs(age) > ELEMENTS_LAST:
        raise Infeasible(
            f"{where}: the elements of {tle.epoch.to_iso(0)} lie {abs(age):.0f} days from the start on "
            f"{epoch.to_iso(0)}; they tell an orbit for {ELEMENTS_LAST:.0f} days at most"
        )

    def ephemeris(t: float) -> StateVector:
        try:
            return tle_state(tle, epoch.plus(t))
        except HomewardError as error:
            # Elements that could be read, carried to where the theory says there is no orbit any more.
            raise Infeasible(f"{where}: {error}") from None

    r, v = ephemeris(0.0)
    name = " ".join(x for x in (tle.name, f"({tle.catalogue})" if tle.name else tle.catalogue) if x)
    told = f"{name}, elements of {tle.epoch.to_iso(0)}, {abs(age):.1f} days from the start"
    return InitialState(epoch, r, v, "tle", ephemeris, told)


def _about_the_earth(file: str, centre: str, r: np.ndarray, v: np.ndarray) -> None:
    """Refuse a message's state that is none near the Earth: another centre, or metres for kilometres."""
    if centre.upper() != "EARTH":
        raise InputError(f"{file}: CENTER_NAME: expected EARTH, got {one_line(centre)}")
    radius, speed = math.hypot(*r) / 1e3, math.hypot(*v) / 1e3
    if not LEAST_RADIUS <= radius <= LARGEST_RADIUS:
        raise InputError(
            f"{file}: position: expected {LEAST_RADIUS:.0f} to {LARGEST_RADIUS:.0f} km from the Earth's "
            f"centre, got {radius:.6g} km"
        )
    if speed > LARGEST_SPEED:
        raise InputError(f"{file}: velocity: expected at most {LARGEST_SPEED:.0f} km/s, got {speed:.6g} km/s")


def _segment_of(message: Oem, start: Epoch | None, wanted: str | None) -> Segment:
    """The first segment, or the first one that covers the wanted start, of the object that is meant.

    Raises ``InputError`` for a message of several objects if none is asked for.
    """
    segments = message.segments
    if wanted is not None:
        segments = tuple(
            s for s in segments if wanted.upper() in (s.object_name.upper(), s.object_id.upper())
        )
    objects = {s.object_id.upper(): f"{s.object_id} {s.object_name}" for s in message.segments}
    if not segments:
        raise InputError(
            f"{message.file}: there is no object {wanted!r}; it holds {', '.join(objects.values())}"
        )
    if len({s.object_id.upper() for s in segments}) > 1:
        raise InputError(
            f"{message.file}: holds several objects ({', '.join(objects.values())}); say which with the key "
            f'object, as in object = "{segments[0].object_id}"'
        )
    if start is None:
        return segments[0]
    return next((s for s in segments if _covers(s, start)), segments[0])


def _covers(segment: Segment, start: Epoch) -> bool:
    offset = start.since(segment.epoch)
    return -SLACK <= offset <= float(segment.t[-1]) + SLACK


def _from_segment(segment: Segment, start: Epoch | None, where: str, on_row: bool = False) -> InitialState:
    """The state at the wanted start, between two rows by ``between_rows``; without one the first row."""
    row = 0
    if start is not None:
        if not _covers(segment, start):
            last = segment.epoch.plus(float(segment.t[-1]))
            raise InputError(
                f"{where}: epoch_utc {start.to_iso()} lies outside the ephemeris, which runs from "
                f"{segment.epoch.to_iso(0)} to {last.to_iso(0)}"
            )
        row = int(np.searchsorted(segment.t, start.since(segment.epoch) + SLACK, side="right")) - 1
    rows = slice(row, row + 2)
    for r, v in zip(segment.r[rows], segment.v[rows], strict=True):
        _about_the_earth(segment.file, segment.centre, r, v)
    epochs = [segment.epoch.plus(float(t)) for t in segment.t[rows]]
    r, v = to_gcrf(segment.frame, epochs, segment.r[rows], segment.v[rows])
    told = f"{segment.object_name} ({segment.object_id}), ephemeris"
    after = 0.0 if start is None else start.since(epochs[0])
    if start is None or on_row or abs(after) <= SLACK or len(epochs) < 2:
        return InitialState(epochs[0], r[0], v[0], "oem_file", source=told)
    r_I, v_I = between_rows(epochs[0], r, v, epochs[1].since(epochs[0]), after)
    return InitialState(start, r_I, v_I, "oem_file", source=told)


def _fixed(
    epoch: Epoch, start: Epoch | None, frame: str, r: np.ndarray, v: np.ndarray, kind: str, where: str
) -> InitialState:
    if start is not None and abs(start.since(epoch)) > 1e-3:
        raise InputError(f"{where}: epoch_utc {start.to_iso()} differs from the state's own {epoch.to_iso()}")
    r_I, v_I = to_gcrf(frame, [epoch], r[None], v[None])
    return InitialState(epoch, r_I[0], v_I[0], kind)
