// SPDX-License-Identifier: Apache-2.0
#include "adapters/importers/capture.hpp"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "adapters/importers/row_batches.hpp"
#include "base/decimal.hpp"
#include "base/try.hpp"
#include "domain/event.hpp"

namespace tradewind::importers {
namespace {

using nlohmann::json;
using ports::BookRowFlags;
using ports::SeriesKind;
using wire::InputError;
using Level = ports::BookLevelColumns;
using QuoteAt = ports::QuoteColumns;
using TradeAt = ports::TradeColumns;

constexpr std::int64_t kMillisecond = 1'000'000;
/// Longest message: a REST snapshot of 5,000 levels a side is a fifth of this.
constexpr std::size_t kLineBytesMax = std::size_t{4} << 20;
/// Most levels on one side of a message.
constexpr std::size_t kLevelsMax = 100'000;

/// Lines of a text file, front to back.
class Lines {
public:
    explicit Lines(wire::TextFile& file) : file_(file), buffer_(std::size_t{1} << 16) {}

    /// The next line without its end; nullopt at the end of the file.
    std::expected<std::optional<std::string_view>, InputError> next() {
        for (;;) {
            const std::string_view rest{buffer_.data() + begin_, end_ - begin_};
            if (const std::size_t at = rest.find('\n'); at != std::string_view::npos) {
                begin_ += at + 1;
                ++number_;
                std::string_view line = rest.substr(0, at);
                if (line.ends_with('\r')) line.remove_suffix(1);
                return line;
            }
            if (is_done_) {
                begin_ = end_;
                ++number_;
                return rest.empty() ? std::nullopt : std::optional{rest};
            }
            TRY_VOID(refill());
        }
    }
    [[nodiscard]] std::uint64_t number() const { return number_; }

private:
    std::expected<void, InputError> refill() {
        std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
                  buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
        end_ -= begin_;
        begin_ = 0;
        if (end_ == buffer_.size()) {
            if (buffer_.size() >= kLineBytesMax) {
                return std::unexpected(InputError{.file = file_.name(),
                                                  .line = number_ + 1,
                                                  .field = {},
                                                  .problem = "is longer than 4 MiB",
                                                  .mend = "give one message a line"});
            }
            buffer_.resize(buffer_.size() * 2);
        }
        const std::size_t got = TRY(file_.read(std::span{buffer_}.subspan(end_)));
        end_ += got;
        is_done_ = got == 0;
        return {};
    }

