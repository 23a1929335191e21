"""A guidance law of the user's own: the class that `FILE.py:CLASS` names."""

import importlib.util
import sys
import traceback
from pathlib import Path

import equinox as eqx

from homeward.errors import InputError, one_line
from homeward.scenario.schema.errors import nearest
from homeward.scenario.schema.flight import LAWS, split_law
from homeward.scenario.schema.scenario import Scenario


def load_law(text: str, label: str = "flight.guidance.law") -> object | None:
    """An object of the class that ``FILE.py:CLASS`` names; None for a law of Homeward's own.

    The file is run as a module of its own, its folder on the import path meanwhile, and the class is made
    without arguments. Raises InputError, one sentence that begins with ``label``.
    """
    if text in LAWS:
        return None
    place = f"{label}: {one_line(text, 200)}"
    parts = split_law(text)
    if parts is None:
        like = nearest(text, LAWS)
        hint = f"; did you mean {like}?" if like else ""
        raise InputError(f"{place}: expected {', '.join(LAWS)} or FILE.py:CLASS{hint}")
    path, name = Path(parts[0]), parts[1]
    if not path.is_file():
        raise InputError(f"{place}: there is no such file")
    module = _run(path, place)
    found = module.get(name)
    if not isinstance(found, type):
        known = [key for key, value in module.items() if isinstance(value, type)]
        like = nearest(name, known)
        hint = f"; did you mean {like}?" if like else ""
        raise InputError(f"{place}: there is no class of this name in the file{hint}")
    try:
        return found()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise InputError(f"{place}: the class cannot be made without arguments: {_told(error)}") from None


def with_law(scenario: Scenario, text: str, label: str = "guidance") -> Scenario:
    """The scenario with another guidance law: a word of Homeward's own, or FILE.py:CLASS.

    The path is relative to the current folder. Raises InputError for neither; the file is not run here.
    """
    if text not in LAWS:
        parts = split_law(text)
        if parts is None or not Path(parts[0]).is_file():
            load_law(text, label)  # says what is wrong
            raise InputError(f"{label}: {one_line(text, 200)}: there is no such file")
        text = f"{Path(parts[0]).absolute()}:{parts[1]}"
    guidance = scenario.flight.guidance.model_copy(update={"law": text})
    flight = scenario.flight.model_copy(update={"guidance": guidance})
    return scenario.model_copy(update={"flight": flight})


def check_object(model: object, seat: str) -> None:
    """Refuse what can be no model of the user's own; None leaves the seat to Homeward's.

    Raises InputError. Whether the model keeps its contract is for the contract test to say.
    """
    if isinstance(model, type):
        raise InputError(f"{seat}={model.__name__}: expected an object, not the class: {model.__name__}()")
    if model is not None and not isinstance(model, eqx.Module):
        what = one_line(type(model).__name__)
        raise InputError(f"{seat}: expected an object of a subclass of equinox.Module, not one of {what}")


def _run(path: Path, place: str) -> dict[str, object]:
    """Names in a Python file after it has run."""
    # A name of its own, so that a file called jax.py hides nothing; in sys.modules, since dataclasses look.
    spec = importlib.util.spec_from_file_location(f"homeward_user_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise InputError(f"{place}: expected a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(path.resolve().parent))
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        where = f"line {error.lineno}: " if error.lineno else ""
        reason = f"{where}{one_line(error.msg, 200)}"
        raise InputError(f"{place}: the file is not valid Python: {reason}") from None
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a file may raise, SystemExit too
        lines = [
            frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)
        ]
        where = f"line {lines[-1]}: " if lines else ""
        raise InputError(f"{place}: the file cannot be run: {where}{_told(error)}") from None
    finally:
        sys.path.remove(str(path.resolve().parent))
    return vars(module)


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {one_line(str(error), 200)}"
