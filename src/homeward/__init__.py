"""Homeward: guidance, navigation and control of crewed capsules, and the world they fly in.

    scenario = homeward.load("shenzhou-15")
    flight = homeward.fly(scenario)
    flight.summary

What is listed in ``__all__`` is loaded at its first use, so that ``import homeward`` takes no time.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from homeward._runtime import configure as _configure

if TYPE_CHECKING:
    from homeward.campaigns.compare import compare_guidance
    from homeward.campaigns.fault_campaign import fault_matrices
    from homeward.campaigns.fly import fly
    from homeward.campaigns.large_changes import fly_large_changes
    from homeward.campaigns.launch_windows import launch_windows
    from homeward.campaigns.many import fly_many
    from homeward.campaigns.opportunities import opportunities
    from homeward.campaigns.rendezvous import rendezvous
    from homeward.campaigns.replay import replay
    from homeward.campaigns.run import campaign
    from homeward.campaigns.sweep import sweep
    from homeward.errors import Infeasible, InputError
    from homeward.flight.contract import check_guidance
    from homeward.output.saved import read
    from homeward.scenario.load import load
    from homeward.scenario.openloop_schema import run_file as propagate
    from homeward.scenario.schema import Scenario

    __version__: str

_configure()

_PLACES = {
    "Infeasible": "homeward.errors:Infeasible",
    "InputError": "homeward.errors:InputError",
    "Scenario": "homeward.scenario.schema:Scenario",
    "campaign": "homeward.campaigns.run:campaign",
    "check_guidance": "homeward.flight.contract:check_guidance",
    "compare_guidance": "homeward.campaigns.compare:compare_guidance",
    "fault_matrices": "homeward.campaigns.fault_campaign:fault_matrices",
    "fly": "homeward.campaigns.fly:fly",
    "fly_large_changes": "homeward.campaigns.large_changes:fly_large_changes",
    "fly_many": "homeward.campaigns.many:fly_many",
    "launch_windows": "homeward.campaigns.launch_windows:launch_windows",
    "load": "homeward.scenario.load:load",
    "opportunities": "homeward.campaigns.opportunities:opportunities",
    "propagate": "homeward.scenario.openloop_schema:run_file",
    "read": "homeward.output.saved:read",
    "rendezvous": "homeward.campaigns.rendezvous:rendezvous",
    "replay": "homeward.campaigns.replay:replay",
    "sweep": "homeward.campaigns.sweep:sweep",
}

__all__ = [
    "Infeasible",
    "InputError",
    "Scenario",
    "__version__",
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
    "read",
    "rendezvous",
    "replay",
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
