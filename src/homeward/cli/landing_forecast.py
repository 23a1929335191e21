"""``homeward forecast``: where a flight will come down, as the search teams are told on the way."""

import math
from pathlib import Path
from typing import Annotated, Any

import typer

from homeward.cli.options import AsJson, Folder, Settings
from homeward.cli.output_files import json_text, prepare_folder, writing
from homeward.cli.progress import working
from homeward.cli.telemetry import Source, recording_of
from homeward.earth.local_plane import moved
from homeward.errors import InputError
from homeward.scenario.files.shipped import DEFAULT
from homeward.scenario.load import find, load, parse_settings


def teams_of(site: Any) -> dict[str, tuple[float, float]]:
    """Where the recovery teams wait [deg]: about the site, as its moving stations do."""
    places = {"helicopters": (10.0, -15.0), "vehicles": (-8.0, 12.0), "aircraft": (35.0, 30.0)}
    return {
        name: moved((site.latitude_deg, site.longitude_deg), 1e3 * n, 1e3 * e)
        for name, (n, e) in places.items()
    }


def _calibrated(chosen: Any, runs: int, as_json: bool) -> None:
    with working() as talk:
        from homeward.cli.forecast_calibration import calibrate, table_of

        found = calibrate(chosen, runs, progress=talk)
    if as_json:
        told = {"name": chosen.name, "flights": len(found.off), "failed": found.failed}
        print(json_text({**told, "moments": found.told()}))
        return
    print(f"{chosen.name}: {table_of(found)}")


def _read_tracks(file: Path, chosen: Any, epoch: Any) -> Any:
    """The tracks of a TDM with times from the flight's epoch."""
    from homeward.cli.tracking import stations_of
    from homeward.ground.tracking.initial_orbit import shifted
    from homeward.ground.tracking.measurements import from_tdm
    from homeward.io.tdm import read_tdm

    return shifted(from_tdm(read_tdm(str(file)), stations_of(chosen)), epoch)


def _with_tracks(
    forecaster: Any, made: list[Any], told: list[Any], tracks: Any, recording: Any, chosen: Any, every: float
) -> list[Any]:
    """The forecasts with others between them where only the tracks tell, in the order of time.

    ``told`` are the moments of telemetry. In the coast an orbit is fitted to the tracks, in the air a
    parabola, which ends with the newest of them: stations that measure each ten seconds tell no more.
    """
    import numpy as np

    from homeward.ground.landing_forecast.coast_orbit import AIR, coast_moments, known_from
    from homeward.ground.landing_forecast.run import after_burn
    from homeward.ground.landing_forecast.state_from_tracks import seen_moments
    from homeward.ground.tracking.force_model import orbit_model

    burnt, last = after_burn(recording.legs), float(tracks.time[-1])
    times = np.arange(max(float(tracks.time[0]), burnt + 1.0), last + 1.0, every)
    have = np.asarray([f.made for f in made])
    lonely = np.asarray([t for t in times if not len(have) or np.abs(have - t).min() > 0.6 * every])
    if not len(lonely):
        return made
    setting, gravity = forecaster.setting, chosen.truth.gravity
    degree = gravity.degree if gravity.model == "egm96" else 2
    model = orbit_model(recording.epoch, last + 1200.0, setting.drag_area / setting.mass, degree)
    high = [m for m in told if burnt <= m.time < lonely[0] and m.altitude > AIR]
    known = known_from(model, high[-1], setting.errors) if high else None
    parted = [float(leg["start"]) for leg in recording.legs if float(leg["start"]) > burnt + 1.0]
    coast = coast_moments(model, tracks, lonely, burnt, setting.opening_altitude, known, parted)
    told_so = {m.time for m in coast}
    newest = np.searchsorted(tracks.time, lonely + 1e-6, side="right") - 1
    rest = np.asarray([tracks.time[k] for t, k in zip(lonely, newest, strict=True) if t not in told_so])
    rest = np.unique(rest[rest > max(told_so, default=-np.inf)])
    more = [
        forecaster.at(m)
        for m in [*coast, *seen_moments(tracks, rest, setting.opening_altitude)]
        if m.altitude > setting.site[2] + 5.0
    ]
    return sorted([*made, *more], key=lambda f: f.made)


