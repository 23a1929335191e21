"""What a coast in orbit shows on the screen."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from homeward.cli.tables.return_summary import fmt, place, plain_table


def show_orbit(out: Console, summary: Mapping[str, Any]) -> None:
    """Start and end, one row each, and what was flown under."""
    out.print(f"{summary['scenario']}, coasted in orbit", style="bold", markup=False)
    table = plain_table("", "UTC", "altitude", "place", "position in GCRF, km")
    for name in ("start", "final"):
        moment = summary[name]
        where = "  ".join(f"{x / 1e3:.6f}" for x in moment["position_gcrf_m"])
        altitude = fmt(moment["altitude_m"] / 1e3, "km", 3)
        table.add_row(
            name, moment["utc"], altitude, place(moment["latitude_deg"], moment["longitude_deg"]), where
        )
    out.print(table)
    figures = plain_table("", "")
    heights = (summary["lowest_altitude_m"] / 1e3, summary["highest_altitude_m"] / 1e3)
    figures.add_row("from", summary["source"])
    figures.add_row("flown", f"{summary['duration_s']:g} s, ended by {summary['ended_by']}")
    figures.add_row("altitudes", f"{heights[0]:.1f} to {heights[1]:.1f} km")
    forces = ", ".join(
        f"EGM96 {summary['degree']}x{summary['degree']}" if f == "harmonics" else f for f in summary["forces"]
    )
    figures.add_row("forces", forces or "a point mass")
    for note in summary["notes"]:
        figures.add_row("note", note)
    out.print(figures)
