// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <sstream>

#include "base/assert.hpp"
#include "domain/event.hpp"
#include "sim/scenario_for_tests.hpp"

namespace tradewind::sim::testing {
namespace {

const Timestamp kStart = *parse_timestamp("2024-01-01T00:00:00Z");

std::vector<std::string> words_of(const std::string& line) {
    std::istringstream in{line};
    std::vector<std::string> out;
    for (std::string word; in >> word;) out.push_back(word);
    return out;
}

Timestamp time_of(std::string_view text) {
    const std::size_t colon = text.find(':');
    const std::string minute{text.substr(0, colon)};
    const std::string second{colon == std::string_view::npos ? "0" : text.substr(colon + 1)};
    return kStart + minutes(std::stoll(minute)) + nanoseconds(*base::parse_decimal(second));
}

std::string to_text(Timestamp t) {
    const std::int64_t ns = (t - kStart).ns;
    const std::int64_t rest = ns % minutes(1).ns;
    const std::string head = fmt::format("{}:{:02}", ns / minutes(1).ns, rest / seconds(1).ns);
    const std::int64_t below = rest % seconds(1).ns;
    return below == 0 ? head : head + fmt::format(".{:09}", below);
}

std::int64_t number(const std::string& text) { return *base::parse_decimal(text); }

class Builder {
public:
    explicit Builder(const Scenario& scenario) : settings_(scenario.settings) {
        Instrument instrument;
        instrument.symbol = "AAA.SIM";
        instrument.quote = instrument.settlement = kUsd;
        instrument.calendar = scenario.calendar;
        if (scenario.instrument) scenario.instrument(instrument);
        ASSERT(table_.add(instrument).has_value());
        if (settings_.deposits.empty()) {
            settings_.deposits.push_back({.currency = kUsd, .amount = whole_money(1'000'000)});
        }
        for (const std::string& line : lines_of(scenario.market)) add_row(words_of(line));
        for (auto& [key, columns] : columns_) history_.add_series(key, std::move(columns));
        for (const std::string& line : lines_of(scenario.orders)) add_command(words_of(line));
    }

    [[nodiscard]] Outcome play() {
        auto made = World::create(table_, history_, settings_);
        if (!made) return {.reports = {made.error()}, .events = {}, .counts = {}};
        World& world = **made;
        Outcome out;
        Event event;
        Timestamp last = kTimestampMin;
        std::size_t sent = 0;
        while (world.next(event) == ports::EventSource::Next::event) {
            ASSERT(event.ts >= last);
            last = event.ts;
            out.events.push_back(to_text(event.ts) + " " + std::string(kind_name(event.payload)));
            if (const auto* order = std::get_if<OrderEvent>(&event.payload)) {
                out.reports.push_back(describe(event, *order));
                continue;
            }
            const bool is_time = instrument_of(event.payload).has_value() ||
                                 std::holds_alternative<CashFlow>(event.payload);
            for (; is_time && sent < commands_.size() && commands_[sent].first <= event.ts;
                 ++sent) {
                world.send(commands_[sent].second, event.ts);
            }
        }
        out.counts = world.counts();
        return out;
    }

private:
    static std::string describe(const Event& event, const OrderEvent& order) {
        std::string text = fmt::format("{} {} {}", to_text(event.ts), order.order.sequence(),
                                       to_string(order.kind));
        if (const auto* fill = std::get_if<Fill>(&order.detail)) {
            text += fmt::format(" {}@{} {}", to_string(fill->qty), to_string(fill->price),
                                to_string(fill->liquidity));
            if (fill->basis.reference != fill->price) {
                text += " from " + to_string(fill->basis.reference);
            }
            if (fill->fee.raw != 0) text += " fee " + to_string(fill->fee);
            if (fill->basis.ambiguous) text += " ambiguous";
        } else if (const auto* reason = std::get_if<VenueReason>(&order.detail)) {
            text += fmt::format(" {}", to_string(*reason));
        } else if (const auto* terms = std::get_if<OrderTerms>(&order.detail)) {
            text += " qty=" + to_string(terms->qty);
            if (terms->limit_price) text += " limit=" + to_string(*terms->limit_price);
            if (terms->trigger_price) text += " trigger=" + to_string(*terms->trigger_price);
        }
        return text;
    }

    ports::Columns& series(ports::SeriesKind kind, const BarSpec& spec = {}) {
        const ports::SeriesKey key{.symbol = "AAA.SIM", .kind = kind, .spec = spec};
        return columns_.try_emplace(key, ports::Columns{kind}).first->second;
    }

    void put(ports::Columns& out, Timestamp at, const std::vector<std::int64_t>& cells) {
        out.columns[0].push_back(at.ns);
        for (std::size_t i = 1; i < out.columns.size(); ++i) {
            out.columns[i].push_back(i - 1 < cells.size() ? cells[i - 1] : 0);
        }
    }

