"""``python -m benchmarks [NAME ...]``: run the named benchmarks, or all of them."""

import importlib
import subprocess
import sys
import time

from benchmarks.measure import Skip, one_core

NAMES = (
    "open_loop_entries", "j2_orbits", "lambert", "closed_loop", "six_dof", "rendezvous", "amat_entry",
    "campaign", "gpu_million", "filter_share", "learning",
)  # fmt: skip


def main(arguments: list[str]) -> int:
    """Each benchmark gets a process of its own, so that none warms or crowds the next."""
    if arguments[:1] == ["--here"]:
        one_core()
        try:
            importlib.import_module(f"benchmarks.{arguments[1]}").run()
        except Skip as reason:
            print(f"\n{arguments[1]}: skipped, {reason}")
        return 0
    unknown = [name for name in arguments if name not in NAMES]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    status = 0
    for name in arguments or NAMES:
        start = time.perf_counter()
        status |= subprocess.run([sys.executable, "-m", "benchmarks", "--here", name], check=False).returncode
        print(f"  ({name}: {time.perf_counter() - start:.0f} s)", flush=True)
    return status


sys.exit(main(sys.argv[1:]))
