"""The limits that one return is judged by: one set for summary, campaigns, tables, pictures, displays."""

import dataclasses
import math

from homeward.scenario.schema.scenario import Scenario

BALLISTIC_LOAD = (
    10.0  # g: what a crew is asked to bear in the ballistic fall-back (docs/models/reference_guidance.md)
)
TOUCHDOWN_LIMIT = 10e3  # m from the site within which it counts as reached


@dataclasses.dataclass(frozen=True)
class ReturnLimits:
    """SI and radians but for loads [g]; infinite: ``miss`` of a flight that does not steer, and what the
    scenario does not limit."""

    load: float
    opening_load: float
    heat_rate: float
    heat_load: float
    dynamic_pressure: float
    touchdown_speed: float
    miss: float
    horizontal_speed: float = math.inf
    tilt: float = math.inf
    crew_dose: float = math.inf
    tip_over: float = math.inf
    drogue_canopy: float = math.inf
    main_canopy: float = math.inf

    @property
    def steered(self) -> bool:
        """Whether the flight has to come to its site."""
        return math.isfinite(self.miss)


def return_limits(scenario: Scenario, law: str | None = None) -> ReturnLimits:
    """The limits of a return flown by a guidance law (the scenario's own if left out).

    The ballistic fall-back cannot steer: it has to bring the crew down alive, wherever that is. Its load
    limit is ``BALLISTIC_LOAD``, and the dynamic pressure that goes with the load is allowed in proportion.
    """
    told = scenario.truth.limits
    ballistic = (law or scenario.flight.guidance.law) == "ballistic"
    load = max(told.load_g, BALLISTIC_LOAD) if ballistic else told.load_g
    return ReturnLimits(
        load=load,
        opening_load=told.opening_load_g,
        heat_rate=told.heat_rate_w_m2,
        heat_load=_told(told.heat_load_j_m2),
        dynamic_pressure=told.dynamic_pressure_pa * load / told.load_g,
        touchdown_speed=told.touchdown_speed_m_s,
        miss=math.inf if ballistic else TOUCHDOWN_LIMIT,
        horizontal_speed=_told(told.horizontal_speed_m_s),
        tilt=math.radians(told.tilt_deg) if told.tilt_deg is not None else math.inf,
        crew_dose=_told(told.crew_dose),
        tip_over=_told(told.tip_over_index),
        drogue_canopy=_told(told.drogue_canopy_n),
        main_canopy=_told(told.main_canopy_n),
    )


def _told(limit: float | None) -> float:
    return math.inf if limit is None else limit


__all__ = ["BALLISTIC_LOAD", "TOUCHDOWN_LIMIT", "ReturnLimits", "return_limits"]
