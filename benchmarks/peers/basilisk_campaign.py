"""Basilisk's Monte Carlo controller on one spacecraft in orbit, in a Python of its own.

``python basilisk_campaign.py RUNS``: one orbit of a free rigid body about a point's gravity at a step of one
second, initial attitude rate and mass dispersed, one process; answers with seconds of processor time a run.
Stands alone.
"""

import contextlib
import io
import sys
import tempfile
import time

import numpy as np
from Basilisk.simulation import gravityEffector, spacecraft  # pyright: ignore[reportMissingImports]
from Basilisk.utilities import SimulationBaseClass, macros  # pyright: ignore[reportMissingImports]
from Basilisk.utilities.MonteCarlo.Controller import (  # pyright: ignore[reportMissingImports]
    Controller,
    RetentionPolicy,
)
from Basilisk.utilities.MonteCarlo.Dispersions import (  # pyright: ignore[reportMissingImports]
    UniformDispersion,
)

MU, RADIUS, SPAN, STEP = 3.986004418e14, 6.768e6, 5600.0, 1.0


def make():
    """A simulation, ready but for what is dispersed."""
    sim = SimulationBaseClass.SimBaseClass()
    sim.CreateNewProcess("p").addTask(sim.CreateNewTask("t", macros.sec2nano(STEP)))
    body = spacecraft.Spacecraft()
    body.ModelTag = "body"
    body.hub.mHub, body.hub.IHubPntBc_B = 3200.0, [[2000.0, 0, 0], [0, 2100.0, 0], [0, 0, 2000.0]]
    body.hub.r_CN_NInit, body.hub.v_CN_NInit = [RADIUS, 0, 0], [0, float(np.sqrt(MU / RADIUS)), 0]
    body.hub.omega_BN_BInit = [[0.01], [0.02], [0.03]]
    earth = gravityEffector.GravBodyData()
    earth.planetName, earth.mu, earth.isCentralBody = "earth_planet_data", MU, True
    body.gravField.gravBodies = spacecraft.GravBodyVector([earth])
    sim.AddModelToTask("t", body)
    sim.body, sim.earth = body, earth
    return sim


def execute(sim) -> None:
    """Fly it."""
    sim.InitializeSimulation()
    sim.ConfigureStopTime(macros.sec2nano(SPAN))
    sim.ExecuteSimulation()


def campaign(runs: int, folder: str) -> None:
    """So many runs by the controller, one after another."""
    control = Controller()
    control.setSimulationFunction(make)
    control.setExecutionFunction(execute)
    control.setExecutionCount(runs)
    control.setThreadCount(1)
    control.setArchiveDir(folder)
    control.setShouldArchiveParameters(True)
    control.setVerbose(False)
    control.addDispersion(UniformDispersion("body.hub.mHub", ([3100.0, 3300.0])))
    control.addRetentionPolicy(RetentionPolicy())
    failed = control.executeSimulations()
    if failed:
        raise SystemExit(f"{len(failed)} runs failed")


def main() -> None:
    """Fly and answer."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        campaign(2, f"{folder}/warm")
        start = time.process_time()
        campaign(int(sys.argv[1]), f"{folder}/runs")
        each = (time.process_time() - start) / int(sys.argv[1])
    print(each, flush=True)


if __name__ == "__main__":
    main()
