"""Small saved flights for the tests of the console: the synthetic return and rendezvous, no loop flown."""

import shutil
from pathlib import Path

import numpy as np
from synthetic_flight import synthetic_flight
from synthetic_pair import synthetic_pair

from homeward.output.files.telemetry import write_parquet
from homeward.output.save_return import write_summary
from homeward.output.views.rendezvous_view import PairView

# Drawn by the processor, and no name of any other machine is known to it.
SWITCHES = [
    "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]  # fmt: skip


def saved_return(folder: Path) -> Path:
    """The synthetic return as the console reads it: telemetry and summary."""
    facts, history, legs, summary = synthetic_flight()
    folder.mkdir(parents=True, exist_ok=True)
    write_parquet(folder / "telemetry.parquet", facts, {k: np.asarray(v) for k, v in history.items()}, legs)
    write_summary(folder / "summary.json", summary)
    return folder


def saved_pair(folder: Path) -> Path:
    """The synthetic rendezvous."""
    facts, history, summary = synthetic_pair()
    folder.mkdir(parents=True, exist_ok=True)
    legs = PairView(facts, history, summary).legs()
    write_parquet(folder / "telemetry.parquet", facts, history, legs, "rendezvous")
    write_summary(folder / "summary.json", summary)
    return folder


def chromium() -> str | None:
    """Where Chromium is, None where it is not."""
    return next(
        (p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None
    )
