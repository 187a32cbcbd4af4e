# SPDX-License-Identifier: Apache-2.0
"""Reference values for the New York sessions: exchange_calendars 4.13.2 (PyPI), calendar XNYS.

    python tests/reference/sessions_reference.py > tests/reference/us_equity_sessions.csv

Weekdays without a session and sessions that do not end at 16:00 New York, 1998 to 2045. The package
is not among the tests' requirements; src/domain/calendar_test.cpp holds our rules to the file.
"""

import exchange_calendars
import pandas as pd

FIRST, LAST = "1998-01-01", "2045-12-31"


def main():
    schedule = exchange_calendars.get_calendar("XNYS", start=FIRST, end=LAST).schedule
    opens = schedule["open"].dt.tz_convert("America/New_York").dt.strftime("%H:%M")
    closes = schedule["close"].dt.tz_convert("America/New_York").dt.strftime("%H:%M")
    assert (opens == "09:30").all()
    print("date,close")
    for day in pd.bdate_range(FIRST, LAST):
        close = closes.get(day, "")
        if close != "16:00":
            print(f"{day.date()},{close}")


if __name__ == "__main__":
    main()