    wire::TextFile& file_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::uint64_t number_ = 0;
    bool is_done_ = false;
};

/// What is wrong with a message.
struct Fault {
    std::string field;
    std::string problem;
};
template <typename T>
using Read = std::expected<T, Fault>;

Read<const json*> member(const json& object, const char* name) {
    if (object.is_object()) {
        const auto at = object.find(name);
        if (at != object.end()) return &*at;
    }
    return std::unexpected(Fault{name, "is missing"});
}

Read<std::int64_t> whole(const json& object, const char* name) {
    const json& value = *TRY(member(object, name));
    const bool fits =
        value.is_number_integer() &&
        (!value.is_number_unsigned() || value.get<std::uint64_t>() <= std::uint64_t{INT64_MAX});
    if (!fits) return std::unexpected(Fault{name, "is no whole number"});
    return value.get<std::int64_t>();
}

Read<std::int64_t> instant(const json& object, const char* name) {
    if (const auto ns = base::checked_mul(TRY(whole(object, name)), kMillisecond)) return *ns;
    return std::unexpected(Fault{name, "is out of range"});
}

Read<std::int64_t> decimal(const json& value, const char* name) {
    if (!value.is_string()) return std::unexpected(Fault{name, "is no decimal in quotes"});
    const auto& text = value.get_ref<const std::string&>();
    if (const auto parsed = base::parse_decimal(text)) return *parsed;
    return std::unexpected(
        Fault{name, fmt::format("{} is not a decimal number", wire::quoted(text))});
}

Read<std::int64_t> decimal_of(const json& object, const char* name) {
    return decimal(*TRY(member(object, name)), name);
}

/// The rows that one message makes; their `ts` is set by who asked.
using Rows = std::vector<TickRow>;

/// Appends a level for each of `levels`: ["price", "size"], or {"px": ..., "sz": ...}.
Read<void> add_levels(const json& object, const char* name, Side side, const TickRow& common,
                      Rows& out) {
    const json& levels = *TRY(member(object, name));
    if (!levels.is_array() || levels.size() > kLevelsMax) {
        return std::unexpected(Fault{name, "is no list of levels"});
    }
    for (const json& level : levels) {
        TickRow row = common;
        row[Level::side] = static_cast<std::int64_t>(side);
        if (level.is_array() && level.size() >= 2) {
            row[Level::price] = TRY(decimal(level[0], name));
            row[Level::size] = TRY(decimal(level[1], name));
        } else {
            row[Level::price] = TRY(decimal_of(level, "px"));
            row[Level::size] = TRY(decimal_of(level, "sz"));
        }
        out.push_back(row);
    }
    return {};
}

/// Binance spot and futures, stream `depth`.
Read<void> depth_update(const json& data, Rows& out) {
    TickRow row{};
    row[Level::ts_exch] = TRY(instant(data, "E"));
    row[Level::first_update_id] = TRY(whole(data, "U"));
    row[Level::last_update_id] = TRY(whole(data, "u"));
    if (data.contains("pu")) row[Level::previous_update_id] = TRY(whole(data, "pu"));
    TRY_VOID(add_levels(data, "b", Side::buy, row, out));
    return add_levels(data, "a", Side::sell, row, out);
}

/// Binance's answer to `GET depth`; the futures' names its time.
Read<void> depth_snapshot(const json& data, Rows& out) {
    TickRow row{};
    row[Level::flags] = BookRowFlags::snapshot;
    row[Level::first_update_id] = row[Level::last_update_id] = TRY(whole(data, "lastUpdateId"));
    if (data.contains("E")) row[Level::ts_exch] = TRY(instant(data, "E"));
    TRY_VOID(add_levels(data, "bids", Side::buy, row, out));
    return add_levels(data, "asks", Side::sell, row, out);
}

/// Binance, stream `trade`. The buyer is the maker where the seller came to take.
Read<void> binance_trade(const json& data, Rows& out) {
    const json& maker = *TRY(member(data, "m"));
    if (!maker.is_boolean()) return std::unexpected(Fault{"m", "is neither true nor false"});
    TickRow row{};
    row[TradeAt::price] = TRY(decimal_of(data, "p"));
    row[TradeAt::size] = TRY(decimal_of(data, "q"));
    row[TradeAt::aggressor] =
        static_cast<std::int64_t>(maker.get<bool>() ? Aggressor::seller : Aggressor::buyer);
    row[TradeAt::ts_exch] = TRY(instant(data, "T"));
    out.push_back(row);
    return {};
}

/// Binance, stream `bookTicker`; that of spot names no time.
Read<void> book_ticker(const json& data, Rows& out) {
    TickRow row{};
    row[QuoteAt::bid] = TRY(decimal_of(data, "b"));
    row[QuoteAt::bid_size] = TRY(decimal_of(data, "B"));
    row[QuoteAt::ask] = TRY(decimal_of(data, "a"));
    row[QuoteAt::ask_size] = TRY(decimal_of(data, "A"));
    if (data.contains("T")) row[QuoteAt::ts_exch] = TRY(instant(data, "T"));
    out.push_back(row);
    return {};
}

/// Hyperliquid, channel `l2Book`.
Read<void> hyperliquid_book(const json& data, Rows& out) {
    const json& levels = *TRY(member(data, "levels"));
    if (!levels.is_array() || levels.size() != 2) {
        return std::unexpected(Fault{"levels", "is not a pair of lists"});
    }
    TickRow row{};
    row[Level::flags] = BookRowFlags::snapshot;
    row[Level::ts_exch] = TRY(instant(data, "time"));
    const json sides{{"bids", levels[0]}, {"asks", levels[1]}};
    TRY_VOID(add_levels(sides, "bids", Side::buy, row, out));
    return add_levels(sides, "asks", Side::sell, row, out);
}

/// Hyperliquid, channel `trades`: side B where the buyer came to take.
Read<void> hyperliquid_trades(const json& data, Rows& out) {
    if (!data.is_array()) return std::unexpected(Fault{"data", "is no list of trades"});
    for (const json& trade : data) {
        const json& side = *TRY(member(trade, "side"));
        TickRow row{};
        row[TradeAt::price] = TRY(decimal_of(trade, "px"));
        row[TradeAt::size] = TRY(decimal_of(trade, "sz"));
        row[TradeAt::aggressor] =
            static_cast<std::int64_t>(side == "B" ? Aggressor::buyer : Aggressor::seller);
        row[TradeAt::ts_exch] = TRY(instant(trade, "time"));
        out.push_back(row);
    }
    return {};
}

/// Bybit, topic `orderbook`: every message is one step of `u`.
Read<void> bybit_book(const json& message, Rows& out) {
    const json& data = *TRY(member(message, "data"));
    const json& type = *TRY(member(message, "type"));
    if (type != "snapshot" && type != "delta") {
        return std::unexpected(Fault{"type", "is neither snapshot nor delta"});
    }
    TickRow row{};
    row[Level::flags] = type == "snapshot" ? BookRowFlags::snapshot : 0;
    row[Level::ts_exch] = TRY(instant(message, "cts"));
    row[Level::first_update_id] = row[Level::last_update_id] = TRY(whole(data, "u"));
    TRY_VOID(add_levels(data, "b", Side::buy, row, out));
    return add_levels(data, "a", Side::sell, row, out);
}

class Capture {
public:
    Capture(const ImportRequest& request, wire::TextFile& file, const BatchSink& sink)
        : request_(request),
          file_(file),
          lines_(file),
          batches_(request.kind, request.checks, sink) {
        if (request.after_snapshot) batches_.expect_no_snapshot();
    }

