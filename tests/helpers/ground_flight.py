"""A made-up flight for the tests of the ground: the synthetic return as a recording, no loop flown."""

import functools

import numpy as np
from synthetic_flight import synthetic_flight

from homeward.ground.telemetry.dictionary import told_columns
from homeward.ground.telemetry.recording import Recording, recording
from homeward.icd import Accuracy
from homeward.output.files.telemetry import table_columns
from homeward.scenario.schema.ground import Cabin


@functools.cache
def record(cabin: Cabin | None = None) -> Recording:
    """The synthetic return, taken up by the ground."""
    facts, history, legs, summary = synthetic_flight()
    rows = {k: np.array(v)[::3] for k, v in history.items()}
    table = {c.name: c.values(rows) for c in table_columns(rows)}
    return recording(facts.name, facts.epoch_utc, {"telemetry": table}, legs, summary, cabin or Cabin())


@functools.cache
def record_with_accuracy() -> Recording:
    """The same with what navigation believes of itself: a group without a time of its own."""
    facts, history, legs, summary = synthetic_flight()
    rows = {k: np.array(v)[::3] for k, v in history.items()}
    table = {c.name: c.values(rows) for c in table_columns(rows)}
    for k, column in enumerate(told_columns(Accuracy, 0)):
        table[column.name] = 1.0 + k + 0.001 * table["time_s"]
    return recording(facts.name, facts.epoch_utc, {"telemetry": table}, legs, summary, Cabin())
