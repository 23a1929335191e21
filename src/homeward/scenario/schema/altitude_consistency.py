"""Altitudes that several sections of a scenario name: those that contradict each other are refused by key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from homeward.earth.constants import WGS84_A, WGS84_F
from homeward.errors import InputError

if TYPE_CHECKING:
    from homeward.scenario.schema.returns import Interface
    from homeward.scenario.schema.scenario import Scenario

LEAST_FALL = 500.0  # m from the opening to the ground, in which a parachute can fill


def contradiction(scenario: Scenario) -> str | None:
    """The first contradiction of site, main, opening, heat shield, interface and separation; None without.

    The sentence begins with the key that is to be changed. From the ground up: site, heat shield dropped,
    parachute opened, entry interface, service module separated; the start of a flight that begins at the
    interface lies between opening and separation.
    """
    legs, guidance = scenario.return_.legs, scenario.flight.guidance
    ground, opening = scenario.site.altitude_m, legs.opening_altitude_m
    interface = guidance.interface_altitude_m
    if opening < ground + LEAST_FALL:
        return (
            f"return.legs.opening_altitude_m: expected an altitude at least {LEAST_FALL:g} m above "
            f"site.altitude_m ({ground:g} m), not {opening:g} m"
        )
    for side, parachute in (("truth", scenario.truth.parachute), ("onboard", scenario.onboard.parachute)):
        shield = parachute.heat_shield_altitude_m
        if parachute.heat_shield_kg > 0.0 and not ground < shield < opening:
            return (
                f"{side}.parachute.heat_shield_altitude_m: expected an altitude between site.altitude_m "
                f"({ground:g} m) and return.legs.opening_altitude_m ({opening:g} m), not {shield:g} m"
            )
    descent = scenario.flight.descent
    if descent.main_order == "wind" and descent.main_lowest_m >= opening - ground:
        return (
            f"flight.descent.main_lowest_m: expected a height below that of return.legs.opening_altitude_m "
            f"above site.altitude_m ({opening - ground:g} m), not {descent.main_lowest_m:g} m"
        )
    # A flight that begins at the interface has left its modules before.
    if legs.start != "interface" and legs.separation_altitude_m < interface:
        return (
            "return.legs.separation_altitude_m: expected an altitude at or above "
            f"flight.guidance.interface_altitude_m ({interface:g} m), not {legs.separation_altitude_m:g} m"
        )
    given = scenario.return_.initial.interface
    if given is not None:
        start, key = _height(given)
        if start < opening:
            return (
                f"return.initial.interface.{key}: expected a start above return.legs.opening_altitude_m or "
                f"at it ({opening:g} m), not at {start:.0f} m"
            )
    return None


def check_start(scenario: Scenario, r_I: np.ndarray) -> None:
    """Refuse a return that starts where its legs have passed; ``r_I`` [m] is where it starts.

    Raises ``InputError`` naming the key: a start in orbit has to lie above the separation, one at the
    interface above the opening. A start told as an interface point has been held against ``contradiction``.
    """
    if scenario.return_.initial.interface is not None:
        return
    legs = scenario.return_.legs
    height = float(np.linalg.norm(r_I)) - WGS84_A * (
        1.0 - WGS84_F
    )  # over the pole's radius: at most too high
    name, wanted = (
        ("opening", legs.opening_altitude_m)
        if legs.start == "interface"
        else ("separation", legs.separation_altitude_m)
    )
    if height <= wanted:
        place = scenario.place(f"return.legs.{name}_altitude_m")
        raise InputError(
            f"{place}: expected an altitude below the one that the return starts at, about "
            f"{max(height, 0.0):.0f} m, not {wanted:g} m"
        )


def _height(given: Interface) -> tuple[float, str]:
    """Altitude [m] of a start and the key that tells it."""
    if given.altitude_m is not None:
        return given.altitude_m, "altitude_m"
    assert given.radius_m is not None
    told = given.latitude_deg if given.latitude_deg is not None else given.latitude_geocentric_deg
    sine = np.sin(np.radians(told or 0.0))
    return given.radius_m - WGS84_A * (1.0 - WGS84_F * float(sine * sine)), "radius_m"


__all__ = ["check_start", "contradiction"]