    std::expected<TableStats, InputError> run() {
        for (std::uint64_t count = 0;; ++count) {
            const auto line = TRY(lines_.next());
            if (!line) break;
            if (line->empty()) continue;
            TRY_VOID(take(*line));
            if (request_.progress && count % kLinesBetweenProgress == 0) {
                request_.progress(file_.bytes_taken(), file_.bytes_on_disk());
            }
        }
        TableStats stats = TRY(batches_.finish());
        stats.passed_over = passed_over_;
        return stats;
    }

private:
    static constexpr std::uint64_t kLinesBetweenProgress = 1024;

    std::expected<void, InputError> take(std::string_view line) {
        std::int64_t ts = 0;
        if (request_.format == Format::capture) {
            const char* end = line.data() + line.size();
            const auto [stop, code] = std::from_chars(line.data(), end, ts);
            if (code != std::errc{} || stop == end || *stop != ' ') {
                return std::unexpected(
                    wrong({}, "does not begin with nanoseconds since 1970 and a space",
                          "give lines like '1723161253937085768 {...}'"));
            }
            line.remove_prefix(static_cast<std::size_t>(stop - line.data()) + 1);
        }
        const json message = json::parse(line, nullptr, false);
        if (!message.is_object()) {
            return std::unexpected(wrong({}, "is no JSON object", "give one message a line"));
        }
        rows_.clear();
        auto known = read(message, ts);
        if (!known) {
            return std::unexpected(wrong(known.error().field, known.error().problem,
                                         "check which exchange's messages these are"));
        }
        if (!*known) ++passed_over_;
        batches_.break_message();
        for (TickRow& row : rows_) {
            row[ports::kTs] = ts;
            TRY_VOID(add(row));
        }
        return {};
    }

    /// Fills `rows_`; false where the message is of another kind.
    Read<bool> read(const json& message, std::int64_t& ts) {
        const auto is = [&](SeriesKind kind) { return request_.kind == kind; };
        const auto taken = [](Read<void> done) -> Read<bool> {
            if (!done) return std::unexpected(std::move(done).error());
            return true;
        };
        if (request_.format == Format::bybit) {
            if (!is(SeriesKind::book_level) || !message.contains("topic")) return false;
            ts = TRY(instant(message, "ts"));
            return taken(bybit_book(message, rows_));
        }
        if (message.contains("lastUpdateId")) {
            return is(SeriesKind::book_level) ? taken(depth_snapshot(message, rows_)) : false;
        }
        const json& data = *TRY(member(message, "data"));
        if (message.contains("channel")) {
            const json& channel = message["channel"];
            if (channel == "l2Book" && is(SeriesKind::book_level)) {
                return taken(hyperliquid_book(data, rows_));
            }
            if (channel == "trades" && is(SeriesKind::trade)) {
                return taken(hyperliquid_trades(data, rows_));
            }
            return false;
        }
        const std::string event = data.is_object() ? data.value("e", std::string{}) : std::string{};
        if (event == "depthUpdate" && is(SeriesKind::book_level)) {
            return taken(depth_update(data, rows_));
        }
        if (event == "trade" && is(SeriesKind::trade)) return taken(binance_trade(data, rows_));
        const bool is_ticker = event == "bookTicker" || (event.empty() && data.contains("B"));
        if (is_ticker && is(SeriesKind::quote)) return taken(book_ticker(data, rows_));
        return false;
    }

    std::expected<void, InputError> add(const TickRow& row) {
        auto problem = batches_.add(row);
        if (!problem) return {};
        if (batches_.sink_error()) return std::unexpected(std::move(*batches_.sink_error()));
        return std::unexpected(wrong(problem->field, problem->problem, problem->mend));
    }

    [[nodiscard]] InputError wrong(std::string_view field, std::string problem,
                                   std::string mend) const {
        return {.file = file_.name(),
                .line = lines_.number(),
                .field = std::string{field},
                .problem = std::move(problem),
                .mend = std::move(mend)};
    }

    const ImportRequest& request_;
    wire::TextFile& file_;
    Lines lines_;
    RowBatches batches_;
    Rows rows_;
    std::uint64_t passed_over_ = 0;
};

}  // namespace

std::expected<TableStats, InputError> read_capture(const ImportRequest& request,
                                                   wire::TextFile& file, const BatchSink& sink) {
    return Capture{request, file, sink}.run();
}

std::expected<TableStats, InputError> import_capture(const ImportRequest& request,
                                                     const BatchSink& sink) {
    const auto file = TRY(wire::open_text(request.path, request.entry));
    return read_capture(request, *file, sink);
}

}  // namespace tradewind::importers
