// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "domain/instrument.hpp"

namespace tradewind::catalog {

/// One JSON object with every field but `id`, numbers as decimal texts, absent ones as null, on one
/// line.
[[nodiscard]] std::string instrument_to_json(const Instrument& instrument);

/// Reads one object, or an array of them. Fields left out keep what `default_instrument` says for
/// the symbol. An unknown key, a wrong type or a value out of range is an error that names the key.
[[nodiscard]] std::expected<std::vector<Instrument>, std::string> instruments_from_json(
    std::string_view text);

/// Letters, digits and ". _ - : / +", at most 64, not beginning with a dot.
[[nodiscard]] bool is_valid_symbol(std::string_view symbol);

/// What is wrong with the numbers of a definition (a tick of 0, a minimum above the maximum); empty
/// when nothing is.
[[nodiscard]] std::string check_instrument(const Instrument& instrument);

}  // namespace tradewind::catalog
