"""The report: one file that needs nothing else, verdicts first, and what it tells in JSON."""

import dataclasses
import json
import re
import shutil
from html.parser import HTMLParser

import numpy as np
import pytest
from console_folders import SWITCHES, chromium

from homeward.campaigns.report.figures import pictures_of
from homeward.campaigns.report.report import report
from homeward.campaigns.store.columns import RETURN, RUN, Column
from homeward.campaigns.store.reproduce import changes, commands
from homeward.campaigns.store.store import Store
from homeward.campaigns.verification.requirements import parse
from homeward.cli.app import main
from homeward.errors import InputError
from homeward.scenario import load

RUNS, LANES = 300, 150
SITE = {"name": "Somewhere", "latitude_deg": 41.6, "longitude_deg": 100.1, "altitude_m": 1000.0}


def made(folder, failed=(7, 160)):
    """A store of made-up returns."""
    manifest = {
        "kind": "return", "scenario": "shenzhou-15",
        "scenario_document": {"site": SITE, "title": "<Made up>"},
        "version": {"homeward": "0.0", "source": "abc"}, "seed": 3, "runs": RUNS, "lanes": LANES,
        "fidelity": "point-mass", "plan": None, "port": None, "sampling": "random", "columns": [],
        "created_utc": "2026-01-02T03:04:05+00:00", "machine": {"cores": 2},
    }  # fmt: skip
    store = Store.create(folder, manifest)
    known = {c.name: c for c in RUN} | {s.column.name: s.column for s in RETURN}
    rng = np.random.default_rng(1)
    run = np.arange(RUNS)
    broken = np.isin(run, failed)
    drag, wind = rng.normal(size=RUNS), rng.normal(size=RUNS)
    miss = np.where(broken, np.nan, np.abs(0.2 * drag + 0.05 * rng.normal(size=RUNS)))
    whole = {
        "run": run, "failed": broken, "success": ~broken,
        "failure": [f"entry, {k}.0 s: took <too> long" if b else None for k, b in enumerate(broken)],
        "open_miss_km": miss, "touchdown_miss_km": 2.0 * miss, "peak_load_g": 4.0 + 0.1 * drag,
        "touchdown_speed_m_s": 2.3 + 0.1 * wind, "flight_path_angle_deg": -1.6 + 0.01 * wind,
        "touchdown_latitude_deg": 41.6 + 0.01 * wind, "touchdown_longitude_deg": 100.1 + 0.02 * drag,
        "draw_drag": drag, "draw_wind": wind,
    }  # fmt: skip
    draws = {n: Column(n, "1", "made up", "draw") for n in ("draw_drag", "draw_wind")}
    columns = [(known | draws)[n] for n in whole]
    for first in range(0, RUNS, LANES):
        store.append(first, {n: v[first : first + LANES] for n, v in whole.items()}, columns)
    return store


class Reader(HTMLParser):
    """Tags that are open, and everything that would be fetched from elsewhere."""

    def __init__(self):
        super().__init__()
        self.open, self.fetched, self.headings, self._in = [], [], [], None

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)
        self.fetched += [v for k, v in attrs if k in ("src", "href") and not v.startswith(("data:", "#"))]
        self._in = tag

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("h1", "h2"):
            self.headings.append(data)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("campaign") / "one"
    made(folder)
    return folder


