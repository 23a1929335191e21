"""What leaves a flight: files for other programs and pictures for people.

    save_flight(folder, facts, history, legs, summary, body=body)    every file and picture
    plot(facts, history, legs, summary)                              one overview figure

Matplotlib is loaded with the first picture, not with the package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homeward.output.files.telemetry import dictionary_page
from homeward.output.save_return import save_flight, write_summary
from homeward.output.views.return_view import FlightFacts, FlightView, History, Legs, Summary

if TYPE_CHECKING:
    from matplotlib.figure import Figure
else:
    Figure = Any

__all__ = ["FlightFacts", "FlightView", "dictionary_page", "plot", "save_flight", "write_summary"]


def plot(
    facts: FlightFacts, history: History, legs: Legs, summary: Summary, body: History | None = None
) -> Figure:
    """An overview of a flight in six panels, as a Matplotlib Figure that shows itself in a notebook."""
    from homeward.output.returns.figures import overview

    return overview(FlightView(facts, history, legs, summary, body or {}))
