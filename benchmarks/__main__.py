"""``make bench``: every benchmark in turn. Figures that are worth keeping go into RESULTS.md."""

import subprocess
import sys

BENCHMARKS = (
    "benchmarks.ingest",
    "benchmarks.pull",
    "benchmarks.readiness",
    "benchmarks.hotspots",
    "benchmarks.hotspots_speed",
    "benchmarks.guards",
    "benchmarks.portal",
    "benchmarks.models",
    "benchmarks.api",
    "benchmarks.input_pipeline",
)


def main() -> None:
    """Run the benchmarks one after the other; each says how it is run alone."""
    for module in BENCHMARKS:
        print(f"== {module}", flush=True)
        subprocess.run([sys.executable, "-m", module], check=True)


if __name__ == "__main__":
    sys.exit(main())
