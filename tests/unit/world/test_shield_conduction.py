"""Heat through a shield against closed forms: conduction, radiative equilibrium, steady ablation, energy."""

import numpy as np
import pytest

from homeward.world.thermal.conduction import STEFAN_BOLTZMANN, Face, Heating, Layer, Shield
from homeward.world.thermal.heating_distribution import edge_angle, lees_share

BLACK = Face(emissivity=1.0, ablation_temperature=9e3, heat_of_ablation=1e7, blowing=0.0)
MIRROR = Face(emissivity=1e-12, ablation_temperature=9e3, heat_of_ablation=1e7, blowing=0.0)
CORK = Layer(thickness=0.05, density=500.0, specific_heat=1600.0, conductivity=0.25, cells=60)
STEEL = Layer(thickness=0.002, density=7800.0, specific_heat=460.0, conductivity=15.0, cells=3)
FAR = 1e12  # J/kg: a wall of any temperature is cold beside it


def steady(seconds: float, flux: float, points: int = 1, radiative: float = 0.0) -> Heating:
    time = np.arange(0.0, seconds + 0.5)
    shape = (len(time), points)
    return Heating(time, np.full(shape, flux), np.full(shape, radiative), np.full(len(time), FAR))


def test_a_thick_wall_warms_with_the_root_of_time():
    """Carslaw and Jaeger, 2.9: T - T0 = 2 q sqrt(t / (pi k rho c)) under a constant heat rate."""
    flux, seconds = 2e4, 200.0
    told = Shield([CORK], MIRROR).respond(steady(seconds, flux), 300.0, 0.25)
    k_rho_c = CORK.conductivity * CORK.density * CORK.specific_heat
    expected = 300.0 + 2.0 * flux * np.sqrt(told.time[20:] / (np.pi * k_rho_c))
    assert told.face[20:, 0] == pytest.approx(expected, rel=4e-3)


def test_an_insulated_slab_rises_evenly_in_the_end():
    """Carslaw and Jaeger, 3.8: the mean rises by q t / (rho c L), face over back by q L / (2 k)."""
    thin = Layer(0.01, 500.0, 1000.0, 1.0, 40)
    flux = 1e4
    told = Shield([thin], MIRROR).respond(steady(600.0, flux), 300.0, 1.0)
    assert told.face[-1, 0] - told.back[-1, 0] == pytest.approx(flux * 0.01 / 2.0, rel=5e-3)
    rise = (told.back[-1, 0] - told.back[-101, 0]) / 100.0
    assert rise == pytest.approx(flux / (500.0 * 1000.0 * 0.01), rel=1e-4)


def test_a_wall_that_insulates_radiates_what_it_gets():
    slow = Layer(0.05, 1.0, 1.0, 1e-6, 20)
    told = Shield([slow], BLACK).respond(steady(60.0, 5e5), 300.0)
    assert told.face[-1, 0] == pytest.approx((5e5 / STEFAN_BOLTZMANN + 300.0**4) ** 0.25, rel=1e-4)


def test_steady_ablation_goes_as_fast_as_landau_says():
    """Landau (1950): once the profile travels with the face, rho s (H + c (Ta - T0)) takes up all heat."""
    face = Face(emissivity=1e-12, ablation_temperature=1500.0, heat_of_ablation=5e6, blowing=0.0)
    thick = Layer(0.2, 500.0, 1600.0, 0.25, 160)
    flux = 2e6
    told = Shield([thick], face).respond(steady(60.0, flux), 300.0, 0.1)
    speed = (told.recession[-1, 0] - told.recession[-21, 0]) / 20.0
    assert speed == pytest.approx(flux / (500.0 * (5e6 + 1600.0 * 1200.0)), rel=0.01)
    assert told.face[-1, 0] == pytest.approx(1500.0)


