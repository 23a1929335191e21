"""The C of the link: a library's messages as space packets, and a process that speaks them over a socket."""

from homeward.codegen.layout import Field
from homeward.codegen.library import Library
from homeward.codegen.shipped import shipped
from homeward.codegen.values import size_of
from homeward.flight_link import messages as m
from homeward.io.space_packet import SHORTEST


def link_texts(library: Library) -> dict[str, str]:
    """The files of a return's library that let a simulation call it from another process."""
    known = m.Messages(library.structures, tuple(library.modes))
    longest = SHORTEST + max(
        m.HELLO_KIND.itemsize, m.LOAD_KIND.itemsize, known.answer.itemsize,
        *(kind.itemsize for kind in known.calls.values()),
    )  # fmt: skip
    words = {
        "MESSAGES": known.fingerprint, "LONGEST": longest, "VERSION": m.VERSION, "BLOCK": m.BLOCK,
        "HELLO": m.HELLO, "LOAD": m.LOAD, "BEGIN": m.BEGIN, "READY": m.READY, "END": m.END,
        "CYCLE": m.CALL_CYCLE, "TICK": m.CALL_TICK, "COMMAND": m.ANSWER,
        "TABLES": "\n\n".join(_table(n, library.structures[n]) for n in m.SENT),
    }  # fmt: skip
    texts = {"homeward_link.h": shipped("flight_link.h"), "homeward_link.c": shipped("flight_link.c")}
    for name, text in texts.items():
        for word, value in words.items():
            text = text.replace(f"@{word}@", str(value))
        texts[name] = text
    return texts | {"process.c": shipped("flight_process.c")}


def _table(name: str, members: list[Field]) -> str:
    rows = [f"    {{'{f.dtype.kind}', {f.dtype.itemsize}, {size_of(f.shape)}, offsetof({name}, {f.name})}},"
            for f in members]  # fmt: skip
    rows = rows or ["    {'b', 1, 0, 0},"]  # C knows no table without a row
    return "\n".join([f"static const field of_{name.removeprefix('homeward_')}[] = {{", *rows, "};"])


__all__ = ["link_texts"]
