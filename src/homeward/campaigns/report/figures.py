"""Which pictures a campaign's report has, made from its records."""

from collections.abc import Callable, Sequence

import numpy as np
from pydantic import ValidationError
from scipy.stats import beta

from homeward.campaigns.analysis.sensitivity import SHOWN, Drivers
from homeward.campaigns.report.footprint import words_of
from homeward.campaigns.store.records import Records
from homeward.campaigns.verification.verdicts import Verdict
from homeward.output.campaigns.distributions import bars, distribution, ellipse_of, scatter, svg
from homeward.output.campaigns.landing_map import Reach, landing_map
from homeward.output.views.return_view import local_km
from homeward.scenario.return_limits import return_limits
from homeward.scenario.schema.scenario import Scenario

Shot = tuple[bytes, str, str]  # picture, title, caption
MOST = 8  # quantities whose distribution is drawn
WORST = 5


def pictures_of(
    records: Records, verdicts: Sequence[Verdict], found: Sequence[Drivers], share: Callable[[float], None],
    reach: Reach | None = None,
) -> dict[str, list[Shot]]:  # fmt: skip
    """Pictures of the results and of what drives them; what was not recorded has none.

    ``reach`` is the ground that can be reached, for the map.
    """
    limits: dict[str, list[tuple[float, str]]] = {}
    for v in verdicts:
        r = v.requirement
        if r.statistic in ("quantile", "max", "min"):
            name = f"p{100 * r.p:g}" if r.statistic == "quantile" and r.upper else r.statistic
            limits.setdefault(r.quantity, []).append((r.limit, name))
    metrics = [c["name"] for c in records.manifest["columns"] if c.get("metric") and c["name"] in records]
    wanted = [*limits, *(n for n in metrics if n not in limits)][:MOST]
    made: list[Shot] = []
    if records.manifest["kind"] == "return":
        made += _map(records, reach) + _loads(records, limits) + _corridor(records)
    else:
        made += _contact(records)
    records.look_up(wanted)
    for k, name in enumerate(wanted):
        share(k / (len(wanted) + len(found) + 1))
        made.append(_distribution(records, name, limits.get(name, [])))
    drawn: list[Shot] = []
    for k, d in enumerate(found):
        share((len(wanted) + k) / (len(wanted) + len(found) + 1))
        drawn.append(_drivers(d))
    return {"results": made, "drivers": drawn}


