// SPDX-License-Identifier: Apache-2.0
#include "apps/risk_check.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "apps/output.hpp"
#include "apps/run_arguments.hpp"
#include "apps/run_settings.hpp"
#include "base/try.hpp"
#include "research/backtest.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
    RunArguments run;
    std::string order;
    std::size_t strategy = 0;
    bool json = false;
};

/// What the gate said, and in which state it was asked.
struct Answer {
    std::expected<Qty, Denial> said{std::unexpected(Denial{})};
    std::optional<Denial> shrunk{};  ///< the soft limit that lets less through than was asked for
    Timestamp at{};
    std::optional<Money> equity{};
    Qty position{};
    TradingState state = TradingState::active;
};

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> out;
    while (true) {
        const std::size_t first = text.find_first_not_of(' ');
        if (first == std::string_view::npos) return out;
        text.remove_prefix(first);
        out.push_back(text.substr(0, text.find(' ')));
        text.remove_prefix(out.back().size());
    }
}

std::unexpected<std::string> wrong(std::string_view what, std::string_view word) {
    return std::unexpected(
        fmt::format("--order: '{}' {}; write for example \"buy 1000 SPY.ARCA market\" or \"sell 5 "
                    "SPY.ARCA limit 101.5\"",
                    word, what));
}

Json numbers_of(const Denial& denial, const RunSettings& settings) {
    const auto& limits = settings.engine.risk.limits;
    const bool is_rule = denial.rule.has_value();
    return {
        {"reason", to_string(denial.reason)},
        {"limit", is_rule ? Json(to_string(limits[*denial.rule])) : Json(nullptr)},
        {"value", to_double(denial.limit)},
        {"actual", to_double(denial.actual)},
        {"would_pass", denial.would_pass ? Json(to_double(*denial.would_pass)) : Json(nullptr)}};
}

Json json_of(const Answer& answer, const OrderSpec& spec, const RunSettings& settings) {
    Json out{{"order",
              {{"instrument", settings.instruments.at(spec.instrument).symbol},
               {"side", to_string(spec.side)},
               {"qty", to_double(spec.qty)}}},
             {"verdict", answer.said ? "approved" : "denied"}};
    out["qty"] = answer.said ? to_double(*answer.said) : 0.0;
    if (!answer.said || answer.shrunk) {
        out.update(numbers_of(answer.said ? *answer.shrunk : answer.said.error(), settings));
    } else {
        for (const char* name : {"limit", "value", "actual"}) out[name] = nullptr;
        out["would_pass"] = to_double(spec.qty);
    }
    out["at"] = to_string(answer.at);
    out["position"] = to_double(answer.position);
    out["equity"] = answer.equity ? Json(to_double(*answer.equity)) : Json(nullptr);
    out["state"] = to_string(answer.state);
    return out;
}

std::string text_of(const Answer& answer, const RunSettings& settings) {
    const std::string when =
        fmt::format(" at {}, equity {}, position {}, state {}", to_string(answer.at),
                    answer.equity ? to_string(*answer.equity) : "unknown",
                    to_string(answer.position), to_string(answer.state));
    if (answer.said && !answer.shrunk) return fmt::format("approved{}\n", when);
    const Denial& denial = answer.said ? *answer.shrunk : answer.said.error();
    const auto& limits = settings.engine.risk.limits;
    return fmt::format(
        "{}{}: {}{}\n", answer.said ? "approved for " + to_string(*answer.said) : "denied", when,
        describe(denial),
        denial.rule ? fmt::format(" (\"{}\")", to_string(limits[*denial.rule])) : "");
}

