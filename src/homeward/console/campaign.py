"""A campaign as the console shows it: verdicts, landings, distributions, and runs to fly again."""

import asyncio
import contextlib
import json
import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from homeward._process.children import homeward_command
from homeward.campaigns.report.report import metrics_named
from homeward.campaigns.store.records import Records, read_records
from homeward.campaigns.store.store import Store
from homeward.campaigns.verification.requirements import default_requirements
from homeward.campaigns.verification.verdicts import Verdict, judge
from homeward.console.flight import Flight
from homeward.console.reading import read_flight
from homeward.errors import HomewardError, InputError, one_line
from homeward.math.thinning import thin_cloud
from homeward.output.campaigns.distributions import ellipse_of
from homeward.output.views.return_view import local_km

MOST_POINTS = 20_000  # landings that are drawn
BINS = 30
LISTED = 40  # runs in the table


class Campaign:
    """The store in a folder. What is told is read anew each time, as it may be being written."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        manifest = Store.open(folder).manifest
        self.wanted = int(manifest["runs"])
        self.name, self.kind = str(manifest["scenario"]), str(manifest["kind"])
        self.source = f"campaign in {one_line(folder, 120)}"
        self._busy = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None

    def stop(self) -> None:
        """End the process that flies a run again, if there is one."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    def told(self) -> dict[str, Any]:
        """Everything that the page shows; ``note`` says what is missing."""
        store = Store.open(self.folder)
        m = store.manifest
        about = {"name": self.name, "kind": self.kind, "source": self.source, "seed": m["seed"],
                 "fidelity": m.get("fidelity") or "", "wanted": store.wanted, "note": ""}  # fmt: skip
        try:
            records = read_records(self.folder)
        except InputError as error:
            begun = any(store.damaged())
            later = "This campaign has flown no run yet; load the page again later."
            return about | {"runs": 0, "note": str(error) if begun else later}
        runs = len(records)
        if runs < store.wanted:
            about["note"] = (
                f"{runs:,} of {store.wanted:,} runs have been flown: shown is what is there. "
                "While the campaign goes on, load the page again for more."
            )
        try:
            asked = default_requirements(self.name, self.kind, m.get("fidelity"))
            verdicts = judge(records, asked)
        except HomewardError as error:
            verdicts, about["note"] = [], str(error)
        return about | {
            "runs": runs, "failed": int(records.failed.sum()), "success": int(records["success"].sum()),
            "verdicts": [v.told() for v in verdicts], "landings": landings(records),
            "histograms": histograms(records, verdicts), "table": table(records, verdicts),
        }  # fmt: skip

    async def again(self, run: int, place: Path) -> tuple[Flight, str]:
        """Fly a run again in a process of its own: the flight, and whether its bits are those stored.

        Raises InputError with what the process says. One run at a time.
        """
        async with self._busy:
            out = tempfile.mkdtemp(prefix=f"run-{run}-", dir=place)
            command = homeward_command(["replay", self.folder, str(run), "--out", out, "--json"])
            pipe = asyncio.subprocess.PIPE
            self._process = process = await asyncio.create_subprocess_exec(
                *command, stdin=pipe, stdout=pipe, stderr=pipe
            )
            assert process.stdout is not None and process.stderr is not None
            # Its input stays open: the child ends with it.
            told, said = await asyncio.gather(process.stdout.read(), process.stderr.read())
            await process.wait()
        if process.returncode:
            last = said.decode("utf-8", "replace").strip().splitlines()[-1:] or ["it ended without a word"]
            raise InputError(f"run {run}: {last[0]}")
        flight = await asyncio.to_thread(read_flight, out)
        summary = json.loads(told)
        flight.source = f"run {run} of the {self.source}, flown again"
        same = "with the same bits as stored" if summary["same_bits"] else "NOT with the bits that are stored"
        flight.note = "" if summary["same_bits"] else f"Run {run} was flown again, {same}."
        return flight, same


