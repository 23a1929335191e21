"""Files and pictures of an open-loop flight."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

from homeward.output.files.result_folder import ResultFolder

if TYPE_CHECKING:
    from homeward.sim.open_loop.propagate import OpenLoopResult


def save(result: "OpenLoopResult", folder: Path, pictures: bool = True) -> list[Path]:
    """Write summary.json, telemetry.csv, telemetry.parquet, and two pictures, into a folder.

    Files of an earlier flight there are removed; raises ``InputError`` where the folder holds other results.
    """
    text = json.dumps(result.summary, indent=2) + "\n"
    table = pa.table({k: np.asarray(v, float) for k, v in result.table.items()})
    made = ResultFolder.begin(folder)
    made.put("summary.json", lambda path: path.write_text(text, encoding="utf-8"))
    made.put("telemetry.csv", lambda path: csv.write_csv(table, path))
    made.put("telemetry.parquet", lambda path: parquet.write_table(table, path))
    if pictures:
        made.put("trajectory.png", lambda path: _trajectory(result, path))
        made.put("loads.png", lambda path: _loads(result, path))
    return made.written


def _figure(rows: int, columns: int) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2 * columns, 3.2 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.flat:
        axis.grid(alpha=0.3, linewidth=0.6)
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _trajectory(result: "OpenLoopResult", path: Path) -> None:
    t, name = result.table, result.summary["scenario"]
    figure, ((first, second),) = _figure(1, 2)
    first.plot(t["speed_m_s"], t["altitude_m"] / 1e3, color="tab:blue")
    first.set(xlabel="speed relative to the ground, m/s", ylabel="altitude, km", title="Altitude and speed")
    second.plot(t["downrange_m"] / 1e3, t["altitude_m"] / 1e3, color="tab:blue")
    second.set(xlabel="distance along the ground, km", ylabel="altitude, km", title="Altitude and distance")
    for event in result.summary["crossings"]:
        first.plot(event["speed_m_s"], event["altitude_m"] / 1e3, "o", color="tab:orange", markersize=5)
        second.plot(
            event["downrange_m"] / 1e3, event["altitude_m"] / 1e3, "o", color="tab:orange", markersize=5
        )
    figure.suptitle(name, parse_math=False)
    figure.savefig(path, dpi=130)


def _loads(result: "OpenLoopResult", path: Path) -> None:
    t, summary = result.table, result.summary
    figure, axes = _figure(3, 1)
    drawn = (
        ("load_g", "peak_load", 1.0, "load, g"),
        ("heat_rate_w_m2", "peak_heating", 1e3, "heat rate, kW/m²"),
        ("dynamic_pressure_pa", "peak_dynamic_pressure", 1e3, "dynamic pressure, kPa"),
    )
    for axis, (channel, peak, scale, label) in zip(axes[:, 0], drawn, strict=True):
        axis.plot(t["time_s"], t[channel] / scale, color="tab:red")
        top = summary[peak]
        axis.plot(top["time_s"], top[channel] / scale, "o", color="black", markersize=4)
        note = f"{top[channel] / scale:.3g} at {top['altitude_m'] / 1e3:.1f} km"
        right = top["time_s"] < 0.6 * t["time_s"][-1]
        axis.annotate(
            note, (top["time_s"], top[channel] / scale), (8 if right else -8, 3),
            textcoords="offset points", ha="left" if right else "right",
        )  # fmt: skip
        axis.set_ylabel(label)
        axis.set_ylim(0.0, max(1.12 * top[channel] / scale, 1e-9))
    axes[-1, 0].set_xlabel("time, s")
    figure.suptitle(summary["scenario"], parse_math=False)
    figure.savefig(path, dpi=130)
