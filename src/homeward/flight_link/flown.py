"""A return flown by a process of its own, from the greeting to the farewell."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from homeward.codegen.export import scenario_hash
from homeward.codegen.record import traced
from homeward.errors import Infeasible
from homeward.flight_link.connection import Connection
from homeward.flight_link.delivery import Delivery
from homeward.flight_link.messages import messages_of
from homeward.flight_link.process import Process
from homeward.flight_link.standby import Standby
from homeward.io.cuc_time import Clock
from homeward.planning.return_plan import ReturnPlan
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.core.flight_software import flown_by
from homeward.sim.mission import planned


@contextmanager
def linked(
    address: str, scenario: Scenario, plan: ReturnPlan, fidelity: str, flight: Any, seed: tuple[int, int]
) -> Iterator[Standby]:
    """Fly ``tcp://HOST:PORT``; ``flight`` is what it is loaded with, ``seed`` what losses are drawn from.

    Raises ``InputError`` where nobody listens or what listens is none of this scenario, and ``Infeasible``
    where it is lost and nothing takes over.
    """
    conditions = scenario.simulation.link
    connection = Connection.to(address, Clock.of(plan.epoch))
    try:
        messages = messages_of(traced(plan), planned(plan.flight, plan.legs))
        process = Process(address, connection, messages, conditions.timeout_s, conditions.waiting_s)
        process.greet(scenario_hash(scenario, fidelity))
        start = float(np.asarray(plan.truth.time))
        process.load(flight, start)
    except BaseException:
        connection.close()
        raise
    delivery = Delivery(messages.answer, conditions.latency_s, conditions.lost_share, (*seed, 0x1175))
    software = Standby(process, delivery, messages)
    try:
        with flown_by(software):
            yield software
        told = software.lost
        if told is not None and conditions.on_loss == "end":
            raise Infeasible(
                f"{scenario.name}: the run is lost at {told['at_s']:.1f} s ({told['mode']}): {told['why']}"
            )
    finally:
        process.end(software.last)


__all__ = ["linked"]
