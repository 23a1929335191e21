"""An atmosphere of your own: a storm of thin and thick air that the flight computer knows nothing of.

python examples/own_atmosphere.py
"""

import jax.numpy as jnp

import homeward as hw
from homeward.world.interfaces import AbstractAtmosphere, Air


class WavyAir(AbstractAtmosphere):
    """Exponential air with a wave of a given share on top; the flight computer believes the smooth one."""

    share: float = 0.15
    length: float = 12e3  # m

    def at(self, altitude):
        smooth = 1.225 * jnp.exp(-altitude / 7143.0)
        density = smooth * (1.0 + self.share * jnp.sin(2.0 * jnp.pi * altitude / self.length))
        temperature = jnp.full_like(density, 250.0)
        pressure = density * 287.05 * temperature
        return Air(density, temperature, pressure, jnp.sqrt(1.4 * 287.05 * temperature))


if __name__ == "__main__":
    s = hw.load("apollo-10")
    for name, air in {"as believed": None, "wavy": WavyAir()}.items():
        flight = hw.fly(s, atmosphere=air, fidelity="point-mass")
        parachute, entry = flight.summary["parachute"], flight.summary["entry"]
        print(f"{name}: {parachute['open_miss_km']:.2f} km, {entry['peak_load_g']:.1f} g")
