"""Commands sent from the console: what is shown of each, also where answers come at once or never."""

import numpy as np
import pytest

from homeward.console.flight import Flight
from homeward.console.orders import Orders
from homeward.console.setting import setting_of
from homeward.earth.time import Epoch
from homeward.ground.commands.authentication import Opener, Sealer
from homeward.ground.commands.commands import Order
from homeward.ground.commands.onboard_executive import Executive, Situation
from homeward.io.cuc_time import Clock

KEY, OTHER = bytes(range(32)), bytes(32)
EPOCH = Epoch.from_iso("2022-12-04T00:00:00Z")
CLOCK = Clock.of(EPOCH)
FLIGHT = "toy@2022-12-04"


@pytest.fixture
def said():
    return []


@pytest.fixture
def orders(said):
    return Orders(lambda *line: said.append(line))


def ship(key=KEY):
    return Executive(Opener(key, FLIGHT, CLOCK), Situation)


def station(flown):
    return Sealer(KEY, FLIGHT, CLOCK, flown.ship)


def test_an_answer_that_is_there_before_the_command_has_left_is_shown(orders, said):
    flown = ship()

    def put(packet):
        for told in flown.uplink(packet, 10.0):
            orders.answered(told, 10.0)

    orders.send("hold", 10.0, station(flown), put)
    assert [a["outcome"] for a in orders.answers] == ["refused"]
    assert said and said[0][1] == "order" and said[0][2].startswith("HOLD: refused")


def test_the_list_that_a_viewer_holds_is_never_changed(orders):
    before = orders.answers
    orders.send("hold", 0.0, None, lambda _: None)
    orders.add(1.0, "HOLD", "acts")
    assert before == [] and [a["outcome"] for a in orders.answers] == ["no command", "acts"]


def test_what_cannot_be_sent_is_told_in_words(orders):
    sealer = station(ship())

    def torn(_):
        raise BrokenPipeError

    orders.send("hold", 0.0, None, lambda _: None)
    orders.send("hold " * 2000, 0.0, sealer, lambda _: None)
    orders.send("hold", 0.0, Sealer(KEY, FLIGHT, CLOCK), lambda _: None)
    orders.send("hold", 0.0, sealer, torn)
    told = [(a["outcome"], a["reason"]) for a in orders.answers]
    assert told[0] == ("no command", "no key, as --key names it")
    assert told[1] == ("no command", "too long")
    assert told[2][0] == "no command" and "no ship that has this key" in told[2][1]
    assert told[3] == ("not sent", "the flight cannot be reached")


def test_only_the_ship_s_own_answer_to_this_command_counts(orders):
    flown, up = ship(), []
    mine = station(flown)
    orders.send("hold", 0.0, mine, up.append)
    _, other = station(flown).seal(Order("GO"), 0.0)
    (stranger,) = flown.uplink(other, 0.0)
    (right,) = flown.uplink(up[0], 0.0, 1)
    for false in (b"", bytes(8), stranger, right[:-3], bytes([*right[:40], right[40] ^ 1, *right[41:]])):
        orders.answered(false, 0.0)
        assert [a["outcome"] for a in orders.answers] == ["sent"]
    orders.answered(right, 0.0)
    assert [a["outcome"] for a in orders.answers] == ["refused"]


def test_an_answer_that_is_kept_back_is_noticed_and_still_counts_when_it_comes(orders, monkeypatch):
    flown, up = ship(), []
    orders.send("hold", 0.0, station(flown), up.append)
    orders.overdue()
    assert orders.answers[0]["outcome"] == "sent"
    monkeypatch.setattr("homeward.console.orders.PATIENCE", -1.0)
    orders.overdue()
    assert orders.answers[0]["outcome"] == "unknown" and "is not known" in orders.answers[0]["reason"]
    for octets in flown.uplink(up[0], 0.0):
        orders.answered(octets, 0.0)
    assert orders.answers[0]["outcome"] == "refused"


def test_the_log_of_a_flight_never_looks_empty_while_it_is_put_in_order():
    flight = Flight("toy", "return", EPOCH, ["altitude_m"], setting_of("toy"))
    seen = []

    class Watching(float):
        """A time that looks at the log whenever it is compared: what another thread might see."""

        def __lt__(self, other):
            seen.append(len(flight.events))
            return float(self) < float(other)

    flight.say(Watching(2.0), "order", "second")
    flight.say(Watching(1.0), "order", "first")
    assert [e["text"] for e in flight.events] == ["first", "second"]
    assert seen and min(seen) >= 1
    assert np.isfinite([e["t"] for e in flight.events]).all()
