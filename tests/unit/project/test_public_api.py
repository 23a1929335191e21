"""The public Python surface: what ``homeward`` offers, and that its names are what they look like."""

import inspect

import pytest

import homeward as hw


@pytest.mark.parametrize("name", hw.__all__)
def test_a_public_name_is_there_and_is_described(name):
    value = getattr(hw, name)
    assert not inspect.ismodule(value), f"homeward.{name} is a module"
    if callable(value):
        assert inspect.getdoc(value), f"homeward.{name} has no docstring"


def test_a_campaign_is_flown_by_a_function_with_its_own_signature():
    names = inspect.signature(hw.campaign).parameters
    assert inspect.isfunction(hw.campaign)
    assert {"scenario", "runs", "seed", "out", "until", "sampling"} <= set(names)
    assert not any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in names.values())


def test_no_package_hides_behind_a_public_name():
    """A package of the same name would take the place of the function as soon as it is imported."""
    import pkgutil

    assert not {m.name for m in pkgutil.iter_modules(hw.__path__)} & set(hw.__all__)
