// SPDX-License-Identifier: Apache-2.0
#include "measures/returns_table.hpp"

#include <cmath>

#include "base/try.hpp"

namespace tradewind::measures {
namespace {

template <typename Refused>
std::expected<void, Error> check_values(const ReturnsTable& table, ErrorKind kind,
                                        Refused refused) {
    for (std::size_t i = 0; i < table.values.size(); ++i) {
        if (!refused(table.values[i])) continue;
        return std::unexpected(
            Error{.kind = kind, .row = i / table.columns, .column = i % table.columns});
    }
    return {};
}

}  // namespace

std::expected<void, Error> check_table(const ReturnsTable& table) {
    if (table.columns == 0 || table.values.empty()) {
        return std::unexpected(Error{.kind = ErrorKind::empty});
    }
    if (table.values.size() % table.columns != 0) {
        return std::unexpected(Error{.kind = ErrorKind::wrong_shape,
                                     .row = table.values.size(),
                                     .value = static_cast<double>(table.rows() * table.columns)});
    }
    return check_values(table, ErrorKind::not_finite, [](double x) { return std::isinf(x); });
}

std::expected<void, Error> check_complete(const ReturnsTable& table) {
    TRY_VOID(check_table(table));
    return check_values(table, ErrorKind::missing_value, [](double x) { return std::isnan(x); });
}

}  // namespace tradewind::measures
