"""One flown rendezvous: its telemetry, its summary, its files."""

import dataclasses
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from homeward.astro.lvlh import from_curvilinear
from homeward.errors import InputError
from homeward.flight.rendezvous.approach_sequence import HOP, WITHDRAWAL_NAMES
from homeward.flight.rendezvous.port_dynamics import PORTS
from homeward.missions.rendezvous_history import PairHistory
from homeward.output.files.telemetry import arrow_table
from homeward.output.files.telemetry_record import Telemetry
from homeward.output.notebook_view import Shown
from homeward.output.views.rendezvous_view import Box, Hold, PairFacts, PairView, SpeedLimits
from homeward.planning.rendezvous_plan import RendezvousPlan
from homeward.sim.rendezvous import contact

Place = tuple[float, float, float]


@dataclasses.dataclass(repr=False)
class RendezvousFlight(Shown):
    """A flown rendezvous: ``summary`` for machines, ``history`` row by row, ``save`` for files and pictures.

    ``history.rows`` is the telemetry, SI and radians: columns such as ``r_BI_I_x``, and whole channels of
    ``icd_pair.PairFrame``.

    ``withdrawal`` holds the rows of the flight away from the station, if one was flown.
    """

    plan: RendezvousPlan
    history: PairHistory
    summary: dict[str, Any]
    withdrawal: dict[str, np.ndarray] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.history.rows, Telemetry):
            self.history = dataclasses.replace(self.history, rows=Telemetry(self.history.rows))

    @cached_property
    def facts(self) -> PairFacts:
        """What the files and pictures need to know of the scenario."""
        return facts_of(self.plan, self.history)

    @property
    def view(self) -> PairView:
        """The record as the pictures see it."""
        return PairView(self.facts, in_order(self.history.rows), self.summary)

    def plot(self, picture: str = "relative_path") -> Any:
        """One picture, a Matplotlib figure: the path in the station's frame, unless another is named.

        ``picture`` is one of ``homeward.output.save_rendezvous.PICTURES``; ``InputError`` for another.
        """
        from homeward.output.save_rendezvous import PICTURES
        from homeward.output.save_rendezvous import picture as drawn

        if picture not in PICTURES:
            raise InputError(f'picture="{picture}": expected {", ".join(PICTURES)}')
        return drawn(picture, self.view)

    def arrow_table(self, table: str = "telemetry") -> Any:
        """The telemetry as a ``pyarrow.Table``, units in the fields' metadata."""
        if table != "telemetry":
            raise InputError(f'table="{table}": expected telemetry')
        return arrow_table(self.facts, in_order(self.history.rows), self.view.legs(), "rendezvous")

    def save(
        self, folder: str | Path, progress: Callable[[str, float], None] | None = None, *,
        pictures: Sequence[str] | None = None, every: float | None = None,
    ) -> list[Path]:  # fmt: skip
        """Write summary, telemetry, tracks and pictures into a folder; returns the files.

        ``pictures`` names those to draw, ``()`` for none; ``every`` keeps one row of the tables in
        that many seconds.
        """
        from homeward.output.save_rendezvous import PICTURES, save_rendezvous

        drawn = PICTURES if pictures is None else pictures
        rows = in_order(self.history.rows)
        files = save_rendezvous(folder, self.facts, rows, self.summary, progress, drawn, every)
        if self.withdrawal is not None:
            from homeward.output.rendezvous.withdrawal import save_withdrawal

            facts = dataclasses.replace(self.facts, stages=(*self.facts.stages, *WITHDRAWAL_NAMES))
            files += save_withdrawal(Path(folder), facts, self.withdrawal, self.summary, progress)
        return files


def facts_of(plan: RendezvousPlan, history: PairHistory) -> PairFacts:
    """The plain facts of a planned rendezvous."""
    told, hull, steps = plan.told, plan.world.hull, plan.close.steps
    axes, port, dock = np.array(PORTS[told.port]), np.asarray(hull.port_T), float(hull.dock_B[0])
    holds = []
    for k, hold in enumerate(told.holds):
        place = np.asarray(steps.place_L[0]) if k == 0 else port + axes[0] * (hold.distance_m + dock)
        holds.append(Hold(hold.distance_m, _place(place)))
    hop = np.asarray(steps.place_L)[int(np.flatnonzero(np.asarray(steps.kind) == HOP)[0])]
    radius = jnp.asarray(float(np.linalg.norm(plan.inserted.station[0])))
    aim, _ = from_curvilinear(plan.far.aim[:3], plan.far.aim[3:], radius, jnp.zeros(()))
    profile = plan.close.law.profile
    return PairFacts(
        name=plan.scenario.name, epoch_utc=plan.inserted.epoch.to_iso(6), port=told.port,
        stages=tuple(history.stages), aim_L=_place(aim), aim_time=history.arrivals[0],
        hold_time=history.arrivals[1], holds=tuple(holds),
        midway_L=_place(hop) if told.port == "nadir" else None, port_L=_place(port),
        C_DL=tuple(_place(row) for row in axes), half_size_m=told.station.half_size_m,
        keep_out_m=told.station.keep_out_radius_m, corridor_deg=told.station.corridor_deg, dock_m=dock,
        speeds=SpeedLimits(float(profile.contact), float(profile.slope), float(profile.most)),
        box=Box(
            contact.CLOSING, contact.LATERAL_RATE, contact.LATERAL, float(np.degrees(contact.ANGLE)),
            float(np.degrees(contact.ANGLE)), float(np.degrees(contact.RATE)),
        ),
    )  # fmt: skip


def in_order(rows: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The rows whose time is before that of every later one: far guidance records a cycle past its end."""
    rows = rows.channels if isinstance(rows, Telemetry) else rows
    time = np.where(np.isfinite(rows["time"]), rows["time"], np.inf)
    later = np.minimum.accumulate(time[::-1])[::-1]
    keep = np.append(time[:-1] < later[1:], True)
    return {name: values[keep] for name, values in rows.items()}


def _place(values: Any) -> Place:
    x, y, z = (float(v) for v in np.asarray(values))
    return x, y, z