    void add_row(const std::vector<std::string>& words) {
        const std::string& kind = words[0];
        const Timestamp at = time_of(words[1]);
        std::vector<std::int64_t> cells;
        for (std::size_t i = 2; i < words.size(); ++i) cells.push_back(number(words[i]));
        const auto bars = [&](PriceSource source) -> ports::Columns& {
            return series(ports::SeriesKind::bar, time_bars(minutes(1), source));
        };
        if (kind == "bar") {
            put(bars(PriceSource::last), at, cells);
        } else if (kind == "bid") {
            put(bars(PriceSource::bid), at, cells);
        } else if (kind == "ask") {
            put(bars(PriceSource::ask), at, cells);
        } else if (kind == "quote") {
            put(series(ports::SeriesKind::quote), at, cells);
        } else if (kind == "trade") {
            put(series(ports::SeriesKind::trade), at, cells);
        } else if (kind == "split") {
            put(series(ports::SeriesKind::corporate_action), at,
                {0, cells[0] / base::kDecimalOne, cells[1] / base::kDecimalOne, 0});
        } else if (kind == "dividend") {
            put(series(ports::SeriesKind::corporate_action), at, {1, 1, 1, cells[0]});
        } else if (kind == "delist") {
            put(series(ports::SeriesKind::corporate_action), at, {3, 1, 1, cells[0]});
        } else {
            ASSERT(kind == "halt" || kind == "resume");
            settings_.statuses.push_back(
                {.at = at,
                 .status = {.instrument = InstrumentId{0},
                            .state = kind == "halt" ? MarketState::halted : MarketState::open}});
        }
    }

    static OrderId id_of(const std::string& text) {
        return OrderId::of(StrategyId{0}, static_cast<std::uint64_t>(std::stoll(text)));
    }

    static TrailingOffset offset_of(std::string text) {
        const auto cut = [&](std::string_view unit) {
            if (!text.ends_with(unit)) return false;
            text.resize(text.size() - unit.size());
            return true;
        };
        if (cut("bps")) return {.unit = OffsetUnit::basis_points, .value = number(text)};
        if (cut("ticks")) return {.unit = OffsetUnit::ticks, .value = number(text)};
        return {.unit = OffsetUnit::price, .value = number(text)};
    }

    static void add_option(const std::string& word, OrderIntent& order) {
        const std::size_t equals = word.find('=');
        const std::string name = word.substr(0, equals);
        const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
        OrderSpec& spec = order.spec;
        if (const auto tif = parse_time_in_force(name)) {
            spec.time_in_force = *tif;
            if (*tif == TimeInForce::gtd) spec.expire_at = time_of(value);
        } else if (name == "post") {
            spec.post_only = true;
        } else if (name == "reduce") {
            spec.reduce_only = true;
        } else if (name == "display") {
            spec.display_qty = Qty{number(value)};
        } else if (name == "start") {
            spec.trigger_price = Price{number(value)};
        } else if (name == "parent") {
            order.links.parent = id_of(value);
        } else if (name == "list") {
            order.links.list = id_of(value);
        } else if (name == "oto") {
            order.links.contingency = Contingency::oto;
        } else if (name == "oco") {
            order.links.contingency = Contingency::oco;
        } else {
            ASSERT(name == "ouo");
            order.links.contingency = Contingency::ouo;
        }
    }

    static OrderIntent order_of(const std::vector<std::string>& words) {
        OrderIntent order;
        OrderSpec& spec = order.spec;
        spec.side = *parse_side(words[1]);
        order.id = id_of(words[2]);
        spec.qty = Qty{number(words[3])};
        spec.type = *parse_order_type(words[4]);
        std::size_t i = 5;
        if (is_trailing(spec.type)) {
            spec.trailing = offset_of(words[i++]);
            if (has_limit(spec.type)) spec.trailing_limit = offset_of(words[i++]);
        } else {
            if (has_trigger(spec.type)) spec.trigger_price = Price{number(words[i++])};
            if (has_limit(spec.type)) spec.limit_price = Price{number(words[i++])};
        }
        for (; i < words.size(); ++i) add_option(words[i], order);
        return order;
    }

    static OrderChange change_of(const std::vector<std::string>& words) {
        OrderChange change;
        for (std::size_t i = 3; i < words.size(); ++i) {
            const std::size_t equals = words[i].find('=');
            const std::string name = words[i].substr(0, equals);
            const std::int64_t value = number(words[i].substr(equals + 1));
            if (name == "qty") change.qty = Qty{value};
            if (name == "limit") change.limit_price = Price{value};
            if (name == "trigger") change.trigger_price = Price{value};
        }
        return change;
    }

    void add_command(const std::vector<std::string>& words) {
        const Timestamp at = time_of(words[0]);
        if (words[1] == "cancel") {
            commands_.emplace_back(
                at, CancelOrder{.id = id_of(words[2]), .instrument = InstrumentId{0}});
        } else if (words[1] == "replace") {
            commands_.emplace_back(at, ReplaceOrder{.id = id_of(words[2]),
                                                    .instrument = InstrumentId{0},
                                                    .change = change_of(words)});
        } else {
            commands_.emplace_back(at, SubmitOrder{.order = order_of(words)});
        }
    }

    WorldSettings settings_;
    InstrumentTable table_;
    MemoryHistory history_;
    std::map<ports::SeriesKey, ports::Columns> columns_;
    std::vector<std::pair<Timestamp, Command>> commands_;
};

}  // namespace

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> out;
    std::istringstream in{std::string{text}};
    for (std::string line; std::getline(in, line);) {
        line.resize(std::min(line.size(), line.find('#')));
        const std::size_t first = line.find_first_not_of(" \t");
        if (first == std::string::npos) continue;
        out.push_back(line.substr(first, line.find_last_not_of(" \t") - first + 1));
    }
    return out;
}

Outcome play(const Scenario& scenario) { return Builder{scenario}.play(); }

}  // namespace tradewind::sim::testing
