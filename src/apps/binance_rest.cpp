// SPDX-License-Identifier: Apache-2.0
#include "apps/binance_rest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <thread>
#include <utility>

#include "adapters/binance/decode.hpp"
#include "adapters/binance/paths.hpp"
#include "adapters/clock/system_clock.hpp"
#include "base/try.hpp"

namespace tradewind::apps {
namespace {

constexpr Duration kFirstPause = milliseconds(500);

std::expected<net::Url, std::string> address(std::string_view option, std::string_view text) {
    auto url = net::parse_url(text);
    if (url) return std::move(*url);
    return std::unexpected(fmt::format("{} '{}': {}; write it like https://api.binance.com", option,
                                       text, net::to_string(url.error())));
}

std::optional<std::int64_t> number_in(const net::Headers& headers, std::string_view name) {
    const auto text = headers.find(name);
    if (!text) return std::nullopt;
    std::int64_t out = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), out);
    return error == std::errc{} && end == text->data() + text->size() ? std::optional{out}
                                                                      : std::nullopt;
}

std::string in_words(const std::variant<binance::DecodeError, binance::VenueError>& error) {
    if (const auto* refused = std::get_if<binance::VenueError>(&error)) {
        return fmt::format("the venue refuses: {} (code {})", refused->text, refused->code);
    }
    return "not an answer of the venue's: " + describe(std::get<binance::DecodeError>(error));
}

}  // namespace

std::expected<BinanceSite, std::string> binance_site(std::string_view market,
                                                     std::string_view base_url,
                                                     std::string_view stream_url) {
    BinanceSite out;
    if (market == "usd-m") {
        out.segment = binance::Segment::usd_m;
    } else if (market != "spot") {
        return std::unexpected(
            fmt::format("--market '{}': it is spot or usd-m (futures of USDT and USDC)", market));
    }
    const bool is_spot = out.segment == binance::Segment::spot;
    const std::string_view own = is_spot ? "https://api.binance.com" : "https://fapi.binance.com";
    const std::string_view own_streams =
        is_spot ? "wss://stream.binance.com:9443" : "wss://fstream.binance.com";
    out.rest = TRY(address("--base-url", base_url.empty() ? own : base_url));
    if (out.rest.scheme == net::Scheme::ws || out.rest.scheme == net::Scheme::wss) {
        return std::unexpected("--base-url: it begins with http:// or https://");
    }
    if (!stream_url.empty() || base_url.empty()) {
        out.streams = TRY(address("--stream-url", stream_url.empty() ? own_streams : stream_url));
        if (out.streams.scheme == net::Scheme::http || out.streams.scheme == net::Scheme::https) {
            return std::unexpected("--stream-url: it begins with ws:// or wss://");
        }
        return out;
    }
    out.streams = out.rest;
    out.streams.scheme = out.rest.is_secure() ? net::Scheme::wss : net::Scheme::ws;
    return out;
}

std::string venue_symbol(std::string_view given) {
    for (const std::string_view tail : {".BINANCE", "-PERP"}) {
        if (given.ends_with(tail)) given.remove_suffix(tail.size());
    }
    return std::string{given};
}

std::string own_symbol(std::string_view given, std::string_view market) {
    if (given.ends_with(".BINANCE")) return std::string{given};
    return fmt::format("{}{}.BINANCE", given, market == "usd-m" ? "-PERP" : "");
}

binance::AnswerHead head_of(const net::Response& response) {
    return {.status = response.status,
            .used = number_in(response.headers, "X-MBX-USED-WEIGHT-1M"),
            .retry_after_s = number_in(response.headers, "Retry-After")};
}

std::int64_t weight_a_minute(binance::Segment segment) {
    return segment == binance::Segment::spot ? 3'000 : 1'200;
}

BinanceRest::BinanceRest(net::HttpClient& client, BinanceSite site)
    : client_(client),
      site_(std::move(site)),
      budget_({.weight = weight_a_minute(site_.segment), .interval = minutes(1)}) {}

void BinanceRest::wait(Duration how_long, std::string_view why) {
    if (tell_) tell_(fmt::format("waiting {} s: {}", how_long.ns / 1'000'000'000, why));
    std::this_thread::sleep_for(std::chrono::nanoseconds(how_long.ns));
}

std::expected<std::string, std::string> BinanceRest::get(const std::string& target,
                                                         std::int64_t weight, int tries) {
    const clock::SystemClock clock;
    std::string last;
    for (int attempt = 0; attempt < tries; ++attempt) {
        if (attempt > 0) ++counts_.retries;
        Timestamp now = clock.now();
        while (const auto until = budget_.blocked_until(weight, now)) {
            ++counts_.waits;
            wait(*until - now, "the venue's limit on requests");
            now = clock.now();
        }
        budget_.on_sent(weight, now);
        ++counts_.requests;
        const auto answer = client_.call(site_.rest, {.method = "GET", .target = target});
        if (answer) {
            const binance::AnswerHead head = head_of(*answer);
            budget_.on_answer(head, clock.now());
            if (head.status == 429 || head.status == 418) {
                last = fmt::format("the venue says that it is asked too often ({})", head.status);
                continue;  // the budget waits as long as the venue says
            }
            if (head.status < 500) return answer->body;
            last = fmt::format("the venue answers {} {}", head.status,
                               net::reason_phrase(head.status));
        } else {
            last = answer.error().text;
            if (answer.error().kind == net::NetErrorKind::certificate) break;
        }
        if (attempt + 1 < tries) wait(Duration{kFirstPause.ns << std::min(attempt, 6)}, last);
    }
    return std::unexpected(
        fmt::format("{}{}: {}", to_string(site_.rest.scheme) == "https" ? "https://" : "http://",
                    site_.rest.authority(), last));
}

std::expected<Timestamp, std::string> BinanceRest::server_time() {
    const binance::Paths paths = binance::paths_of(site_.segment);
    const std::string body = TRY(get(fmt::format("{}/time", paths.root), 1, kTriesAtFirst));
    binance::Decoder decoder{site_.segment};
    const auto time = decoder.server_time(body);
    if (!time) return std::unexpected("time: " + in_words(time.error()));
    return *time;
}

std::expected<binance::SymbolRules, std::string> BinanceRest::rules_of(const std::string& symbol) {
    const binance::Paths paths = binance::paths_of(site_.segment);
    const std::string body =
        TRY(get(fmt::format("{}/exchangeInfo?symbol={}", paths.root, symbol), 20));
    binance::Decoder decoder{site_.segment};
    const auto info = decoder.exchange_info(body);
    if (!info) return std::unexpected(fmt::format("{}: {}", symbol, in_words(info.error())));
    for (const binance::SymbolInfo& one : info->symbols) {
        if (one.symbol != symbol) continue;
        auto rules = binance::to_rules(one, site_.segment);
        if (!rules) {
            return std::unexpected(
                fmt::format("{}: what the venue says of it does not fit an instrument", symbol));
        }
        return std::move(*rules);
    }
    return std::unexpected(fmt::format("{}: the venue has no such symbol", symbol));
}

}  // namespace tradewind::apps
