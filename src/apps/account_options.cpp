// SPDX-License-Identifier: Apache-2.0
#include "apps/account_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "apps/option_text.hpp"
#include "apps/table_file.hpp"
#include "base/try.hpp"

namespace tradewind::apps {
namespace {

using Done = std::expected<void, std::string>;

constexpr std::string_view kTierForm =
    "a fee tier: VOLUME:MAKER_BPS:TAKER_BPS, such as 1000000:8:10";
constexpr std::string_view kLatencyForm =
    "a latency: 50ms, uniform:1ms:5ms, normal:5ms:1ms, lognormal:5ms:0.5, recorded:FILE or "
    "recorded_by_time:FILE";

/// A rate between -100 % and 100 %, from basis points with up to five decimals.
std::optional<Rate> rate_of_bps(std::string_view text) {
    const auto value = base::parse_decimal(text);
    constexpr std::int64_t kBpsOne = 10'000;
    if (!value || *value % kBpsOne != 0) return std::nullopt;
    const Rate rate{*value / kBpsOne};
    if (rate.raw < -base::kDecimalOne || rate.raw > base::kDecimalOne) return std::nullopt;
    return rate;
}

std::optional<Duration> plain_duration(std::string_view text) {
    return text == "0" ? std::optional{Duration{}} : parse_duration(text);
}

std::expected<std::vector<sim::MeasuredLatency>, std::string> read_latencies(
    const std::string& path, bool by_time) {
    constexpr std::size_t kLatency = 0, kTs = 1;
    TableFile file = TRY(by_time ? TableFile::open(path, {"latency_ns", "ts"})
                                 : TableFile::open(path, {"latency_ns"}));
    std::vector<sim::MeasuredLatency> out;
    while (TRY(file.next())) {
        const auto latency = whole_number(file.cell(kLatency));
        if (!latency || *latency < 0) {
            return file.error(kLatency, "is no number of nanoseconds",
                              "write a whole number from 0 on");
        }
        const auto ts = by_time ? file.instant(kTs) : Timestamp{};
        if (!ts || (by_time && !out.empty() && *ts < out.back().at)) {
            return file.error(kTs, "is no instant at or after the one before",
                              "write UTC nanoseconds since 1970, sorted");
        }
        out.push_back({.at = *ts, .latency = {*latency}});
    }
    return out;
}

std::expected<sim::LatencyModel, std::string> recorded(std::string_view path, bool by_time) {
    sim::LatencyModel out;
    out.kind = by_time ? sim::LatencyKind::by_time : sim::LatencyKind::cycled;
    out.measured = TRY(read_latencies(std::string{path}, by_time));
    if (out.measured.empty()) return is_no(path, "a file with a row of latencies");
    return out;
}

/// One of the drawn kinds by its name, from its two values.
std::expected<sim::LatencyModel, std::string> drawn(std::string_view text) {
    const auto parts = split(text, ':');
    if (parts.size() != 3) return is_no(text, kLatencyForm);
    const auto first = plain_duration(parts[1]), second = plain_duration(parts[2]);
    sim::LatencyModel out;
    if (!first) return is_no(text, kLatencyForm);
    out.first = *first;
    if (parts[0] == "lognormal") {
        const auto spread = base::parse_decimal(parts[2]);
        if (!spread || *spread < 0) return is_no(text, kLatencyForm);
        out.kind = sim::LatencyKind::log_normal;
        out.spread = *spread;
        return out;
    }
    if (!second || (parts[0] != "uniform" && parts[0] != "normal")) {
        return is_no(text, kLatencyForm);
    }
    out.kind = parts[0] == "uniform" ? sim::LatencyKind::uniform : sim::LatencyKind::normal;
    out.second = *second;
    if (const auto fault = sim::fault_of(out)) return is_no(text, kLatencyForm);
    return out;
}

Done set_model(sim::LatencyModel& out, std::string_view text) {
    out = TRY(latency_model(text));
    return {};
}

Done set_any_currency(Currency& out, std::string_view text) {
    const auto currency = Currency::parse(text);
    if (!currency) return is_no(text, "a currency, such as BNB");
    out = *currency;
    return {};
}

}  // namespace

Done add_fee_tier(RunConfig& config, std::string_view text) {
    for (const std::string_view one : split(text, ',')) {
        const auto parts = split(one, ':');
        if (parts.size() != 3) return is_no(one, kTierForm);
        const auto volume = parse_money(parts[0]);
        const auto maker = rate_of_bps(parts[1]), taker = rate_of_bps(parts[2]);
        if (!volume || volume->raw < 0 || !maker || !taker) return is_no(one, kTierForm);
        const auto& tiers = config.fee_terms.tiers;
        if (tiers.empty() ? volume->raw != 0 : *volume <= tiers.back().volume) {
            return is_no(one,
                         "the next fee tier: the first begins at volume 0, each later one at "
                         "more than the one before");
        }
        config.fee_terms.tiers.push_back({.volume = *volume, .maker = *maker, .taker = *taker});
    }
    return {};
}

Done set_fee_currency(RunConfig& config, std::string_view text) {
    return set_any_currency(config.fee_currency, text);
}
Done set_volume_currency(RunConfig& config, std::string_view text) {
    return set_any_currency(config.fee_terms.volume_currency, text);
}

Done set_fee_discount(RunConfig& config, std::string_view text) {
    const auto value = parse_rate(text);
    if (!value || value->raw < 0 || value->raw > base::kDecimalOne) {
        return is_no(text, "a share of the fee from 0 to 1, such as 0.25");
    }
    config.fee_terms.discount = *value;
    return {};
}

Done set_fee_window(RunConfig& config, std::string_view text) {
    const auto value = whole_number(text);
    if (!value || *value < 1 || *value > sim::kFeeWindowDaysMax) {
        return is_no(text, fmt::format("a number of days from 1 to {}", sim::kFeeWindowDaysMax));
    }
    config.fee_terms.window_days = *value;
    return {};
}

Done add_deposit(RunConfig& config, std::string_view text) {
    constexpr std::string_view kForm = "a deposit: CURRENCY:AMOUNT, such as BNB:10";
    for (const std::string_view one : split(text, ',')) {
        const auto parts = split(one, ':');
        if (parts.size() != 2) return is_no(one, kForm);
        const auto currency = Currency::parse(parts[0]);
        const auto amount = parse_money(parts[1]);
        if (!currency || !amount || amount->raw <= 0) return is_no(one, kForm);
        config.deposits.push_back({.currency = *currency, .amount = *amount});
    }
    return {};
}

std::expected<sim::LatencyModel, std::string> latency_model(std::string_view text) {
    constexpr std::string_view kRecorded = "recorded:", kByTime = "recorded_by_time:";
    if (text.starts_with(kRecorded)) return recorded(text.substr(kRecorded.size()), false);
    if (text.starts_with(kByTime)) return recorded(text.substr(kByTime.size()), true);
    if (text.find(':') != std::string_view::npos) return drawn(text);
    const auto value = plain_duration(text);
    if (!value) return is_no(text, kLatencyForm);
    return *value;
}

Done set_latency(RunConfig& config, std::string_view text) {
    const sim::LatencyModel all = TRY(latency_model(text));
    sim::Latencies& of = config.latencies;
    of.insert = of.replace = of.cancel = of.report = all;
    return {};
}

Done set_insert_latency(RunConfig& config, std::string_view text) {
    return set_model(config.latencies.insert, text);
}
Done set_replace_latency(RunConfig& config, std::string_view text) {
    return set_model(config.latencies.replace, text);
}
Done set_cancel_latency(RunConfig& config, std::string_view text) {
    return set_model(config.latencies.cancel, text);
}
Done set_report_latency(RunConfig& config, std::string_view text) {
    return set_model(config.latencies.report, text);
}
Done set_market_data_latency(RunConfig& config, std::string_view text) {
    return set_model(config.latencies.market_data, text);
}

Done set_latency_seed(RunConfig& config, std::string_view text) {
    const auto value = whole_number(text);
    if (!value || *value < 0) return is_no(text, "a seed: a whole number from 0 on");
    config.latencies.seed = static_cast<std::uint64_t>(*value);
    return {};
}

Done set_report_order(RunConfig& config, std::string_view text) {
    if (text != "by_order" && text != "as_they_come") {
        return is_no(text, "an order of reports: by_order or as_they_come");
    }
    config.latencies.reports =
        text == "by_order" ? sim::ReportOrder::by_order : sim::ReportOrder::as_they_come;
    return {};
}

}  // namespace tradewind::apps
