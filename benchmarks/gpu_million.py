"""A million closed-loop point-mass returns on a GPU, held against ten thousand on the processor.

    python -m benchmarks.gpu_million            a GPU is needed; says so where there is none
    python -m benchmarks.gpu_million --try N    the same path on whatever there is, with N runs

Both fly the default return by ``homeward campaign``, into stores in a temporary folder. The blocks on a GPU
are wider, so the bits differ and the distributions do not: medians and 99 % points have to agree within their
intervals.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measure import Skip

SCENARIO, MILLION, SOME = "shenzhou-15", 1_000_000, 10_000
CHILD = """
import json, sys
import homeward as hw
from homeward.campaigns.execution.campaign import campaign
told = campaign(hw.load(sys.argv[1]), int(sys.argv[2]), seed=1, what="return", out=sys.argv[3]).summary
import jax
print(json.dumps(told | {"backend": jax.default_backend()}))
"""


def run(tried: int | None = None) -> None:
    """Print both campaigns' rates, failures, and how far their figures are apart."""
    if tried is None and not has_gpu():
        raise Skip("JAX finds no GPU here (pip install 'jax[cuda12]' where there is one)")
    with tempfile.TemporaryDirectory() as folder:
        many = fly(tried or MILLION, Path(folder) / "many", None)
        some = fly(min(tried or SOME, SOME), Path(folder) / "some", "cpu")
    print("\nPoint-mass returns in closed loop, undocking to touchdown")
    for told in (many, some):
        print(
            f"  {told['backend']}: {told['runs']:,} runs, {told['failed']} failed, "
            f"{told['runs_per_s']:.1f} a second, {told['wall_s']:.0f} s, of which {told['compile_s']:.0f} s "
            f"compiling; {told['peak_memory_mib']:.0f} MiB of the host"
        )
    print(f"  ratio {many['runs_per_s'] / some['runs_per_s']:.2f}")
    for name in ("open_miss_km", "peak_load_g"):
        a, b = many["metrics"][name], some["metrics"][name]
        low, high = b["ci95_p99"]
        apart = "inside" if low is None or high is None or low <= a["p99"] <= high else "OUTSIDE"
        print(
            f"  {name}: p50 {a['p50']:.4g} against {b['p50']:.4g}, p99 {a['p99']:.4g} against {b['p99']:.4g} "
            f"({apart} its 95 % interval)"
        )


def has_gpu() -> bool:
    """Whether JAX has one; asked in a process of its own, as the answer sticks."""
    code = "import jax, sys; sys.exit(jax.default_backend() not in ('gpu', 'cuda', 'rocm'))"
    return not subprocess.run([sys.executable, "-c", code], capture_output=True).returncode


def fly(runs: int, folder: Path, platform: str | None) -> dict[str, Any]:
    """A campaign in a process of its own, on the platform named or the one JAX takes."""
    import json

    environment = dict(os.environ)
    if platform is not None:
        environment["JAX_PLATFORMS"] = platform
    command = [sys.executable, "-c", CHILD, SCENARIO, str(runs), str(folder)]
    told = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(told.stdout.splitlines()[-1])


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
    try:
        run(int(sys.argv[2]) if sys.argv[1:2] == ["--try"] else None)
    except Skip as reason:
        print(f"gpu_million: skipped, {reason}")
