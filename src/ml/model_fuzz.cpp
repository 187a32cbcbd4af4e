// SPDX-License-Identifier: Apache-2.0
// Any bytes are read as a model, which encodes to bytes that are read as the same and which has
// finite scores, or are refused in a line. The SHA-256 is put right first, so that the fuzzer gets
// past it.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "base/assert.hpp"
#include "base/sha256.hpp"
#include "ml/model.hpp"
#include "ml/predictor.hpp"

namespace {

using namespace tradewind;  // NOLINT(google-build-using-namespace): a program of one file

constexpr std::size_t kDigestBytes = 32;
/// More would take too long; the scratch of a network grows with these.
constexpr std::size_t kWindowValuesMost = 4096;

void mend(std::span<std::byte> bytes) {
    const auto body = bytes.first(bytes.size() - kDigestBytes);
    const std::string hex = base::sha256_hex(body);
    const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    for (std::size_t i = 0; i < kDigestBytes; ++i) {
        bytes[body.size() + i] =
            static_cast<std::byte>(digit(hex[2 * i]) * 16 + digit(hex[2 * i + 1]));
    }
}

void try_scores(const ml::Model& model) {
    const std::size_t values = model.card.window * model.card.origin.columns.size();
    if (values > kWindowValuesMost) return;
    const auto predictor = ml::make_predictor(model);
    std::vector<float> scores(model.card.target.scores());
    for (const float x : {0.0F, std::numeric_limits<float>::quiet_NaN()}) {
        predictor->predict(std::vector<float>(values, x), scores);
        for (const float score : scores) ASSERT(std::isfinite(score));
    }
}

void try_model(std::span<const std::byte> bytes) {
    const auto model = ml::parse_model(bytes);
    if (!model) {
        ASSERT(!model.error().empty() && model.error().find('\n') == std::string::npos);
        return;
    }
    const std::string again = ml::to_bytes(*model);
    const auto same = ml::parse_model(std::as_bytes(std::span{again}));
    ASSERT(same.has_value() && same->card == model->card && same->arrays == model->arrays);
    try_scores(*model);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::vector<std::byte> bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(data[i]);
    try_model(bytes);
    if (size < kDigestBytes) return 0;
    mend(bytes);
    try_model(bytes);
    return 0;
}
