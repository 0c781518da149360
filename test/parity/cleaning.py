"""Reference values of scikit-learn's scalers, isolation forest and DBSCAN: services/shared/learning/cleaning/fixtures."""

import numpy as np
from sklearn.cluster import DBSCAN
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

# Multiples of 1/64, which float32 holds exactly: scikit-learn's trees look at float32.
GRAIN = 64


def grained(values):
    return np.round(values * GRAIN) / GRAIN


def outlier_rows():
    random = np.random.RandomState(3)
    inner = random.normal(0, 1, (380, 2)) @ np.array([[1.0, 0.4], [0.0, 0.7]])
    outer = random.uniform(-6, 6, (20, 2))
    return grained(np.vstack([inner, outer])), np.array([0] * 380 + [1] * 20)


def exported(estimator, features):
    tree = estimator.tree_
    return {
        "fields": [int(features[field]) if field >= 0 else -1 for field in tree.feature],
        "cuts": [float(cut) if field >= 0 else 0.0 for field, cut in zip(tree.feature, tree.threshold)],
        "left": tree.children_left.tolist(),
        "right": tree.children_right.tolist(),
        "rows": tree.n_node_samples.tolist(),
    }


def forest():
    rows, truth = outlier_rows()
    small = IsolationForest(n_estimators=10, max_samples=64, random_state=1).fit(rows)
    whole = IsolationForest(n_estimators=100, max_samples=256, random_state=1).fit(rows)
    return {
        "rows": rows.tolist(),
        "outliers": int(truth.sum()),
        "trees": [exported(tree, features) for tree, features in zip(small.estimators_, small.estimators_features_)],
        "sample": int(small.max_samples_),
        "scores": (-small.score_samples(rows)).tolist(),
        "scoresOf100": (-whole.score_samples(rows)).tolist(),
        "aucOf100": float(roc_auc_score(truth, -whole.score_samples(rows))),
    }


def dbscan():
    random = np.random.RandomState(5)
    blobs = [random.normal(center, 0.35, (60, 2)) for center in [(0, 0), (2, 2), (4, 0)]]
    rows = grained(np.vstack(blobs + [random.uniform(-2, 6, (40, 2))]))
    rows = rows[random.permutation(len(rows))]
    settings = [(0.25, 5), (0.5, 5), (0.5, 10), (1.0, 3)]
    runs = [
        {"radius": radius, "neighbors": neighbors, "labels": DBSCAN(eps=radius, min_samples=neighbors).fit_predict(rows).tolist()}
        for radius, neighbors in settings
    ]
    return {"rows": rows.tolist(), "runs": runs}


def scales():
    values = np.random.RandomState(8).lognormal(1, 0.6, 50).round(3)
    column = values.reshape(-1, 1)
    scalers = {"Standard": StandardScaler(), "MinMax": MinMaxScaler(), "Robust": RobustScaler()}
    return {
        "values": values.tolist(),
        "scaled": {name: scaler.fit_transform(column).ravel().tolist() for name, scaler in scalers.items()},
    }
