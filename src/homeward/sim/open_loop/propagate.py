"""Flies one open-loop file to its end on the host, chunk by chunk, and sums it up."""

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward.earth.geodesy import horizontal_distance
from homeward.errors import Infeasible
from homeward.sim.open_loop.channels import channels, offset_of_altitude
from homeward.sim.open_loop.dynamics import Body, Planet, State, advance
from homeward.typing import Array, Float, Scalar

CHUNK = 500  # steps of one compiled call
SHOWN = (
    "time_s", "latitude_deg", "longitude_deg", "altitude_m", "speed_m_s", "flight_path_angle_deg",
    "heading_deg", "airspeed_m_s", "mach", "load_g", "heat_rate_w_m2", "dynamic_pressure_pa", "downrange_m",
)  # fmt: skip


@dataclass(frozen=True)
class OpenLoop:
    """One flight, ready to fly: what, through what, from where, and until when."""

    name: str
    body: Body
    planet: Planet
    y0: State
    step: float  # s
    record_every: int  # steps between rows of the table
    stop_time: float  # s
    stop_altitude: float | None  # m, on the way down
    crossings: tuple[float, ...] = ()  # m, told on each passage, up or down


@dataclass(frozen=True)
class OpenLoopResult:
    """A flown open-loop flight: ``summary`` (nested, JSON-ready) and ``table`` (name with unit -> column)."""

    summary: dict[str, Any]
    table: dict[str, np.ndarray]
    options: dict[str, Any] = field(default_factory=dict)

    def save(self, out_dir: str | Path, pictures: bool = True) -> list[Path]:
        """Write summary.json, telemetry as CSV and Parquet, and pictures if asked; returns the paths."""
        from homeward.sim.open_loop.files import save

        return save(self, Path(out_dir), pictures)


def _told(model_start: State, body: Body, planet: Planet, t: Scalar, y: State) -> dict[str, Scalar]:
    told = channels(body, planet, t, y)
    return told | {"downrange_m": horizontal_distance(planet.ellipsoid, model_start[:3], y[:3])}


@eqx.filter_jit
def _chunk(
    body: Body, planet: Planet, start: State, t: Scalar, y: State, step: Scalar
) -> tuple[Float[Array, "n k"], dict[str, Float[Array, " n"]]]:
    """States after 1 to ``CHUNK`` steps, and everything told about them."""

    def one(x: State, before: Scalar) -> tuple[State, State]:
        x = advance(body, planet, x, step, before)
        return x, x

    times = t + step * jnp.arange(1, CHUNK + 1, dtype=float)
    _, states = jax.lax.scan(one, y, times - step)
    return states, jax.vmap(partial(_told, start, body, planet))(times, states)


@eqx.filter_jit
def _within(body: Body, planet: Planet, start: State, t: Scalar, y: State, part: Scalar) -> dict[str, Scalar]:
    """Everything told about the instant ``part`` seconds after a state."""
    return _told(start, body, planet, t + part, advance(body, planet, y, part, t))


_offset = eqx.filter_jit(offset_of_altitude)


def propagate(model: OpenLoop) -> OpenLoopResult:
    """Fly to the stop time, or to the descent through the stop altitude if that comes first.

    Fixed Runge-Kutta steps; events lie on the integrator's own shortened step, so neither their times nor
    the peaks are rounded to a step. Raises ``Infeasible`` if the state leaves the finite numbers.
    """
    body, planet, y0 = model.body, model.planet, model.y0
    step, zero = jnp.asarray(model.step), jnp.asarray(0.0)
    first = _within(body, planet, y0, zero, y0, zero)
    blocks: list[dict[str, np.ndarray]] = [{k: np.asarray(v)[None] for k, v in first.items()}]
    states = [np.asarray(y0)[None]]
    flown, t, y = 0, zero, y0
    total = int(np.ceil(model.stop_time / model.step - 1e-9))
    while flown < total and not _stops(model, blocks[-1], len(blocks)):
        ys, told = _chunk(body, planet, y0, t, y, step)
        previous = blocks[-1]["altitude_m"][-1:]
        blocks.append({k: np.asarray(v) for k, v in told.items()})
        blocks[-1]["_before"] = np.concatenate([previous, blocks[-1]["altitude_m"][:-1]])
        states.append(np.asarray(ys))
        flown += CHUNK
        t, y = jnp.asarray(flown * model.step), ys[-1]
    steps = {k: np.concatenate([b[k] for b in blocks]) for k in first}
    return _finish(model, steps, np.concatenate(states))


