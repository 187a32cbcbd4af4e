// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/time.hpp"

namespace tradewind::importers {

/// The zone of stamps that name none.
struct Zone {
    enum class Kind : std::uint8_t { fixed, new_york };
    Kind kind = Kind::fixed;
    Duration offset;  ///< of a fixed zone, east of Greenwich positive

    friend bool operator==(const Zone&, const Zone&) = default;
};

/// "UTC", "America/New_York", "+02:00".
[[nodiscard]] std::optional<Zone> parse_zone(std::string_view text);
[[nodiscard]] std::string to_string(const Zone& zone);

/// The instant of a wall clock, given as if it were UTC.
[[nodiscard]] Timestamp from_wall(Timestamp wall, const Zone& zone);

/// How a column writes time.
struct StampFormat {
    enum class Kind : std::uint8_t {
        iso,      ///< "2014-05-02T12:30:00.5Z", also a space for the T, also without zone or time
        date,     ///< "2014-05-02" or "20140502"
        epoch,    ///< a decimal number of units since 1970
        pattern,  ///< like strftime: %Y %y %m %d %b %j %H %I %p %M %S %f %z %%
    };
    Kind kind = Kind::iso;
    std::int64_t unit_ns = 1;  ///< of an epoch
    std::string pattern;

    friend bool operator==(const StampFormat&, const StampFormat&) = default;
};

/// "iso", "date", "s", "ms", "us", "ns" (also "epoch-ms" and so on), or a pattern with a '%' in it.
[[nodiscard]] std::optional<StampFormat> parse_stamp_format(std::string_view text);
/// For messages: "an ISO 8601 time", "a date like 2014-05-02", ...
[[nodiscard]] std::string describe(const StampFormat& format);

/// A stamp as it was written.
struct Stamp {
    Timestamp wall;                  ///< the clock face, as if it were UTC
    std::optional<Duration> offset;  ///< where the text names one ("Z" is 0)
    bool is_date = false;            ///< no time of day: a label rather than an instant

    friend bool operator==(const Stamp&, const Stamp&) = default;
};

/// nullopt where the text is not of that format.
[[nodiscard]] std::optional<Stamp> parse_stamp(std::string_view text, const StampFormat& format);

}  // namespace tradewind::importers
