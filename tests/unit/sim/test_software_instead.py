"""What is flown in place of the flight software flies every program of a flight, the recorded too."""

import pytest

from homeward.flight.executive import return_executive as executive
from homeward.sim import lanes
from homeward.sim.core import flight_software


class Instead:
    """The package's own calls under another name."""

    cycle = staticmethod(executive.cycle)
    tick = staticmethod(executive.tick)
    rest = staticmethod(executive.rest)


@pytest.mark.parametrize("record", [True, False])
def test_a_lane_that_is_recorded_alone_is_flown_by_it_too(record):
    with flight_software.flown_by(Instead()):
        assert lanes._flies(record) is flight_software.compiled(lanes.chunk_program, record=record)
    assert getattr(lanes._flies(record), "func", None) is lanes._chunk


def test_threads_that_fly_the_same_share_its_programs():
    one = Instead()
    with flight_software.flown_by(one), flight_software.flown_by(one):
        first = flight_software.compiled(lanes.chunk_program, record=False)
    with flight_software.flown_by(one):
        assert flight_software.compiled(lanes.chunk_program, record=False) is first
    assert not flight_software.another()
