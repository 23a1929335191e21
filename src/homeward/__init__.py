"""Homeward: guidance, navigation and control of crewed capsules, and the world they fly in.

    scenario = homeward.load("shenzhou-15")
    flight = homeward.fly(scenario)
    flight.summary

What is listed in ``__all__`` is loaded at its first use, so that ``import homeward`` takes no time.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from homeward._aot.jax_config import configure as _configure

if TYPE_CHECKING:
    from homeward.campaigns.analysis.compare_guidance import compare_guidance
    from homeward.campaigns.analysis.large_orbit_changes import fly_large_changes
    from homeward.campaigns.analysis.sweep import sweep
    from homeward.campaigns.arena.arena import arena
    from homeward.campaigns.execution.campaign import campaign
    from homeward.campaigns.execution.replay import replay
    from homeward.campaigns.execution.return_batch import fly_many
    from homeward.campaigns.faults.fault_campaign import fault_matrices
    from homeward.campaigns.risk.study import risk
    from homeward.errors import Infeasible, InputError
    from homeward.flight.contract.check import check_guidance
    from homeward.missions.landing_opportunities import opportunities
    from homeward.missions.launch_windows import launch_windows
    from homeward.missions.rendezvous_flight import rendezvous
    from homeward.missions.return_flight import fly
    from homeward.output.saved import read
    from homeward.scenario.load import load
    from homeward.scenario.open_loop.orbit_file import propagate_orbit
    from homeward.scenario.open_loop.schema import run_file as propagate
    from homeward.scenario.schema.scenario import Scenario

    __version__: str

_configure()

_PLACES = {
    "Infeasible": "homeward.errors:Infeasible",
    "InputError": "homeward.errors:InputError",
    "Scenario": "homeward.scenario.schema.scenario:Scenario",
    "arena": "homeward.campaigns.arena.arena:arena",
    "campaign": "homeward.campaigns.execution.campaign:campaign",
    "check_guidance": "homeward.flight.contract.check:check_guidance",
    "compare_guidance": "homeward.campaigns.analysis.compare_guidance:compare_guidance",
    "fault_matrices": "homeward.campaigns.faults.fault_campaign:fault_matrices",
    "fly": "homeward.missions.return_flight:fly",
    "fly_large_changes": "homeward.campaigns.analysis.large_orbit_changes:fly_large_changes",
    "fly_many": "homeward.campaigns.execution.return_batch:fly_many",
    "launch_windows": "homeward.missions.launch_windows:launch_windows",
    "load": "homeward.scenario.load:load",
    "opportunities": "homeward.missions.landing_opportunities:opportunities",
    "propagate": "homeward.scenario.open_loop.schema:run_file",
    "propagate_orbit": "homeward.scenario.open_loop.orbit_file:propagate_orbit",
    "read": "homeward.output.saved:read",
    "rendezvous": "homeward.missions.rendezvous_flight:rendezvous",
    "replay": "homeward.campaigns.execution.replay:replay",
    "risk": "homeward.campaigns.risk.study:risk",
    "sweep": "homeward.campaigns.analysis.sweep:sweep",
}

__all__ = [
    "Infeasible",
    "InputError",
    "Scenario",
    "__version__",
    "arena",
    "campaign",
    "check_guidance",
    "compare_guidance",
    "fault_matrices",
    "fly",
    "fly_large_changes",
    "fly_many",
    "launch_windows",
    "load",
    "opportunities",
    "propagate",
    "propagate_orbit",
    "read",
    "rendezvous",
    "replay",
    "risk",
    "sweep",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("homeward")
    elif name in _PLACES:
        module, _, attribute = _PLACES[name].partition(":")
        value = getattr(import_module(module), attribute)
    else:
        raise AttributeError(f"module 'homeward' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
