"""What the predictive law is told of a flight: how fast it comes in, and which load it must not pass."""

import numpy as np
import pytest

from homeward.earth.constants import G0
from homeward.planning.return_plan import plan_return
from homeward.scenario import load
from homeward.scenario.build.flight_computer import entry_speed, guarded_load

ARTEMIS = 10991.9  # m/s at 400,000 ft: AAS 24-174 (NTRS 20240000024), table 1


@pytest.mark.parametrize(
    ("name", "speed"), [("artemis-1", ARTEMIS), ("apollo-10", 11067.15), ("shenzhou-15", 0.0)]
)
def test_the_speed_at_the_interface_is_known_from_any_kind_of_start(name, speed):
    # By energy over a sphere of the equator's radius: 4.1 km above the ground of 26 deg south, 3.5 m/s.
    assert entry_speed(load(name)) == pytest.approx(speed, abs=5.0)


def test_the_dynamic_pressure_bounds_the_load_where_its_limit_comes_first():
    def guarded(pressure):
        scenario = load("apollo-10", {"onboard.limits.dynamic_pressure_pa": pressure})
        return guarded_load(scenario, plan_return(scenario).flight.guidance.model)

    capsule = load("apollo-10").onboard.capsule
    area = np.pi / 4.0 * capsule.diameter_m**2
    force = capsule.drag_coefficient * area * np.hypot(1.0, capsule.lift_to_drag)
    assert guarded("3.0e4") == pytest.approx(3.0e4 * force / capsule.mass_kg / G0, rel=1e-6)
    assert guarded("9.0e4") == load("apollo-10").onboard.limits.load_g
