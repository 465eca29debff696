"""Episode derivation beside the floors of the machine and beside other tools: see `benchmarks/README.md`."""
