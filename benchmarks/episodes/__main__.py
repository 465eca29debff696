"""`python -m benchmarks.episodes`."""

from benchmarks.episodes.run import main

main()
