"""Picture of the phase map: what every plan costs, by the station's phase at the insertion."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from homeward.output.figure_style.style import INK, SOFT, VERMILION, new_figure, panel_title

HEIGHT, MARGIN = 0.55, 1.25  # inches a plan, and of what is above and below them
REFUSED = "#eeeeee"


def phase_map_figure(found: Mapping[str, Any]) -> Figure:
    """Delta-v [m/s] as colour, plans upward, phase [deg] to the right; grey where a plan does not serve."""
    plans, phases = found["plans"], np.asarray(found["phases_deg"])
    step = 360.0 / len(phases)
    values = np.array(
        [[np.nan if x is None else x for x in told["delta_v_m_s"]] for told in plans.values()], float
    )
    figure = new_figure(9.6, MARGIN + HEIGHT * len(plans))
    low, tall = 0.75 / figure.get_figheight(), HEIGHT * len(plans) / figure.get_figheight()
    ax = figure.add_axes((0.08, low, 0.8, tall))
    ax.set_facecolor(REFUSED)
    edges = np.append(phases, 360.0) - 0.5 * step
    drawn = ax.pcolormesh(edges, np.arange(len(plans) + 1) - 0.5, values, cmap="viridis_r", shading="flat")
    ax.set_yticks(range(len(plans)), list(plans))
    ax.set_xlim(edges[0], edges[-1])
    ax.set_xticks(np.arange(0.0, 361.0, 45.0))
    ax.set_xlabel("phase of the station ahead of the ship at the insertion [deg]")
    ax.grid(visible=False)
    panel_title(
        ax, f"{found['scenario']}: delta-v to the aim point by plan and phase; grey: the plan does not serve"
    )
    own = found["own_phase_deg"]
    ax.axvline(own if own <= edges[-1] else own - 360.0, color=VERMILION, linewidth=1.4)
    ax.annotate(
        "this launch", (own, len(plans) - 0.5), xytext=(4, -2), textcoords="offset points", color=VERMILION,
        fontsize=8, va="top",
    )  # fmt: skip
    bar = figure.colorbar(drawn, cax=figure.add_axes((0.9, low, 0.015, tall)))
    bar.set_label("delta-v [m/s]", color=INK)
    bar.ax.tick_params(colors=SOFT)
    return figure


__all__ = ["phase_map_figure"]
