"""The radio link: what becomes of each packet between ship and ground, drawn before it is sent."""

import dataclasses

import numpy as np

from homeward.ground.telemetry.packets import group_packets
from homeward.ground.telemetry.recording import Recording
from homeward.scenario.schema.ground import Link


@dataclasses.dataclass(frozen=True)
class Delivery:
    """One arrival at the ground: when [s since the epoch], and the octets."""

    time: float
    octets: bytes


def sent_packets(recording: Recording) -> list[tuple[float, bytes]]:
    """Every packet of a flight with the time [s] at which it is sent, in that order."""
    sent: list[tuple[float, bytes]] = []
    for group in recording.dictionary.groups:
        table = recording.tables[group.name]
        time = np.asarray(table["time_s"], float)
        packets = group_packets(group, table, recording.clock, time)
        sent += zip(time.tolist(), packets, strict=True)
    return sorted(sent, key=lambda item: item[0])


def blackouts(recording: Recording) -> list[tuple[float, float]]:
    """Start and end [s] of each stretch in which nothing gets through."""
    table = recording.tables.get("flight")
    if table is None:
        return []
    time = np.asarray(table["time_s"], float)
    dark = np.concatenate([[0], np.asarray(table["blackout"]).astype(int), [0]])
    starts, ends = np.flatnonzero(np.diff(dark) == 1), np.flatnonzero(np.diff(dark) == -1) - 1
    return [(float(time[a]), float(time[b])) for a, b in zip(starts, ends, strict=True)]


def deliver(
    sent: list[tuple[float, bytes]], link: Link, dark: list[tuple[float, float]] | None = None
) -> list[Delivery]:
    """What arrives, in the order of arrival. The same seed loses the same packets."""
    draw = np.random.default_rng([link.seed, 1])
    n = len(sent)
    lost, twice = draw.random(n) < link.drop, draw.random(n) < link.duplicate
    late = link.delay_s + link.jitter_s * draw.standard_exponential((2, n))
    arrivals: list[Delivery] = []
    for k, (time, octets) in enumerate(sent):
        if lost[k] or (not link.through_blackout and any(a <= time <= b for a, b in dark or ())):
            continue
        arrivals.append(Delivery(time + float(late[0, k]), octets))
        if twice[k]:
            arrivals.append(Delivery(time + float(late[1, k]), octets))
    return sorted(arrivals, key=lambda d: d.time)
