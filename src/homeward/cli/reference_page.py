"""The command reference as a Markdown page, made from the commands themselves by ``make docs``."""

from typing import Any

import typer

from homeward.cli.app import app

HEAD = """# Command line

Made from the commands by `make docs`: change the command, not this page. In a terminal `homeward COMMAND -h`
prints the same; `homeward --install-completion` completes commands and options in the shell.

| exit status | means |
|---|---|
| 0 | done; a flight that broke a limit is a result and told as such |
| 1 | internal error |
| 2 | bad input: one sentence names the file or option, the key, and what was expected |
| 3 | physically impossible as asked, or a state that stopped being finite |
| 4 | `--require success` and a limit was exceeded, or a requirement is not met |
| 130, 143 | stopped by an interrupt or a termination signal |

`--json` prints the result for other programs on standard output; progress and messages go to standard error.
"""


def commands() -> dict[str, Any]:
    """Every command by name, in the order of the help."""
    root: Any = typer.main.get_command(app)
    return dict(root.commands)


def options_of(command: Any) -> list[tuple[str, str, str, str]]:
    """Name, value, default and help of each argument and option of a command."""
    rows = []
    for p in command.params:
        if "--help" in p.opts:
            continue
        value = p.metavar or ""
        if p.param_type_name == "argument":
            rows.append((value or p.name.upper(), "", _default(p), p.help or ""))
        else:
            flag = getattr(p, "is_flag", False)
            names = ", ".join(f"`{name}`" for name in sorted(p.opts, key=len))
            rows.append((names, "" if flag else f"`{value or 'TEXT'}`", _default(p), p.help or ""))
    return rows


def _default(p: Any) -> str:
    if p.required:
        return "required"
    if callable(p.default) or p.default is None or p.default is False or p.default == () or p.default == []:
        return ""
    text = str(p.default)
    return "" if "Sentinel" in text or "UNSET" in text else f"`{text}`"


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for name, command in commands().items():
        parts.append(f"## homeward {name}\n\n{(command.help or '').strip()}\n")
        rows = [
            f"| {_cell(a)} | {_cell(b)} | {_cell(c)} | {_cell(d)} |" for a, b, c, d in options_of(command)
        ]
        parts.append("\n".join(["| option | value | default | meaning |", "|---|---|---|---|", *rows]) + "\n")
    return "\n".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