def forecast(
    source: Source = DEFAULT,
    scenario: Annotated[
        str, typer.Option(metavar="NAME", help="scenario of a folder's flight: vehicle, site, winds")
    ] = DEFAULT,
    every: Annotated[float, typer.Option(metavar="S", min=1.0, help="seconds between two forecasts")] = 60.0,
    winds: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="the day's forecast: altitude_m, north, east")
    ] = None,
    calibrate: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=100000, help="calibrate the ellipses with N dispersed returns"),
    ] = None,
    tracks: Annotated[
        Path | None,
        typer.Option(metavar="FILE.tdm", help="tracking data (TDM) to use where telemetry is lost"),
    ] = None,
    silent_from: Annotated[
        float | None,
        typer.Option("--lost", metavar="S", help="seconds since the epoch at which telemetry is lost"),
    ] = None,
    settings: Settings = None,
    out: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Forecast the landing during a return, from the burn on: point, ellipse, time, recovery teams."""
    import numpy as np

    if not Path(source).is_dir():
        find(source)
        scenario = source
    chosen = load(scenario, parse_settings(settings or []))
    _ = chosen.return_
    prepare_folder(out, "flight")
    if calibrate is not None:
        _calibrated(chosen, calibrate, as_json)
        return
    with working() as talk:
        recording, _ = recording_of(source, settings, talk)
        if "flight" not in recording.tables:
            raise InputError(f"{source}: this flight does not come down; expected a return")
        from homeward.ground.landing_forecast.files import write_forecasts
        from homeward.ground.landing_forecast.forecast import Forecaster
        from homeward.ground.landing_forecast.inputs import setting_of
        from homeward.ground.landing_forecast.run import after_burn, along, moments

        talk("computing")
        from homeward.ground.commands.commands import read_winds

        levels = None if winds is None else read_winds(str(winds))
        # A folder does not tell what was known of its day's wind.
        known = levels is not None or not Path(source).is_dir()
        teams = teams_of(chosen.site)
        forecaster = Forecaster(setting_of(chosen, recording.epoch, known, levels), teams)
        table = recording.tables["flight"]
        silent = np.asarray(table["blackout"]) > 0.5
        dark = silent & (not chosen.ground.link.through_blackout)
        if silent_from is not None:
            dark = dark | (np.asarray(table["time_s"]) >= silent_from)
        made = along(forecaster, table, after_burn(recording.legs), every, dark)
        if tracks is not None:
            seen = _read_tracks(tracks, chosen, recording.epoch)
            told = [m for m, off in zip(moments(table), dark, strict=True) if not off]
            made = _with_tracks(forecaster, made, told, seen, recording, chosen, every)
        if not made:
            raise InputError(f"{source}: the flight ends before its burn; there is no landing to foretell")
        if out is not None:
            from homeward.output.files.result_folder import ResultFolder

            ResultFolder.add(out, recording.name, recording.epoch.to_iso(6))
            with writing(out):
                write_forecasts(out, made, recording.epoch, recording.name, teams)
    if as_json:
        print(json_text({"name": recording.name, "forecasts": [f.told() for f in made]}))
        return
    typical = sorted(f.seconds for f in made)[len(made) // 2]
    print(f"{recording.name}: {len(made)} forecasts, each in {typical:.2f} s")
    for f in made:
        larger, smaller, bearing = f.axes()
        when = recording.epoch.plus(f.made).to_iso(0)[11:19]
        down = recording.epoch.plus(f.touchdown).to_iso(0)[11:19]
        fall = "" if f.ballistic is None else f"  ballistic {f.ballistic[0]:.3f}, {f.ballistic[1]:.3f}"
        lost = "" if f.reachable else "  THE AIM IS OUT OF REACH"
        point = f"{f.latitude_deg:.4f}, {f.longitude_deg:.4f}"
        ellipse = f"1-sigma {larger:5.0f} x {smaller:5.0f} m at {math.degrees(bearing):3.0f} deg"
        print(f"  {when}  {point}  {ellipse}  down {down}{fall}{lost}")
    if out is not None:
        print(f"Files in {out}: forecast.geojson, forecast.kml, forecasts.jsonl")
