"""The cabin as the ground sees it: air, heat, power and the load on the crew, simulated, with three faults.

Air: an isothermal vessel that empties through a hole, choked while the pressure outside is below 0.528 of
that inside and by the isentropic orifice's law above it (Shapiro, *Compressible Fluid Flow*, I, 4.4). Heat:
one node, people and equipment against a cooling loop. Power: two buses, each on a battery with an inner
resistance. The sizes are ours: those of a capsule of three people. Nothing of this acts back on the flight.
"""

import equinox as eqx
import numpy as np

from homeward.ground.telemetry.dictionary import CABIN_APID, Group, parameter_of
from homeward.icd import channel
from homeward.output.files.telemetry import columns
from homeward.scenario.schema.ground import Cabin
from homeward.typing import Scalar


class CabinFrame(eqx.Module):
    """One row of cabin telemetry."""

    time: Scalar = channel("s", "time since the scenario's epoch")
    cabin_pressure: Scalar = channel("Pa", "pressure of the cabin's air", span=(0.0, 2e5))
    oxygen_pressure: Scalar = channel("Pa", "partial pressure of oxygen", span=(0.0, 1e5))
    cabin_temperature: Scalar = channel("K", "temperature of the cabin's air", span=(150.0, 400.0))
    bus_a: Scalar = channel("V", "voltage of power bus A", span=(0.0, 40.0))
    bus_b: Scalar = channel("V", "voltage of power bus B", span=(0.0, 40.0))
    bus_a_current: Scalar = channel("A", "current out of battery A", span=(0.0, 200.0))
    bus_b_current: Scalar = channel("A", "current out of battery B", span=(0.0, 200.0))
    crew_load: Scalar = channel("g", "load on the crew", span=(0.0, 100.0))


CABIN = Group("cabin", CABIN_APID, "cabin", tuple(parameter_of(CabinFrame, c) for c in columns(CabinFrame)))
SEA_LEVEL = 101325.0  # Pa, the cabin's pressure when nothing leaks
OXYGEN = 0.21
WARMTH = 295.0  # K, at the start
AIR_GAS, RATIO = 287.05, 1.4
DISCHARGE = 0.8  # of a hole with sharp edges
PERSON_W, EQUIPMENT_W = 120.0, 480.0
HEAT_CAPACITY = 1.5e5  # J/K: air, seats and linings
COOLANT = 290.0  # K
BATTERY_V, INNER_OHM, CAPACITY_AS = 29.5, 0.02, 250.0 * 3600.0
DROOP_V = 3.0  # over the whole charge
NOISE = {
    "cabin_pressure_pa": 20.0, "oxygen_pressure_pa": 10.0, "cabin_temperature_k": 0.05, "bus_a_v": 0.02,
    "bus_b_v": 0.02, "bus_a_current_a": 0.05, "bus_b_current_a": 0.05, "crew_load_g": 0.0,
}  # fmt: skip


def orifice_flow(inside: float, outside: float, temperature: float, area: float) -> float:
    """Mass flow [kg/s] of air out of a hole of ``area`` [m2]; pressures in Pa, negative if it flows in."""
    if inside < outside:
        return -orifice_flow(outside, inside, temperature, area)
    if inside <= 0.0:
        return 0.0
    share = max(outside / inside, (2.0 / (RATIO + 1.0)) ** (RATIO / (RATIO - 1.0)))
    factor = 2.0 * RATIO / (RATIO - 1.0) * (share ** (2.0 / RATIO) - share ** ((RATIO + 1.0) / RATIO))
    return DISCHARGE * area * inside * float(np.sqrt(max(factor, 0.0) / (AIR_GAS * temperature)))


def cabin_table(
    cabin: Cabin, time: np.ndarray, load: np.ndarray, outside: np.ndarray, seed: int = 0
) -> dict[str, np.ndarray]:
    """Cabin telemetry at ``time`` [s] (n,), from the load [g] and the pressure outside [Pa] (n,) there."""
    pressure, warmth = SEA_LEVEL, WARMTH
    used = {"a": 0.0, "b": 0.0}
    rows: list[list[float]] = []
    for k, now in enumerate(time):
        step = float(now - time[k - 1]) if k else 0.0
        # Parts of at most a second: a row may be ten seconds after the last.
        for _ in range(max(int(np.ceil(step)), 1) if step > 0.0 else 0):
            h = step / max(int(np.ceil(step)), 1)
            if 0.0 <= cabin.leak_from_s <= now:
                flow = orifice_flow(pressure, float(outside[k]), warmth, cabin.leak_mm2 * 1e-6)
                pressure -= h * flow * AIR_GAS * warmth / cabin.volume_m3
            heat = PERSON_W * cabin.crew + EQUIPMENT_W
            cooling = heat * (warmth - COOLANT) / (WARMTH - COOLANT)
            if 0.0 <= cabin.cooling_fails_s <= now:
                cooling *= cabin.cooling_left
            warmth += h * (heat - cooling) / HEAT_CAPACITY
        failed = cabin.bus_fails if 0.0 <= cabin.bus_fails_s <= now else ""
        row = [float(now), pressure, OXYGEN * pressure, warmth]
        volts, amperes = [], []
        for bus, other in (("a", "b"), ("b", "a")):
            current = 0.0 if bus == failed else 12.0 * (1.6 if other == failed else 1.0)
            used[bus] += current * step
            live = BATTERY_V - INNER_OHM * current - DROOP_V * used[bus] / CAPACITY_AS
            volts.append(0.0 if bus == failed else max(live, 0.0))
            amperes.append(current)
        rows.append([*row, *volts, *amperes, float(load[k])])
    table = dict(zip(CABIN.names, np.asarray(rows, float).T, strict=True))
    draw = np.random.default_rng([seed, CABIN_APID])
    for name, sigma in NOISE.items():
        noisy = table[name] + sigma * draw.standard_normal(len(time))
        table[name] = np.where(table[name] == 0.0, 0.0, np.maximum(noisy, 0.0))
    return table


def faultless(cabin: Cabin) -> Cabin:
    """The same cabin without its faults."""
    return cabin.model_copy(update={"leak_from_s": -1.0, "cooling_fails_s": -1.0, "bus_fails_s": -1.0})
