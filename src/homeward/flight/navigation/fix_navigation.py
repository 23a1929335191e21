"""Navigation that trusts a fix whose error the world models: where no filter flies."""

import jax.numpy as jnp

from homeward.earth.orientation import AbstractOrientation, inertial_to_earth_now
from homeward.flight.interfaces import AbstractNavigation
from homeward.icd import Measurements, Navigation


class FixNavigation(AbstractNavigation):
    """Turns the measured inertial state into what guidance reads, with the onboard Earth orientation."""

    orientation: AbstractOrientation

    def init(self) -> tuple[()]:
        return ()

    def step(self, state: tuple[()], measurements: Measurements) -> tuple[tuple[()], Navigation]:
        t = measurements.time
        spin = self.orientation.at(t)
        r_E, v_E = inertial_to_earth_now(spin, measurements.position_fix, measurements.velocity_fix)
        force_E = jnp.sum(spin.C_EI0 * measurements.specific_force[None, :], axis=1)
        return state, Navigation(
            time=t, r_BE_E=r_E, v_BE_E=v_E, specific_force=force_E, bank=measurements.bank,
            blackout=~measurements.fix_valid,
        )  # fmt: skip
