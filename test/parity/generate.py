"""
Writes the reference values that Likeness's own learning code is held against, from the libraries that are the reference.

    python3 -m venv /tmp/parity && /tmp/parity/bin/pip install -r test/parity/requirements.txt
    /tmp/parity/bin/python test/parity/generate.py

The output is committed; the same versions write the same bytes.
"""

import json
import pathlib
import platform
import sys
from importlib.metadata import version

sys.dont_write_bytecode = True

import balance  # noqa: E402
import classify  # noqa: E402
import cleaning  # noqa: E402
import drift  # noqa: E402
import selection  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2] / "services" / "shared" / "learning"
PACKAGES = ["river", "scikit-learn", "imbalanced-learn", "numpy", "scipy"]
SOURCE = "made for Likeness by test/parity/generate.py"
LICENCE = "Apache-2.0, as Likeness"

FIXTURES = {
    "drift/fixtures/reference.json": drift.fixture,
    "selection/fixtures/iris.json": selection.fixture,
    "cleaning/fixtures/forest.json": cleaning.forest,
    "cleaning/fixtures/dbscan.json": cleaning.dbscan,
    "cleaning/fixtures/scales.json": cleaning.scales,
    "balance/fixtures/reference.json": balance.fixture,
    "classify/fixtures/reference.json": classify.fixture,
}


def main():
    versions = {name: version(name) for name in PACKAGES} | {"python": platform.python_version()}
    for path, fixture in FIXTURES.items():
        file = ROOT / path
        file.parent.mkdir(parents=True, exist_ok=True)
        content = {"source": SOURCE, "licence": LICENCE, "versions": versions} | fixture()
        file.write_text(json.dumps(content, separators=(",", ":")) + "\n")
        print(f"{file.relative_to(ROOT)}: {file.stat().st_size} bytes")


main()