std::expected<void, RunFailure> run(const Options& options) {
    const RunConfig config = TRY(or_bad_input(gather(options.run)));
    const auto catalog = TRY(open_catalog(config.catalog));
    const RunSettings settings = TRY(or_bad_input(resolve(config, *catalog)));
    const OrderSpec spec = TRY(or_bad_input(parse_order(options.order, settings.instruments)));
    if (options.strategy >= settings.strategies.size()) {
        return std::unexpected(RunFailure{
            kExitBadInput,
            fmt::format("--for: the run has strategies 0 to {}", settings.strategies.size() - 1)});
    }
    const StrategyId strategy{static_cast<std::uint16_t>(options.strategy)};
    Answer answer;
    const auto ask = [&](engine::Engine& engine) {
        // a number that no order of the run has
        constexpr std::uint64_t kLast = (std::uint64_t{1} << OrderId::kSequenceBits) - 1;
        answer.at = engine.now();
        answer.said = engine.preview({.id = OrderId::of(strategy, kLast), .spec = spec});
        if (answer.said) answer.shrunk = engine.gate().shrunk();
        answer.equity = engine.portfolio().equity();
        answer.position = engine.portfolio().position(spec.instrument).qty;
        answer.state = engine.gate().state(strategy, spec.instrument, engine.now());
    };
    TRY(or_failed(research::run_backtest({.instruments = settings.instruments,
                                          .history = *catalog,
                                          .world = settings.world,
                                          .engine = settings.engine,
                                          .strategies = TRY(or_bad_input(make_slots(settings))),
                                          .annual_factor = settings.annual_factor,
                                          .risk_free = settings.risk_free,
                                          .at_end = ask})));
    fmt::print("{}", options.json ? json_of(answer, spec, settings).dump(2) + "\n"
                                  : text_of(answer, settings));
    return {};
}

}  // namespace

std::expected<OrderSpec, std::string> parse_order(std::string_view text,
                                                  const InstrumentTable& instruments) {
    const auto words = words_of(text);
    constexpr std::size_t kFewest = 4;
    if (words.size() < kFewest) return wrong("is too short", text);
    OrderSpec out;
    if (words[0] != "buy" && words[0] != "sell") return wrong("is neither buy nor sell", words[0]);
    out.side = words[0] == "buy" ? Side::buy : Side::sell;
    const auto qty = parse_qty(words[1]);
    if (!qty || qty->raw <= 0) return wrong("is no quantity", words[1]);
    out.qty = *qty;
    const Instrument* instrument = instruments.find(words[2]);
    if (instrument == nullptr) return wrong("is no instrument of the run", words[2]);
    out.instrument = instrument->id;
    std::size_t at = kFewest;
    if (words[3] == "limit" || words[3] == "stop") {
        const auto price =
            at < words.size() ? parse_price(words[at]) : std::unexpected(base::DecimalError{});
        if (!price) return wrong("needs a price behind it", words[3]);
        ++at;
        const bool is_limit = words[3] == "limit";
        out.type = is_limit ? OrderType::limit : OrderType::stop_market;
        (is_limit ? out.limit_price : out.trigger_price) = *price;
    } else if (words[3] != "market") {
        return wrong("is none of market, limit and stop", words[3]);
    }
    if (at < words.size() && words[at] == "reduce_only") {
        out.reduce_only = true;
        ++at;
    }
    if (at < words.size()) return wrong("is not expected there", words[at]);
    return out;
}

void add_risk_check(CLI::App& risk, int& exit_code) {
    CLI::App* verb = risk.add_subcommand(
        "check", "what the risk gate says to an order once the run's data are played");
    const auto options = std::make_shared<Options>();
    add_run_arguments(*verb, options->run);
    verb->add_option("--order", options->order, "\"buy 1000 SPY.ARCA market\"")->required();
    verb->add_option("--for", options->strategy, "which strategy's order it is, by number (0)");
    verb->add_flag("--json", options->json, "one JSON document on standard output");
    verb->callback([options, &exit_code] {
        const auto done = run(*options);
        exit_code = done ? kExitOk : complain(done.error().code, done.error().text);
    });
}

}  // namespace tradewind::apps
