"""``homeward propagate``: an open-loop flight of a file, or a coast in orbit from elements or a state."""

import re
from typing import Annotated, Any

import typer

from homeward.cli.options import AsJson, Every, Folder, NoPictures, Settings, check_every
from homeward.cli.output_files import json_text, prepare_folder, writing
from homeward.cli.progress import working
from homeward.errors import InputError, one_line
from homeward.scenario.load import find, parse_settings

_UNITS = {"": 1.0, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_LASTS = re.compile(r"(\d+\.?\d*|\.\d+)\s*(s|min|h|d|)")

Duration = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="orbit: how long, such as 86400, 90min, 24h, 3d; 24h if left out"),
]
Start = Annotated[
    str | None, typer.Option(metavar="UTC", help="orbit: when to start; the state's own epoch if left out")
]
Object = Annotated[
    str | None,
    typer.Option("--object", metavar="NAME", help="orbit: which object of a file of several"),
]
Mass = Annotated[float | None, typer.Option(metavar="KG", help="orbit: mass, for the drag")]
Area = Annotated[float | None, typer.Option(metavar="M2", help="orbit: area, for the drag")]
Coefficient = Annotated[float | None, typer.Option("--cd", metavar="CD", help="orbit: drag coefficient")]
Forces = Annotated[
    str | None,
    typer.Option(
        metavar="LIST",
        help="orbit: some of harmonics,sun,moon,drag, or none; all if left out, drag where the body is known",
    ),
]
Degree = Annotated[int | None, typer.Option(metavar="N", help="orbit: degree and order of EGM96, 2 to 21")]
DensityScale = Annotated[
    float | None, typer.Option(metavar="X", help="orbit: factor on the density of US 1976")
]
OutFrame = Annotated[
    str | None, typer.Option(metavar="gcrf|eme2000|teme|itrf", help="orbit: frame of the OEM that is written")
]


def propagate(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="open-loop file, or name of a shipped one; or a file with a TLE, OMM, OEM or OPM",
        ),
    ],
    duration: Duration = None,
    start: Start = None,
    every: Every = None,
    wanted: Object = None,
    mass: Mass = None,
    area: Area = None,
    cd: Coefficient = None,
    forces: Forces = None,
    degree: Degree = None,
    density_scale: DensityScale = None,
    frame: OutFrame = None,
    settings: Settings = None,
    out: Folder = None,
    no_pictures: NoPictures = False,
    as_json: AsJson = False,
) -> None:
    """Propagate a body of an open-loop file, or an orbit from a TLE, OMM, OEM or OPM under all forces."""
    overrides = parse_settings(settings or [])
    check_every(every)
    found = find(file)
    asked: dict[str, Any] = {
        "duration": None if duration is None else seconds(duration), "start": start, "wanted": wanted,
        "mass": mass, "area": area, "drag_coefficient": cd,
        "forces": None if forces is None else _forces(forces),
        "degree": degree, "density_scale": density_scale, "frame": None if frame is None else frame.lower(),
    }  # fmt: skip
    given = {key: value for key, value in asked.items() if value is not None}
    from homeward.scenario.open_loop.orbit_file import OrbitOptions, kind_of_file, propagate_orbit

    orbit = kind_of_file(found) is not None
    _refuse_the_others(file, orbit, given, overrides)
    prepare_folder(out, "flight")
    with working() as talk:
        talk("flying")
        if orbit:
            given |= {} if every is None else {"every": every}
            result = propagate_orbit(found, OrbitOptions(**given), talk)
        else:
            from homeward.scenario.open_loop.schema import run_file

            if every is not None:
                overrides["output.record_s"] = f"{every!r}"
            result = run_file(file, overrides)
        if out is not None:
            talk("writing files")
            with writing(out):
                result.save(out, pictures=not no_pictures)
    if as_json:
        print(json_text(result.summary))
        return
    from homeward.cli.tables.orbit import show_orbit
    from homeward.cli.tables.return_summary import console, show_open_loop, told_files

    screen = console()
    (show_orbit if orbit else show_open_loop)(screen, result.summary)
    told_files(screen, out)


def seconds(text: str) -> float:
    """Seconds of a duration such as 86400, 90min, 24h or 3d; raises ``InputError`` for anything else."""
    match = _LASTS.fullmatch(text.strip())
    if match is None:
        raise InputError(f"--duration {one_line(text)!r}: expected seconds, or a number with s, min, h or d")
    return float(match[1]) * _UNITS[match[2]]


def _forces(text: str) -> tuple[str, ...]:
    names = tuple(word.strip().lower() for word in text.split(",") if word.strip())
    if not names:
        raise InputError("--forces: expected some of harmonics, sun, moon, drag, or none")
    return () if names == ("none",) else names


def _refuse_the_others(file: str, orbit: bool, given: dict[str, Any], overrides: dict[str, str]) -> None:
    label = one_line(file, 200)
    if orbit and overrides:
        raise InputError(f"--set: {label} is no open-loop file, which alone has keys to set")
    if not orbit and given:
        option = {"wanted": "object", "drag_coefficient": "cd", "density_scale": "density-scale"}
        name = option.get(next(iter(given)), next(iter(given)))
        raise InputError(
            f"--{name}: only where FILE is a TLE, an OMM, an OEM or an OPM; {label} is an open-loop file, "
            "whose keys --set changes"
        )
