# SPDX-License-Identifier: Apache-2.0
"""Reference values for src/ml's metrics and calibrations, from libraries that we did not write.

    python tests/reference/predictions_reference.py > tests/reference/predictions.json

Each case holds the input and what scikit-learn, scipy, pandas, statsmodels and numpy make of it.
tests/reference/test_predictions_reference.py runs this again and compares; src/ml/*_reference_test.cpp
hold our own code to the file.
"""

import json
import sys
import warnings

import numpy as np
import pandas as pd
import scipy.optimize
import scipy.special
import scipy.stats
from sklearn import metrics
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV, calibration_curve
from sklearn.frozen import FrozenEstimator
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from statsmodels.stats.proportion import proportion_confint


def rounded(values, digits=6):
    return np.round(values, digits)


def class_rows(seed, rows, classes, ties=False, weighted=False):
    """Probabilities that know a little of the truth, too sure of themselves."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(classes, rows, p=rng.dirichlet(np.full(classes, 8.0)))
    logits = rng.normal(0, 1.2, (rows, classes))
    logits[np.arange(rows), truth] += 0.8
    p = scipy.special.softmax(logits, axis=1)
    p = rounded(p, 1 if ties else 6)
    p[:, -1] = rounded(1 - p[:, :-1].sum(axis=1))
    p = np.clip(p, 0.0, 1.0)
    p = rounded(p / p.sum(axis=1, keepdims=True), 9)
    weights = rounded(rng.uniform(0.1, 2.0, rows)) if weighted else None
    return truth, p, weights


def classes_case(name, seed, rows, classes, **how):
    truth, p, w = class_rows(seed, rows, classes, **how)
    said = p.argmax(axis=1)
    binary = classes == 2
    quiet = dict(sample_weight=w)
    weights = np.ones(rows) if w is None else w
    effective = weights.sum() ** 2 / (weights**2).sum()
    accuracy = metrics.accuracy_score(truth, said, **quiet)
    low, high = proportion_confint(accuracy * effective, effective, method="wilson")
    expected = {
        "accuracy": accuracy,
        "base_rate": max(np.bincount(truth, weights, classes)) / weights.sum(),
        "wilson_low": low,
        "wilson_high": high,
        "log_loss": metrics.log_loss(truth, p, labels=range(classes), **quiet),
        "brier": metrics.brier_score_loss(truth, p[:, 1] if binary else p, **quiet)
        if binary
        else metrics.brier_score_loss(truth, p, labels=range(classes), **quiet),
        "auc": metrics.roc_auc_score(truth, p[:, 1], **quiet)
        if binary
        else np.mean([metrics.roc_auc_score(truth == c, p[:, c], **quiet) for c in range(classes)]),
        "confusion": metrics.confusion_matrix(truth, said, labels=range(classes), **quiet)
        .astype(float)
        .ravel(),
    }
    return {
        "name": name,
        "classes": classes,
        "truth": truth,
        "probabilities": p.ravel(),
        "weights": [] if w is None else w,
        "expected": expected,
    }


def curve_case(seed, rows, strategy):
    rng = np.random.default_rng(seed)
    p = rounded(rng.beta(2, 2.5, rows))
    y = rng.uniform(size=rows) < p**1.4
    realised, predicted = calibration_curve(y, p, n_bins=10, strategy=strategy)
    return {
        "strategy": strategy,
        "probability": p,
        "positive": y.astype(int),
        "predicted": predicted,
        "realised": realised,
    }


def correlations_case(seed, rows, periods, ties):
    rng = np.random.default_rng(seed)
    value = rounded(rng.standard_t(4, rows))
    score = rounded(0.3 * value + rng.normal(size=rows))
    if ties:
        score, value = np.round(score), np.round(value)
    starts = np.sort(rng.choice(np.arange(10, rows - 10), periods - 1, replace=False))
    starts = np.concatenate([[0], starts, [rows]])
    of_period = pd.Series(np.repeat(np.arange(periods), np.diff(starts)))
    frame = pd.DataFrame({"score": score, "value": value})
    groups = frame.groupby(of_period.to_numpy())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ics = groups.apply(lambda g: g["score"].corr(g["value"])).dropna()
        rank_ics = groups.apply(lambda g: g["score"].corr(g["value"], method="spearman")).dropna()
    place = np.floor((frame["score"].rank() - 0.5) * 5 / rows).astype(int)
    by_quantile = frame["value"].groupby(place).mean().reindex(range(5))
    return {
        "scores": score,
        "values": value,
        "starts": starts,
        "expected": {
            "ic": scipy.stats.pearsonr(score, value).statistic,
            "rank_ic": scipy.stats.spearmanr(score, value).statistic,
            "ics": ics,
            "rank_ics": rank_ics,
            "icir": ics.mean() / ics.std(),
            "t": scipy.stats.ttest_1samp(ics, 0).statistic,
            "quantiles": [None if np.isnan(x) else x for x in by_quantile],
        },
    }


def value_case(seed, rows, weighted):
    rng = np.random.default_rng(seed)
    truth = rounded(rng.normal(0.01, 0.02, rows))
    predicted = rounded(0.4 * truth + rng.normal(0, 0.015, rows))
    w = rounded(rng.uniform(0.2, 2, rows)) if weighted else None
    return {
        "truth": truth,
        "predicted": predicted,
        "weights": [] if w is None else w,
        "expected": {
            "mse": metrics.mean_squared_error(truth, predicted, sample_weight=w),
            "mae": metrics.mean_absolute_error(truth, predicted, sample_weight=w),
            "r2": metrics.r2_score(truth, predicted, sample_weight=w),
            "pinball_0.1": metrics.mean_pinball_loss(truth, predicted, alpha=0.1, sample_weight=w),
            "pinball_0.8": metrics.mean_pinball_loss(truth, predicted, alpha=0.8, sample_weight=w),
        },
    }


class Given(ClassifierMixin, BaseEstimator):
    """A classifier whose scores are its input."""

    def __init__(self, classes=2):
        self.classes = classes

    def fit(self, x, y):
        self.classes_ = np.arange(self.classes)
        self.n_features_in_ = x.shape[1]
        return self

    def decision_function(self, x):
        return x[:, 0] if self.classes == 2 else x

    def predict(self, x):
        scores = self.decision_function(x)
        return (scores > 0).astype(int) if self.classes == 2 else scores.argmax(axis=1)


def scores_of(p, method):
    """What a calibration of probabilities reads, as a classifier's scores."""
    if method == "temperature":
        return np.log(p[:, 1:] / p[:, :1]) if p.shape[1] == 2 else np.log(p)
    odds = np.log(p) - np.log1p(-p)
    return odds[:, 1:] if p.shape[1] == 2 else odds


