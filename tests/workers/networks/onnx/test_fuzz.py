import os
import subprocess
import sys

import pytest


@pytest.mark.slow
def test_files_with_something_wrong_in_them_are_taken_or_refused_by_a_process_that_lives():
    ran = subprocess.run(
        [sys.executable, "-m", "tests.workers.networks.onnx.fuzzing", "1", "400"],
        capture_output=True,
        text=True,
        timeout=250,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert ran.returncode == 0, ran.stdout[-3_000:] + ran.stderr[-1_000:]
    assert "'taken': " in ran.stdout
    assert "'refused': " in ran.stdout
