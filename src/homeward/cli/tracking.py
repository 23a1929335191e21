"""``homeward track`` and ``homeward orbit-determination``: who sees the ship, and the orbit out of it."""

from pathlib import Path
from typing import Annotated, Any

import typer

from homeward.cli.options import AsJson, Folder, ScenarioName, Settings
from homeward.cli.output_files import json_text, prepare_folder, writing
from homeward.cli.progress import working
from homeward.cli.telemetry import Source, recording_of
from homeward.errors import Infeasible, InputError
from homeward.scenario.files.shipped import DEFAULT
from homeward.scenario.load import find, load, parse_settings
from homeward.scenario.schema.scenario import Scenario

FAR_OFF = 86400.0  # s that a state to start from may be away from the tracks


def stations_of(scenario: Scenario) -> list[Any]:
    """The stations that a scenario's ground has."""
    from homeward.ground.tracking.stations import network

    site = scenario.landing_site
    place = None if site is None else (site.latitude_deg, site.longitude_deg, site.altitude_m)
    file = scenario.ground.stations_file
    return network(scenario.ground.network, place, None if file is None else Path(file))


def track(
    source: Source = DEFAULT,
    scenario: Annotated[
        str, typer.Option(metavar="NAME", help="scenario whose stations track the flight of a folder")
    ] = DEFAULT,
    seed: Annotated[int, typer.Option(metavar="N", min=0, max=2**32 - 1, help="seed of the errors")] = 0,
    settings: Settings = None,
    out: Folder = None,
    as_json: AsJson = False,
) -> None:
    """List ground station passes of a flight, and write the tracking data as a TDM."""
    if not Path(source).is_dir():
        find(source)
        scenario = source
    prepare_folder(out, "flight")
    stations = stations_of(load(scenario, parse_settings(settings or [])))
    with working() as talk:
        recording, _ = recording_of(source, settings, talk)
        from homeward.ground.tracking.measurements import passes, to_segments
        from homeward.ground.tracking.simulated_tracks import flight_tracks
        from homeward.io.tdm import write_tdm

        tracks = flight_tracks(recording, stations, seed)
        found = passes(tracks)
        if out is not None and found:
            from homeward.output.files.result_folder import ResultFolder

            made = ResultFolder.add(out, recording.name, recording.epoch.to_iso(6))
            made.put("tracking.tdm", lambda path: write_tdm(path, to_segments(tracks, recording.name)))
            made.put("passes.json", lambda path: path.write_text(json_text(found) + "\n", encoding="utf-8"))
    if as_json:
        print(json_text({"name": recording.name, "measurements": len(tracks.time), "passes": found}))
        return
    counts = f"{len(tracks.time)} measurements in {len(found)} passes of {len(stations)} stations"
    print(f"{recording.name}: {counts}")
    for row in found:
        high = "" if row["elevation_deg"] is None else f"{row['elevation_deg']:5.1f} deg"
        print(f"  {row['start_s']:9.0f} to {row['end_s']:9.0f} s  {row['station']:42} {high}")
    if out is not None:
        print(f"Files in {out}: passes.json, tracking.tdm" if found else "Nobody saw it: no files written.")


