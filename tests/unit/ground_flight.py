"""A made-up flight for the tests of the ground: the synthetic return as a recording, no loop flown."""

import functools

import numpy as np
from synthetic_flight import synthetic_flight

from homeward.ground.recording import Recording, recording
from homeward.output.telemetry import table_columns
from homeward.scenario.schema_ground import Cabin


@functools.cache
def record(cabin: Cabin | None = None) -> Recording:
    """The synthetic return, taken up by the ground."""
    facts, history, legs, summary = synthetic_flight()
    rows = {k: np.array(v)[::3] for k, v in history.items()}
    table = {c.name: c.values(rows) for c in table_columns(rows)}
    return recording(facts.name, facts.epoch_utc, {"telemetry": table}, legs, summary, cabin or Cabin())
