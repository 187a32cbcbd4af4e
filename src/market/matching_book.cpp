// SPDX-License-Identifier: Apache-2.0
#include "market/matching_book.hpp"

#include "domain/names.hpp"

namespace tradewind::market {
namespace {

constexpr auto kRefusalNames =
    names<BookRefusal>("bad_qty", "bad_terms", "duplicate_id", "unknown_id", "would_take",
                       "not_fillable", "side_full");
constexpr auto kReasonNames = names<CancelReason>("requested", "no_liquidity");

}  // namespace

std::string_view to_string(BookRefusal value) { return kRefusalNames.of(value); }
std::string_view to_string(CancelReason value) { return kReasonNames.of(value); }

}  // namespace tradewind::market
