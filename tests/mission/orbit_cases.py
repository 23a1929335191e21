"""Orbits and sites for the tests: two-line elements with their checksums, and scenarios made of them."""

import json
import re
from pathlib import Path

from homeward.io.tle import checksum
from homeward.scenario import load
from homeward.scenario.files.shipped import shipped_file
from homeward.scenario.schema.scenario import Scenario


def elements(
    inclination: float, node: float = 0.0, eccentricity: float = 0.001, perigee: float = 90.0,
    anomaly: float = 0.0, motion: float = 15.6, epoch: str = "23250.50000000",
) -> str:  # fmt: skip
    """The `[return.initial]` table of made-up elements: angles in degrees, motion in revolutions a day."""
    first = f"1 99999U 23001A   {epoch}  .00010000  00000+0  30000-3 0  999"
    second = (
        f"2 99999 {inclination:8.4f} {node:8.4f} {round(eccentricity * 1e7):07d} {perigee:8.4f} "
        f"{anomaly:8.4f} {motion:11.8f}    1"
    )
    lines = [line.ljust(68) for line in (first, second)]
    return f"tle = {json.dumps([line + str(checksum(line)) for line in lines])}"


def scenario(
    folder: Path, initial: str, site: tuple[float, float, float], *, start: str = "undock", **settings: float
) -> Scenario:
    """The default scenario with another orbit and another site (degrees, degrees, metres).

    ``settings`` are dotted keys with ``__`` for the dot.
    """
    text = shipped_file("shenzhou-15").read_text()
    first, last = text.index("[return.initial]"), text.index("[return.legs]")
    text = text[:first] + f"[return.initial]\n{initial}\n\n" + text[last:]
    for key, value in zip(("latitude_deg", "longitude_deg", "altitude_m"), site, strict=True):
        text = re.sub(rf"^{key} = \S+", f"{key} = {float(value)}", text, count=1, flags=re.M)
    text = re.sub(r'^start = "undock"', f'start = "{start}"', text, flags=re.M)
    path = folder / "case.toml"
    path.write_text(text)
    return load(path, {key.replace("__", "."): str(value) for key, value in settings.items()})
