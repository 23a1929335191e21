"""A run of a rendezvous campaign flown again: the stored bits, in a process of its own, as a user does."""

import json
import subprocess
import sys

import pytest

RUNS, CHECKED = 70, (0, 17, 69)  # 69 lies in the second block, which is filled up


def told(*words: str) -> dict:
    answer = subprocess.run(
        [sys.executable, "-m", "homeward", *words, "--json"], stdout=subprocess.PIPE, check=True
    )
    return json.loads(answer.stdout)


@pytest.mark.slow
def test_runs_of_a_rendezvous_campaign_are_flown_again_bit_for_bit(tmp_path):
    folder = str(tmp_path / "store")
    words = ("--what", "rendezvous", "--runs", str(RUNS), "--seed", "5", "--out", folder)
    flown = told("campaign", "shenzhou-16", *words)
    assert flown["runs"] == RUNS and flown["peak_memory_mib"] < 2048.0
    for run in CHECKED:
        again = told("replay", folder, str(run))
        assert again["same_bits"] and again["differing"] == [] and again["same_version"]
        assert again["stored"]["run"] == run and again["kind"] == "rendezvous"
        # The program that records may order its sums otherwise: the same flight, within what that makes.
        assert abs(again["recorded_off"]["time_to_dock_s"]) < 60.0
