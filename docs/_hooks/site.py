"""What MkDocs does besides: pages from outside docs/, and links that lead out of it."""

import re
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[2]
#: Pages of the repository that the site shows too: where they lie, and under which name.
OUTSIDE = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "benchmarks/README.md": "benchmarks.md",
}
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def on_files(files, config):
    """Add the pages from outside ``docs``."""
    for path, name in OUTSIDE.items():
        files.append(File.generated(config, name, content=(ROOT / path).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown, page, config, files):
    """Point links at the site's pages; one to a file that the site does not hold becomes its name."""
    there = next((path for path, name in OUTSIDE.items() if name == page.file.src_uri), None)
    folder = (ROOT / there).parent if there else (ROOT / "docs" / page.file.src_uri).parent
    depth = page.file.src_uri.count("/")

    def led(match):
        target, _, anchor = match[1].partition("#")
        if not target or re.match(r"[a-z]+:", target):
            return match[0]
        file = (folder / target).resolve()
        try:
            path = file.relative_to(ROOT).as_posix()
        except ValueError:
            return match[0]
        anchor = f"#{anchor}" if anchor else ""
        if path in OUTSIDE:
            return f"]({'../' * depth}{OUTSIDE[path]}{anchor})"
        if path.startswith("docs/"):
            return f"]({'../' * depth}{path.removeprefix('docs/')}{anchor})"
        return f"]({'../' * depth}README.md)" if path == "README.md" else f" (`{path}`)"

    parts, last = [], 0
    for code in CODE.finditer(markdown):
        parts += [LINK.sub(led, markdown[last : code.start()]), code[0]]
        last = code.end()
    text = "".join([*parts, LINK.sub(led, markdown[last:])])
    return re.sub(r"\[([^\]\[]+)\] \(`([^`]+)`\)", r"\1 (`\2`)", text)
