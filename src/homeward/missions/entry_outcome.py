"""What the flight computer made of an entry: steered to its end, or given up; and how true its word was."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.program import program
from homeward.flight.entry.ballistic import BallisticEntryGuidance
from homeward.flight.entry.guidance_monitor import ATTITUDE, PLACE, PREDICTION, ROLLING
from homeward.flight.executive.flight_computer import FlightComputer
from homeward.typing import Array, Float, Scalar, Vec3

CAUSES = {
    PLACE: "position unknown",
    ATTITUDE: "attitude unknown",
    PREDICTION: "the guidance prediction jumped from cycle to cycle",
}
PASSES = 4  # of a prediction that starts from nothing


@program
def _ends(
    law: BallisticEntryGuidance, r_E: Float[Array, "n 3"], v_E: Float[Array, "n 3"], altitude: Scalar
) -> Float[Array, "n 3"]:
    def one(r: Vec3, v: Vec3) -> Vec3:
        length = law.init_length()
        end = r
        for _ in range(PASSES):
            length, end, _ = law.foretold(length, r, v, jnp.zeros(()), altitude)
        return end

    return jax.vmap(one)(r_E, v_E)


def entry_verdict(
    flight: FlightComputer, outcome: Any, touchdown_E: np.ndarray, radius: float
) -> dict[str, np.ndarray]:
    """Numbers of every lane: whether the entry ended rolling, since when [s], why, seconds in which the load
    turned the lift up; and how far [m] the touchdown (n, 3) is from what was foretold when steering was given
    up, NaN where it was not. Nothing of a ship whose entry is not watched."""
    watch, told = flight.entry_watch, outcome.carry.flight.entry_watch
    if watch is None or told is None:
        return {}
    rolling = np.asarray(told.mode) == ROLLING
    off = np.full(rolling.shape, np.nan)
    if rolling.any():
        law = jax.tree.map(lambda x: np.asarray(x)[0], watch.fallback)
        altitude = np.asarray(flight.target.altitude).ravel()[0]
        # Those that were steered have no state to foretell from: the first that rolls stands in for them.
        some = np.where(rolling, np.arange(len(rolling)), int(np.argmax(rolling)))
        ends = np.asarray(_ends(law, np.asarray(told.r_E)[some], np.asarray(told.v_E)[some], altitude))
        place = touchdown_E / np.linalg.norm(touchdown_E, axis=1)[:, None]
        cosine = np.clip(np.sum(ends * place, axis=1), -1.0, 1.0)
        off = np.where(rolling, radius * np.arccos(cosine), np.nan)
    return {
        "rolling": rolling, "rolling_since": np.asarray(told.since), "rolling_cause": np.asarray(told.cause),
        "lifted": np.asarray(told.lifted), "prediction_off": off,
    }  # fmt: skip


def told_verdict(numbers: dict[str, Any]) -> dict[str, Any] | None:
    """Of one lane, in words; None of a ship whose entry is not watched."""
    if "rolling" not in numbers:
        return None
    rolling = bool(numbers["rolling"])
    lifted = float(numbers["lifted"])
    return {
        "mode": "ballistic" if rolling else "degraded" if lifted else "continue",
        "lift_up_s": lifted,
        "since_s": float(numbers["rolling_since"]) if rolling else None,
        "cause": CAUSES.get(int(numbers["rolling_cause"])) if rolling else None,
        "prediction_off_km": float(numbers["prediction_off"]) / 1e3 if rolling else None,
    }
