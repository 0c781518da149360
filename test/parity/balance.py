"""Reference values of imbalanced-learn and of scikit-learn's class weights: services/shared/learning/balance/fixtures."""

import numpy as np
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler
from sklearn.utils.class_weight import compute_class_weight


def fixture():
    random = np.random.RandomState(11)
    labels = random.permutation([0] * 40 + [1] * 9 + [2] * 15)
    rows = (random.normal(0, 1, (64, 2)) + labels.reshape(-1, 1)).round(4)
    over, under = RandomOverSampler(random_state=4), RandomUnderSampler(random_state=4)
    over.fit_resample(rows, labels)
    under.fit_resample(rows, labels)
    smote_rows, smote_labels = SMOTE(k_neighbors=5, random_state=4).fit_resample(rows, labels)
    return {
        "rows": rows.tolist(),
        "labels": labels.tolist(),
        "over": over.sample_indices_.tolist(),
        "under": under.sample_indices_.tolist(),
        "smoteRows": smote_rows[64:].tolist(),
        "smoteLabels": smote_labels[64:].tolist(),
        "weights": compute_class_weight("balanced", classes=np.unique(labels), y=labels).tolist(),
    }
