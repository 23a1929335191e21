"""Names in pictures are names: a dollar sign begins no formula, and none can end a flight in an error."""

import dataclasses

import pytest
from synthetic_flight import synthetic_flight

from homeward.output import FlightView
from homeward.output.returns.figures import picture


@pytest.mark.parametrize("name", ["overview", "ground_track", "descent"])
def test_a_dollar_in_a_name_is_a_dollar(name, tmp_path):
    facts, history, legs, summary = synthetic_flight()
    facts = dataclasses.replace(facts, name="cost $5_{ $ \\frac", site_name="$a^{ $b_{")
    picture(name, FlightView(facts, history, legs, summary, {})).savefig(tmp_path / "picture.png", dpi=40)
    assert (tmp_path / "picture.png").stat().st_size > 1000
