"""A flown coast in orbit: what is told of it, and its files."""

import dataclasses
import json
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from homeward.earth.frames import from_gcrf
from homeward.earth.time import Epoch
from homeward.io.oem import write_oem

AXES = "xyz"


@dataclasses.dataclass(frozen=True)
class OrbitResult:
    """Rows of a coast: ``t`` (n,) [s since ``epoch``], ``states`` (n, 6) [m, m/s, GCRF], ``places`` (n, 3)
    [latitude, longitude in rad, altitude in m]; ``frame`` is what the OEM is written in, ``body`` holds mass
    [kg], area [m2] and cd."""

    name: str
    object_id: str
    source: str
    epoch: Epoch
    frame: str
    t: np.ndarray
    states: np.ndarray
    places: np.ndarray
    asked: float
    forces: tuple[str, ...]
    degree: int
    body: dict[str, float | None]
    density_scale: float
    notes: tuple[str, ...]

    @cached_property
    def in_frame(self) -> tuple[np.ndarray, np.ndarray]:
        """Positions [m] and velocities [m/s] (n, 3) in ``frame``."""
        epochs = [self.epoch.plus(float(t)) for t in self.t]
        return from_gcrf(self.frame, epochs, self.states[:, :3], self.states[:, 3:])

    @property
    def summary(self) -> dict[str, Any]:
        """Start, end, heights and forces, nested and ready for JSON."""
        height = self.places[:, 2]
        done = self.t[-1] >= self.asked - 1e-6
        return {
            "scenario": self.name, "object_id": self.object_id, "source": self.source,
            "epoch_utc": self.epoch.to_iso(6), "end_utc": self.epoch.plus(float(self.t[-1])).to_iso(6),
            "duration_s": float(self.t[-1]), "ended_by": "time" if done else "altitude of 100 km",
            "rows": len(self.t), "frame": self.frame,
            "forces": list(self.forces), "degree": self.degree,
            "body": {"mass_kg": self.body["mass"], "area_m2": self.body["area"],
                     "drag_coefficient": self.body["cd"]},
            "density_scale": self.density_scale,
            "lowest_altitude_m": float(height.min()), "highest_altitude_m": float(height.max()),
            "start": self._moment(0), "final": self._moment(-1), "notes": list(self.notes),
        }  # fmt: skip

    def _moment(self, row: int) -> dict[str, Any]:
        r, v = self.in_frame
        return {
            "time_s": float(self.t[row]), "utc": self.epoch.plus(float(self.t[row])).to_iso(6),
            "latitude_deg": float(np.degrees(self.places[row, 0])),
            "longitude_deg": float(np.degrees(self.places[row, 1])), "altitude_m": float(self.places[row, 2]),
            "position_gcrf_m": self.states[row, :3].tolist(),
            "velocity_gcrf_m_s": self.states[row, 3:].tolist(),
            "position_m": r[row].tolist(), "velocity_m_s": v[row].tolist(),
        }  # fmt: skip

    @property
    def table(self) -> dict[str, np.ndarray]:
        """Name with unit -> column; positions and velocities are in GCRF."""
        told = {
            "time_s": self.t, "latitude_deg": np.degrees(self.places[:, 0]),
            "longitude_deg": np.degrees(self.places[:, 1]), "altitude_m": self.places[:, 2],
        }  # fmt: skip
        for k, axis in enumerate(AXES):
            told[f"position_inertial_{axis}_m"] = self.states[:, k]
        for k, axis in enumerate(AXES):
            told[f"velocity_inertial_{axis}_m_s"] = self.states[:, 3 + k]
        return told

    def write_oem(self, path: Path) -> None:
        """The coast as an orbit ephemeris message in UTC and ``frame``."""
        r, v = self.in_frame
        forces = ", ".join(
            f"EGM96 {self.degree}x{self.degree}" if f == "harmonics" else f for f in self.forces
        )
        comments = (f"Coasted from {self.source}", f"Forces: {forces or 'a point mass'}", *self.notes)
        write_oem(
            path, self.name, self.epoch, self.t, r, v, self.frame, self.object_id, comments=comments
        )  # fmt: skip

    def save(self, out_dir: str | Path, pictures: bool = True) -> list[Path]:
        """Write trajectory.oem, summary.json, telemetry (CSV, Parquet) and a picture; returns the paths."""
        import pyarrow as pa
        from pyarrow import csv, parquet

        from homeward.output.files.result_folder import ResultFolder

        text = json.dumps(self.summary, indent=2) + "\n"
        table = pa.table(self.table)
        made = ResultFolder.begin(out_dir)
        made.put("summary.json", lambda path: path.write_text(text, encoding="utf-8"))
        made.put("telemetry.csv", lambda path: csv.write_csv(table, path))
        made.put("telemetry.parquet", lambda path: parquet.write_table(table, path))
        made.put("trajectory.oem", self.write_oem)
        if pictures:
            made.put("trajectory.png", self._picture)
        return made.written

    def _picture(self, path: Path) -> None:
        from matplotlib.figure import Figure

        from homeward.output.figure_style.coast_lines import draw_land

        latitude, longitude = np.degrees(self.places[:, 0]), np.degrees(self.places[:, 1])
        figure = Figure(figsize=(10.4, 3.6), layout="constrained")
        track, height = figure.subplots(1, 2, width_ratios=(1.6, 1.0))
        jumps = np.flatnonzero(np.abs(np.diff(longitude)) > 180.0) + 1
        broken = np.insert(longitude, jumps, np.nan), np.insert(latitude, jumps, np.nan)
        track.set(xlim=(-180.0, 180.0), ylim=(-90.0, 90.0), xlabel="longitude, deg", ylabel="latitude, deg")
        draw_land(track)
        track.plot(*broken, color="tab:blue", linewidth=0.9)
        track.plot(longitude[:1], latitude[:1], "o", color="tab:green", markersize=5, label="start")
        track.plot(longitude[-1:], latitude[-1:], "s", color="tab:orange", markersize=5, label="end")
        track.legend(loc="lower left", frameon=False, fontsize="small")
        height.plot(self.t / 3600.0, self.places[:, 2] / 1e3, color="tab:blue", linewidth=0.9)
        height.set(xlabel="time, h", ylabel="altitude, km")
        for axis in (track, height):
            axis.grid(alpha=0.3, linewidth=0.6)
            axis.spines[["top", "right"]].set_visible(False)
        figure.suptitle(f"{self.name}, {self.epoch.to_iso(0)}", parse_math=False)
        figure.savefig(path, dpi=130)
