"""Heat through the thickness of a heat shield: one-dimensional conduction under a face that may ablate.

An ablating layer lies on others that do not. In the layers ``rho c dT/dt = d/dx (k dT/dx)``; the innermost
face passes no heat. At the outer face come in convection, less what a hot wall refuses, and radiation of the
shock layer; out goes the wall's own radiation:

    q(T) = qc (1 - hw / h0) + qr - e s (T4 - T04),    hw = cp T

Below its ablation temperature the wall takes what conduction takes away. At it the wall stays, and what is
left over removes material: ``m (H + b (h0 - hw)) = q(Ta) - k dT/dx``, where ``H`` is the heat of ablation and
``b`` the share of the enthalpy difference that the gas which blows off keeps from the wall. Source of this
balance and of the moving face: Landau (1950), Quart. Appl. Math. 8, 81-94; Adams (1959), ARS J. 29, 625.

The ablating layer's nodes keep their share of what is left of it, closer together at the face; steps are
implicit (backward Euler), with a fixed number of iterations for the fourth power and for the choice between
the two faces. All points of a shield are solved side by side.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
from scipy.linalg import solve_banded

STEFAN_BOLTZMANN = 5.670374419e-8  # W/(m2 K4), CODATA 2018
CP_AIR = 1005.0  # J/(kg K)
LEAST_ENTHALPY = 150.0 * CP_AIR  # J/kg: of still air at 150 K, colder than any
ITERATIONS = 5
CROWDED = 1.8  # power by which nodes crowd toward the face
LEAST = 0.02  # share of the ablating layer that is left when it counts as gone


@dataclasses.dataclass(frozen=True)
class Layer:
    """A layer of one material: thickness [m], density [kg/m3], specific heat [J/(kg K)], conductivity
    [W/(m K)]; ``cells`` into which it is cut."""

    thickness: float
    density: float
    specific_heat: float
    conductivity: float
    cells: int


@dataclasses.dataclass(frozen=True)
class Face:
    """The outer face: emissivity, ablation temperature [K], heat of ablation [J/kg], share ``blowing``."""

    emissivity: float
    ablation_temperature: float
    heat_of_ablation: float
    blowing: float


@dataclasses.dataclass(frozen=True)
class Heating:
    """What comes to the face, a row an instant of ``time`` [s], a column a point: ``convective`` (cold wall)
    and ``radiative`` [W/m2]; ``enthalpy`` [J/kg] of the stream, a row an instant."""

    time: np.ndarray
    convective: np.ndarray
    radiative: np.ndarray
    enthalpy: np.ndarray

    def between(self, k: int, share: float) -> "Instant":
        """What comes in, ``share`` of the way from row ``k - 1`` to row ``k``."""
        qc, qr, h = ((1.0 - share) * x[k - 1] + share * x[k]
                     for x in (self.convective, self.radiative, self.enthalpy))  # fmt: skip
        return Instant(qc, qr, max(float(h), LEAST_ENTHALPY))


@dataclasses.dataclass(frozen=True)
class Instant:
    """What comes to the face of every point at one time, as in ``Heating``."""

    convective: np.ndarray
    radiative: np.ndarray
    enthalpy: float


@dataclasses.dataclass(frozen=True)
class Response:
    """Histories of every point, a row an instant, a column a point: temperatures [K] of the face, under the
    ablating layer (``bond``) and of the innermost face (``back``), ``recession`` [m]. ``profile`` are all
    nodes' temperatures at the end, (points, nodes), at ``depth`` [m] from where the face was."""

    time: np.ndarray
    face: np.ndarray
    bond: np.ndarray
    back: np.ndarray
    recession: np.ndarray
    absorbed: np.ndarray  # J/m2 that the face has let in and spent on ablation, each point
    profile: np.ndarray
    depth: np.ndarray


