"""Which entry guidance a scenario flies, and what is loaded into it once the return is planned."""

import equinox as eqx
import numpy as np

from homeward.flight.entry.ballistic import BallisticEntryGuidance
from homeward.flight.entry.fnpeg import FnpegEntryGuidance, FnpegSettings
from homeward.flight.entry.guidance_monitor import EntryWatch
from homeward.flight.entry.onboard_model import OnboardModel
from homeward.flight.entry.predictor_corrector import PredictiveEntryGuidance
from homeward.flight.entry.predictor_corrector_v1 import PredictiveV1EntryGuidance
from homeward.flight.entry.reference_gains import store_reference
from homeward.flight.entry.reference_guidance import ReferenceEntryGuidance, ReferenceSettings
from homeward.flight.entry.reference_table import ReferenceTable, empty_table
from homeward.flight.entry.reference_trajectory import Profile
from homeward.flight.executive.flight_computer import FlightComputer
from homeward.flight.interfaces import AbstractEntryGuidance
from homeward.icd import EntryTarget
from homeward.scenario.build.world import number
from homeward.scenario.schema.scenario import Scenario

PROFILE_END = 530.0  # m/s: where the stored bank comes to bank_end_deg
FAST_START, ORBIT_START = (
    5500.0,
    7800.0,
)  # m/s: where the stored bank begins, from beyond orbit and from orbit
BEYOND_ORBIT = 8500.0  # m/s relative to the Earth
# 1 sigma beyond which an entry is not steered: no site is within reach of either.
LOST_PLACE, LOST_TURN = 50e3, float(np.radians(10.0))  # m, rad
JUMP = 200e3  # m: a prediction that moves so far from cycle to cycle foretells nothing
OWN = (
    PredictiveEntryGuidance, PredictiveV1EntryGuidance, ReferenceEntryGuidance, FnpegEntryGuidance,
    BallisticEntryGuidance,
)  # fmt: skip


def law_name(law: object) -> str:
    """The word for a law of Homeward's own, the class's name for a user's."""
    for kind, name in (
        (PredictiveEntryGuidance, "predictive"),
        (PredictiveV1EntryGuidance, "predictive-v1"),
        (ReferenceEntryGuidance, "reference"),
        (FnpegEntryGuidance, "fnpeg"),
        (BallisticEntryGuidance, "ballistic"),
    ):
        if isinstance(law, kind):
            return name
    return type(law).__name__


def believed_rate(scenario: Scenario) -> float:
    """The fastest roll [rad/s] that the flight computer reckons with."""
    return float(np.radians(scenario.onboard_data.capsule.bank_rate_limit_deg_s))


def build_ballistic(scenario: Scenario, onboard: OnboardModel) -> BallisticEntryGuidance:
    """The fall-back: a steady roll."""
    turn = scenario.onboard_data.capsule.bank_acceleration_limit_deg_s2
    g = scenario.flight.guidance
    return BallisticEntryGuidance(
        onboard, number(np.radians(g.roll_rate_deg_s)), number(believed_rate(scenario)),
        number(np.radians(turn)), number(1.0 / g.rate_hz),
    )  # fmt: skip


def build_watch(scenario: Scenario, law: object, onboard: OnboardModel) -> EntryWatch | None:
    """What the entry guidance is watched by; None where it is the fall-back itself."""
    if isinstance(law, BallisticEntryGuidance):
        return None
    return EntryWatch(
        build_ballistic(scenario, onboard), place_sigma=number(LOST_PLACE), attitude_sigma=number(LOST_TURN),
        jump=number(JUMP), load_limit=number(scenario.onboard_data.limits.load_g),
        cycle=number(1.0 / scenario.flight.guidance.rate_hz),
    )  # fmt: skip


def build_reference(scenario: Scenario, onboard: OnboardModel) -> ReferenceEntryGuidance:
    """The first generation, its table still empty."""
    g = scenario.flight.guidance
    rad = np.radians
    return ReferenceEntryGuidance(
        onboard,
        empty_table(),
        ReferenceSettings(
            gain=number(g.reference_gain), terminal_gain=number(1.5), dead_band=number(g.reference_dead_band),
            begin_drag=number(0.25), bank_minimum=number(rad(10.0)), bank_maximum=number(rad(137.0)),
            terminal_speed=number(g.reference_terminal_speed_m_s), load_limit=number(g.load_limit_g),
            load_lead=number(8.0), cycle=number(1.0 / g.rate_hz), rate_limit=number(believed_rate(scenario)),
        ),
    )  # fmt: skip


def build_fnpeg(scenario: Scenario, onboard: OnboardModel, fast: bool) -> FnpegEntryGuidance:
    """The predictor-corrector as published by Lu; ``fast``: from beyond orbit."""
    g, rad = scenario.flight.guidance, np.radians
    return FnpegEntryGuidance(
        onboard,
        FnpegSettings(
            bank_end=number(rad(g.bank_end_deg)), bank_minimum=number(rad(5.0)),
            bank_maximum=number(rad(165.0)), bank_step=number(rad(8.0)), corridor=number(0.008),
            corridor_least=number(200.0), memory=number(20.0), load_limit=number(g.load_limit_g),
            cycle=number(1.0 / g.rate_hz),
        ),
        steps=320 if fast else 160,
    )  # fmt: skip


def load_reference(
    scenario: Scenario, flight: FlightComputer, r_E: np.ndarray, v_E: np.ndarray
) -> FlightComputer:
    """The flight computer with its nominal flight stored, if it flies one and has none yet.

    ``r_E`` [m] and ``v_E`` [m/s] are the planned interface, in E.
    """
    law: AbstractEntryGuidance = flight.guidance
    if not isinstance(law, ReferenceEntryGuidance) or bool(np.any(law.table.fast)):
        return flight  # no first generation, or one that has its flight already: on board none is stored
    table = reference_for(scenario, law, flight.target, r_E, v_E)
    return eqx.tree_at(lambda f: f.guidance, flight, eqx.tree_at(lambda q: q.table, law, table))


def reference_for(
    scenario: Scenario, law: ReferenceEntryGuidance, target: EntryTarget, r_E: np.ndarray, v_E: np.ndarray
) -> ReferenceTable:
    """The nominal flight from a planned interface [m, m/s, E] to a target, as the law stores it.

    Raises Infeasible where that flight does not come down.
    """
    g = scenario.flight.guidance
    fast = float(np.linalg.norm(v_E)) > BEYOND_ORBIT
    profile = Profile(
        bank=number(np.radians(g.bank_nominal_deg)), bank_end=number(np.radians(g.bank_end_deg)),
        speed_start=number(FAST_START if fast else ORBIT_START), speed_end=number(PROFILE_END),
        hold=number(30.0), most=law.settings.bank_maximum, load_limit=number(g.load_limit_g),
    )  # fmt: skip
    return store_reference(law.model, profile, target, np.asarray(r_E), np.asarray(v_E), fast)[0]
