"""What a campaign of N runs costs, from 10^2 to 10^5: is it linear, and does memory stay what it was.

    python -m benchmarks.campaign_scale [--most 100000] [--kept FILE.json] [--picture FILE.png]

Every N is a ``homeward campaign`` of its own, from start to verdicts, its programs compiled before. Counted
is processor time, which a busy neighbour does not change much, and wall time beside it. With ``--kept`` the
rows are written to a file as they come, and those that are there are not flown again.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SCENARIO = "shenzhou-15"
NUMBERS = (100, 316, 1_000, 3_162, 10_000, 31_623, 100_000)


def fly(runs: int) -> dict[str, Any]:
    """One campaign in a process of its own: runs, seconds of processor and of wall time, MiB at most."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["campaign", SCENARIO, "--what", "return", "--runs", str(runs), "--seed", "1", "--json"]
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        answer = subprocess.run(
            [sys.executable, "-m", "homeward", *words, "--out", f"{folder}/store"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True,
        )  # fmt: skip
        wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    told = json.loads(answer.stdout)
    return {
        "runs": runs, "failed": told["failed"], "wall_s": wall, "mib": told["peak_memory_mib"],
        "cpu_s": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "compile_s": told["compile_s"], "load": os.getloadavg()[0],
    }  # fmt: skip


def line(rows: list[dict[str, Any]]) -> tuple[float, float]:
    """Fixed seconds and seconds a run that fit the processor times best, each by its own size."""
    import numpy as np

    n, cpu = np.array([r["runs"] for r in rows], float), np.array([r["cpu_s"] for r in rows])
    a, b = np.linalg.lstsq(np.stack([1.0 / cpu, n / cpu], axis=1), np.ones(n.size), rcond=None)[0]
    return float(a), float(b)


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """Processor time and memory over the number of runs."""
    import numpy as np

    from homeward.output.figure_style.style import (
        BLUE,
        INK,
        ORANGE,
        SOFT,
        label,
        new_figure,
        panel_title,
        save,
        styled,
    )

    a, b = line(rows)
    n = np.array([r["runs"] for r in rows], float)
    with styled():
        figure = new_figure(9.6, 3.9)
        left, right = figure.add_axes((0.065, 0.13, 0.53, 0.75)), figure.add_axes((0.67, 0.13, 0.31, 0.75))
        fine = np.geomspace(n.min(), n.max(), 200)
        left.plot(fine, a + b * fine, color=SOFT, linewidth=1.4)
        left.plot(n, [r["cpu_s"] for r in rows], "o", color=BLUE, markersize=6)
        label(
            left,
            n[-1],
            a + b * n[-1],
            f"{a:.0f} s + {1e3 * b:.1f} ms a run",
            INK,
            offset=(-10, 0),
            ha="right",
        )
        left.set_xscale("log")
        left.set_yscale("log")
        left.set_xlabel("runs")
        panel_title(left, "processor time, start to verdicts [s]; grey: a straight line")
        right.plot(n, [r["mib"] for r in rows], "o", color=ORANGE, markersize=6)
        right.set_xscale("log")
        right.set_ylim(0.0, 2048.0)
        right.set_xlabel("runs")
        panel_title(right, "most memory [MiB]; the frame is 2 GiB high")
        save(figure, path)


def main() -> None:
    """Fly what is not kept, print the table, and draw it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--most", type=int, default=NUMBERS[-1])
    parser.add_argument("--kept", type=Path)
    parser.add_argument("--picture", type=Path)
    asked = parser.parse_args()
    rows = json.loads(asked.kept.read_text()) if asked.kept is not None and asked.kept.exists() else []
    if not rows:
        fly(NUMBERS[0])  # compiles
    for runs in NUMBERS:
        if runs <= asked.most and runs not in [r["runs"] for r in rows]:
            rows = sorted([*rows, fly(runs)], key=lambda r: r["runs"])
            if asked.kept is not None:
                asked.kept.write_text(json.dumps(rows, indent=1))
    a, b = line(rows)
    head = ("failed", 7), ("processor s", 12), ("off the line", 14), ("wall s", 8), ("MiB", 6), ("load", 5)
    print(f"  {'runs':>8} " + " ".join(f"{name:>{width}}" for name, width in head))
    for r in rows:
        off = r["cpu_s"] / (a + b * r["runs"]) - 1.0
        print(f"  {r['runs']:8,} {r['failed']:7} {r['cpu_s']:12.1f} {100 * off:+12.1f} % {r['wall_s']:8.0f} "
              f"{r['mib']:6.0f} {r['load']:5.1f}")  # fmt: skip
    print(f"  {a:.1f} s and {1e3 * b:.2f} ms of processor time a run")
    if asked.picture is not None:
        draw(rows, asked.picture)


if __name__ == "__main__":
    main()
