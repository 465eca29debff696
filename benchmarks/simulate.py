"""Print how long a synthetic registry takes: `python benchmarks/simulate.py [children] [format]`."""

import resource
import sys
import tempfile
import time

from ain_analytics.synthetic import simulate


def main() -> None:
    """Simulate and write once."""
    n_patients = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    file_format = sys.argv[2] if len(sys.argv) > 2 else "csv"
    begun = time.perf_counter()
    registry = simulate(
        n_patients, seed=1, progress=lambda stage, _: print(f"{time.perf_counter() - begun:6.1f} s  {stage}")
    )
    made = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        registry.write(folder, file_format=file_format)
    written = time.perf_counter()
    rows = registry.tables["lab_result"].height
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{n_patients} children, {rows} laboratory rows, {registry.truth['n_counts'].sum()} counts")
    print(f"simulate {made - begun:.1f} s, write {file_format} {written - made:.1f} s, peak {peak:.1f} GB")


if __name__ == "__main__":
    main()
