"""Which plan a rendezvous flies, and which an order may change it to, as the ground tells them."""

import numpy as np
import pytest

from homeward.ground.commands.approach_commands import plans_of
from homeward.scenario.schema.rendezvous import PLANS


@pytest.mark.parametrize(
    ("plan", "fallbacks", "flown"),
    [
        ("3.5h", ("6.5h",), ("3.5h", "6.5h")),
        ("1rev", ("2h", "3.5h"), ("1rev", "2h", "3.5h")),
        ("auto", ("2h", "3.5h", "6.5h"), ("2h", "3.5h", "6.5h")),
        ("auto", ("2h", "3.5h", "6.5h"), ("1rev", "2h", "3.5h", "6.5h")),
        ("auto", ("6.5h",), ("3.5h", "6.5h")),
        ("6.5h", (), ("6.5h",)),
    ],
)
def test_plans_have_the_names_of_those_that_are_flown(plan, fallbacks, flown):
    arrivals = np.array([PLANS[name] - 2718.0 for name in flown])
    arrivals = np.concatenate([arrivals, arrivals]) if len(flown) == 1 else arrivals
    assert plans_of(plan, fallbacks, arrivals) == flown
    assert plans_of(plan, fallbacks, np.stack([arrivals, arrivals])) == flown


def test_without_another_plan_the_one_chosen_has_no_name():
    assert plans_of("auto", (), np.array([9.0, 9.0])) == ("auto",)
