# SPDX-License-Identifier: Apache-2.0
"""Reference values for the pairs strategy: statsmodels' test of Engle and Granger, its critical values, and a Kalman
filter in numpy's matrices.

    python tests/reference/pairs_reference.py tests/reference

writes pairs.csv there; test_pairs_reference.py runs this again and compares. signal/cointegration_test.cpp holds our
code to the file.
"""

import io
import pathlib
import sys

import numpy as np
from statsmodels.tsa.adfvalues import mackinnoncrit
from statsmodels.tsa.stattools import coint

NAME = "pairs.csv"
DELTA, VARIANCE = 1e-4, 1e-3


def series():
    """Two pairs that hang together, more or less closely, and one that does not."""
    rng = np.random.default_rng(1987)
    for name, reversion in (("close", 0.3), ("loose", 0.05), ("apart", 0.0)):
        x = 50.0 + np.cumsum(rng.normal(0, 0.5, 250))
        spread = np.zeros(250)
        for i in range(1, 250):
            spread[i] = (1 - reversion) * spread[i - 1] + rng.normal(0, 0.4)
        y = 7.0 + 1.7 * x + spread
        yield name, np.round(x, 4), np.round(y, 4)


def kalman(x, y, slope, intercept):
    """The textbook's matrices, step by step."""
    beta, covariance = np.array([slope, intercept]), np.zeros((2, 2))
    noise = DELTA / (1 - DELTA) * np.eye(2)
    for xi, yi in zip(x, y):
        prior = covariance + noise
        row = np.array([xi, 1.0])
        error = yi - row @ beta
        variance = row @ prior @ row + VARIANCE
        gain = prior @ row / variance
        beta = beta + gain * error
        covariance = prior - np.outer(gain, row) @ prior
        yield error, variance, beta[0], beta[1]


def csv_rows():
    yield "kind,name,a,b,c,d,e,f"
    for n in (60, 120, 250):
        one, five, ten = mackinnoncrit(N=2, regression="c", nobs=n - 1)
        yield f"critical,,{n},{one!s},{five!s},{ten!s},,"
    for name, x, y in series():
        for lags in (0, 1, 4):
            t = coint(y, x, trend="c", maxlag=lags, autolag=None)[0]
            yield f"test,{name},{lags},{t:.12g},,,,"
        slope, intercept = np.polyfit(x, y, 1)
        rest = y - slope * x - intercept
        yield f"line,{name},{slope:.12g},{intercept:.12g},{rest @ rest / (len(x) - 2):.12g},,,"
        for (xi, yi), told in zip(zip(x, y), kalman(x, y, slope, intercept)):
            yield f"pair,{name},{xi:.4f},{yi:.4f}," + ",".join(f"{value:.12g}" for value in told)


def text_of():
    out = io.StringIO()
    for row in csv_rows():
        out.write(row + "\n")
    return out.getvalue()


if __name__ == "__main__":
    (pathlib.Path(sys.argv[1]) / NAME).write_text(text_of())