def isotonic_probabilities(p, truth, w, asked):
    """A class against the rest, no surer than one row more of either kind would allow."""
    weight = len(truth) if w is None else w.sum()
    most = (weight + 1) / (weight + 2)
    out = np.empty_like(asked)
    for c in range(p.shape[1]):
        curve = IsotonicRegression(y_min=1 - most, y_max=most, out_of_bounds="clip")
        out[:, c] = curve.fit(p[:, c], truth == c, sample_weight=w).predict(asked[:, c])
    if p.shape[1] == 2:
        out[:, 0] = 1 - out[:, 1]
    return out / out.sum(axis=1, keepdims=True)


def calibrated(method, p, truth, w, asked):
    if method == "isotonic":
        return isotonic_probabilities(p, truth, w, asked)
    given = FrozenEstimator(Given(p.shape[1]).fit(p, truth))
    fitted = CalibratedClassifierCV(given, method=method)
    with warnings.catch_warnings():
        # the frozen classifier takes no weights; the calibration does, which is what counts here
        warnings.simplefilter("ignore")
        fitted.fit(scores_of(p, method), truth, sample_weight=w)
    return fitted.predict_proba(scores_of(asked, method))


def calibration_case(method, seed, rows, classes, weighted=False):
    truth, p, w = class_rows(seed, rows + 40, classes, weighted=weighted)
    p = rounded(np.clip(p, 0.001, 0.999), 6)
    p /= p.sum(axis=1, keepdims=True)
    truth, w = truth[:rows], None if w is None else w[:rows]
    return {
        "method": {"sigmoid": "platt"}.get(method, method),
        "classes": classes,
        "truth": truth,
        "probabilities": p[:rows].ravel(),
        "weights": [] if w is None else w,
        "asked": p[rows:].ravel(),
        "expected": calibrated(method, p[:rows], truth, w, p[rows:]).ravel(),
    }


def isotonic_case(seed, rows):
    """Many equal places, weights, and asked beyond the ends."""
    rng = np.random.default_rng(seed)
    x = np.round(rng.uniform(0.1, 0.9, rows), 2)
    y = (rng.uniform(size=rows) < x**2).astype(int)
    w = rounded(rng.uniform(0.1, 3, rows))
    asked = rounded(np.concatenate([[0.0, 1.0], rng.uniform(0, 1, 100)]))
    fitted = IsotonicRegression(out_of_bounds="clip").fit(x, y, sample_weight=w)
    return {"x": x, "y": y, "weights": w, "asked": asked, "expected": fitted.predict(asked)}


