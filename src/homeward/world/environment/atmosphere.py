"""Air against altitude: exponential, U.S. Standard 1976, and any table on an even grid."""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from scipy.interpolate import CubicSpline

from homeward.earth.constants import G0, GAMMA_AIR, GAS_CONSTANT_AIR
from homeward.earth.time import Epoch
from homeward.errors import InputError
from homeward.typing import Array, Float, Scalar
from homeward.world.environment import us1976_tables
from homeward.world.environment.interfaces import AbstractAtmosphere, Air

Column = np.ndarray | Sequence[float] | Sequence[int]


def _scalar(value: float | int | Array) -> Array:
    return jnp.asarray(value, float)


class ExponentialAtmosphere(AbstractAtmosphere):
    """``rho = rho0 exp(-h / scale_height)`` at one temperature: density [kg/m3], height [m], [K].

    Pressure follows from the ideal gas law, so it is not hydrostatic unless
    ``scale_height = R T / g``. Valid for closed-form comparisons, at any altitude.
    """

    rho0: Scalar = eqx.field(converter=_scalar)
    scale_height: Scalar = eqx.field(converter=_scalar)
    temperature: Scalar = eqx.field(converter=_scalar, default=250.0)

    def at(self, altitude: Scalar) -> Air:
        """Air at an altitude [m]; the exponent is bounded so that a point far below ground stays finite."""
        density = self.rho0 * jnp.exp(jnp.minimum(-altitude / self.scale_height, 50.0))
        pressure = density * GAS_CONSTANT_AIR * self.temperature
        sound = jnp.sqrt(GAMMA_AIR * GAS_CONSTANT_AIR * self.temperature)
        return Air(density, self.temperature, pressure, sound)


class TableAtmosphere(AbstractAtmosphere):
    """Air on an evenly spaced altitude grid: the form in which truth flies.

    ``rows`` holds log density [log kg/m3], temperature [K], log pressure [log Pa] and speed of sound
    [m/s] at ``h0 + i dh`` [m]; linear between rows, so density and pressure are exponential there.
    Beyond either end temperature and speed of sound stay, and density and pressure go on with the scale
    height of the last interval: to vacuum above, and below by at most 10 km (then they stay too).
    """

    h0: Scalar = eqx.field(converter=_scalar)
    dh: Scalar = eqx.field(converter=_scalar)
    rows: Float[Array, "n 4"]

    def at(self, altitude: Scalar) -> Air:
        """Air at an altitude [m]. One multiply finds the row: there is no search."""
        last = self.rows.shape[0] - 1
        position = jnp.clip((altitude - self.h0) / self.dh, -1.0e4 / self.dh, 1.0e6)
        index = jnp.clip(jnp.floor(position), 0.0, last - 1.0).astype(jnp.int32)
        lower, upper = self.rows[index], self.rows[index + 1]
        along = position - index.astype(position.dtype)
        inside = jnp.clip(along, 0.0, 1.0)
        log_density, temperature, log_pressure, sound = lower + inside * (upper - lower)
        # A table whose last interval rises upwards must not grow without bound.
        beyond = along - inside
        log_density = log_density + beyond * jnp.minimum(upper[0] - lower[0], 0.0)
        log_pressure = log_pressure + beyond * jnp.minimum(upper[2] - lower[2], 0.0)
        return Air(jnp.exp(log_density), temperature, jnp.exp(log_pressure), sound)

    def altitudes(self) -> Float[Array, " n"]:
        """Altitudes [m] of the rows."""
        return self.h0 + self.dh * jnp.arange(self.rows.shape[0], dtype=float)


