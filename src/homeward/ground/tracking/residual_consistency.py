"""Whether an orbit and its measurements agree: a covariance promises nothing that the residuals deny.

A fit that leaves out what does not suit it, or weighs it down, still ends with a small covariance. It is one
of the orbit only if few measurements had to be left out and the others lie about it as their sigmas say.
"""

import numpy as np

from homeward.ground.tracking.batch_least_squares import OUTLIER, Orbit
from homeward.ground.tracking.measurements import Tracks

KINDS = ("range", "doppler", "azimuth", "elevation")
MOST_LEFT_OUT = 0.10  # of the measurements of a kind
MOST_SPREAD = 50.0  # sigma that a kind may be off typically: half a day of the space station makes Doppler 12
MOST_RMS = 2.0  # of what was used, over sigma and spread: 1 where errors are normal
LEAST_TAIL = 0.8  # of the measurements after a time that do not fit: then it is the time that matters


def objection(tracks: Tracks, orbit: Orbit) -> str:
    """Why the residuals deny an orbit fitted to these tracks, as a clause; empty where they do not."""
    there = np.isfinite(tracks.values)
    scaled = orbit.residuals
    reasons = []
    for k, kind in enumerate(KINDS):
        used = scaled[orbit.used[:, k], k]
        total, left_out = int(there[:, k].sum()), int((there[:, k] & ~orbit.used[:, k]).sum())
        if left_out > MOST_LEFT_OUT * total:
            reasons.append(f"{left_out} of {total} measurements of {kind} do not fit it")
        elif orbit.spread[k] > MOST_SPREAD:
            reasons.append(f"{kind} is typically {orbit.spread[k]:.0f} sigma off")
        elif len(used) and (rms := float(np.sqrt(np.mean(used**2)))) > MOST_RMS:
            reasons.append(f"{kind} is {rms * orbit.spread[k]:.1f} sigma off in the mean")
    if not reasons:
        return ""
    return ", ".join(reasons) + _where(tracks, orbit, there)


def _where(tracks: Tracks, orbit: Orbit, there: np.ndarray) -> str:
    """From when on the measurements do not fit, or which station's, where one of both explains it."""
    rows = np.any(there & (np.abs(orbit.residuals) > OUTLIER), axis=1)
    if not rows.any():
        return ""
    first = int(np.argmax(rows))
    if 0 < first < len(rows) - 1 and rows[first:].mean() > LEAST_TAIL:
        since = f"{tracks.time[first]:.0f}"
        return f"; from {since} s on it does not fit (a burn, a separation, the air?): try --until {since}"
    by = {
        s.name: float(rows[tracks.station == k].mean())
        for k, s in enumerate(tracks.stations)
        if (tracks.station == k).any()
    }
    bad = [name for name, share in by.items() if share > LEAST_TAIL]
    if bad and len(bad) < len(by):
        return f"; the measurements of {', '.join(bad)} do not fit those of the others"
    return ""
