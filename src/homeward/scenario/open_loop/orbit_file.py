"""A coast in orbit from a file of elements or of states: what may be asked, and from there to arrays."""

import dataclasses
import math
import re
from pathlib import Path

import equinox as eqx
import jax.numpy as jnp

from homeward.earth.constants import MU_EGM96
from homeward.earth.ephemeris import build_third_bodies
from homeward.earth.geodesy import Ellipsoid
from homeward.earth.orientation import build_orientation, coverage_warnings
from homeward.earth.time import Epoch
from homeward.errors import InputError, one_line
from homeward.io.ccsds import kind_of_message
from homeward.io.oem import Oem, read_oem
from homeward.io.omm import omm_records
from homeward.io.opm import read_opm
from homeward.io.tle import looks_like
from homeward.scenario.build.initial_state import InitialState, state_of
from homeward.scenario.build.world import orbit_table
from homeward.scenario.schema.returns import Initial
from homeward.sim.open_loop.orbit import LOWEST, OrbitWorld, Told, coast_orbit, place_above_ground
from homeward.sim.open_loop.orbit_result import OrbitResult
from homeward.textfile import STANDARD_INPUT, display_name, full_path, read_kept, read_text
from homeward.world.environment.atmosphere import UsStandard1976
from homeward.world.environment.gravity import CentralGravity, egm96

FORCES = ("harmonics", "sun", "moon", "drag")
FRAMES = {"gcrf": "GCRF", "eme2000": "EME2000", "teme": "TEME", "itrf": "ITRF"}
LONGEST = 366.0  # days
MOST_ROWS = 1_000_000
_SUFFIXES = {
    ".tle": "tle_file",
    ".3le": "tle_file",
    ".omm": "tle_file",
    ".oem": "oem_file",
    ".opm": "opm_file",
}


@dataclasses.dataclass(frozen=True)
class OrbitOptions:
    """What a coast in orbit may be told beside its file; None is what the file says.

    ``duration`` and ``every`` [s]; ``start`` an ISO date in UTC; ``wanted`` the object of a file of several;
    ``mass`` [kg], ``area`` [m2] and ``drag_coefficient`` of the body; ``forces`` out of ``FORCES`` (None:
    all, drag where the body is known); ``degree`` of EGM96; ``density_scale`` on US 1976; ``frame`` of the
    OEM.
    """

    duration: float = 86400.0
    every: float = 60.0
    start: str | None = None
    wanted: str | None = None
    mass: float | None = None
    area: float | None = None
    drag_coefficient: float | None = None
    forces: tuple[str, ...] | None = None
    degree: int = 21
    density_scale: float = 1.0
    frame: str = "gcrf"


def kind_of_file(path: str | Path) -> str | None:
    """``tle_file`` (OMM too), ``oem_file`` or ``opm_file``, by what the file holds; None for another."""
    text = read_text(path, "a scenario, or a file of elements or of states")
    message = kind_of_message(text)
    if message in ("oem", "opm"):
        return f"{message}_file"
    if any(looks_like(1, line.strip()) or looks_like(2, line.strip()) for line in text.split("\n")):
        return "tle_file"
    suffix = Path(display_name(path)).suffix.lower()
    if suffix == ".toml":
        return None
    try:
        if omm_records(text, display_name(path)) is not None:
            return "tle_file"
    except InputError:
        return "tle_file"  # whose reader says what is wrong
    return _SUFFIXES.get(suffix)


def propagate_orbit(
    path: str | Path, options: OrbitOptions | None = None, progress: Told | None = None
) -> OrbitResult:
    """Coast from the state in a TLE, OMM, OEM or OPM file under harmonics, Sun, Moon and drag.

    The state is turned into GCRF as it is read; an OEM is entered at ``start``, between its rows too.
    Raises ``InputError`` for what the file or an option says wrongly, dates that the IERS table does not
    cover, and states below 100 km; ``Infeasible`` where elements tell no orbit.
    """
    asked = options or OrbitOptions()
    kind, label = kind_of_file(path), one_line(display_name(path), 200)
    if kind is None:
        raise InputError(f"{label}: expected a TLE, an OMM, an OEM or an OPM")
    _check(asked)
    start = None if asked.start is None else _date(asked.start)
    if asked.wanted is not None and kind == "opm_file":
        raise InputError(f"--object: {label} is an OPM, which holds one object")
    place = path if str(path) == STANDARD_INPUT else full_path(Path(path))
    given = Initial.model_construct(None, **{kind: place, "object": asked.wanted})
    state = state_of(given, start, label)
    beyond = coverage_warnings(state.epoch, asked.duration)
    if beyond:
        raise InputError(
            f"{label}: {state.epoch.to_iso(0)} and {asked.duration:g} s on: {beyond[0].partition(';')[0]}, "
            "and the orbit depends on them"
        )
    body, named = _body(kind, path, asked, state)
    missing = [key for key, value in body.items() if value is None]
    forces = asked.forces
    if forces is None:
        forces = FORCES if not missing else FORCES[:3]
    elif "drag" in forces and missing:
        raise InputError(f"{label}: drag needs mass, area and drag coefficient; expected --{missing[0]}")
    world = _world(state.epoch, asked, forces, body)
    altitude = float(
        place_above_ground(world, jnp.asarray(0.0), jnp.asarray(state.r_I), jnp.asarray(state.v_I))[2]
    )
    if altitude < LOWEST:
        where = f"{-altitude / 1e3:.1f} km below" if altitude < 0.0 else f"{altitude / 1e3:.1f} km above"
        raise InputError(
            f"{label}: the state at {state.epoch.to_iso()} lies {where} the ellipsoid; expected one above "
            f"{LOWEST / 1e3:.0f} km (lower, an open-loop file flies it)"
        )
    t, x, places = coast_orbit(world, state.r_I, state.v_I, asked.duration, asked.every, progress)
    name, number = named
    return OrbitResult(
        name=name, object_id=number, source=state.source or f"{name}, {kind.removesuffix('_file').upper()}",
        epoch=state.epoch, frame=FRAMES[asked.frame], t=t, states=x, places=places, asked=asked.duration,
        forces=forces, degree=asked.degree if "harmonics" in forces else 0, body=body,
        density_scale=asked.density_scale, notes=_notes(forces, asked.forces, missing),
    )  # fmt: skip