def conformal_case(seed, rows):
    rng = np.random.default_rng(seed)
    scores = rounded(np.abs(rng.standard_t(3, rows)))
    out = {"scores": scores, "expected": {}}
    for alpha in (0.05, 0.1, 0.3):
        level = np.ceil((rows + 1) * (1 - alpha)) / rows
        found = None if level > 1 else np.quantile(scores, level, method="inverted_cdf")
        out["expected"][str(alpha)] = found
    return out


def members_of(seed, rows, members, classes):
    """Members that know different parts of the truth."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, rows)
    out = []
    for m in range(members):
        logits = rng.normal(0, 1, (rows, classes))
        logits[np.arange(rows), truth] += 0.15 + 0.25 * m
        out.append(rounded(scipy.special.softmax(logits * (0.5 + 0.4 * m), axis=1)))
    p = np.stack(out, axis=1)
    return truth, p / p.sum(axis=2, keepdims=True)


def stacking_loss(parameters, truth, p, l2):
    members, classes = p.shape[1], p.shape[2]
    w = parameters[:members]
    b = np.concatenate([[0.0], parameters[members:]])
    z = np.einsum("m,nmc->nc", w, np.log(p)) + b
    loss = -scipy.special.log_softmax(z, axis=1)[np.arange(len(truth)), truth].sum()
    return loss + 0.5 * l2 * np.sum((w - 1 / members) ** 2)


def stacking_case(seed, rows, members, classes, l2, nonnegative):
    truth, p = members_of(seed, rows, members, classes)
    if nonnegative:  # one that is worse than nothing
        p[:, 0, :] = p[:, 0, ::-1]
    start = np.concatenate([np.full(members, 1 / members), np.zeros(classes - 1)])
    bounds = [(0, None) if nonnegative else (None, None)] * members + [(None, None)] * (classes - 1)
    found = scipy.optimize.minimize(
        stacking_loss, start, (truth, p, l2), method="L-BFGS-B", bounds=bounds,
        options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 10_000, "maxfun": 1_000_000},
    )  # fmt: skip
    expected = {"loss": found.fun / rows, "weights": np.round(found.x[:members], 5)}
    if classes == 2 and l2 == 0 and not nonnegative:
        odds = np.log(p[:, :, 1] / p[:, :, 0])
        fitted = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(odds, truth)
        expected["weights"] = np.round(fitted.coef_[0], 5)
        expected["bias"] = round(float(fitted.intercept_[0]), 5)
    return {
        "members": members,
        "classes": classes,
        "l2": l2,
        "nonnegative": nonnegative,
        "truth": truth,
        "probabilities": p.ravel(),
        "expected": expected,
    }


def plain(value):
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (np.ndarray, pd.Series)):
        return value.tolist()
    raise TypeError(type(value))


def cases():
    return {
        "classes": [
            classes_case("two", 1, 300, 2),
            classes_case("two, weighted", 2, 300, 2, weighted=True),
            classes_case("two, ties", 3, 300, 2, ties=True, weighted=True),
            classes_case("three", 4, 300, 3),
            classes_case("three, weighted", 5, 300, 3, weighted=True),
        ],
        "curves": [curve_case(6, 400, "uniform"), curve_case(7, 400, "quantile")],
        "correlations": [
            correlations_case(8, 400, 12, ties=False),
            correlations_case(9, 400, 12, ties=True),
        ],
        "values": [value_case(10, 200, weighted=False), value_case(11, 200, weighted=True)],
        "calibrations": [
            calibration_case(method, seed, 300, classes, weighted)
            for seed, (method, classes, weighted) in enumerate(
                (m, c, w)
                for m in ("sigmoid", "isotonic", "temperature")
                for c in (2, 3)
                for w in (False, True)
            )
        ],
        "isotonic": [isotonic_case(12, 300)],
        "conformal": [conformal_case(13, 15), conformal_case(14, 200)],
        "stacking": [
            stacking_case(15, 250, 3, 2, 0.0, nonnegative=False),
            stacking_case(16, 250, 3, 2, 20.0, nonnegative=False),
            stacking_case(17, 250, 3, 3, 5.0, nonnegative=False),
            stacking_case(18, 250, 3, 2, 1.0, nonnegative=True),
            stacking_case(19, 250, 3, 3, 1.0, nonnegative=True),
        ],
    }


if __name__ == "__main__":
    json.dump(cases(), sys.stdout, indent=None, separators=(",", ":"), default=plain)
    sys.stdout.write("\n")
