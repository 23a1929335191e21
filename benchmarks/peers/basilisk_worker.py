"""Relative motion by Basilisk, in a Python of its own: one flight for each line asked.

``python basilisk_worker.py``: reads a step [s] a line, flies, and answers with the seconds of processor time
a step and the distance [m] from the wanted place at the end. Stands alone: its Python has no homeward.

Flown, all in one task of the given step: two rigid spacecraft about a point's gravity, integrated together by
RK4; navigation of either with white noise; the relative state in the chief's orbital frame and a linear law
on it, whose force the deputy gets; the deputy's attitude held to that frame by MRP feedback.
"""

import sys
import time

import numpy as np
from Basilisk.architecture import messaging  # pyright: ignore[reportMissingImports]
from Basilisk.fswAlgorithms import (  # pyright: ignore[reportMissingImports]
    attTrackingError,
    hillFrameRelativeControl,
    hillPoint,
    hillStateConverter,
    mrpFeedback,
)
from Basilisk.simulation import (  # pyright: ignore[reportMissingImports]
    extForceTorque,
    gravityEffector,
    simpleNav,
    spacecraft,
)
from Basilisk.utilities import SimulationBaseClass, macros  # pyright: ignore[reportMissingImports]

MU, RADIUS = 3.986004418e14, 6.768e6
STEPS = 20_000
MASS, INERTIA = 8080.0, [[9e3, 0.0, 0.0], [0.0, 54e3, 0.0], [0.0, 0.0, 54e3]]
BEHIND = 400.0  # m at the start; the law brings it to none


def main() -> None:
    """Answer until the input ends."""
    for line in sys.stdin:
        sim, chief, deputy, keep = build(float(line))
        sim.InitializeSimulation()
        sim.ConfigureStopTime(macros.sec2nano(STEPS * float(line)))
        start = time.process_time()
        sim.ExecuteSimulation()
        each = (time.process_time() - start) / STEPS
        apart = np.subtract(*[np.array(b.scStateOutMsg.read().r_BN_N) for b in (chief, deputy)])
        print(each, float(np.linalg.norm(apart)), flush=True)
        del keep


def build(step: float):
    """The simulation, both bodies, and what must not be collected while it runs."""
    sim = SimulationBaseClass.SimBaseClass()
    sim.CreateNewProcess("p").addTask(sim.CreateNewTask("t", macros.sec2nano(step)))
    speed = np.sqrt(MU / RADIUS)
    chief, deputy = _body("chief", 90e3, 0.0, speed), _body("deputy", MASS, -BEHIND / RADIUS, speed)
    # Together they take their steps as one system, as they would have to if they touched.
    chief.syncDynamicsIntegration(deputy)
    earth = gravityEffector.GravBodyData()
    earth.planetName, earth.mu, earth.isCentralBody = "earth_planet_data", MU, True
    for body in (chief, deputy):
        body.gravField.gravBodies = spacecraft.GravBodyVector([earth])
    push = extForceTorque.ExtForceTorque()
    deputy.addDynamicEffector(push)
    navigation = [_navigation(body, seed) for seed, body in enumerate((chief, deputy), 1)]
    config = messaging.VehicleConfigMsg().write(
        messaging.VehicleConfigMsgPayload(massSC=MASS, ISCPntB_B=np.ravel(INERTIA).tolist())
    )
    flight = _translation(navigation, config, push) + _attitude(navigation, config, push)
    for module in (chief, deputy, *navigation, *flight, push):
        sim.AddModelToTask("t", module)
    return sim, chief, deputy, (earth, push, navigation, config, flight)


def _body(name: str, mass: float, angle: float, speed: float):
    body = spacecraft.Spacecraft()
    body.ModelTag = name
    body.hub.mHub, body.hub.IHubPntBc_B = mass, INERTIA
    along = np.array([-np.sin(angle), np.cos(angle), 0.0])
    body.hub.r_CN_NInit = (RADIUS * np.array([np.cos(angle), np.sin(angle), 0.0])).tolist()
    body.hub.v_CN_NInit = (speed * along).tolist()
    body.hub.omega_BN_BInit = [[0.0], [0.0], [speed / RADIUS]]
    return body


def _navigation(body, seed: int):
    sensor = simpleNav.SimpleNav()
    sensor.RNGSeed = seed  # or both would have the same noise, and none between them
    # 2 cm, 1 mm/s, 5e-5 rad, 1e-6 rad/s of white noise.
    sigma = [0.02] * 3 + [1e-3] * 3 + [5e-5] * 3 + [1e-6] * 3 + [0.0] * 6
    sensor.PMatrix, sensor.walkBounds = np.diag(sigma).tolist(), [3.0 * x for x in sigma]
    sensor.scStateInMsg.subscribeTo(body.scStateOutMsg)
    return sensor


def _translation(navigation, config, push):
    hill = hillStateConverter.hillStateConverter()
    hill.chiefStateInMsg.subscribeTo(navigation[0].transOutMsg)
    hill.depStateInMsg.subscribeTo(navigation[1].transOutMsg)
    law = hillFrameRelativeControl.HillFrameRelativeControl()
    law.setMu(MU)
    law.setK(np.diag([1e-4] * 3).ravel().tolist())
    law.setP(np.diag([2e-2] * 3).ravel().tolist())
    law.setReferencePosition([0.0] * 3)
    law.setReferenceVelocity([0.0] * 3)
    law.hillStateInMsg.subscribeTo(hill.hillStateOutMsg)
    law.chiefTransInMsg.subscribeTo(navigation[0].transOutMsg)
    law.deputyVehicleConfigInMsg.subscribeTo(config)
    push.cmdForceInertialInMsg.subscribeTo(law.forceOutMsg)
    return [hill, law]


def _attitude(navigation, config, push):
    point = hillPoint.hillPoint()
    point.transNavInMsg.subscribeTo(navigation[1].transOutMsg)
    error = attTrackingError.attTrackingError()
    error.attNavInMsg.subscribeTo(navigation[1].attOutMsg)
    error.attRefInMsg.subscribeTo(point.attRefOutMsg)
    feedback = mrpFeedback.mrpFeedback()
    feedback.guidInMsg.subscribeTo(error.attGuidOutMsg)
    feedback.vehConfigInMsg.subscribeTo(config)
    feedback.K, feedback.Ki, feedback.P = 500.0, -1.0, 5000.0
    push.cmdTorqueInMsg.subscribeTo(feedback.cmdTorqueOutMsg)
    return [point, error, feedback]


if __name__ == "__main__":
    main()
