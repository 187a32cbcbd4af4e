// SPDX-License-Identifier: Apache-2.0
#include "apps/search_state.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>

#include "base/hash.hpp"
#include "research/sweep/figures.hpp"

namespace tradewind::apps {
namespace {

using research::TrialResult;

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic = "TWSEARCH";
constexpr std::uint32_t kVersion = 2;
constexpr std::uint32_t kPayloadMax = 1U << 26U;

template <typename T>
void put(std::string& out, const T& value) {
    out.append(std::bit_cast<std::array<char, sizeof(T)>>(value).data(), sizeof(T));
}
void put(std::string& out, const std::vector<double>& values) {
    put(out, static_cast<std::uint32_t>(values.size()));
    for (const double value : values) put(out, value);
}
void put(std::string& out, const std::string& text) {
    put(out, static_cast<std::uint32_t>(text.size()));
    out += text;
}

/// Takes values from the front of bytes; `failed` once there were too few.
class Taker {
public:
    explicit Taker(std::string_view bytes) : bytes_(bytes) {}

    template <typename T>
    T value() {
        std::array<char, sizeof(T)> raw{};
        const std::string_view part = take(sizeof(T));
        std::copy(part.begin(), part.end(), raw.begin());
        return std::bit_cast<T>(raw);
    }
    std::string_view take(std::size_t count) {
        if (count > bytes_.size()) {
            failed_ = true;
            count = 0;
        }
        const std::string_view out = bytes_.substr(0, count);
        bytes_.remove_prefix(count);
        return out;
    }
    std::vector<double> values() {
        const auto count = value<std::uint32_t>();
        if (count > bytes_.size() / sizeof(double)) failed_ = true;
        std::vector<double> out(failed_ ? 0 : count);
        for (double& one : out) one = value<double>();
        return out;
    }
    [[nodiscard]] bool failed() const { return failed_; }
    [[nodiscard]] std::size_t left() const { return bytes_.size(); }

private:
    std::string_view bytes_;
    bool failed_ = false;
};

std::string payload_of(const TrialResult& result) {
    std::string out;
    put(out, result.number);
    put(out, static_cast<std::uint8_t>(result.stopped));
    put(out, static_cast<std::uint8_t>(result.pruned));
    put(out, static_cast<std::uint8_t>(result.outcome.value.has_value()));
    put(out, result.outcome.value.value_or(0.0));
    put(out, result.outcome.violation);
    put(out, std::uint64_t{result.outcome.rungs_left});
    put(out, result.refused);
    put(out, result.record.from.ns);
    put(out, result.record.to.ns);
    put(out, result.record.returns);
    for (const auto& moment : {result.record.sharpe, result.record.skew, result.record.kurtosis}) {
        put(out, moment.value_or(research::kNoFigure));
    }
    put(out, result.point);
    put(out, result.rungs);
    put(out, result.figures);
    put(out, result.returns);
    return out;
}

std::optional<TrialResult> trial_of(std::string_view payload) {
    Taker from{payload};
    TrialResult out;
    out.number = from.value<std::uint64_t>();
    out.stopped = from.value<std::uint8_t>() != 0;
    out.pruned = from.value<std::uint8_t>() != 0;
    const bool has_value = from.value<std::uint8_t>() != 0;
    const auto value = from.value<double>();
    if (has_value) out.outcome.value = value;
    out.outcome.violation = from.value<double>();
    out.outcome.rungs_left = from.value<std::uint64_t>();
    out.refused = from.take(from.value<std::uint32_t>());
    out.record.from.ns = from.value<std::int64_t>();
    out.record.to.ns = from.value<std::int64_t>();
    out.record.returns = from.value<std::uint64_t>();
    for (auto* moment : {&out.record.sharpe, &out.record.skew, &out.record.kurtosis}) {
        const auto read = from.value<double>();
        if (!std::isnan(read)) *moment = read;
    }
    out.point = from.values();
    out.rungs = from.values();
    out.figures = from.values();
    out.returns = from.values();
    return from.failed() ? std::nullopt : std::optional{std::move(out)};
}

std::string header_of(const std::string& identity) {
    std::string out{kMagic};
    put(out, kVersion);
    put(out, identity);
    return out;
}

/// What a file is whose front is not our header.
std::string_view other_than_ours(std::string_view bytes) {
    if (!bytes.starts_with(kMagic)) return "is no file of a search";
    Taker from{bytes.substr(kMagic.size())};
    return from.value<std::uint32_t>() == kVersion ? "holds the trials of another search"
                                                   : "is of another version of this program";
}

/// Whole trials at the front of `bytes`; moves `whole` behind the last of them.
std::map<std::uint64_t, TrialResult> read_trials(std::string_view bytes, std::size_t& whole) {
    std::map<std::uint64_t, TrialResult> out;
    Taker from{bytes};
    while (from.left() > 0) {
        const auto size = from.value<std::uint32_t>();
        const auto hash = from.value<std::uint64_t>();
        if (from.failed() || size > kPayloadMax) return out;
        const std::string_view payload = from.take(size);
        if (from.failed() || base::fnv1a(payload) != hash) return out;
        auto trial = trial_of(payload);
        if (!trial) return out;
        out.insert_or_assign(trial->number, std::move(*trial));
        whole = bytes.size() - from.left();
    }
    return out;
}

std::string system_error(const std::string& path, std::string_view what) {
    return fmt::format("{}: {}: {}", path, what, std::strerror(errno));
}

}  // namespace

std::expected<SearchState, std::string> SearchState::open(const std::string& path,
                                                          const std::string& identity) {
    SearchState out;
    out.path_ = path;
    const std::string header = header_of(identity);
    std::error_code error;
    if (std::filesystem::exists(path, error)) {
        std::ifstream in{path, std::ios::binary};
        const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
        if (!in.good() && !in.eof()) return std::unexpected(system_error(path, "cannot be read"));
        if (!bytes.starts_with(header.substr(0, bytes.size()))) {
            return std::unexpected(fmt::format(
                "{}: {}; name another file, or repeat the search with the same settings", path,
                other_than_ours(bytes)));
        }
        std::size_t whole = 0;
        if (bytes.size() >= header.size()) {
            out.known_ = read_trials(std::string_view{bytes}.substr(header.size()), whole);
            std::filesystem::resize_file(path, header.size() + whole, error);
        } else {
            std::filesystem::resize_file(path, 0, error);
        }
        if (error) return std::unexpected(fmt::format("{}: {}", path, error.message()));
    }
    out.file_.reset(std::fopen(path.c_str(), "ab"));
    if (!out.file_) return std::unexpected(system_error(path, "cannot be written"));
    std::fseek(out.file_.get(), 0, SEEK_END);
    if (std::ftell(out.file_.get()) == 0) {
        std::fwrite(header.data(), 1, header.size(), out.file_.get());
        if (std::fflush(out.file_.get()) != 0) {
            return std::unexpected(system_error(path, "cannot be written"));
        }
    }
    return out;
}

std::expected<void, std::string> SearchState::append(const TrialResult& result) {
    const std::string payload = payload_of(result);
    std::string record;
    put(record, static_cast<std::uint32_t>(payload.size()));
    put(record, base::fnv1a(payload));
    record += payload;
    const bool written =
        std::fwrite(record.data(), 1, record.size(), file_.get()) == record.size() &&
        std::fflush(file_.get()) == 0;
    if (written) return {};
    return std::unexpected(system_error(path_, "cannot be written"));
}

}  // namespace tradewind::apps
