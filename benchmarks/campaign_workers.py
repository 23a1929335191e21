"""How the cores of one machine are best used by a campaign: threads, processes, or several XLA devices.

    python benchmarks/campaign_workers.py [BLOCKS]

Flies the same blocks of dispersed returns each way, compiled programs at hand, and prints runs/s. Each way
has a process of its own, since XLA reads its options once.
"""

import json
import os
import subprocess
import sys
import time

BLOCKS = 8
SEED = 1
WAYS = ("one thread", "threads", "processes", "devices")


def fly(way: str, blocks: int, part: int, parts: int) -> None:
    """Fly every ``parts``-th block from ``part`` on; prints runs, seconds and MiB."""
    from concurrent.futures import ThreadPoolExecutor

    import jax

    from homeward.campaigns.execution.blocks import ReturnBlocks
    from homeward.campaigns.execution.peak_memory import peak_memory_mib
    from homeward.scenario.load import load

    workers = 1 if way in ("one thread", "processes") else os.cpu_count() or 1
    flown = ReturnBlocks(load("shenzhou-15"), SEED, "point-mass")
    devices = jax.devices()

    def one(k: int) -> None:
        with jax.default_device(devices[k % len(devices)]):
            flown.fly(k * flown.lanes, flown.lanes, lambda _: None)

    mine = range(part, blocks, parts)
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(one, range(workers)))  # compiles
        print("ready", flush=True)
        sys.stdin.readline()
        began = time.perf_counter()
        list(pool.map(one, mine))
        spent = time.perf_counter() - began
    print(json.dumps({"runs": len(mine) * flown.lanes, "s": spent, "mib": peak_memory_mib()}), flush=True)


def measure(way: str, blocks: int) -> None:
    """One way, in as many processes as it takes."""
    cores = os.cpu_count() or 1
    parts = cores if way == "processes" else 1
    flags = f"--xla_force_host_platform_device_count={cores}" if way == "devices" else ""
    environment = {**os.environ, "XLA_FLAGS": flags}
    command = [sys.executable, __file__, str(blocks), way]
    many = [
        subprocess.Popen([*command, str(k), str(parts)], env=environment, stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, text=True)
        for k in range(parts)
    ]  # fmt: skip
    for one in many:
        assert one.stdout is not None
        one.stdout.readline()
    told = [json.loads(one.communicate("go\n")[0]) for one in many]
    rate = sum(t["runs"] for t in told) / max(t["s"] for t in told)
    memory = sum(t["mib"] for t in told)
    load = os.getloadavg()[0]
    print(f"{way:12s} {rate:7.2f} runs/s  {memory:6.0f} MiB in all  (load {load:.1f})", flush=True)


def main() -> None:
    """All ways, or one of them in a process of its own."""
    if len(sys.argv) > 2:
        fly(sys.argv[2], int(sys.argv[1]), int(sys.argv[3]), int(sys.argv[4]))
        return
    for way in WAYS:
        measure(way, int(sys.argv[1]) if len(sys.argv) > 1 else BLOCKS)


if __name__ == "__main__":
    main()
