"""Reference scores of features on iris, by scikit-learn: services/shared/learning/selection/fixtures/iris.json."""

import numpy as np
from sklearn.datasets import load_iris
from sklearn.feature_selection import chi2, mutual_info_classif
from sklearn.metrics import mutual_info_score


def binned(column):
    edges = np.unique(np.quantile(column, np.arange(1, 10) / 10))
    return np.digitize(column, edges)


def fixture():
    iris = load_iris()
    values, labels = iris.data, iris.target
    statistics, probabilities = chi2(values, labels)
    last_discrete = [False, False, False, True]
    return {
        "source": "iris: Fisher 1936, UCI Machine Learning Repository, as scikit-learn ships it; scores by scikit-learn",
        "licence": "CC BY 4.0",
        "columns": values.T.tolist(),
        "labels": labels.tolist(),
        "chi2": statistics.tolist(),
        "chi2P": probabilities.tolist(),
        "mutualInformation": {str(seed): mutual_info_classif(values, labels, random_state=seed).tolist() for seed in range(3)},
        "oneNeighbor": mutual_info_classif(values, labels, n_neighbors=1, random_state=0).tolist(),
        "lastDiscrete": mutual_info_classif(values, labels, discrete_features=last_discrete, random_state=0).tolist(),
        "informationGain": [mutual_info_score(binned(column), labels) for column in values.T],
    }
