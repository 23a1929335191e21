"""A page beside a saved return that explains each of its pictures: one HTML file, no script.

Jinja2 escapes every value, as in the report of a campaign.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from homeward.output.notebook_view import figures_of, title_of

#: Heading of each picture and what a reader should see in it, in the order of the page.
EXPLAINED: dict[str, tuple[str, str]] = {
    "overview": (
        "The flight on one page",
        "Ground track, surroundings of the site, corridor, load, bank and navigation error. The title "
        "holds the result: the distance from the site and the peak load.",
    ),
    "timeline": (
        "The whole return",
        "Altitude over UTC, with the legs: from undocking through the deorbit burn to the entry "
        "interface at the right, where everything happens within half an hour.",
    ),
    "ground_track": (
        "The way over the Earth",
        "From the deorbit burn to the site, and the last kilometres. The aim point lies upwind of the "
        "site, since the capsule drifts under its parachutes.",
    ),
    "corridor": (
        "Altitude over speed",
        "An entry above the shaded corridor skips or overshoots, one below it is too steep: the "
        "dashed lines are the limits of load, heating and dynamic pressure.",
    ),
    "loads": (
        "What crew and heat shield bear",
        "Load factor, heat rate, heat load and dynamic pressure, each with its limit.",
    ),
    "heat_shield": (
        "What the heat shield goes through",
        "Temperature of its face and behind its structure at several points, and how much of it ablates. "
        "Little heat reaches the inner face before the shield is dropped.",
    ),
    "bank": (
        "How the capsule steers",
        "A capsule has one control: the direction of its lift, set by the bank angle. Its cosine "
        "governs the range; its side is reversed now and then so that the track stays on course. "
        "Below: the miss that guidance predicts, and the drag and lift that it found against its "
        "model.",
    ),
    "navigation": (
        "What the ship believes",
        "Error of the onboard position and velocity. In the blackout no GNSS signal comes through, "
        "and the error grows until the receiver is back.",
    ),
    "descent": (
        "Under the parachutes",
        "Altitude, rate of descent, drift and wind. The drogue slows the capsule, the main parachute "
        "opens reefed and then fully, the landing rockets fire just above the ground.",
    ),
}

NEXT = (
    ("homeward return --out first", "the same return with six degrees of freedom, thrusters and a filter"),
    ("homeward campaign --runs 128 --out campaign", "128 dispersed returns"),
    ("homeward report campaign", "what they show, as one page"),
    ("homeward new mine.toml", "a scenario of your own to change"),
)


def tour_page(summary: Mapping[str, Any], pictures: Sequence[str]) -> str:
    """The page as text; ``pictures`` are the names, without ending, of those in the folder."""
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    return templates.get_template("tour.html.j2").render(
        title=title_of(summary),
        rows=figures_of(summary),
        pictures=[(name, told) for name, told in EXPLAINED.items() if name in pictures],
        further=NEXT,
    )


def write_tour(folder: Path, summary: Mapping[str, Any]) -> Path:
    """Write ``tour.html`` beside the pictures of a saved return; returns the file."""
    there = [name for name in EXPLAINED if (folder / f"{name}.png").is_file()]
    file = folder / "tour.html"
    file.write_text(tour_page(summary, there), encoding="utf-8")
    return file