def table_atmosphere(
    altitude: Column,
    density: Column,
    temperature: Column | None = None,
    pressure: Column | None = None,
    sound_speed: Column | None = None,
    *,
    step: float = 100.0,
    method: str = "linear",
) -> TableAtmosphere:
    """A user's table on any ascending altitudes [m], resampled to an even ``step`` [m].

    ``method`` is ``"linear"`` (in the logarithm of density and pressure), ``"cubic"`` (a not-a-knot spline
    through the values themselves) or ``"log-cubic"`` (one through the logarithms). What is not given
    follows from the ideal gas law with the constants of the lower air: temperature 250 K if neither it nor
    pressure is known, else ``p = rho R T`` and ``a = sqrt(gamma R T)``. Raises ``InputError`` for fewer
    than two rows (four for a spline), a spline that falls below zero, an
    altitude that does not increase, or a value that is not positive and finite.
    """
    h, rho = np.asarray(altitude, float), np.asarray(density, float)
    if h.ndim != 1 or h.size < (2 if method == "linear" else 4) or rho.shape != h.shape:
        raise InputError("air table: altitude and density: two columns of equal length, 2 rows (4 if cubic)")
    if not np.all(np.isfinite(h)) or np.any(np.diff(h) <= 0.0):
        raise InputError("air table: altitude: must increase from row to row")
    known = None if temperature is None else np.asarray(temperature, float)
    p = None if pressure is None else np.asarray(pressure, float)
    if known is None:
        known = np.full_like(h, 250.0) if p is None else p / (rho * GAS_CONSTANT_AIR)
    p = rho * GAS_CONSTANT_AIR * known if p is None else p
    a = np.sqrt(GAMMA_AIR * GAS_CONSTANT_AIR * known)
    a = a if sound_speed is None else np.asarray(sound_speed, float)
    columns = {"density": rho, "temperature": known, "pressure": p, "sound_speed": a}
    for name, column in columns.items():
        if column.shape != h.shape or not np.all(np.isfinite(column)) or np.any(column <= 0.0):
            raise InputError(f"air table: {name}: every value must be positive, one per altitude")
    count = max(round((h[-1] - h[0]) / step), 1)
    grid = np.linspace(h[0], h[-1], count + 1)
    values = np.stack(list(columns.values()), axis=1)
    logs = np.stack([np.log(rho), known, np.log(p), a], axis=1)
    match method:
        case "linear":
            rows = np.stack([np.interp(grid, h, column) for column in logs.T], axis=1)
        case "log-cubic":
            rows = CubicSpline(h, logs)(grid)
        case "cubic":
            rows = CubicSpline(h, values)(grid)
            if np.any(rows <= 0.0):
                where = grid[np.argmin(np.min(rows, axis=1))]
                raise InputError(f"air table: the cubic falls below zero near {where:.0f} m; use log-cubic")
            rows[:, [0, 2]] = np.log(rows[:, [0, 2]])
        case _:
            raise InputError(f"air table: method: 'linear', 'cubic' or 'log-cubic', not {method!r}")
    return TableAtmosphere(h[0], (h[-1] - h[0]) / count, jnp.asarray(rows, float))


def sample(atmosphere: AbstractAtmosphere, h0: float | Scalar, dh: float | Scalar, n: int) -> TableAtmosphere:
    """Any atmosphere as ``n`` rows from ``h0`` [m] every ``dh`` [m]."""
    air = jax.vmap(atmosphere.at)(h0 + dh * jnp.arange(n, dtype=float))
    rows = jnp.stack([jnp.log(air.density), air.temperature, jnp.log(air.pressure), air.sound_speed], axis=1)
    return TableAtmosphere(h0, dh, rows)


