"""Reference verdicts of river's detectors on seeded streams: services/shared/learning/drift/fixtures/reference.json."""

import numpy as np
from river import drift
from river.drift import binary

RATES = [0.1, 0.3, 0.12, 0.5, 0.2]
LEVELS = [0.0, 1.0, 0.4, 3.0]


def verdicts(detector, values):
    """Every index with a drift, and the runs [first, last] of indices with a warning."""
    drifts, warnings = [], []
    for index, value in enumerate(values):
        detector.update(value)
        if detector.drift_detected:
            drifts.append(index)
        elif getattr(detector, "warning_detected", False):
            if warnings and warnings[-1][1] == index - 1:
                warnings[-1][1] = index
            else:
                warnings.append([index, index])
    return {"drifts": drifts, "warnings": warnings}


def fixture():
    random = np.random.RandomState(7)
    errors = np.concatenate([random.uniform(size=1600) < rate for rate in RATES]).astype(int).tolist()
    values = np.concatenate([random.normal(level, 1.0, 800) for level in LEVELS]).round(2).tolist()
    on_errors = {
        "ADWIN": drift.ADWIN(),
        "KSWIN": drift.KSWIN(alpha=0.0001, seed=42),
        "DDM": binary.DDM(),
        "EDDM": binary.EDDM(),
        "HDDM_A": binary.HDDM_A(),
    }
    on_values = {"ADWIN": drift.ADWIN(), "KSWIN": drift.KSWIN(alpha=0.0001, seed=42)}
    return {
        "errors": "".join(map(str, errors)),
        "values": values,
        "onErrors": {name: verdicts(detector, errors) for name, detector in on_errors.items()},
        "onValues": {name: verdicts(detector, values) for name, detector in on_values.items()},
    }