def landings(records: Records) -> dict[str, Any] | None:
    """Touchdowns and openings east and north of the site [km], with the ellipse; None of a rendezvous."""
    site = (records.manifest.get("scenario_document") or {}).get("site")
    if site is None or "touchdown_latitude_deg" not in records:
        return None
    origin = math.radians(site["latitude_deg"]), math.radians(site["longitude_deg"])
    told: dict[str, Any] = {"site": site["name"]}
    for name in ("touchdown", "open"):
        if f"{name}_latitude_deg" not in records:
            continue
        place = [
            np.radians(records[f"{name}_{axis}_deg"].astype(float)) for axis in ("latitude", "longitude")
        ]
        good = np.flatnonzero(~records.failed & np.isfinite(place[0]) & np.isfinite(place[1]))
        east, north = local_km(place[0][good], place[1][good], *origin)
        runs = records["run"][good]
        pick = thin_cloud(east, north, MOST_POINTS)
        points = [east[pick].round(4), north[pick].round(4), runs[pick].astype(float)]
        told[name] = np.stack(points, axis=1).tolist()
        if name == "touchdown" and len(good) > 3:
            middle, half, turn = ellipse_of(east, north)
            told["axes"], told["rims"] = (
                half.round(4).tolist(),
                [_rim(middle, k * half, turn) for k in (1, 2, 3)],
            )
    return told


def _rim(middle: np.ndarray, half: np.ndarray, turn: float) -> list[list[float]]:
    angle = np.linspace(0.0, 2.0 * np.pi, 73)
    a, b = half[0] * np.cos(angle), half[1] * np.sin(angle)
    c, s = math.cos(turn), math.sin(turn)
    return np.stack([middle[0] + c * a - s * b, middle[1] + s * a + c * b], axis=1).round(4).tolist()


def histograms(records: Records, verdicts: list[Verdict]) -> list[dict[str, Any]]:
    """Counts in bins of every result, with its order statistics and the limits asked of it."""
    told = []
    for name in metrics_named(records):
        values = records[name].astype(float)
        seen = np.sort(values[np.isfinite(values) & ~records.failed])
        if len(seen) < 2:
            continue
        counts, edges = np.histogram(seen, BINS)
        unit, words = records.told(name)
        limits = [
            {"x": v.requirement.limit, "name": f"{v.requirement.id}: {_asked(v)}"}
            for v in verdicts
            if v.requirement.quantity == name and v.requirement.statistic in ("quantile", "max", "min")
        ]
        rank = {p: float(seen[min(math.ceil(p * len(seen)), len(seen)) - 1]) for p in (0.5, 0.99)}
        told.append({"name": name, "unit": unit, "text": words, "edges": edges.round(9).tolist(),
                     "counts": counts.tolist(), "p50": rank[0.5], "p99": rank[0.99],
                     "limits": limits})  # fmt: skip
    return told


def _asked(verdict: Verdict) -> str:
    r = verdict.requirement
    return f"p{100 * r.p:g}" if r.statistic == "quantile" else r.statistic


def table(records: Records, verdicts: list[Verdict]) -> dict[str, Any]:
    """Runs worth a look: those that failed, then the worst of every requirement; with their results."""
    names = metrics_named(records)[:6]
    place = {int(run): k for k, run in enumerate(records["run"].tolist())}
    why: dict[int, str] = {int(records["run"][k]): records.failure(int(k)) or "failed"
                           for k in np.flatnonzero(records.failed)[: LISTED // 2]}  # fmt: skip
    for turn in range(3):
        for v in verdicts:
            for w in v.worst[turn : turn + 1]:
                why.setdefault(int(w["run"]), f"{v.requirement.id}: {_place(turn)} {v.requirement.quantity}")
    rows = []
    for run, reason in list(why.items())[:LISTED]:
        k = place[run]
        values = [float(records[n][k]) for n in names]
        good = bool(records["success"][k])
        rows.append({"run": run, "ok": good, "why": reason,
                     "values": [v if math.isfinite(v) else None for v in values]})  # fmt: skip
    units = [records.told(n)[0] for n in names]
    return {"names": names, "units": units, "rows": rows}


def _place(turn: int) -> str:
    return ("worst", "second worst", "third worst")[turn]
