// SPDX-License-Identifier: Apache-2.0
// Any bytes are read as an ensemble, which encodes to bytes that are read as the same and which
// says probabilities of whatever its members say, or are refused in a line. The SHA-256 is put
// right first, so that the fuzzer gets past it.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/assert.hpp"
#include "base/sha256.hpp"
#include "ml/ensemble.hpp"

namespace {

using namespace tradewind;  // NOLINT(google-build-using-namespace): a program of one file

constexpr std::size_t kDigestBytes = 32;

void mend(std::span<std::byte> bytes) {
    const auto body = bytes.first(bytes.size() - kDigestBytes);
    const std::string hex = base::sha256_hex(body);
    const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    for (std::size_t i = 0; i < kDigestBytes; ++i) {
        bytes[body.size() + i] =
            static_cast<std::byte>(digit(hex[2 * i]) * 16 + digit(hex[2 * i + 1]));
    }
}

void try_votes(const ml::EnsembleCard& card) {
    ml::Combiner combiner{card};
    const std::size_t classes = card.target.levels.size();
    for (const double sure : {1.0, 1 / static_cast<double>(classes)}) {
        std::vector<double> said(card.members.size() * classes,
                                 (1 - sure) / static_cast<double>(classes - 1));
        for (std::size_t i = 0; i < said.size(); i += classes) said[i] = sure;
        static_cast<void>(combiner.combine(said, 1));
        for (const double p : combiner.probabilities()) ASSERT(!(p < -1e-9) && !(p > 1 + 1e-9));
        combiner.learn(combiner.calibrated(), 0);
    }
}

void try_numbers(const ml::EnsembleCard& card) {
    ml::NumberCombiner combiner{*card.numbers, card.origin.horizon_rows};
    for (const double value : {-3.5e38, -0.01, 0.0, 0.02, 3.5e38}) {
        const std::vector<double> said(card.members.size() * card.target.scores(), value);
        const Prediction& found = combiner.combine(said, 1);
        ASSERT(combiner.up() > 0 && combiner.up() < 1);
        ASSERT(std::isfinite(combiner.expected()) &&
               combiner.scores().front() <= combiner.scores().back());
        for (const Vote& vote : found.votes) ASSERT(vote.weight >= 0 && vote.up <= 1);
        combiner.learn(combiner.calibrated(), 0.01);
    }
}

void try_ensemble(std::span<const std::byte> bytes) {
    const auto card = ml::parse_ensemble(bytes);
    if (!card) {
        ASSERT(!card.error().empty() && card.error().find('\n') == std::string::npos);
        return;
    }
    const std::string again = ml::to_bytes(*card);
    const auto same = ml::parse_ensemble(std::as_bytes(std::span{again}));
    ASSERT(same.has_value() && *same == *card);
    if (card->numbers) {
        try_numbers(*card);
    } else {
        try_votes(*card);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::vector<std::byte> bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(data[i]);
    try_ensemble(bytes);
    if (size < kDigestBytes) return 0;
    mend(bytes);
    try_ensemble(bytes);
    return 0;
}
