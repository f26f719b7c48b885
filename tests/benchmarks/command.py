"""Running a benchmark as its user would."""

import json
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def benchmark(name: str, *options: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / name), *options],
        capture_output=True,
        text=True,
        timeout=590,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    figures: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return figures
