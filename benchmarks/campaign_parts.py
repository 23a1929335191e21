"""Where a campaign's time goes: compiling, drawing, predictor, filter, truth, output; both fidelities.

    python -m benchmarks.campaign_parts [--picture FILE.png] [--kept FILE.json]

One block of returns on one core, in processor time. The predictor is its own program timed alone, times the
cycles of an entry; the filter is what a ship that turns takes more than with a fix with made-up errors
(``flight.navigation.law = error-model``); the truth is the rest: dynamics, air, thrusters, sensors, control.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SCENARIO, LANES, ROUNDS = "shenzhou-15", 128, 3
CYCLES = 620  # guidance cycles of an entry
PARTS = ("drawing", "predictor and guidance", "navigation filter", "truth, sensors, control", "output")


def flown(fidelity: str, navigation: str) -> dict[str, float]:
    """Milliseconds a return of one block: all, drawing, output; programs compiled before, and how long."""
    import homeward as hw
    from homeward._aot.program import build_seconds
    from homeward.campaigns.execution import blocks
    from homeward.campaigns.execution.provenance import first_manifest
    from homeward.campaigns.store.store import Store

    changes = {"simulation.lanes": str(LANES)}
    if fidelity == "six-dof":
        changes["flight.navigation.law"] = navigation
    scenario = hw.load(SCENARIO, changes)
    made = blocks.ReturnBlocks(scenario, 1, fidelity)
    spent = {"draw": 0.0, "output": 0.0}

    def timed(name: str, call: Any) -> Any:
        def go(*arguments: Any) -> Any:
            start = time.process_time()
            try:
                return call(*arguments)
            finally:
                spent[name] += time.process_time() - start

        return go

    for name, key in (("disperse", "draw"), ("return_draws", "output"), ("metrics", "output"),
                      ("as_rows", "output"), ("return_failures", "output")):  # fmt: skip
        setattr(blocks, name, timed(key, getattr(blocks, name)))
    with tempfile.TemporaryDirectory() as folder:
        manifest = first_manifest(scenario, "return", LANES * (ROUNDS + 1), 1, fidelity, None, None)
        store = Store.create(Path(folder) / "store", manifest)
        write = timed("output", lambda first, block, draws: store.append(
            first, block, blocks_columns(made.kind, block, draws)))  # fmt: skip
        with store.writing():
            for turn in range(ROUNDS + 1):
                if turn == 1:  # the first one compiles
                    spent.update(draw=0.0, output=0.0)
                    start = time.process_time()
                block, draws = made.fly(turn * LANES, LANES, lambda _: None)
                write(turn * LANES, block, draws)
            whole = time.process_time() - start  # pyright: ignore[reportPossiblyUnbound]
    each = 1e3 / (ROUNDS * LANES)
    return {"all": whole * each, "draw": spent["draw"] * each, "output": spent["output"] * each,
            "build_s": build_seconds()}  # fmt: skip


def blocks_columns(kind: str, block: Any, draws: Any) -> Any:
    """The columns of a block as a store wants them."""
    from homeward.campaigns.store.columns import columns_of

    return columns_of(kind, block, draws)


def apart(fidelity: str, navigation: str, cache: str | None = None) -> dict[str, float]:
    """The same in a process of its own, bound to one core; ``cache`` is where compiled programs are kept."""
    environment = {**os.environ, "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"}
    if cache is not None:
        environment["HOMEWARD_CACHE"] = cache
    command = [sys.executable, "-m", "benchmarks.campaign_parts", "--fly", fidelity, navigation]
    answer = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(answer.stdout.splitlines()[-1])


def measure() -> dict[str, Any]:
    """Milliseconds of each part of a return, and seconds of compiling from nothing and from what is kept."""
    from benchmarks.closed_loop import guidance_cycle

    predictor = 1e-3 * guidance_cycle() * CYCLES
    told: dict[str, Any] = {}
    for fidelity in ("point-mass", "six-dof"):
        with tempfile.TemporaryDirectory() as cache:
            cold, warm = (apart(fidelity, "filter", cache) for _ in range(2))
            plain = apart(fidelity, "error-model", cache) if fidelity == "six-dof" else warm
        part = {"drawing": warm["draw"], "predictor and guidance": predictor,
                "navigation filter": warm["all"] - plain["all"], "output": warm["output"]}  # fmt: skip
        part["truth, sensors, control"] = warm["all"] - sum(part.values())
        told[fidelity] = {"ms": part, "all_ms": warm["all"], "compile_s": cold["build_s"],
                          "read_s": warm["build_s"]}  # fmt: skip
    return told


def draw(told: dict[str, Any], path: Path) -> None:
    """One bar a fidelity, in shares; and what compiling is worth in flights."""
    from homeward.output.figure_style.style import (
        BLUE,
        GREEN,
        INK,
        ORANGE,
        PURPLE,
        SKY,
        label,
        new_figure,
        panel_title,
        save,
        styled,
    )  # fmt: skip

    colors = dict(zip(PARTS, (SKY, ORANGE, GREEN, BLUE, PURPLE), strict=True))
    with styled():
        figure = new_figure(9.6, 3.6)
        ax = figure.add_axes((0.16, 0.30, 0.82, 0.56))
        for row, t in enumerate(told.values()):
            left = 0.0
            for name in PARTS:
                share = 100.0 * max(t["ms"][name], 0.0) / t["all_ms"]
                ax.barh(row, share, left=left, height=0.55, color=colors[name], linewidth=0)
                if share > 4.0:
                    label(ax, left + 0.5 * share, row, f"{share:.0f} %", INK, ha="center", fontweight="bold")
                left += share
            words = f"{t['all_ms']:.1f} ms a return; compiling {t['compile_s']:.0f} s"
            words += f", read when kept {t['read_s']:.0f} s"
            label(ax, 0.0, row + 0.40, words, INK, fontsize=8.5)
        ax.set_yticks(range(len(told)), list(told))
        ax.set_ylim(len(told) - 0.35, -0.5)
        ax.set_xlim(0.0, 100.0)
        ax.grid(axis="y", visible=False)
        panel_title(ax, f"{SCENARIO}, undocking to touchdown: where a return's time goes [%], one core")
        x = 0.05
        for name in PARTS:
            figure.text(x, 0.08, "■", color=colors[name], fontsize=11, va="center")
            figure.text(x + 0.018, 0.08, name, color=INK, fontsize=8.5, va="center")
            x += 0.035 + 0.0079 * len(name)
        save(figure, path)


def main() -> None:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--fly", nargs=2)
    parser.add_argument("--kept", type=Path)
    parser.add_argument("--picture", type=Path)
    asked = parser.parse_args()
    if asked.fly is not None:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        print(json.dumps(flown(*asked.fly)))
        return
    if asked.kept is not None and asked.kept.exists():
        told = json.loads(asked.kept.read_text())
    else:
        told = measure()
        if asked.kept is not None:
            asked.kept.write_text(json.dumps(told, indent=1))
    for fidelity, t in told.items():
        print(f"  {fidelity}: {t['all_ms']:.2f} ms a return, compiling {t['compile_s']:.0f} s, "
              f"{t['read_s']:.1f} s with programs kept")  # fmt: skip
        for name in PARTS:
            print(f"    {name:26} {t['ms'][name]:8.2f} ms {100 * t['ms'][name] / t['all_ms']:6.1f} %")
    if asked.picture is not None:
        draw(told, asked.picture)


if __name__ == "__main__":
    main()