class UsStandard1976(AbstractAtmosphere):
    """U.S. Standard Atmosphere 1976, from -5 km to 1,000 km.

    To 86 km the standard's own closed form in geopotential altitude (eqs. 18, 23, 33a, 33b, 42, 50); from
    there its temperature formula and splines through its published pressure and molecular
    weight, where the speed of sound, which the standard leaves open above 86 km, is
    ``sqrt(gamma p / rho)``. Beyond the table: see ``TableAtmosphere``.
    Source: NOAA-S/T 76-1562 (1976). Mid-latitude yearly mean at moderate solar activity.
    """

    upper: TableAtmosphere

    def __init__(self) -> None:
        h0, dh, rows = us1976_tables.upper_table()
        self.upper = TableAtmosphere(h0, dh, jnp.asarray(rows, float))

    def at(self, altitude: Scalar) -> Air:
        """Air at a geometric altitude [m]; below -5 km it stays as at -5 km."""
        z = jnp.clip(altitude, -5e3, us1976_tables.TOP)
        geopotential = us1976_tables.RADIUS * z / (us1976_tables.RADIUS + z)
        scale_temperature = jnp.asarray(us1976_tables.SURFACE_TEMPERATURE)
        log_pressure = jnp.asarray(np.log(us1976_tables.SURFACE_PRESSURE))
        bases = us1976_tables.LAYER_BASE
        for base, top, lapse in zip(bases[:-1], bases[1:], us1976_tables.LAYER_LAPSE, strict=True):
            # Every layer adds its share, so no lane looks for its own: sums instead of a search.
            along = jnp.clip(geopotential - base, -6e3 if base == 0.0 else 0.0, top - base)
            if lapse == 0.0:
                share = along / scale_temperature
            else:
                share = jnp.log1p(lapse * along / scale_temperature) / lapse
                scale_temperature = scale_temperature + lapse * along
            log_pressure = log_pressure - G0 / GAS_CONSTANT_AIR * share
        pressure = jnp.exp(log_pressure)
        density = pressure / (GAS_CONSTANT_AIR * scale_temperature)
        sound = jnp.sqrt(GAMMA_AIR * GAS_CONSTANT_AIR * scale_temperature)
        slopes = np.diff(us1976_tables.WEIGHT_RATIO) / np.diff(us1976_tables.WEIGHT_ALTITUDE)
        weight = 1.0 + jnp.sum(slopes * jnp.clip(z - us1976_tables.WEIGHT_ALTITUDE[:-1], 0.0, 500.0))
        lower = Air(density, scale_temperature * weight, pressure, sound)
        upper = self.upper.at(altitude)
        return jax.tree.map(lambda a, b: jnp.where(altitude < us1976_tables.TOP, a, b), lower, upper)


def _second_of(epoch_iso: str) -> str:
    """The date for NumPy, whose clock has no second 60; to MSIS a second is nothing."""
    text = Epoch.from_iso(epoch_iso).to_iso(3).removesuffix("Z")
    return text[:17] + "59.999" if text[17:19] == "60" else text


def msis_table(
    epoch_iso: str,
    altitudes: Column,
    latitudes: Column,
    longitudes: Column,
    f107: float = 150.0,
    ap: float = 7.0,
    *,
    version: float | int = 2.1,
    step: float = 500.0,
) -> TableAtmosphere:
    """MSIS along a mission: the air at given points, as a table against altitude.

    ``altitudes`` [m] ascending, ``latitudes`` and ``longitudes`` [rad] of the same length (the path
    down), all at ``epoch_iso`` (UTC). ``f107`` serves as the daily and the 81-day solar flux
    [1e-22 W/m2/Hz], ``ap`` as every geomagnetic index. Pressure is the sum over the species, the speed
    of sound ``sqrt(1.4 p / rho)``. Raises ``InputError`` if the optional package is not installed.
    Source: Emmert et al. (2021), doi:10.1029/2020EA001321, through pymsis; ``version=0`` is NRLMSISE-00.
    """
    try:
        import pymsis
    except ImportError as error:
        raise InputError("air: model 'msis': needs the extra: pip install 'homeward[msis]'") from error
    h = np.asarray(altitudes, float)
    output = pymsis.calculate(
        np.full(h.shape, np.datetime64(_second_of(epoch_iso))),
        np.degrees(longitudes),
        np.degrees(latitudes),
        h / 1e3,
        np.full(h.shape, f107),
        np.full(h.shape, f107),
        np.full((*h.shape, 7), ap),
        version=version,
    )
    density, temperature = np.asarray(output[:, 0], float), np.asarray(output[:, 10], float)
    # Number densities of N2, O2, O, He, H, Ar, N, anomalous O, NO; a species left out is NaN.
    number = np.nansum(np.asarray(output[:, 1:10], float), axis=1)
    pressure = number * 1.380649e-23 * temperature
    return table_atmosphere(
        h,
        density,
        temperature,
        pressure,
        np.sqrt(GAMMA_AIR * pressure / density),
        step=step,
        method="log-cubic",
    )
