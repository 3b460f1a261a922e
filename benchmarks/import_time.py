"""How much longer `import kerabert` takes than `import keras`: medians of alternating runs.

python benchmarks/import_time.py
"""

import os
import statistics
import subprocess
import sys
import time

BACKENDS = ("tensorflow", "jax", "torch")
REPEATS = 5


def seconds(module: str, backend: str) -> float:
    environment = os.environ | {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    begin = time.perf_counter()
    command = [sys.executable, "-c", f"import {module}"]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - begin


def main() -> None:
    print("| backend | import keras | import kerabert | more |\n|---|---|---|---|")
    for backend in BACKENDS:
        times: dict[str, list[float]] = {"keras": [], "kerabert": []}
        for _ in range(REPEATS):
            for module, values in times.items():
                values.append(seconds(module, backend))
        keras, kerabert = (statistics.median(values) for values in times.values())
        print(f"| {backend} | {keras:.2f} s | {kerabert:.2f} s | {kerabert - keras:.2f} s |")


if __name__ == "__main__":
    main()
