"""That a law's source does not reach for the truth: its imports, and the parts it is made of."""

import ast
import inspect
import sys
from pathlib import Path
from typing import Any

import equinox as eqx

from homeward.errors import InputError

TRUTH = ("homeward.world", "homeward.sim")


def check_parts(law: Any, name: str) -> None:
    """Raise ``InputError`` if the law holds a piece of the true world."""
    for part in _modules_within(law):
        home = type(part).__module__
        if _is_truth(home):
            raise InputError(f"{name}: holds {type(part).__name__} of {home}, which is the truth's alone")


def check_source(law: Any, name: str) -> None:
    """Raise ``InputError`` if a file of the law, or one beside it that it imports, imports the truth.

    A law whose source cannot be read (typed at a prompt) passes.
    """
    homes = {kind.__module__ for part in _modules_within(law) for kind in type(part).__mro__}
    seen: set[str] = set()
    for home in sorted(homes):
        if not home.startswith(("homeward.", "equinox", "builtins", "abc", "typing")):
            _check_module(home, name, seen)


def _modules_within(law: Any) -> list[Any]:
    found, waiting = [], [law]
    while waiting:
        part = waiting.pop()
        if isinstance(part, eqx.Module):
            found.append(part)
            waiting.extend(vars(part).values())
        elif isinstance(part, list | tuple):
            waiting.extend(part)
        elif isinstance(part, dict):
            waiting.extend(part.values())
    return found


def _check_module(home: str, name: str, seen: set[str]) -> None:
    if home in seen:
        return
    seen.add(home)
    module = sys.modules.get(home)
    try:
        path = Path(inspect.getsourcefile(module) or "") if module else Path()
        tree = ast.parse(path.read_bytes())
    except (OSError, TypeError, SyntaxError, UnicodeDecodeError):
        return
    for imported in _imports(tree):
        if _is_truth(imported):
            raise InputError(f"{name}: {path.name} imports {imported}; a law may not see the truth")
        other = getattr(sys.modules.get(imported), "__file__", None)
        if other and Path(other).resolve().parent == path.resolve().parent:
            _check_module(imported, name, seen)


def _imports(tree: ast.AST) -> list[str]:
    """Full names of all that a file imports, however it spells it."""
    names: list[str] = []
    roots: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for item in node.names:
                names.append(item.name)
                if item.name.split(".")[0] == "homeward":
                    roots.add(item.asname if item.asname and item.name == "homeward" else "homeward")
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.append(node.module)
            names += [f"{node.module}.{item.name}" for item in node.names]
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = ast.unparse(node.func)
            if called.endswith(("import_module", "__import__")):
                names.append(str(node.args[0].value))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in roots:
            names.append(f"homeward.{node.attr}")
    return names


def _is_truth(module: str) -> bool:
    return any(module == home or module.startswith(home + ".") for home in TRUTH)
