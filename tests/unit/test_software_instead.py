"""What is flown in place of the flight software flies every program of a flight, the recorded too."""

import pytest

from homeward.flight.executive import return_executive as executive
from homeward.sim import lanes, software


class Instead:
    """The package's own calls under another name."""

    cycle = staticmethod(executive.cycle)
    tick = staticmethod(executive.tick)
    rest = staticmethod(executive.rest)


@pytest.mark.parametrize("record", [True, False])
def test_a_lane_that_is_recorded_alone_is_flown_by_it_too(record):
    with software.flown_by(Instead()):
        assert lanes._flies(record) is software.compiled(lanes.chunk_program, record=record)
    assert getattr(lanes._flies(record), "func", None) is lanes._chunk


def test_threads_that_fly_the_same_share_its_programs():
    one = Instead()
    with software.flown_by(one), software.flown_by(one):
        first = software.compiled(lanes.chunk_program, record=False)
    with software.flown_by(one):
        assert software.compiled(lanes.chunk_program, record=False) is first
    assert not software.another()
