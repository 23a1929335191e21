"""``homeward opportunities``: when a return can land, and when a rendezvous can be launched."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from homeward.cli.options import AsJson, ScenarioName, Settings
from homeward.cli.output_files import json_text
from homeward.cli.progress import working
from homeward.cli.rendezvous import PlanWord
from homeward.cli.validation import known_word
from homeward.errors import InputError
from homeward.scenario.files.shipped import DEFAULT
from homeward.scenario.load import load, parse_settings
from homeward.scenario.schema.rendezvous import PLAN_WORDS
from homeward.scenario.schema.scenario import Scenario

KINDS = ("landing", "launch")


def opportunities(
    scenario: ScenarioName = DEFAULT,
    kind: Annotated[
        str | None,
        typer.Option(metavar="|".join(KINDS), help="landing if the scenario holds a return, else launch"),
    ] = None,
    plan: PlanWord = None,
    days: Annotated[
        float | None,
        typer.Option(metavar="N", min=0.0, max=60.0, help="days to search"),
    ] = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """List the landing opportunities or the launch windows of the next days."""
    if days is not None and not days > 0.0:
        raise InputError(f"--days {days}: expected a number of days greater than 0")
    known_word("--kind", kind, KINDS)
    known_word("--plan", plan, PLAN_WORDS)
    chosen = load(scenario, parse_settings(settings or []))
    kind = kind or ("landing" if chosen.homecoming is not None else "launch")
    if kind == "launch":
        _launches(chosen, days, plan, as_json)
    elif plan is not None:
        raise InputError(f"--plan {plan}: only launches have a plan; ask for them with --kind launch")
    else:
        _landings(chosen, days, as_json)


def _landings(chosen: Scenario, days: float | None, as_json: bool) -> None:
    with working() as talk:
        import homeward

        talk("looking for passes over the site")
        found = _mappings(homeward.opportunities(chosen, days=days))
    if as_json:
        print(json_text(found))
        return
    from homeward.cli.tables.return_summary import console, show_opportunities

    show_opportunities(console(), chosen, found)


def _launches(chosen: Scenario, days: float | None, plan: str | None, as_json: bool) -> None:
    chosen.required_rendezvous()
    with working() as talk:
        import homeward

        talk("looking for launch windows")
        found = _mappings(homeward.launch_windows(chosen, days=days, plan=plan))
    if as_json:
        print(json_text(found))
        return
    from homeward.cli.tables.rendezvous_summary import show_launch_windows
    from homeward.cli.tables.return_summary import console

    show_launch_windows(console(), chosen, found)


def _mappings(items: Sequence[Any]) -> list[Mapping[str, Any]]:
    return [_as_mapping(item) for item in items]


def _as_mapping(item: object) -> Mapping[str, Any]:
    if isinstance(item, Mapping):
        return item
    if hasattr(item, "_asdict"):
        return item._asdict()  # type: ignore[attr-defined]
    return {name: getattr(item, name) for name in getattr(item, "__dataclass_fields__", None) or vars(item)}