def test_a_report_stands_alone_and_tells_the_verdicts_first(folder, capsys):
    file = folder / "page.html"
    assert main(["report", str(folder), "--out", str(file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    page = file.read_text(encoding="utf-8")
    reader = Reader()
    reader.feed(page)
    assert not reader.open and not reader.fetched and "@import" not in page and "url(" not in page
    assert reader.headings[1:3] == ["Verdicts", "Figures"]
    assert told["runs"] == RUNS and told["failed"] == 2 and told["file"] == str(file)
    verdicts = {v["id"]: v["verdict"] for v in told["requirements"]}
    assert verdicts["R-2"] == "not met" and verdicts["R-3"] == "met" and verdicts["R-5"] == "undecided"
    assert told["failures"] == [{"what": "entry: took <too> long", "count": 2, "runs": [7, 160]}]
    assert [f["replay"] for f in told["failed_runs"]] == [f"homeward replay {folder} {k}" for k in (7, 160)]
    assert told["failed_runs"][0]["failure"] == "entry, 7.0 s: took <too> long"
    assert told["drivers"][0]["drivers"][0]["draw"] in ("draw_drag", "draw_wind")
    assert "took &lt;too&gt; long" in page and "&lt;Made up&gt;" in page
    assert f"homeward replay {folder} 160" in page
    assert page.count("data:image/svg+xml") >= 8
    assert len(re.findall("not met</td>", page)) == sum(v == "not met" for v in verdicts.values())


def test_failed_runs_are_listed_in_a_terminal_with_how_to_fly_them_again(folder, capsys):
    assert main(["report", str(folder), "--out", str(folder / "page.html")]) == 0
    said = capsys.readouterr().out
    for run in (7, 160):
        assert f"entry, {run}.0 s: took <too> long" in said and f"homeward replay {folder} {run}" in said


def test_understanding_tells_drivers_and_why_there_is_no_gradient(folder, tmp_path, capsys):
    shot = tmp_path / "u.png"
    assert main(["understand", str(folder), "--no-gradient", "--json", "--out", str(shot)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["gradient"] is None and told["why_not"] == "not asked for" and told["runs"] == RUNS
    first = {d["quantity"]: d["drivers"][0]["draw"] for d in told["drivers"]}
    assert first["peak_load_g"] == "draw_drag" and first["touchdown_speed_m_s"] == "draw_wind"
    assert shot.read_bytes()[:4] == b"\x89PNG"
    assert main(["understand", str(folder), "--out", "u.txt"]) == 2
    assert "ends in .png" in capsys.readouterr().err


def test_understanding_flies_by_the_programs_of_the_campaign(folder, monkeypatch):
    """Other legs or lanes than the campaign's would have every program of the flight compiled anew."""
    from homeward.campaigns.report import sensitivity_report
    from homeward.campaigns.store.store import Store

    class AskedError(Exception):
        pass

    asked: dict = {}

    def planned(scenario, fidelity, ahead):
        asked.update(legs=scenario.return_.legs)
        raise AskedError

    monkeypatch.setattr(sensitivity_report, "scenario_of", lambda store: load("shenzhou-15"))
    monkeypatch.setattr(sensitivity_report, "preparing", lambda lanes, *_: asked.update(lanes=lanes))
    monkeypatch.setattr(sensitivity_report, "plan_return", planned)
    with pytest.raises(AskedError):
        sensitivity_report.understand(folder)
    store = Store.open(folder)
    assert (
        asked["lanes"] == store.lanes and asked["legs"] == sensitivity_report.scenario_of(store).return_.legs
    )


def test_the_ground_in_reach_is_drawn_from_what_was_flown(folder, monkeypatch):
    from homeward.campaigns.report import footprint
    from homeward.campaigns.store.records import read_records

    ground = np.radians([[41.0, 99.0], [42.0, 99.0], [42.0, 101.0], [41.0, 101.0], [41.5, 100.0]])
    monkeypatch.setattr(footprint, "reachable", lambda plan: (ground, ground[0]))
    monkeypatch.setattr(footprint, "plan_return", lambda scenario, fidelity: None)
    scenario = type("S", (), {"site": type("P", (), SITE), "truth": load("shenzhou-15").truth})
    monkeypatch.setattr(footprint, "scenario_of", lambda store: scenario)
    records = read_records(folder)
    reach = footprint.footprint_of(records)
    assert reach is not None and len(reach.rim) == 5 and np.array_equal(reach.rim[0], reach.rim[-1])
    # A degree of latitude is 111 km; two of longitude at 41 to 42 degrees 168 and 166 km.
    words = footprint.words_of(reach)
    assert "5 of the profiles" in words and "168 km from west to east" in words
    plain = [
        shot for shot in pictures_of(records, [], [], lambda _: None)["results"] if "came down" in shot[1]
    ]
    both = pictures_of(records, [], [], lambda _: None, reach)["results"]
    ((picture, title, caption),) = [shot for shot in both if "came down" in shot[1]]
    assert picture != plain[0][0] and title.endswith("the ground that can be reached")
    assert caption == plain[0][2] + words


def test_a_report_by_other_requirements(folder):
    told = report(folder, [parse("peak_load_g max <= 3")]).data
    assert [v["verdict"] for v in told["requirements"]] == ["not met"]
    with pytest.raises(InputError, match="was not recorded"):
        report(folder, [parse("tumbled count <= 0")])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["report", "nowhere"], "holds no manifest"),
        (["report", "{}", "--requirements", "none.toml"], "none.toml: cannot be read"),
        (["report", "{}", "--out", "/dev/null/x.html"], "--out /dev/null/x.html: cannot be written"),
        (["report", "{}", "--out", "{}"], "this is a folder"),
    ],
)
def test_what_cannot_be_reported_is_refused(folder, capsys, arguments, words):
    assert main([a.format(folder) for a in arguments]) == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert words in said and "Traceback" not in said


def test_how_to_fly_it_again_names_what_was_changed():
    import homeward as hw

    scenario = hw.load("shenzhou-15", {"flight.guidance.law": "reference", "truth.capsule.mass_kg": "3300"})
    document = json.loads(scenario.model_dump_json(by_alias=True, exclude_none=True))
    assert changes(document, "shenzhou-15") == {
        "flight.guidance.law": "reference", "truth.capsule.mass_kg": "3300.0"
    }  # fmt: skip
    manifest = {"scenario": "shenzhou-15", "scenario_document": document, "runs": 9, "seed": 4}
    manifest |= {"kind": "return", "fidelity": "six-dof"}
    first = commands(manifest, "DIR")[0][0]
    assert first == (
        "homeward campaign shenzhou-15 --runs 9 --seed 4 --what return --fidelity six-dof "
        "--set truth.capsule.mass_kg=3300.0 --set flight.guidance.law=reference --out AGAIN"
    )
    assert changes(document, "one of my own") is None


EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&{{ 7 * 7 }}{% x %}\x1b[2J\u202e"


def test_nothing_that_a_manifest_says_becomes_html(folder, tmp_path):
    """Every text and number of a manifest and of the table, replaced by markup."""
    shutil.copytree(folder, tmp_path / "evil")
    path = tmp_path / "evil" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest |= {"scenario": EVIL, "created_utc": EVIL[:16], "fidelity": EVIL, "plan": EVIL}
    manifest["version"] = {EVIL: EVIL, "homeward": EVIL}
    manifest["machine"] = {EVIL: EVIL}
    manifest["scenario_document"] |= {"title": EVIL, EVIL: EVIL}
    manifest["scenario_document"]["site"]["name"] = EVIL
    for column in manifest["columns"]:
        column |= {"unit": EVIL, "text": EVIL}
    path.write_text(json.dumps(manifest))
    asked = [dataclasses.replace(r, id=EVIL, why=EVIL, text=EVIL) for r in [parse("open_miss_km p99 <= 1")]]
    page = report(tmp_path / "evil", asked).html
    reader = Reader()
    reader.feed(page)
    assert not reader.open and not reader.fetched
    assert "<script" not in page and "onerror=alert" not in re.sub(r"&[a-z#0-9]+;img[^&]*", "", page)
    assert "\x1b" not in page and "\u202e" not in page and "{{ 7 * 7 }}" in page
    assert page.count("&lt;script&gt;") > 20


def test_a_seed_that_is_markup_is_refused(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "evil")
    path = tmp_path / "evil" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"seed": EVIL}))
    with pytest.raises(InputError, match=r"manifest\.json: seed: "):
        report(tmp_path / "evil")


@pytest.mark.skipif(chromium() is None, reason="no Chromium is installed")
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_page_is_no_wider_than_the_screen(folder, tmp_path, width):
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright drives the browser")
    path = tmp_path / "page.html"
    path.write_text(report(folder).html.replace(str(folder), "/a" * 80), encoding="utf-8")
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=chromium(), args=SWITCHES)
        page = browser.new_page(viewport={"width": width, "height": 844})
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        browser.close()
