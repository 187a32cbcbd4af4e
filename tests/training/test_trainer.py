# SPDX-License-Identifier: Apache-2.0
"""tradewind-trainer as a program: jobs in, events out, kills, signals and full disks."""

import json
import os
import pathlib
import resource
import signal
import subprocess
import time

import arrays
import numpy as np
import pytest

TRAINER = pathlib.Path(os.environ.get("TRADEWIND", "build/bin/tradewind")).with_name(
    "tradewind-trainer"
)
ROWS, COLUMNS = 2000, 3
DESCRIPTION = {
    "schema_hash": "s",
    "columns": ["a", "b", "c"],
    "label": "l",
    "label_hash": "h",
    "horizon_rows": 1,
    "symbols": ["A", "B"],
    "bars": "1d",
}


def dataset_arrays():
    rng = np.random.default_rng(1)
    features = rng.standard_normal((ROWS, COLUMNS)).astype("f4")
    return {
        "features": features,
        "starts": np.array([0, ROWS // 2, ROWS]),
        "known_at": np.arange(ROWS),
        "label": np.sign(features[:, 0] + 0.3 * rng.standard_normal(ROWS)),
    }


def write_dataset(folder, description=DESCRIPTION, **changes):
    path = folder / "data.arrays"
    path.write_bytes(arrays.to_bytes(description, dataset_arrays() | changes))
    return path


def write_job(folder, name="job", **changes):
    job = {
        "kind": "train",
        "dataset": str(folder / "data.arrays"),
        "model": str(folder / f"{name}.model"),
        "checkpoint": str(folder / f"{name}.checkpoint"),
        "family": "mlp",
        "target": {"task": "classes", "levels": [-1, 1]},
        "train": [[0, 1500]],
        "validation": [[1500, 2000]],
        "settings": {"epochs": 3},
    }
    path = folder / f"{name}.json"
    path.write_text(json.dumps(job | changes))
    return path


def run(*jobs, **popen):
    done = subprocess.run(
        [TRAINER],
        input="".join(f"{job}\n" for job in jobs),
        capture_output=True,
        text=True,
        timeout=120,
        **popen,
    )
    return [json.loads(line) for line in done.stdout.splitlines()], done


def test_runs_jobs_one_after_another_and_goes_on_after_one_that_failed(tmp_path):
    write_dataset(tmp_path)
    missing = tmp_path / "missing.json"
    events, done = run(write_job(tmp_path), missing, write_job(tmp_path, "second"))
    assert done.returncode == 0 and done.stderr == ""
    kinds = [event["event"] for event in events]
    assert kinds == ["started", *["epoch"] * 3, "done", "failed", "started", *["epoch"] * 3, "done"]
    assert events[5]["error"] == f"{missing}: there is no such file"
    assert events[1]["epoch"] == 1 and events[1]["epochs"] == 3 and events[1]["best"] is True
    model = pathlib.Path(events[4]["model"]).read_bytes()
    assert arrays.address(model) == events[4]["address"] == events[-1]["address"]
    assert not (tmp_path / "job.checkpoint").exists()


def test_the_card_says_what_it_was_trained_on(tmp_path):
    data = write_dataset(tmp_path)
    events, _ = run(write_job(tmp_path, inputs=[0, 2]))
    card, tensors = arrays.parse(pathlib.Path(events[-1]["model"]).read_bytes())
    assert card["origin"]["data_hash"] == arrays.address(data.read_bytes())
    assert card["origin"]["rows"] == 1500 and card["origin"]["until"] == 1499
    assert card["inputs"] == [0, 2] and tensors["centre"].shape == (2,)
    median = np.median(dataset_arrays()["features"][:1500, 0])
    assert tensors["centre"][0] == pytest.approx(median, abs=1e-6)


@pytest.mark.parametrize(
    ("family", "settings"),
    [
        ("lstm", {"epochs": 12, "batch": 100, "hidden": 64, "patience": 0}),
        ("xgboost", {"trees": 150, "bags": 4, "checkpoint_every": 10, "early_stopping": 0}),
    ],
)
def test_killed_and_started_again_it_gives_the_same_model(tmp_path, family, settings):
    write_dataset(tmp_path)
    more = {"family": family, "settings": settings, "window": 12 if family == "lstm" else 1}
    whole, _ = run(write_job(tmp_path, "whole", **more))
    job = write_job(tmp_path, "killed", **more)
    checkpoint = tmp_path / "killed.checkpoint"
    kills = 0
    while kills < 3:
        trainer = subprocess.Popen(
            [TRAINER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        trainer.stdin.write(f"{job}\n")
        trainer.stdin.flush()
        before = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
        while trainer.poll() is None:
            if checkpoint.exists() and checkpoint.stat().st_mtime_ns != before:
                break
            if not checkpoint.exists() and before:
                break  # it came to its end
            time.sleep(0.002)
        trainer.kill()
        trainer.wait()
        if not checkpoint.exists():
            break
        kills += 1
    assert kills >= 1
    events, _ = run(job)
    assert events[0]["resumed_epoch"] > 0
    assert events[-1]["event"] == "done"
    assert events[-1]["address"] == whole[-1]["address"]


def test_a_signal_writes_the_checkpoint_amid_an_epoch(tmp_path):
    write_dataset(tmp_path)
    settings = {"epochs": 200, "batch": 20, "hidden": 32, "patience": 0, "checkpoint_every": 100}
    job = write_job(tmp_path, family="lstm", window=16, settings=settings)
    trainer = subprocess.Popen([TRAINER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    trainer.stdin.write(f"{job}\n")
    trainer.stdin.flush()
    assert json.loads(trainer.stdout.readline())["event"] == "started"
    time.sleep(0.3)
    trainer.send_signal(signal.SIGTERM)
    assert trainer.wait(timeout=30) == 130
    _, tensors = arrays.parse((tmp_path / "job.checkpoint").read_bytes())
    assert tensors["places"][2] > 0  # steps of Adam


def test_a_signal_ends_one_that_waits(tmp_path):
    trainer = subprocess.Popen([TRAINER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    trainer.stdin.write(f"{tmp_path / 'none.json'}\n")
    trainer.stdin.flush()
    assert json.loads(trainer.stdout.readline())["event"] == "failed"  # now it waits for the next
    trainer.send_signal(signal.SIGTERM)
    assert trainer.wait(timeout=30) == 130


def test_a_checkpoint_of_another_job_is_passed_over_and_a_damaged_one_told(tmp_path):
    write_dataset(tmp_path)
    (tmp_path / "job.checkpoint").write_bytes(arrays.to_bytes({"kind": "x"}, {}))
    events, _ = run(write_job(tmp_path))
    assert events[0]["resumed_epoch"] == 0 and events[-1]["event"] == "done"
    (tmp_path / "job.checkpoint").write_bytes(b"TWARRAY1 cut short")
    events, _ = run(write_job(tmp_path))
    assert events[-1]["event"] == "failed" and "remove this checkpoint" in events[-1]["error"]


def test_a_full_disk_fails_the_job_and_keeps_what_was_there(tmp_path):
    write_dataset(tmp_path)
    small = write_job(tmp_path, "small", settings={"epochs": 1, "hidden": [2]})
    large = write_job(tmp_path, "large", settings={"epochs": 2, "hidden": [512, 512]})
    (tmp_path / "large.checkpoint").write_bytes(arrays.to_bytes({"kind": "older"}, {}))
    before = (tmp_path / "large.checkpoint").read_bytes()

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    events, done = run(large, small, preexec_fn=limit)
    failed = next(event for event in events if event["event"] == "failed")
    assert "large.checkpoint.part: cannot write" in failed["error"]
    assert events[-1]["event"] == "done" and done.returncode == 0
    assert (tmp_path / "large.checkpoint").read_bytes() == before
    assert not list(tmp_path.glob("*.part"))


def broken(name):
    good = dataset_arrays()
    return {
        "no_features": {"features": good["features"].astype("f8")},
        "columns": {"features": good["features"][:, :2]},
        "label_type": {"label": good["label"].astype("f4")},
        "label_length": {"label": good["label"][:-1]},
        "label_infinite": {"label": np.where(np.arange(ROWS) == 7, np.inf, good["label"])},
        "weight": {"weight": -np.ones(ROWS)},
        "starts": {"starts": np.array([0, ROWS + 1, ROWS])},
        "starts_count": {"starts": np.array([0, ROWS])},
    }[name]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("no_features", "its array features is missing, or of another type"),
        ("columns", "its array features does not have the shape"),
        ("label_type", "its array label is missing, or of another type"),
        ("label_length", "its array label does not have the shape"),
        ("label_infinite", "its row 7 has an infinite label"),
        ("weight", "its row 0 has the weight -1"),
        ("starts", "its starts do not ascend"),
        ("starts_count", "its array starts does not have the shape"),
    ],
)
def test_a_dataset_that_is_none_is_told_in_a_line(tmp_path, name, says):
    path = write_dataset(tmp_path, **broken(name))
    events, _ = run(write_job(tmp_path))
    assert [event["event"] for event in events] == ["failed"]
    assert events[0]["error"].startswith(f"{path}: {says}")


def test_a_corrupt_dataset_and_a_foreign_one_are_told(tmp_path):
    path = write_dataset(tmp_path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    events, _ = run(write_job(tmp_path))
    assert "do not fit its SHA-256" in events[0]["error"]
    path.write_bytes(b"date,close\n")
    events, _ = run(write_job(tmp_path))
    assert "does not begin with TWARRAY1" in events[0]["error"]
    path.unlink()
    events, _ = run(write_job(tmp_path))
    assert "cannot open: No such file" in events[0]["error"]


def test_attributes_windows(tmp_path):
    write_dataset(tmp_path)
    events, _ = run(write_job(tmp_path, window=4, family="lstm"))
    windows = np.random.default_rng(3).standard_normal((5, 4, COLUMNS)).astype("f4")
    path = tmp_path / "windows.arrays"
    path.write_bytes(
        arrays.to_bytes(
            {}, {"windows": windows, "baseline": np.zeros((4, COLUMNS), dtype="f4")}
        )
    )
    job = tmp_path / "attribute.json"
    job.write_text(
        json.dumps(
            {
                "kind": "attribute",
                "trained": events[-1]["model"],
                "windows": str(path),
                "class": 1,
                "steps": 200,
                "attributions": str(tmp_path / "out.arrays"),
            }
        )
    )
    events, _ = run(job)
    assert events[-1]["event"] == "done", events
    _, out = arrays.parse((tmp_path / "out.arrays").read_bytes())
    assert out["attributions"].shape == (5, 4, COLUMNS)
    assert np.abs(out["completeness"]).max() < 1e-3
    path.write_bytes(arrays.to_bytes({}, {"windows": windows[:, 1:], "baseline": windows[0]}))
    events, _ = run(job)
    assert "as the model reads them" in events[-1]["error"]


def test_the_engine_links_neither_libtorch_nor_xgboost():
    libraries = subprocess.run(
        ["ldd", TRAINER.with_name("tradewind")], capture_output=True, text=True, check=True
    ).stdout
    assert "libcrypto" in libraries  # ldd names libraries
    assert "torch" not in libraries and "xgboost" not in libraries


def test_arguments_are_refused_but_for_the_version():
    done = subprocess.run([TRAINER, "job.json"], capture_output=True, text=True)
    assert done.returncode == 2 and "standard input" in done.stderr
    version = subprocess.run([TRAINER, "--version"], capture_output=True, text=True).stdout
    assert version.count(".") == 2