def _stops(model: OpenLoop, block: dict[str, np.ndarray], blocks: int) -> bool:
    if not np.all(np.isfinite(block["altitude_m"])):
        return True  # told with its time once the flight is put together
    if model.stop_altitude is None or blocks == 1:
        return False
    return bool(
        np.any((block["_before"] > model.stop_altitude) & (block["altitude_m"] <= model.stop_altitude))
    )


def _finish(model: OpenLoop, steps: dict[str, np.ndarray], states: np.ndarray) -> OpenLoopResult:
    """Cut the flight at its end and find what the summary tells."""
    body, planet, y0 = model.body, model.planet, model.y0
    h = steps["altitude_m"]

    def within(index: int, part: float) -> dict[str, float]:
        start, y = jnp.asarray(index * model.step), jnp.asarray(states[index])
        told = _within(body, planet, y0, start, y, jnp.asarray(part))
        return {k: float(v) for k, v in told.items()}

    def crossing(index: int, wanted: float) -> dict[str, float]:
        y = jnp.asarray(states[index])
        part = _offset(body, planet, y, jnp.asarray(model.step), jnp.asarray(wanted))
        return within(index, float(part))

    last, ended = int(np.floor(model.stop_time / model.step + 1e-9)), "time"
    if model.stop_altitude is not None:
        down = np.flatnonzero((h[:-1] > model.stop_altitude) & (h[1:] <= model.stop_altitude))
        if down.size and down[0] * model.step < model.stop_time:
            last, ended = int(down[0]), "altitude"
    bad = np.flatnonzero(~np.isfinite(states[: last + 1]).all(axis=1))
    if bad.size:
        when = bad[0] * model.step
        raise Infeasible(f"{model.name}: the state is not finite after {when:g} s; a shorter step may help")
    final = None
    if ended == "altitude" and model.stop_altitude is not None:
        final = crossing(last, model.stop_altitude)
        ended = "altitude" if final["time_s"] <= model.stop_time else "time"
    if ended == "time":
        final = within(last, max(model.stop_time - last * model.step, 0.0))
    assert final is not None
    kept = {k: v[: last + 1] for k, v in steps.items()}
    whole = {k: np.append(v, final[k]) for k, v in kept.items()}
    passed = []
    heights = whole["altitude_m"].copy()
    if ended == "altitude":
        heights[-1] = model.stop_altitude  # so that the end counts as a crossing of its own altitude
    for wanted in model.crossings:
        side = heights > wanted
        for i in np.flatnonzero(side[:-1] != side[1:]):
            event = crossing(int(i), wanted)
            passed.append({"crossed_m": wanted, "descending": bool(side[i])} | _pick(event))
    heat = float(np.trapezoid(whole["heat_rate_w_m2"], whole["time_s"]))
    summary = {
        "scenario": model.name,
        "ended_by": ended,
        "step_s": model.step,
        "steps": last,
        "start": _pick({k: float(v[0]) for k, v in kept.items()}),
        "final": _pick(final),
        "peak_load": _peak("load_g", whole, model, within),
        "peak_heating": _peak("heat_rate_w_m2", whole, model, within),
        "peak_dynamic_pressure": _peak("dynamic_pressure_pa", whole, model, within),
        "heat_load_j_m2": heat,
        "crossings": passed,
    }
    rows = np.arange(0, last + 1, model.record_every)
    rows = rows if abs(final["time_s"] - rows[-1] * model.step) < 1e-9 else np.append(rows, -1)
    names = [*SHOWN, *(name for name in whole if name not in SHOWN)]
    return OpenLoopResult(summary, {name: whole[name][rows] for name in names})


def _pick(told: dict[str, float]) -> dict[str, float]:
    return {k: told[k] for k in SHOWN}


def _peak(name: str, whole: dict[str, np.ndarray], model: OpenLoop, within: Any) -> dict[str, float]:
    """The largest value of a channel, at the top of the parabola through the three highest steps."""
    values = whole[name]
    i = int(np.argmax(values))
    if not 0 < i < values.size - 2:
        return _pick({k: float(v[i]) for k, v in whole.items()})
    low, top, high = values[i - 1 : i + 2]
    bend = low - 2.0 * top + high
    shift = 0.0 if bend >= 0.0 else float(np.clip(0.5 * (low - high) / bend, -0.5, 0.5))
    event = _pick(within(i - 1, (1.0 + shift) * model.step))
    return event if event[name] >= top else _pick({k: float(v[i]) for k, v in whole.items()})