def orbit_determination(
    file: Annotated[str, typer.Argument(metavar="FILE.tdm", help="tracking data")],
    scenario: ScenarioName = DEFAULT,
    start: Annotated[float, typer.Option("--from", metavar="S", help="s after the first observation")] = 0.0,
    until: Annotated[float, typer.Option(metavar="S", help="s after it, to leave out what follows")] = 1e9,
    ballistic: Annotated[
        float, typer.Option(metavar="M2_KG", min=1e-6, max=10.0, help="drag coefficient x area / mass")
    ] = 0.004,
    initial: Annotated[
        str | None, typer.Option(metavar="FILE.opm", help="a state to start from, else the first whole pass")
    ] = None,
    hours: Annotated[float, typer.Option(metavar="H", min=0.0, max=72.0, help="hours to predict")] = 6.0,
    settings: Settings = None,
    out: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Determine an orbit from tracking data and predict it. The scenario names the stations."""
    import numpy as np

    prepare_folder(out)
    chosen = load(scenario, parse_settings(settings or []))
    stations = stations_of(chosen)
    with working() as talk:
        from homeward.ground.tracking.batch_least_squares import predicted
        from homeward.ground.tracking.force_model import orbit_model
        from homeward.ground.tracking.initial_orbit import determined, prior_of, shifted
        from homeward.ground.tracking.measurements import from_tdm
        from homeward.ground.tracking.residual_consistency import objection
        from homeward.io.oem import write_oem
        from homeward.io.opm import read_opm, write_opm
        from homeward.io.tdm import read_tdm

        tracks = from_tdm(read_tdm(file), stations).within(start, until)
        if not len(tracks.time):
            raise InputError(f"{file}: no observation between --from {start:g} and --until {until:g} s")
        given = None
        if initial is not None:
            opm = read_opm(initial)
            away = (opm.epoch - tracks.epoch) - float(tracks.time[0])
            if abs(away) > FAR_OFF:
                raise InputError(
                    f"{initial}: EPOCH: expected within a day of the first observation used, it is "
                    f"{abs(away) / 86400.0:.1f} days {'before' if away < 0.0 else 'after'} it"
                )
            # The Earth's orientation begins with the earlier of the two.
            if opm.epoch - tracks.epoch < 0.0:
                tracks = shifted(tracks, opm.epoch)
            given = opm.epoch - tracks.epoch, prior_of(opm)
        span = float(tracks.time[-1]) + hours * 3600.0 + 1200.0
        span = span if given is None else max(span, given[0]) + 1200.0
        # Of the simulated Earth that was flown about, or the fit would chase what was left out of it.
        gravity = chosen.truth.gravity
        degree = gravity.degree if gravity.model == "egm96" else 2
        model = orbit_model(tracks.epoch, span, ballistic, degree)
        talk("fitting")
        orbit, fitted = determined(model, tracks, given)
    denied = objection(fitted, orbit)
    if denied:
        _show_denied(file, orbit, denied, as_json)
        raise Infeasible(f"{file}: the residuals deny this orbit, and no files are written: {denied}")
    with working() as talk:
        talk("predicting")
        times = np.arange(orbit.time, float(tracks.time[-1]) + hours * 3600.0 + 1.0, 60.0)
        states, covariances = predicted(model, orbit, times)
        epoch = tracks.epoch.plus(orbit.time)
        rms = _rms(orbit)
        last = covariances[-1]
        summary = {
            "epoch_utc": epoch.to_iso(6), "measurements": len(tracks.time), "left_out": orbit.left_out,
            "rounds": orbit.rounds, "position_m": orbit.state[:3], "velocity_m_s": orbit.state[3:6],
            "drag_factor": orbit.state[6], "position_sigma_m": orbit.sigma[:3],
            "velocity_sigma_m_s": orbit.sigma[3:6], "drag_factor_sigma": orbit.sigma[6],
            "residual_rms_sigma": rms, "consistent": True,
            "range_bias_m": {s.name: b for s, b in zip(tracks.stations, orbit.biases, strict=True)},
            "predicted_to_utc": tracks.epoch.plus(float(times[-1])).to_iso(0),
            "predicted_sigma_m": np.sqrt(np.trace(last[:3, :3])),
        }  # fmt: skip
        if out is not None:
            with writing(out):
                write_opm(out / "orbit.opm", "SHIP", epoch, orbit.state[:3], orbit.state[3:6],
                          orbit.covariance[:6, :6])  # fmt: skip
                write_oem(out / "orbit.oem", "SHIP", epoch, times - orbit.time, states[:, :3], states[:, 3:])
                (out / "orbit.json").write_text(json_text(summary) + "\n", encoding="utf-8")
    if as_json:
        print(json_text(summary))
        return
    sigma = float(np.linalg.norm(orbit.sigma[:3]))
    print(
        f"{file}: orbit at {summary['epoch_utc']} from {len(tracks.time)} measurements, {orbit.rounds} rounds"
    )
    print(f"  position {orbit.state[:3] / 1e3} km, known to {sigma:.1f} m (1-sigma)")
    print(
        f"  velocity {orbit.state[3:6]} m/s, drag {orbit.state[6]:.3f} +- {orbit.sigma[6]:.3f} of the model"
    )
    print("  residuals over sigma: " + ", ".join(f"{k} {v:.2f}" for k, v in rms.items() if v is not None))
    print(
        f"  predicted to {summary['predicted_to_utc']}: known to {summary['predicted_sigma_m']:.0f} m there"
    )
    if out is not None:
        print(f"Files in {out}: orbit.json, orbit.oem, orbit.opm")


def _rms(orbit: Any) -> dict[str, float | None]:
    """Residuals over sigma, rms, of each kind of measurement; None where there is none of it."""
    import numpy as np

    from homeward.ground.tracking.residual_consistency import KINDS

    raw = orbit.residuals * orbit.spread
    found = {}
    for k, kind in enumerate(KINDS):
        there = raw[np.isfinite(raw[:, k]), k]
        found[kind] = float(np.sqrt(np.mean(there**2))) if len(there) else None
    return found


def _show_denied(file: str, orbit: Any, why: str, as_json: bool) -> None:
    """What was found, without what it cannot promise."""
    rms = _rms(orbit)
    if as_json:
        print(json_text({"consistent": False, "objection": why, "left_out": orbit.left_out,
                         "rounds": orbit.rounds, "residual_rms_sigma": rms}))  # fmt: skip
        return
    print(f"{file}: no orbit that its measurements agree with, after {orbit.rounds} rounds")
    told = ", ".join(f"{kind} {value:.2f}" for kind, value in rms.items() if value is not None)
    print(f"  residuals over sigma: {told}; {orbit.left_out} measurements left out")
