"""Which library agrees with R where: `python -m benchmarks.conformance`."""
