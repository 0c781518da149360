"""Reference values of scikit-learn for logistic regression, quality and calibration: services/shared/learning/classify/fixtures."""

import numpy as np
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score


def data(rows):
    random = np.random.RandomState(5)
    values = random.normal(0, 1, (rows, 4)).round(3)
    values[:, 3] = (values[:, 3] > 0.4).astype(float)
    logit = 1.2 * values[:, 0] - 0.7 * values[:, 1] + 0.9 * values[:, 3] - 1
    labels = (random.uniform(0, 1, rows) < 1 / (1 + np.exp(-logit))).astype(int)
    return values, labels


def fitted(values, labels, **options):
    model = LogisticRegression(tol=1e-12, max_iter=100_000, **options).fit(values, labels)
    return {"intercept": float(model.intercept_[0]), "coefficients": model.coef_[0].tolist()}


def fixture():
    values, labels = data(200)
    scores = (values @ np.array([1.0, -0.5, 0.0, 0.5])).round(1)
    probabilities = 1 / (1 + np.exp(-scores))
    sigmoid = _SigmoidCalibration().fit(scores, labels)
    isotonic = IsotonicRegression(out_of_bounds="clip").fit(scores, labels)
    asked = np.linspace(-4, 4, 33)
    return {
        "rows": values.tolist(),
        "labels": labels.tolist(),
        "l2": fitted(values, labels, C=1.0),
        "l2Strong": fitted(values, labels, C=0.01),
        "balanced": fitted(values, labels, C=1.0, class_weight="balanced"),
        "l1": fitted(values, labels, C=0.1, penalty="l1", solver="saga"),
        "scores": scores.tolist(),
        "rocAuc": roc_auc_score(labels, scores),
        "averagePrecision": average_precision_score(labels, scores),
        "logLoss": log_loss(labels, probabilities),
        "brier": brier_score_loss(labels, probabilities),
        "platt": {"slope": float(sigmoid.a_), "offset": float(sigmoid.b_)},
        "asked": asked.tolist(),
        "isotonic": isotonic.predict(asked).tolist(),
    }
