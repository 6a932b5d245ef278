#!/usr/bin/env python3
"""What the gate `repro` adds to the runs that it makes: bare runs and the gate's, side by side, as a ratio.

    pip install scikit-learn==1.9.1 scikit-lego==0.9.10 pandas    # for the job of examples/arrests; else it is left out
    scripts/build release && python bench/repro_overhead.py [--rounds 9]

A bare run is the command alone, in the surroundings that the gate's manifest tells of: variables, processors, umask,
addresses. The gate and its bare runs take turns; the first round is thrown away; a figure is the median of the rounds.
Besides the time on the wall, what processors spent is told: it moves less where the machine has other work, and does not
see waiting. Where it has much, `chrt --rr 1 python bench/repro_overhead.py` puts all that is measured before it.
"""
import argparse
import ctypes
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
GATE = HERE.parent / "build" / "bin" / "mlgate"
ARRESTS = HERE.parent / "examples" / "arrests"
EVERYTHING = "[threads, hash_seed, timezone, home, path, umask, aslr, cpu_count, environment_order]"

CONFIG = """version: 1
gates:
  - gate: repro
    run: {run}
    inputs: {inputs}
    outputs: {outputs}
    runs: {runs}
    vary: {vary}
    manifest: manifest.json
    checks: {checks}
"""


def job(name, run, outputs, inputs=(), vary="none", runs=2):
    return {"name": name, "run": run, "inputs": [pathlib.Path(path) for path in inputs], "outputs": outputs, "vary": vary,
            "runs": runs}


JOBS = [job("nothing at all", ["sh", "-c", "echo 1 > {output}/model"], ["model"], [__file__]),
        job("sleep 2", ["sh", "-c", "sleep 2; echo 1 > {output}/model"], ["model"], [__file__]),
        job("a loop of two seconds on one processor",
            [sys.executable, "-c",
             "import sys\nfor i in range(20_000_000): i * i\nopen(sys.argv[1] + '/model', 'w').write('1')", "{output}"],
            ["model"], [__file__])]
TRAIN = ["python3", "train.py", "--out", "{output}"]
WRITTEN = ["good.csv.gz", "bad.csv.gz", "rows-test.csv.gz"]
TRAINING = [job("examples/arrests", TRAIN, WRITTEN, [ARRESTS / "train.py"]),
            job("examples/arrests, varied", TRAIN, WRITTEN, [ARRESTS / "train.py"], EVERYTHING)]


def measured(call):
    """Seconds on the wall, and of processors."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    call()
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def by_gate(folder):
    done = subprocess.run([str(GATE), "run"], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stdout + done.stderr)


def surroundings(run, considered):
    """What a run of the gate has beside its variables, for the child before it runs the command."""
    def enter():
        if "cpu_count" in run["varied"]:
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        if "umask" in run["varied"]:
            os.umask(0o077)
        if "aslr" in considered and "aslr" not in run["varied"]:
            ctypes.CDLL(None).personality(0x0040000)
    return enter


def bare(work, manifest, place):
    """The runs of a manifest without the gate: (seconds, seconds of processors), what is made for them not counted."""
    total, spent = 0.0, 0.0
    variables = {}
    for run in manifest["runs"]:
        shutil.rmtree(place, ignore_errors=True)
        for name in ["home", "tmp", "cache", "config", "data", "state", "runtime", "elsewhere"]:
            (place / "own" / name).mkdir(parents=True)
        (place / "run" / "output").mkdir(parents=True)
        for path in work["inputs"]:
            shutil.copy(path, place / "run")
        if not variables:
            variables = run["environment"]
        own = {**variables, **run["environment"]}
        environment = {name: value.replace("{fresh}", str(place)) for name, value in own.items() if value is not None}
        command = [part.replace("{output}", str(place / "run" / "output")) for part in work["run"]]
        enter = surroundings(run, manifest["command"]["vary"])
        seconds, processors = measured(lambda: subprocess.run(command, cwd=place / "run", env=environment, check=True,
                                                              preexec_fn=enter, capture_output=True))
        total += seconds
        spent += processors
    return total, spent


def measure(work, rounds, scratch):
    folder = scratch / "suite"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for path in work["inputs"]:
        shutil.copy(path, folder)
    (folder / "mlgate.yaml").write_text(CONFIG.format(
        run=json.dumps(work["run"]), inputs=json.dumps([path.name for path in work["inputs"]]),
        outputs=json.dumps(work["outputs"]), runs=work["runs"], vary=work["vary"],
        checks=json.dumps([f"identical({name})" for name in work["outputs"]])))
    gate, alone = [], []
    for turn in range(rounds + 1):
        sample = measured(lambda: by_gate(folder))
        other = bare(work, json.loads((folder / "manifest.json").read_text()), scratch / "bare")
        if turn:
            gate.append(sample)
            alone.append(other)
    wall, wall_alone = (statistics.median(sample[0] for sample in samples) for samples in (gate, alone))
    spent, spent_alone = (statistics.median(sample[1] for sample in samples) for samples in (gate, alone))
    allowed = 0.05 * wall_alone + 0.05
    print(f"| {work['name']}, {work['runs']} runs | {wall_alone:.3f} | {wall:.3f} | {1000 * (wall - wall_alone):.0f} | "
          f"{wall / wall_alone:.3f}x | {'yes' if wall - wall_alone <= allowed else 'no'} | "
          f"{1000 * (spent - spent_alone):.0f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", default="", help="jobs whose name has this text")
    arguments = parser.parse_args()
    has_packages = subprocess.run(["python3", "-c", "import sklearn, sklego, pandas"], capture_output=True).returncode == 0
    print(f"{len(os.sched_getaffinity(0))} processors; load {os.getloadavg()[0]:.1f}; medians of {arguments.rounds} rounds\n")
    print("| job | bare s | gate s | more, ms | ratio | within 5 % + 50 ms | more of processors, ms |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        for work in JOBS + (TRAINING if has_packages else []):
            if arguments.only in work["name"]:
                measure(work, arguments.rounds, pathlib.Path(scratch).resolve())


if __name__ == "__main__":
    main()
