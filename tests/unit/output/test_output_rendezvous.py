"""Files and pictures of a rendezvous, whatever part of it is missing."""

import json
import warnings

import numpy as np
import pyarrow.csv
import pyarrow.parquet
import pytest
from PIL import Image
from synthetic_pair import synthetic_pair

from homeward.errors import InputError
from homeward.missions.rendezvous_result import in_order
from homeward.output.files.telemetry import table_columns
from homeward.output.rendezvous.attitude import turn_degrees
from homeward.output.rendezvous.navigation import hand_over, share_inside
from homeward.output.save_rendezvous import PICTURES, picture, save_rendezvous
from homeward.output.views.rendezvous_view import PairView

KINDS = {
    "docked": {},
    "nadir": {"port": "nadir"},
    "aborted": {"end": "aborted"},
    "no homing": {"end": "far"},
    "broken off": {"end": "broken"},
    "two rows": {"rows": 2},
    "one row": {"rows": 1},
}


def texts(figure):
    return " | ".join(t.get_text() for t in figure.findobj(lambda a: hasattr(a, "get_text")))


@pytest.fixture(scope="module")
def docked(tmp_path_factory):
    folder, heard = tmp_path_factory.mktemp("pair") / "new" / "folder", []
    written = save_rendezvous(folder, *synthetic_pair(), lambda name, share: heard.append((name, share)))
    return folder, written, heard


def test_the_folder_is_whole_and_progress_hears_of_it(docked):
    folder, written, heard = docked
    assert [p.name for p in written] == [name for name, _ in heard]
    shares = [share for _, share in heard]
    assert shares == sorted(shares) and shares[0] == 0.0 and shares[-1] < 1.0
    assert {p.name for p in folder.iterdir()} == {
        "summary.json", "telemetry.parquet", "telemetry.csv", "ship.oem", "station.oem", "trajectory.czml",
        *(f"{name}.png" for name in PICTURES),
    }  # fmt: skip


def test_pictures_are_not_blank(docked):
    folder, _, _ = docked
    for name in PICTURES:
        with Image.open(folder / f"{name}.png") as image:
            gray = np.asarray(image.convert("L"))
        assert min(gray.shape) > 800 and len(np.unique(gray)) > 50
        assert (gray < 200).mean() > 0.005, f"{name} is all but blank"


def test_the_table_has_a_row_a_cycle_and_units_in_its_names(docked):
    folder, _, _ = docked
    _, history, _ = synthetic_pair()
    table = pyarrow.csv.read_csv(folder / "telemetry.csv")
    assert table.column_names == [c.name for c in table_columns(history, "rendezvous")]
    assert table.num_rows == len(history["time"])
    for name in ("time_s", "position_x_i_m", "station_velocity_z_i_m_s", "relative_position_along_m",
                 "relative_velocity_below_m_s", "port_position_x_d_m", "docking_turn_x_b_deg",
                 "rate_y_b_deg_s", "mass_kg", "delta_v_m_s", "position_sigma_across_m",
                 "valve_share_23"):  # fmt: skip
        assert name in table.column_names
    assert np.array_equal(table["relative_position_below_m"].to_numpy(), history["position_L"][:, 2])
    assert np.array_equal(table["rate_z_b_deg_s"].to_numpy(), np.degrees(history["omega_BI_B"][:, 2]))
    field = pyarrow.parquet.read_table(folder / "telemetry.parquet").schema.field("port_position_x_d_m")
    assert field.metadata[b"frame"] == b"D" and field.metadata[b"unit"] == b"m"


def test_tracks_hold_both_bodies(docked):
    folder, _, _ = docked
    _, history, _ = synthetic_pair()
    packets = json.loads((folder / "trajectory.czml").read_text())
    assert [p["id"] for p in packets] == ["document", "station", "ship"]
    position = packets[2]["position"]
    assert position["referenceFrame"] == "INERTIAL"
    assert np.allclose(position["cartesian"][1:4], history["r_BI_I"][0])
    lines = (folder / "station.oem").read_text().splitlines()
    first = next(line for line in lines if line.startswith("2026-09-20T05:41:44.000000 "))
    assert np.allclose([float(x) for x in first.split()[1:4]], history["r_TI_I"][0] / 1e3)