def test_what_is_let_in_is_stored_or_spent():
    face = Face(emissivity=0.8, ablation_temperature=2000.0, heat_of_ablation=8e6, blowing=0.0)
    time = np.arange(0.0, 401.0)
    pulse = 9e5 * np.exp(-(((time - 150.0) / 60.0) ** 2))
    heating = Heating(time, pulse[:, None], 0.0 * pulse[:, None], np.full(len(time), FAR))
    shield = Shield([CORK, STEEL], face)
    told = shield.respond(heating, 300.0, 0.25)
    widths = np.diff(told.depth[0])
    mean = (told.profile[0, 1:] + told.profile[0, :-1]) / 2.0 - 300.0
    layer = np.arange(len(widths)) < CORK.cells
    rho_c = np.where(layer, CORK.density * CORK.specific_heat, STEEL.density * STEEL.specific_heat)
    stored = float(np.sum(widths * rho_c * mean))
    gone = told.recession[-1, 0] * CORK.density * (8e6 + CORK.specific_heat * 1700.0)
    assert told.recession[-1, 0] > 5e-4
    assert told.absorbed[0] == pytest.approx(stored + gone, rel=0.02)


def test_points_do_not_touch_each_other():
    heating = steady(100.0, 1.0, 3)
    heating.convective[:] = np.array([1e5, 6e5, 2e4])
    face = Face(0.8, 1800.0, 8e6, 0.5)
    shield = Shield([CORK, STEEL], face)
    together = shield.respond(heating, 300.0)
    for k in range(3):
        one = Heating(heating.time, heating.convective[:, [k]], heating.radiative[:, [k]], heating.enthalpy)
        alone = shield.respond(one, 300.0)
        assert np.allclose(alone.face[:, 0], together.face[:, k], rtol=1e-12)
        assert np.allclose(alone.recession[:, 0], together.recession[:, k], rtol=1e-9, atol=1e-15)
    assert together.recession[-1, 1] > 0.0 == together.recession[-1, 2]


@pytest.mark.parametrize("flux", [3e5, 8e5, 2e6])
def test_shorter_steps_and_closer_nodes_change_little(flux):
    face = Face(0.85, 2200.0, 1.2e7, 0.5)
    coarse = Shield([dataclass_cells(CORK, 30), STEEL], face).respond(steady(200.0, flux), 300.0, 1.0)
    fine = Shield([dataclass_cells(CORK, 120), STEEL], face).respond(steady(200.0, flux), 300.0, 0.125)
    assert coarse.face[10:, 0] == pytest.approx(fine.face[10:, 0], rel=0.01)
    assert coarse.back[-1, 0] == pytest.approx(fine.back[-1, 0], abs=1.0)
    assert coarse.recession[-1, 0] == pytest.approx(fine.recession[-1, 0], rel=0.02, abs=2e-5)


def dataclass_cells(layer: Layer, cells: int) -> Layer:
    return Layer(layer.thickness, layer.density, layer.specific_heat, layer.conductivity, cells)


def test_gas_that_blows_off_spares_the_face():
    heating = Heating(np.arange(61.0), np.full((61, 1), 2e6), np.zeros((61, 1)), np.full(61, 3e7))
    without, with_gas = (
        Shield([CORK], Face(0.8, 2000.0, 8e6, share)).respond(heating, 300.0) for share in (0.0, 0.6)
    )
    assert 0.2 < with_gas.recession[-1, 0] / without.recession[-1, 0] < 0.5


def test_a_layer_that_is_gone_recedes_no_further():
    face = Face(0.8, 1500.0, 1e5, 0.0)
    told = Shield([Layer(0.01, 200.0, 1000.0, 0.2, 20), STEEL], face).respond(steady(300.0, 3e6), 300.0)
    assert told.recession[-1, 0] == pytest.approx(0.0098) and np.isfinite(told.face).all()


def test_heating_falls_from_the_stagnation_point_as_lees_gives_it():
    angles = np.radians([0.0, 20.0, 40.0, 60.0, 90.0])
    share = lees_share(angles)
    assert share[0] == 1.0 and share[-1] == pytest.approx(0.0, abs=1e-12)
    assert np.all(np.diff(share) < 0.0) and np.array_equal(lees_share(-angles), share)
    # At 45 deg sin(4a) vanishes and cos(4a) is -1.
    a = np.pi / 4
    assert lees_share(np.array(a)) == pytest.approx(2 * a * np.sqrt(0.5) * 0.5 / np.sqrt(a * a + 0.25))
    assert lees_share(np.array(2e-3)) == pytest.approx(1.0, abs=1e-5)
    assert np.degrees(edge_angle(3.91, 4.69)) == pytest.approx(24.6, abs=0.1)