def band_of(worse: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values, and 95 % bounds (Clopper and Pearson, each by itself) of the share at or beyond."""
    n, ordered = worse.size, np.sort(worse)
    beyond = np.unique(np.round(np.geomspace(1, n, 200)).astype(int))
    values = ordered[n - beyond]
    low, high = beta.ppf(0.025, beyond, n - beyond + 1), beta.ppf(0.975, beyond + 1, n - beyond)
    seen = np.isfinite(values)
    return values[seen], low[seen], np.nan_to_num(high[seen], nan=1.0)


def _distribution(records: Records, name: str, limits: list[tuple[float, str]]) -> Shot:
    unit, words = records.told(name)
    worse = records.worse(name)
    failed = int(np.sum(~np.isfinite(worse)))
    picture = svg(distribution(worse, name, unit, limits, band_of(worse)))
    left = f" {failed:,} runs have no number and lie beyond every value." if failed else ""
    marks = (
        " Dashed: limits; the curve keeps a limit where it passes below the triangle upon it."
        if limits
        else ""
    )
    return picture, f"{name}: {words}" if words else name, f"{len(records):,} runs.{left}{marks}"


def _map(records: Records, reach: Reach | None) -> list[Shot]:
    site = records.manifest.get("scenario_document", {}).get("site")
    names = ("touchdown_latitude_deg", "touchdown_longitude_deg", "open_latitude_deg", "open_longitude_deg")
    if site is None or not all(n in records for n in names[:2]):
        return []
    records.look_up(names)
    origin = (float(np.radians(site["latitude_deg"])), float(np.radians(site["longitude_deg"])))

    def place(latitude: str, longitude: str) -> tuple[np.ndarray, np.ndarray]:
        return np.radians(records[latitude].astype(float)), np.radians(records[longitude].astype(float))

    there = place(*names[:2])
    good = ~records.failed & np.isfinite(there[0]) & np.isfinite(there[1])
    if good.sum() < 3:
        return []
    east, north = local_km(there[0][good], there[1][good], *origin)
    site_deg = float(site["latitude_deg"]), float(site["longitude_deg"])
    opened = None
    if all(n in records for n in names[2:]):
        above = place(*names[2:])
        opened = local_km(above[0][good], above[1][good], *origin)
    runs = records["run"][good]
    far = np.argsort(-np.hypot(east, north))[:WORST]
    worst = [(int(runs[k]), float(east[k]), float(north[k])) for k in far]
    middle, half, turn = ellipse_of(east, north)
    within = _inside(east, north, middle, half, turn)
    told = ", ".join(f"{100 * np.mean(within <= k):.1f} % within {k}σ" for k in (1, 2, 3))
    caption = (
        f"{site['name']}, plane touching the ellipsoid there. One sigma is {half[0]:.2f} by "
        f"{half[1]:.2f} km, its longer axis {np.degrees(np.pi / 2 - turn) % 180:.0f}° from north, its middle "
        f"{np.hypot(*middle):.2f} km from the site. Of these runs {told}; of normal ones 39.3, 86.5, 98.9 %. "
        "Dashed: rings about the site."
    )
    title = "Where the runs came down"
    if reach is not None:
        title, caption = f"{title}, and the ground that can be reached", caption + words_of(reach)
    return [(svg(landing_map((east, north), opened, worst, reach, site_deg)), title, caption)]


def _inside(east, north, middle, half, turn) -> np.ndarray:
    """Sigmas of the ellipse that a place lies on."""
    c, s = np.cos(turn), np.sin(turn)
    x, y = east - middle[0], north - middle[1]
    a, b = np.maximum(half, 1e-12)
    return np.hypot((c * x + s * y) / a, (-s * x + c * y) / b)


def _loads(records: Records, limits: dict[str, list[tuple[float, str]]]) -> list[Shot]:
    if "peak_load_g" not in records or "open_miss_km" not in records:
        return []
    own = _load_limit(records)
    miss = min((v for v, _ in limits.get("open_miss_km", [])), default=None)
    figure = scatter(
        records["open_miss_km"].astype(float), records["peak_load_g"].astype(float),
        ("open_miss_km", "peak_load_g"), records["success"].astype(bool), (miss, own),
    )  # fmt: skip
    return [
        (
            svg(figure),
            "Peak load against opening miss",
            "Blue: succeeded; red crosses: did not. Dashed: limits.",
        )
    ]


def _load_limit(records: Records) -> float | None:
    """The limit that this campaign's entries are judged by, None where its scenario is not known."""
    document = records.manifest.get("scenario_document")
    try:
        return return_limits(Scenario.model_validate(document)).load
    except ValidationError:
        return None


def _corridor(records: Records) -> list[Shot]:
    if "flight_path_angle_deg" not in records or "peak_load_g" not in records:
        return []
    angle, load = records["flight_path_angle_deg"].astype(float), records["peak_load_g"].astype(float)
    good = records["success"].astype(bool)
    figure = scatter(angle, load, ("flight_path_angle_deg", "peak_load_g"), good)
    seen = np.isfinite(angle)
    caption = "No run reached the interface."
    if seen.any():
        caption = (
            f"Entry angles from {angle[seen].min():.3f}° to {angle[seen].max():.3f}°. "
            f"{_sides(angle[seen], good[seen])}"
        )
    return [(svg(figure), "Entry corridor: peak load over entry angle", caption)]


def _sides(angle: np.ndarray, good: np.ndarray) -> str:
    if good.all():
        return "All of them succeeded."
    bad = angle[~good]
    return f"{bad.size:,} did not succeed, at {bad.min():.3f}° to {bad.max():.3f}°."


def _contact(records: Records) -> list[Shot]:
    if "lateral_offset_m" not in records or "closing_m_s" not in records:
        return []
    good = (
        records["inside_idss"].astype(bool) if "inside_idss" in records else records["success"].astype(bool)
    )
    figure = scatter(records["closing_m_s"].astype(float), records["lateral_offset_m"].astype(float),
                     ("closing_m_s", "lateral_offset_m"), good, (None, 0.10))  # fmt: skip
    caption = "Blue: inside the contact box of IDSS Rev E; red crosses: not. Dashed: its offset."
    return [(svg(figure), "Contact: offset over closing speed", caption)]


def _drivers(d: Drivers) -> Shot:
    rows = {}
    for name in list(d.regression)[:SHOWN]:
        rows[name.removeprefix("draw_")] = {"regression": d.regression[name], "Sobol": d.sobol[name]}
    figure = bars(rows, f"{d.quantity}: rank regression coefficient, and first-order Sobol index")
    caption = (
        f"{d.runs:,} runs. The plane through the ranks explains {100 * max(d.fit, 0.0):.0f} % of their "
        f"variance, the Sobol indices of all dispersions add up to {sum(d.sobol.values()):.2f}. Chance: "
        f"a coefficient of ±{d.noise:.2f}, an index of {d.sobol_noise:.3f}."
    )
    if max(map(abs, d.regression.values())) < 3.0 * d.noise and max(d.sobol.values()) < 3.0 * d.sobol_noise:
        caption += " No dispersion stands out alone: what moves this result is several together, or noise."
    return svg(figure), f"What drives {d.quantity}", caption


__all__ = ["Shot", "band_of", "pictures_of"]
