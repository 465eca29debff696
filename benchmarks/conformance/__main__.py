"""Ask every library that is installed: `python -m benchmarks.conformance`.

Writes benchmarks/results/conformance.csv and docs/conformance.md. Libraries that are not installed are
said to be so; scikit-survival and comprisk are no dependencies of this program
(`pip install scikit-survival comprisk`).
"""

from benchmarks.conformance.compare import LIBRARIES, table, version_of
from benchmarks.conformance.page import PAGE, VERSIONS, text_of, write


def main() -> None:
    """Ask, keep and print."""
    versions = {"quantity": VERSIONS, **{name: version_of(name) or "" for name in LIBRARIES}}
    rows = [versions, *table()]
    write(rows)
    print(text_of(rows))
    print(f"Written: {PAGE}")


if __name__ == "__main__":
    main()
