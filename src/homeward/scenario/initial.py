"""Where a return starts: the initial state of a scenario, whatever form it was given in."""

import dataclasses
from collections.abc import Callable

import numpy as np

from homeward.earth.frames import to_gcrf
from homeward.earth.time import Epoch
from homeward.errors import Infeasible, InputError
from homeward.io.oem import Segment, read_oem
from homeward.io.opm import read_opm
from homeward.io.tle import Tle, parse_tle, read_tle, tle_state
from homeward.scenario.schema import Scenario
from homeward.scenario.schema_return import Interface, State

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


def initial_state(scenario: Scenario) -> InitialState:
    """Read the scenario's initial state.

    Raises ``InputError`` for a file that cannot be read, ``Infeasible`` for two-line elements that do not
    reach the start.
    """
    given = scenario.return_.initial
    kind = given.kind
    start = None if given.epoch_utc is None else Epoch.from_iso(given.epoch_utc)
    where = f"{scenario.name}: return.initial.{kind}"
    match kind:
        case "tle" | "tle_file":
            tle = parse_tle(given.tle, where) if given.tle is not None else read_tle(str(given.tle_file))
            return _from_tle(tle, start or tle.epoch, where)
        case "oem_file":
            segment = read_oem(str(given.oem_file)).segments[0]
            return _from_segment(segment, start, where)
        case "opm_file":
            opm = read_opm(str(given.opm_file))
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
        except InputError as error:
            # Elements that could be read, carried to where the theory says there is no orbit any more.
            raise Infeasible(f"{where}: {error}") from None

    r, v = ephemeris(0.0)
    return InitialState(epoch, r, v, "tle", ephemeris)


def _from_segment(segment: Segment, start: Epoch | None, where: str) -> InitialState:
    """The last state at or before the wanted start: an ephemeris is not interpolated, it is flown on from."""
    row = 0
    if start is not None:
        offset = start.since(segment.epoch)
        if offset < -1e-6 or offset > segment.t[-1] + 1e-6:
            raise InputError(f"{where}: epoch_utc {start.to_iso()} lies outside the ephemeris")
        row = int(np.searchsorted(segment.t, offset + 1e-6, side="right")) - 1
    epoch = segment.epoch.plus(float(segment.t[row]))
    r, v = to_gcrf(segment.frame, [epoch], segment.r[row : row + 1], segment.v[row : row + 1])
    return InitialState(epoch, r[0], v[0], "oem_file")


def _fixed(
    epoch: Epoch, start: Epoch | None, frame: str, r: np.ndarray, v: np.ndarray, kind: str, where: str
) -> InitialState:
    if start is not None and abs(start.since(epoch)) > 1e-3:
        raise InputError(f"{where}: epoch_utc {start.to_iso()} differs from the state's own {epoch.to_iso()}")
    r_I, v_I = to_gcrf(frame, [epoch], r[None], v[None])
    return InitialState(epoch, r_I[0], v_I[0], kind)
