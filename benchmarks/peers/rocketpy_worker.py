"""RocketPy's Monte Carlo class on its smallest example, in a Python of its own.

``python rocketpy_worker.py RUNS``: flies so many dispersed flights of one sounding rocket, rail to apogee and
down under a parachute, in one process; answers with seconds of processor time a flight. Stands alone.
"""

import contextlib
import io
import sys
import tempfile
import time
from pathlib import Path

from rocketpy import (  # pyright: ignore[reportMissingImports]
    Environment,
    Flight,
    MonteCarlo,
    Rocket,
    SolidMotor,
)
from rocketpy.stochastic import (  # pyright: ignore[reportMissingImports]
    StochasticEnvironment,
    StochasticFlight,
    StochasticNoseCone,
    StochasticParachute,
    StochasticRocket,
    StochasticSolidMotor,
    StochasticTrapezoidalFins,
)


def main() -> None:
    """Fly and answer."""
    runs = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        study = build(Path(folder) / "study")
        study.simulate(1, append=False)
        start = time.process_time()
        study.simulate(runs, append=False)
        each = (time.process_time() - start) / runs
    print(each, flush=True)


def build(name: Path):
    """A sounding rocket of 16 kg with mass, thrust, rail angle dispersed."""
    air = Environment(latitude=39.39, longitude=-8.29, elevation=113)
    motor = SolidMotor(
        thrust_source=1500, burn_time=3.9, dry_mass=1.815, dry_inertia=(0.125, 0.125, 0.002),
        nozzle_radius=0.033, grain_number=5, grain_density=1815, grain_outer_radius=0.033,
        grain_initial_inner_radius=0.015, grain_initial_height=0.12, grain_separation=0.005,
        grains_center_of_mass_position=0.397, center_of_dry_mass_position=0.317, nozzle_position=0,
        throat_radius=0.011, coordinate_system_orientation="nozzle_to_combustion_chamber",
    )  # fmt: skip
    rocket = Rocket(
        radius=0.0635, mass=14.426, inertia=(6.321, 6.321, 0.034), power_off_drag=0.5, power_on_drag=0.5,
        center_of_mass_without_motor=0, coordinate_system_orientation="tail_to_nose",
    )  # fmt: skip
    rocket.add_motor(motor, position=-1.255)
    nose = rocket.add_nose(length=0.55829, kind="vonKarman", position=1.278)
    fins = rocket.add_trapezoidal_fins(n=4, root_chord=0.12, tip_chord=0.06, span=0.11, position=-1.04956)
    main_chute = rocket.add_parachute("main", cd_s=10.0, trigger=800)
    flight = Flight(rocket=rocket, environment=air, rail_length=5.2, inclination=85, heading=0)
    stochastic = StochasticRocket(rocket=rocket, mass=(14.426, 0.5, "normal"))
    stochastic.add_motor(StochasticSolidMotor(solid_motor=motor, burn_out_time=(3.9, 0.1)), position=0.001)
    stochastic.add_nose(StochasticNoseCone(nosecone=nose))
    stochastic.add_trapezoidal_fins(StochasticTrapezoidalFins(trapezoidal_fins=fins))
    stochastic.add_parachute(StochasticParachute(parachute=main_chute))
    return MonteCarlo(
        filename=str(name), environment=StochasticEnvironment(environment=air, elevation=(113, 5)),
        rocket=stochastic, flight=StochasticFlight(flight=flight, inclination=(84.7, 1.0), heading=(53, 2)),
    )  # fmt: skip


if __name__ == "__main__":
    main()
