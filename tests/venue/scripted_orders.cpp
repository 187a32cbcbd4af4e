// SPDX-License-Identifier: Apache-2.0
// A strategy that sends the orders of a script, for tests of the whole program:
//
//     script="2024-01-02T15:00Z buy 100 market; 2024-01-02T15:05Z sell 100 limit 99.5 at_close"
//
// A line is an instant and what is sent then: buy or sell, quantity, type, its prices (trigger,
// limit), and any of a time in force, reduce, long or short (its leg); or cancel and the number of
// an order, from 1; or replace, the number and a new limit.
#include <sstream>
#include <string>
#include <vector>

#include "signal/plugin.hpp"

namespace {

using namespace tradewind;
using namespace tradewind::signal;

class ScriptedOrders final : public Strategy {
public:
    ScriptedOrders(const StrategySetup& setup, ParamReader& params)
        : instrument_(setup.traded.front()) {
        std::istringstream all{params.text("script", "")};
        for (std::string text; std::getline(all, text, ';');) {
            Line line = words_of(text);
            if (line.empty()) continue;
            params.require(parse_timestamp(line[0]).has_value() && line.size() >= 3,
                           "a line of script is an instant and what is sent then");
            lines_.push_back(std::move(line));
        }
    }

    void on_start(Context& context) override {
        for (std::size_t i = 0; i < lines_.size(); ++i) {
            const auto at = parse_timestamp(lines_[i][0]);
            if (at) context.set_timer(TimerId{static_cast<std::uint32_t>(i)}, *at);
        }
    }

    void on_timer(Context& context, TimerId timer) override {
        const Line& line = lines_[timer.value];
        if (line[1] == "cancel" || line[1] == "replace") {
            const OrderId id = sent_.at(std::stoul(line[2]) - 1);
            if (line[1] == "cancel") return context.cancel(id);
            return context.replace(id, {.limit_price = parse_price(line.at(3)).value()});
        }
        sent_.push_back(context.submit(order_of(line)));
    }

private:
    using Line = std::vector<std::string>;

    static Line words_of(const std::string& text) {
        std::istringstream in{text};
        Line out;
        for (std::string word; in >> word;) out.push_back(word);
        return out;
    }

    [[nodiscard]] OrderSpec order_of(const Line& line) const {
        OrderSpec out{.instrument = instrument_,
                      .side = parse_side(line[1]).value(),
                      .qty = parse_qty(line[2]).value()};
        out.type = parse_order_type(line.at(3)).value();
        std::size_t next = 4;
        if (has_trigger(out.type)) out.trigger_price = parse_price(line.at(next++)).value();
        if (has_limit(out.type)) out.limit_price = parse_price(line.at(next++)).value();
        for (; next < line.size(); ++next) {
            if (line[next] == "reduce") {
                out.reduce_only = true;
            } else if (const auto leg = parse_leg(line[next])) {
                out.leg = *leg;
            } else {
                out.time_in_force = parse_time_in_force(line[next]).value();
            }
        }
        return out;
    }

    InstrumentId instrument_;
    std::vector<Line> lines_;
    std::vector<OrderId> sent_;
};

}  // namespace

TRADEWIND_STRATEGY(ScriptedOrders)
