"""How a flight shows itself: one line in a console, a table and the overview picture in a notebook."""

from __future__ import annotations

import base64
import html
import io
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from homeward.output.files.dataframes import to_pandas, to_xarray

if TYPE_CHECKING:
    from matplotlib.figure import Figure
else:
    Figure = Any

DPI = 72  # of the picture in a notebook: a third of the bytes of one in a file


class Shown(ABC):
    """What every flight has, flown or read from a folder."""

    summary: dict[str, Any]

    @abstractmethod
    def plot(self) -> Figure:
        """The overview picture, a Matplotlib figure."""

    @abstractmethod
    def arrow_table(self, table: str = "telemetry") -> Any:
        """A table of the flight as it is written to a file, a ``pyarrow.Table``."""

    def to_pandas(self, table: str = "telemetry") -> Any:
        """The telemetry as a ``pandas.DataFrame``, one column a name of the telemetry dictionary.

        Index ``time_s``; angles in degrees; ``attrs`` holds units, frames and descriptions. ``table`` is
        telemetry, or body (of a six-DOF return: one row a control tick). Raises ``InputError`` for another
        table, and where pandas is not installed (the extra ``notebook``).
        """
        return to_pandas(self.arrow_table(table))

    def to_xarray(self, table: str = "telemetry") -> Any:
        """The same as an ``xarray.Dataset`` over ``time_s``, with ``units`` as an attribute of each variable.

        Raises ``InputError`` as ``to_pandas`` does.
        """
        return to_xarray(self.arrow_table(table))

    def __repr__(self) -> str:
        figures = "; ".join(f"{name} {value}" for name, value in figures_of(self.summary)[1:5])
        return f"<{type(self).__name__} {title_of(self.summary)}: {figures}>"

    def _repr_html_(self) -> str:
        """A table of the summary and the overview picture, for a notebook."""
        rows = "".join(
            f"<tr><th style='text-align:left'>{html.escape(name)}</th>"
            f"<td style='text-align:left'>{html.escape(value)}</td></tr>"
            for name, value in figures_of(self.summary)
        )
        title = html.escape(title_of(self.summary))
        return f"<div><b>{title}</b><table>{rows}</table>{_picture(self.plot())}</div>"


def title_of(summary: Mapping[str, Any]) -> str:
    """Scenario and outcome in a few words."""
    outcome = summary.get("outcome") or ("success" if summary.get("success") else "not a success")
    return f"{summary.get('scenario', 'flight')}, {outcome}"


#: Where the figures stand in a summary that people look at first: name, path, unit, digits.
FIGURES: tuple[tuple[str, str, str, int], ...] = (
    ("guidance", "guidance", "", 0),
    ("vehicle model", "fidelity", "", 0),
    ("touchdown miss", "touchdown.miss_km", "km", 3),
    ("parachute opening miss", "parachute.open_miss_km", "km", 3),
    ("peak load", "entry.peak_load_g", "g", 2),
    ("touchdown speed", "touchdown.vertical_speed_m_s", "m/s", 2),
    ("touchdown", "touchdown.time_utc", "", 0),
    ("navigation error at the opening", "navigation.position_error_at_parachute_m", "m", 1),
    ("port", "port", "", 0),
    ("closing speed at contact", "contact.closing_m_s", "m/s", 3),
    ("lateral offset at contact", "contact.lateral_offset_m", "m", 3),
    ("time to dock", "time_to_dock_s", "s", 0),
    ("delta-v", "delta_v_m_s", "m/s", 2),
    ("propellant", "propellant_kg", "kg", 1),
)


def figures_of(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and value with unit of what a summary holds of the main figures; the verdict first."""
    found = [("success", "yes" if summary.get("success") else "no")]
    for name, path, unit, digits in FIGURES:
        value: Any = summary
        for key in path.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        if isinstance(value, bool) or value is None:
            continue
        text = f"{value:.{digits}f} {unit}" if isinstance(value, int | float) else str(value)
        found.append((name, text.strip()))
    found += [("exceeded", str(row["name"])) for row in _limits(summary) if not row.get("kept", True)]
    return found


def _limits(summary: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    return [row for row in summary.get("limits") or () if isinstance(row, Mapping)]


def _picture(figure: Figure) -> str:
    """The figure inside the page, as PNG."""
    raw = io.BytesIO()
    figure.savefig(raw, format="png", dpi=DPI)
    text = base64.b64encode(raw.getvalue()).decode()
    return f"<img alt='overview' style='max-width:100%' src='data:image/png;base64,{text}'>"


__all__ = ["Shown", "figures_of", "title_of"]