class Shield:
    """Layers, from the outer one inwards, under a face: see the module."""

    def __init__(self, layers: Sequence[Layer], face: Face) -> None:
        self.layers, self.face = tuple(layers), face
        outer = layers[0]
        self.share = (np.arange(outer.cells + 1) / outer.cells) ** CROWDED  # of the layer, each node of it
        inner = [np.full(x.cells, x.thickness / x.cells) for x in layers[1:]]
        self._inner = np.concatenate([*inner, np.zeros(0)])
        self.cells = outer.cells + len(self._inner)
        per_cell = [np.repeat([getattr(x, name) for x in layers], [x.cells for x in layers])
                    for name in ("conductivity", "density", "specific_heat")]  # fmt: skip
        self._k, self._rho_c = per_cell[0], per_cell[1] * per_cell[2]
        self._sky = 0.0

    def respond(self, heating: Heating, start: float, step: float = 1.0) -> Response:
        """Temperatures and recession under a heating, from ``start`` [K] throughout, in steps of at most
        ``step`` [s]."""
        points = heating.convective.shape[1]
        t = np.full((points, self.cells + 1), float(start))
        gone, absorbed = np.zeros(points), np.zeros(points)
        self._sky = float(start)
        ablating, rate = np.zeros(points, bool), np.zeros(points)
        rows = [(t[:, 0].copy(), t[:, self.layers[0].cells].copy(), t[:, -1].copy(), gone.copy())]
        for k in range(1, len(heating.time)):
            lasts = float(heating.time[k] - heating.time[k - 1])
            count = max(int(np.ceil(lasts / step - 1e-9)), 1)
            for n in range(1, count + 1):
                w = n / count
                told = heating.between(k, w)
                t, gone, ablating, rate, let_in = self._step(t, gone, ablating, rate, told, lasts / count)
                absorbed = absorbed + let_in * lasts / count
            rows.append((t[:, 0].copy(), t[:, self.layers[0].cells].copy(), t[:, -1].copy(), gone.copy()))
        face, bond, back, recession = (np.stack(x) for x in zip(*rows, strict=True))
        left = self.layers[0].thickness - gone
        depth = np.cumsum(np.concatenate([gone[:, None], self._widths(left)], axis=1), axis=1)
        return Response(heating.time, face, bond, back, recession, absorbed, t, depth)

    def _widths(self, left: np.ndarray) -> np.ndarray:
        """Widths [m] of all cells of each point, whose ablating layer has ``left`` [m] of its thickness."""
        outer = left[:, None] * np.diff(self.share)
        return np.concatenate([outer, np.broadcast_to(self._inner, (len(left), len(self._inner)))], axis=1)

    def _flux(self, wall: np.ndarray, told: Instant) -> tuple[np.ndarray, np.ndarray]:
        """Net heat [W/m2] into a face at ``wall`` [K], and its derivative by that temperature."""
        e, refused = self.face.emissivity * STEFAN_BOLTZMANN, told.convective * CP_AIR / told.enthalpy
        q = told.convective - refused * wall + told.radiative - e * (wall**4 - self._sky**4)
        return q, -refused - 4.0 * e * wall**3

    def _step(
        self, t: np.ndarray, gone: np.ndarray, ablating: np.ndarray, rate: np.ndarray, told: Instant,
        dt: float,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
        """One implicit step: temperatures, recession, what ablates and how fast [m/s], heat let in [W/m2]."""
        outer, face = self.layers[0], self.face
        width = self._widths(outer.thickness - gone)
        between = self._k / width
        half = self._rho_c * width / 2.0
        held = np.zeros_like(t)
        held[:, :-1] += half
        held[:, 1:] += half
        hot, most = face.ablation_temperature, outer.thickness * (1.0 - LEAST)
        wall, new, let_in = t[:, 0], t, np.zeros(len(t))
        spent = face.heat_of_ablation + face.blowing * np.maximum(told.enthalpy - CP_AIR * hot, 0.0)
        for _ in range(ITERATIONS):
            low, main, high, right = self._rows(t, held, between, rate, dt)
            q, slope = self._flux(np.where(ablating, hot, wall), told)
            taken = main[:, 0].copy(), high[:, 0].copy(), right[:, 0].copy()
            main[:, 0] = np.where(ablating, 1.0, main[:, 0] - slope)
            high[:, 0] = np.where(ablating, 0.0, high[:, 0])
            right[:, 0] = np.where(ablating, hot, right[:, 0] + q - slope * wall)
            new = _solved(low, main, high, right)
            inside = taken[0] * new[:, 0] + taken[1] * new[:, 1] - taken[2]  # what the first cell takes
            rate = np.where(ablating, np.maximum(q - inside, 0.0) / (spent * outer.density), 0.0)
            let_in = np.where(ablating, q, q + slope * (new[:, 0] - wall))
            ablating = np.where(ablating, q > inside, new[:, 0] > hot) & (gone < most)
            wall = new[:, 0]
        return new, np.minimum(gone + rate * dt, most), ablating, rate, let_in

    def _rows(
        self, t: np.ndarray, held: np.ndarray, between: np.ndarray, rate: np.ndarray, dt: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """The step's linear equations without the face's heat: below, on and above the diagonal, right side.

        Nodes of the ablating layer move inwards with the face, by ``rate`` times what lies below them.
        """
        main, low, high = held / dt, np.zeros_like(t), np.zeros_like(t)
        main[:, :-1] += between
        main[:, 1:] += between
        high[:, :-1] -= between
        low[:, 1:] -= between
        n, outer = self.layers[0].cells, self.layers[0]
        carried = outer.density * outer.specific_heat * rate[:, None] * (1.0 - self.share[None, :-1])
        # Upwind: what moves past a node comes from deeper down.
        main[:, :n] += carried
        high[:, :n] -= carried
        return low, main, high, held / dt * t


def _solved(low: np.ndarray, main: np.ndarray, high: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Tridiagonal systems, a row each, as one band: none reaches into the next."""
    band = np.zeros((3, main.size))
    band[0, 1:] = high.ravel()[:-1]
    band[1] = main.ravel()
    band[2, :-1] = low.ravel()[1:]
    return solve_banded((1, 1), band, right.ravel(), check_finite=False).reshape(main.shape)


__all__ = ["CP_AIR", "STEFAN_BOLTZMANN", "Face", "Heating", "Layer", "Response", "Shield"]
