"""The command: `python -m benchmarks.coverage`."""

from benchmarks.coverage.run import main

if __name__ == "__main__":
    main()
