// SPDX-License-Identifier: Apache-2.0
#include "apps/data_common.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "adapters/catalog/instrument_json.hpp"
#include "base/try.hpp"
#include "disk/files.hpp"

namespace tradewind::apps {
namespace {

constexpr std::size_t kInstrumentFileBytesMax = std::size_t{16} << 20;

template <typename T, typename Parse>
std::expected<void, Failure> set_field(std::string_view option,
                                       const std::optional<std::string>& text, Parse parse,
                                       T& out) {
    if (!text) return {};
    const auto value = parse(*text);
    if (!value) {
        return std::unexpected(bad_usage(fmt::format("{}: '{}' cannot be used", option, *text)));
    }
    out = *value;
    return {};
}

std::expected<void, Failure> apply(const InstrumentOptions& options, Instrument& out) {
    TRY_VOID(set_field("--tick", options.tick, parse_price, out.tick));
    TRY_VOID(set_field("--lot", options.lot, parse_qty, out.lot));
    TRY_VOID(set_field("--multiplier", options.multiplier, parse_qty, out.multiplier));
    TRY_VOID(set_field("--asset-class", options.asset_class, parse_asset_class, out.asset_class));
    TRY_VOID(set_field("--calendar", options.calendar, parse_calendar_kind, out.calendar));
    if (options.currency) {
        TRY_VOID(set_field("--currency", options.currency, Currency::parse, out.quote));
        out.settlement = out.quote;
    }
    return {};
}

std::expected<Instrument, Failure> new_instrument(const std::string& symbol,
                                                  const InstrumentOptions& options) {
    if (!options.file.empty()) {
        for (Instrument& one : TRY(read_instrument_file(options.file))) {
            if (one.symbol == symbol) return std::move(one);
        }
        return std::unexpected(
            bad_usage(fmt::format("{}: has no instrument {}", options.file, symbol)));
    }
    if (auto known = default_instrument(symbol)) return std::move(*known);
    if (!options.asset_class || !options.currency) {
        return std::unexpected(
            bad_usage(fmt::format("instrument {} is unknown and its venue suggests nothing; give "
                                  "--asset-class and --currency, "
                                  "or --instrument-file",
                                  symbol)));
    }
    Instrument out;
    out.symbol = symbol;
    return out;
}

}  // namespace

Failure bad_usage(std::string text) { return {.exit_code = 2, .text = std::move(text)}; }

Failure as_failure(const wire::InputError& error) {
    return {.exit_code = error.kind == wire::InputErrorKind::bad_input ? 2 : 1,
            .text = wire::to_string(error)};
}

Failure as_failure(const catalog::Error& error) {
    return {.exit_code = error.kind == catalog::ErrorKind::bad_input ? 2 : 1, .text = error.text};
}

Failure as_failure(const ports::HistoryError& error) {
    return {.exit_code = error.kind == ports::HistoryErrorKind::unknown_series ? 2 : 1,
            .text = error.text};
}

int report(const Failure& failure) {
    fmt::print(stderr, "tradewind: {}\n", failure.text);
    return failure.exit_code;
}

std::expected<ports::SeriesKey, Failure> parse_series_key(std::string_view instrument,
                                                          std::string_view kind,
                                                          std::string_view interval) {
    if (!catalog::is_valid_symbol(instrument)) {
        return std::unexpected(bad_usage(
            fmt::format("--instrument: {} is no symbol like SPY.ARCA", wire::quoted(instrument))));
    }
    const auto parsed = ports::parse_series_kind(kind);
    if (!parsed || ports::column_count(*parsed) == 0) {
        return std::unexpected(bad_usage(
            fmt::format("--kind: {} is none of bar, quote, trade, corporate-action, funding, "
                        "book-level, book-order",
                        wire::quoted(kind))));
    }
    ports::SeriesKey out{.symbol = std::string{instrument}, .kind = *parsed, .spec = {}};
    if (out.kind != ports::SeriesKind::bar) {
        if (interval.empty()) return out;
        return std::unexpected(bad_usage("--interval: only bars have one"));
    }
    const auto spec = parse_bar_spec(interval);
    if (!spec) {
        return std::unexpected(bad_usage(
            interval.empty()
                ? std::string{"--interval is missing: bars need one, like 1m, 1h or 1d"}
                : fmt::format("--interval: {} is none like 1m, 1h or 1d", wire::quoted(interval))));
    }
    out.spec = *spec;
    return out;
}

std::expected<std::vector<Instrument>, Failure> read_instrument_file(const std::string& path) {
    const auto text = disk::read_file(path, kInstrumentFileBytesMax);
    if (!text) return std::unexpected(as_failure(text.error()));
    if (!*text) return std::unexpected(bad_usage(path + ": there is no such file"));
    auto instruments = catalog::instruments_from_json(**text);
    if (!instruments) return std::unexpected(bad_usage(path + ": " + instruments.error()));
    return std::move(*instruments);
}

std::expected<Instrument, Failure> resolve_instrument(const Instrument* stored,
                                                      const std::string& symbol,
                                                      const InstrumentOptions& options) {
    Instrument out =
        stored != nullptr && options.file.empty() ? *stored : TRY(new_instrument(symbol, options));
    TRY_VOID(apply(options, out));
    out.id = {};
    if (const std::string problem = catalog::check_instrument(out); !problem.empty()) {
        return std::unexpected(bad_usage(fmt::format("instrument {}: {}", symbol, problem)));
    }
    if (stored != nullptr && *stored != out) {
        return std::unexpected(
            bad_usage(fmt::format("instrument {} is in the catalog with another definition; change "
                                  "it with `tradewind data "
                                  "instruments --instrument-file`, or leave the options out",
                                  symbol)));
    }
    return out;
}

std::expected<void, Failure> store_rows(
    catalog::Transaction& transaction, const ports::SeriesKey& key, std::uint64_t count,
    const std::function<void(ports::Columns& rows, std::size_t n)>& append) {
    constexpr std::uint64_t kBatch = 1U << 17;
    Progress progress;
    ports::Columns rows{key.kind};
    for (std::uint64_t done = 0; done < count;) {
        const std::uint64_t n = std::min(kBatch, count - done);
        rows.clear();
        append(rows, static_cast<std::size_t>(n));
        if (auto stored = transaction.append(key, rows.view()); !stored) {
            return std::unexpected(as_failure(stored.error()));
        }
        done += n;
        progress.show(fmt::format("{} of {} rows", with_commas(done), with_commas(count)));
    }
    return {};
}

std::string with_commas(std::uint64_t value) {
    std::string digits = std::to_string(value);
    for (std::size_t at = digits.size(); at > 3;) {
        at -= 3;
        digits.insert(at, 1, ',');
    }
    return digits;
}

Progress::Progress()
    : start_(std::chrono::steady_clock::now()),
      shown_(start_),
      is_terminal_(::isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() {
    if (is_dirty_) fmt::print(stderr, "\r\033[K");
}

void Progress::show(std::string_view text) {
    const auto now = std::chrono::steady_clock::now();
    constexpr auto kQuiet = std::chrono::seconds{1};
    constexpr auto kPause = std::chrono::milliseconds{200};
    if (!is_terminal_ || now - start_ < kQuiet || now - shown_ < kPause) return;
    shown_ = now;
    is_dirty_ = true;
    fmt::print(stderr, "\r\033[K{}", text);
    std::fflush(stderr);
}

double Progress::seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

}  // namespace tradewind::apps
