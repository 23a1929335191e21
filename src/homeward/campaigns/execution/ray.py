"""Blocks of a campaign over a Ray cluster: flown by its workers, written by this process alone.

Only this process writes the store, and a block is written under its own first run, once it has come back: one
that a lost worker had begun is flown again elsewhere and can neither be lost nor counted twice. A block has
the same width and program wherever it is flown, so its bits are those of ``fly_local`` on a like processor.
"""

import importlib
import json
import logging
import os
from typing import Any

import numpy as np

from homeward._process.children import isolated
from homeward.campaigns.execution.local import AHEAD, Meter, write
from homeward.campaigns.execution.provenance import version_here
from homeward.campaigns.store.store import Store
from homeward.errors import HomewardError, InputError, one_line

RETRIES = 20  # times that a block is flown again after its worker was lost
_made: dict[str, Any] = {}  # of a worker: what flies the blocks of a manifest


def fly_in_worker(manifest_text: str, version: dict[str, str], first: int, count: int) -> tuple[Any, Any]:
    """What a worker does: the block, by blocks made of the manifest once and kept."""
    from homeward.campaigns.execution.campaign import blocks_of_manifest

    if version != version_here():
        raise InputError(f"--engine ray: a worker has another version of Homeward: {version_here()}")
    if manifest_text not in _made:
        _made.clear()
        _made[manifest_text] = blocks_of_manifest(json.loads(manifest_text))
    return _made[manifest_text].fly(first, count, lambda _: None)


def fly_ray(store: Store, document: dict[str, Any], todo: list[tuple[int, int]], meter: Meter) -> None:
    """Fly the blocks ``todo`` on the cluster that ``RAY_ADDRESS`` names, a local one where it names none.

    ``document`` is the scenario as ``scenario_of`` gives it, whose files every worker must be able to read.

    Raises ``InputError`` where Ray is not installed, the cluster is not there, or a worker's code is another.
    """
    ray = connected()
    try:
        slots = max(int(ray.cluster_resources().get("CPU", 1)), 1)
        work = ray.remote(fly_in_worker).options(num_cpus=1, max_retries=RETRIES)
        # Without what grows while flying: the same text for every block.
        told = {k: v for k, v in store.manifest.items() if k != "columns"}
        told["scenario_document"], kind = document, store.manifest["kind"]
        text, version = json.dumps(told, sort_keys=True), store.manifest["version"]
        rest, flying = iter(todo), {}
        while True:
            while len(flying) < slots + AHEAD:
                block = next(rest, None)
                if block is None:
                    break
                flying[work.remote(text, version, *block)] = block
            if not flying:
                return
            ended, _ = ray.wait(list(flying), num_returns=1)
            first, count = flying.pop(ended[0])
            rows, draws = got(ray, ended[0])
            write(store, kind, first, rows, draws)
            meter.ended(first, count, int(np.sum(rows["failed"])))
    finally:
        ray.shutdown()


def got(ray: Any, reference: Any) -> tuple[Any, Any]:
    """What came back; a worker's own refusal as it was said, a loss beyond all retries as one sentence."""
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, HomewardError):
            raise type(error.cause)(str(error.cause)) from None
        raise
    except ray.exceptions.RayError as error:
        reason = one_line(str(error).splitlines()[0], 200)
        raise InputError(
            f"--engine ray: the cluster lost a block for good ({reason}); --resume flies it"
        ) from None


def connected() -> Any:
    """Ray, connected to the cluster."""
    try:  # by name: the type checker runs where the extra is not installed, too
        ray = importlib.import_module("ray")
    except ImportError:
        raise InputError('--engine ray: Ray is not installed; pip install "homeward[cluster]"') from None
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nobody else is told of a flight
    try:
        with isolated():
            ray.init(
                ignore_reinit_error=True, log_to_driver=False, logging_level=logging.ERROR,
                include_dashboard=False,
            )  # fmt: skip
    except Exception as error:
        reason = one_line(str(error).splitlines()[0], 200)
        raise InputError(f"--engine ray: the cluster cannot be reached ({reason})") from None
    return ray
