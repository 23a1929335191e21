"""The cache of compiled programs: this user's alone, and every entry the one that its name says."""

import os
import shutil
import stat
import subprocess
import sys

import pytest

from homeward._aot import cache as _kept
from homeward._aot import jax_config

pytestmark = pytest.mark.skipif(os.name != "posix", reason="owners and modes of POSIX")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HOMEWARD_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_it_is_made_for_this_user_alone_whatever_the_umask(cache):
    before = os.umask(0)
    try:
        folder = jax_config.writable_folder("programs")
    finally:
        os.umask(before)
    assert folder == cache / "programs"
    assert mode(cache) == mode(folder) == 0o700


def test_one_that_others_can_write_is_closed(cache):
    folder = jax_config.writable_folder("programs")
    assert folder is not None
    folder.chmod(0o777)
    cache.chmod(0o775)
    assert jax_config.writable_folder("programs") == folder
    assert mode(folder) == 0o755 and mode(cache) == 0o755


def test_one_of_another_user_is_not_used(cache, monkeypatch):
    assert jax_config.writable_folder("programs") is not None
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
    assert jax_config.writable_folder("programs") is None


def test_an_entry_under_another_name_is_not_read(tmp_path):
    code = (
        "import sys, jax, jax.numpy as jnp\nfrom pathlib import Path\nfrom jax import export\n"
        "from homeward._aot import cache\n"
        "path = Path(sys.argv[1])\n"
        "cache.write(path, export.export(jax.jit(jnp.sin))(jax.ShapeDtypeStruct((3,), float)), ['a'])\n"
    )
    path = tmp_path / "sum-0123"
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    found = _kept.read(path)
    assert found is not None and found[1] == ["a"]
    other = tmp_path / "sum-4567"
    shutil.copy(path, other)
    assert _kept.read(other) is None
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert _kept.read(path) is None