@pytest.mark.parametrize("kind", KINDS)
def test_every_picture_of_every_flight(kind):
    view = PairView(*synthetic_pair(**KINDS[kind]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in PICTURES:
            figure = picture(name, view)
            assert figure.axes and texts(figure).strip()


@pytest.mark.parametrize("kind", ["broken off", "one row"])
def test_files_of_a_flight_that_broke_off(kind, tmp_path):
    facts, history, summary = synthetic_pair(**KINDS[kind])
    assert len(save_rendezvous(tmp_path, facts, history, summary)) == 6 + len(PICTURES)
    assert pyarrow.csv.read_csv(tmp_path / "telemetry.csv").num_rows == len(history["time"])


def test_a_missing_part_is_said():
    aborted = PairView(*synthetic_pair(end="aborted"))
    assert "Aborted" in texts(picture("contact", aborted))
    assert "The ports never met" in texts(picture("contact", aborted))
    assert "did not come within 30 m" in texts(picture("contact", aborted))
    far = PairView(*synthetic_pair(end="far"))
    assert "did not come to the first hold point" in texts(picture("attitude", far))
    assert "did not come within 400 m" in texts(picture("closing_speed", far))
    assert "a number is not finite" in texts(picture("plan", PairView(*synthetic_pair(end="broken"))))
    assert "Not docked" in texts(picture("plan", PairView(*synthetic_pair(rows=1))))


def test_headlines_tell_the_result():
    view = PairView(*synthetic_pair())
    assert "Docked at the forward port 1 h 10 min after the insertion, for 95.4 m/s" in texts(
        picture("plan", view)
    )
    assert "1.3 cm off the axis at 0.074 m/s" in texts(picture("contact", view))
    assert "never nearer than 452 m" in texts(picture("relative_path", view))
    assert "274 kg of propellant" in texts(picture("propellant", view))
    facts, history, summary = synthetic_pair()
    inside = picture(
        "relative_path", PairView(facts, history, summary | {"min_range_outside_corridor_m": 90.0})
    )
    assert "inside the keep-out sphere" in texts(inside)


def test_the_view_reads_the_record():
    facts, history, summary = synthetic_pair()
    view = PairView(facts, history, summary)
    assert np.degrees(view.phase[0]) == pytest.approx(np.degrees(np.arctan2(8e5, 6.76e6 - 2.3e5)), rel=1e-6)
    assert view.contact_place is not None and np.hypot(*view.contact_place) < 0.02
    assert [name for name, _, _ in view.spans][:3] == ["far guidance", "homing", "5000 m hold"]
    assert view.spans[0][1] == 0.0 and view.spans[-1][2] == view.time[-1]
    assert [words for _, words in hand_over(view)] == ["5 km", "500 m", "200 m"]
    assert share_inside(view) == pytest.approx(0.997, abs=0.003)


def test_a_half_turn_is_told_whole():
    facts, history, summary = synthetic_pair()
    history["docking_turn"][-1] = [0.0, 2.0, 0.0]  # twice the sine of half the angle
    turn = turn_degrees(PairView(facts, history, summary))
    assert turn[-1] == pytest.approx([0.0, 180.0, 0.0])


def test_rows_come_in_order():
    rows = {"time": np.array([0.0, 10.0, 20.0, 12.0, 13.0]), "mass": np.arange(5.0)}
    assert in_order(rows)["time"].tolist() == [0.0, 10.0, 12.0, 13.0]
    assert in_order(rows)["mass"].tolist() == [0.0, 1.0, 3.0, 4.0]


def test_a_record_without_rows_and_a_folder_that_cannot_be_are_refused(tmp_path):
    facts, history, summary = synthetic_pair()
    with pytest.raises(InputError, match="no telemetry"):
        save_rendezvous(tmp_path, facts, {k: v[:0] for k, v in history.items()}, summary)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="--out"):
        save_rendezvous(tmp_path / "file" / "below", facts, history, summary)