def _notes(forces: tuple[str, ...], asked: tuple[str, ...] | None, missing: list[str]) -> tuple[str, ...]:
    if asked is None and missing:
        return (f"drag is left out: {', '.join(missing)} of the body not known",)
    return () if "drag" in forces else ("drag is left out",)


def _world(
    epoch: Epoch, asked: OrbitOptions, forces: tuple[str, ...], body: dict[str, float | None]
) -> OrbitWorld:
    bodies, air, ballistic = None, None, 0.0
    if "sun" in forces or "moon" in forces:
        bodies = build_third_bodies(epoch, asked.duration)
        masses = tuple(
            mu if name in forces else jnp.zeros_like(mu)
            for name, mu in (("sun", bodies.mu_sun), ("moon", bodies.mu_moon))
        )
        bodies = eqx.tree_at(lambda b: (b.mu_sun, b.mu_moon), bodies, masses)
    if "drag" in forces:
        mass, area, coefficient = (body[key] for key in ("mass", "area", "cd"))
        assert mass is not None and area is not None and coefficient is not None
        air = orbit_table(UsStandard1976(), asked.density_scale)
        ballistic = coefficient * area / mass
    return OrbitWorld(
        Ellipsoid.wgs84(), egm96(asked.degree) if "harmonics" in forces else CentralGravity(MU_EGM96),
        build_orientation(epoch, asked.duration), bodies, air, jnp.asarray(ballistic, float),
    )  # fmt: skip


def _body(
    kind: str, path: str | Path, asked: OrbitOptions, state: InitialState
) -> tuple[dict[str, float | None], tuple[str, str]]:
    """Mass [kg], area [m2] and CD by option, else by the message; and the object's name and number."""
    told: dict[str, float | None] = dict.fromkeys(("mass", "area", "cd"))
    name, number = "UNKNOWN", "UNKNOWN"
    if kind == "opm_file":
        opm = read_opm(path)
        told = {"mass": opm.mass, "area": opm.drag_area, "cd": opm.drag_coefficient}
        name, number = opm.object_name, opm.object_id
    elif kind == "oem_file":
        segment = _segment_at(read_kept(read_oem, str(path)), asked.wanted, state.epoch)
        name, number = segment.object_name, segment.object_id
        said = dict(
            re.findall(r"^\s*(MASS|DRAG_AREA|DRAG_COEFF)\s*=\s*(\S+)", "\n".join(segment.comments), re.M)
        )
        told = {"mass": _number(said, "MASS"), "area": _number(said, "DRAG_AREA"),
                "cd": _number(said, "DRAG_COEFF")}  # fmt: skip
    else:
        found = re.match(r"(.*?)(?:, elements of .*)", state.source)
        words = found[1] if found else ""
        bracket = re.fullmatch(r"(.*) \((\w+)\)", words)
        name, number = (bracket[1], bracket[2]) if bracket else (words or name, words or number)
    for key, value in (("mass", asked.mass), ("area", asked.area), ("cd", asked.drag_coefficient)):
        told[key] = told[key] if value is None else value
    if told["mass"] == 0.0:
        told["mass"] = None
    return told, (name, number)


def _number(said: dict[str, str], key: str) -> float | None:
    try:
        return float(said[key])
    except (KeyError, ValueError):
        return None


def _segment_at(message: Oem, wanted: str | None, epoch: Epoch):
    mine = [
        s for s in message.segments
        if wanted is None or wanted.upper() in (s.object_name.upper(), s.object_id.upper())
    ]  # fmt: skip
    return next((s for s in mine if -1e-6 <= epoch.since(s.epoch) <= float(s.t[-1]) + 1e-6), mine[0])


def _date(text: str) -> Epoch:
    try:
        return Epoch.from_iso(text)
    except InputError as error:
        raise InputError(f"--start: {error}") from None


def _check(asked: OrbitOptions) -> None:
    for option, value, most in (
        ("--duration", asked.duration, LONGEST * 86400.0), ("--every", asked.every, math.inf),
        ("--mass", asked.mass, 1e9), ("--area", asked.area, 1e6), ("--cd", asked.drag_coefficient, 100.0),
        ("--density-scale", asked.density_scale, 100.0),
    ):  # fmt: skip
        if value is not None and not (0.0 < value <= most and math.isfinite(value)):
            bound = "" if most == math.inf else f" and at most {most:g}"
            raise InputError(f"{option} {value:g}: expected a number above 0{bound}")
    if asked.duration / asked.every > MOST_ROWS:
        raise InputError(f"--every {asked.every:g}: makes more than {MOST_ROWS} rows")
    for force in asked.forces or ():
        if force not in FORCES:
            raise InputError(f"--forces: {one_line(force)!r}: expected some of {', '.join(FORCES)}, or none")
    if asked.frame not in FRAMES:
        raise InputError(f"--frame {one_line(asked.frame)!r}: expected one of {', '.join(FRAMES)}")
    if not 2 <= asked.degree <= 21:
        raise InputError(f"--degree {asked.degree}: expected 2 to 21")
