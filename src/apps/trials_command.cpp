// SPDX-License-Identifier: Apache-2.0
#include "apps/trials_command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "apps/option_text.hpp"
#include "apps/output.hpp"
#include "apps/run_arguments.hpp"
#include "apps/trial_counting.hpp"
#include "base/try.hpp"
#include "research/trials.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;
using ports::TrialRecord;
using research::TrialGroup;

/// Where the ledger lies.
struct Place {
    std::string catalog;
    LedgerChoice ledger;
    bool json = false;
};

struct ListOptions {
    Place place;
    std::string strategy;
    std::string instrument;
    std::string since;
    std::optional<std::size_t> last;
};

struct ShowOptions {
    Place place;
    std::string id;
    std::size_t top = 20;
};

std::expected<std::unique_ptr<trials::TrialFile>, RunFailure> open(const Place& place) {
    if (place.catalog.empty() && place.ledger.file.empty()) {
        return std::unexpected(
            RunFailure{kExitBadInput, "which ledger? say --catalog DIR or --ledger FILE"});
    }
    auto opened = trials::TrialFile::open_to_read(ledger_path(place.ledger, place.catalog));
    if (opened) return std::move(*opened);
    const bool bad = opened.error().kind == trials::ErrorKind::bad_input;
    return std::unexpected(RunFailure{bad ? kExitBadInput : kExitFailed, opened.error().text});
}

// --- what is told --------------------------------------------------------------------------------

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

std::string plain(const std::optional<double>& value) {
    return value ? fmt::format("{:.4g}", *value) : "-";
}

std::string minute_of(Timestamp t) { return to_string(t).substr(0, 16); }
std::string day_of(Timestamp t) { return to_string(utc_date(t)); }

Json record_json(const TrialRecord& record) {
    return {{"made_at", to_string(record.made_at)},
            {"end", ports::to_string(record.end)},
            {"params", record.params},
            {"objective", number(record.objective)},
            {"sharpe_of_one_period", number(record.sharpe)},
            {"skew", number(record.skew)},
            {"kurtosis", number(record.kurtosis)},
            {"returns", record.returns},
            {"from", to_string(record.from)},
            {"to", to_string(record.to)},
            {"settings_hash", record.settings_hash},
            {"data_hash", record.data_hash}};
}

Json group_json(const TrialGroup& group) {
    return {{"id", group.id},
            {"origin", ports::to_string(group.origin)},
            {"strategy", group.family.strategy},
            {"instruments", group.family.instruments},
            {"first_made", to_string(group.first_made)},
            {"last_made", to_string(group.last_made)},
            {"from", to_string(group.from)},
            {"to", to_string(group.to)},
            {"runs", group.runs},
            {"trials", group.trials},
            {"stopped", group.stopped},
            {"pruned", group.pruned},
            {"best", group.best ? record_json(*group.best) : Json(nullptr)}};
}

/// Columns as wide as their widest cell; numbers flush right.
class Columns {
public:
    explicit Columns(std::vector<std::string> head) : right_(head.size(), false) {
        rows_.push_back(std::move(head));
    }
    Columns& right(std::initializer_list<std::size_t> which) {
        for (const std::size_t i : which) right_[i] = true;
        return *this;
    }
    void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
    [[nodiscard]] std::string text() const {
        std::vector<std::size_t> width(right_.size());
        for (const auto& row : rows_) {
            for (std::size_t i = 0; i < row.size(); ++i) {
                width[i] = std::max(width[i], row[i].size());
            }
        }
        std::string out;
        for (const auto& row : rows_) {
            std::string line;
            for (std::size_t i = 0; i < row.size(); ++i) {
                line += right_[i] ? fmt::format("{:>{}}", row[i], width[i])
                                  : fmt::format("{:<{}}", row[i], width[i]);
                line += "  ";
            }
            line.erase(line.find_last_not_of(' ') + 1);
            out += line + "\n";
        }
        return out;
    }

private:
    std::vector<bool> right_;
    std::vector<std::vector<std::string>> rows_;
};

std::string table_of(std::span<const TrialGroup* const> groups) {
    Columns out{{"made", "id", "origin", "strategy", "instruments", "from", "to", "trials",
                 "ended early", "objective", "sharpe", "best"}};
    out.right({7, 8, 9, 10});
    for (const TrialGroup* group : groups) {
        const auto& best = group->best;
        out.row({minute_of(group->first_made), group->id,
                 std::string{ports::to_string(group->origin)}, group->family.strategy,
                 group->family.instruments, day_of(group->from), day_of(group->to),
                 fmt::format("{}", group->trials),
                 fmt::format("{}", group->stopped + group->pruned),
                 plain(best ? best->objective : std::nullopt),
                 plain(best ? best->sharpe : std::nullopt), best ? best->params : "-"});
    }
    return out.text();
}

// --- ls ------------------------------------------------------------------------------------------

bool names(const std::string& instruments, const std::string& wanted) {
    const auto all = split(instruments, ',');
    return std::ranges::find(all, wanted) != all.end();
}

std::expected<void, RunFailure> list(const ListOptions& options) {
    std::optional<Timestamp> since;
    if (!options.since.empty()) {
        since = parse_timestamp(options.since);
        if (!since) {
            return std::unexpected(RunFailure{
                kExitBadInput,
                fmt::format("--since {}: is no day; say for example 2026-01-31", options.since)});
        }
    }
    const auto ledger = TRY(open(options.place));
    research::TrialGroups groups;
    TRY_VOID(or_failed(ledger->for_each([&](const TrialRecord& record) {
        if (!options.strategy.empty() && record.strategy != options.strategy) return;
        if (!options.instrument.empty() && !names(record.instruments, options.instrument)) return;
        if (since && record.made_at < *since) return;
        groups.add(record);
    })));
    std::vector<const TrialGroup*> chosen;
    for (const TrialGroup& group : groups.all()) chosen.push_back(&group);
    if (options.last && *options.last < chosen.size()) {
        chosen.erase(chosen.begin(), chosen.end() - static_cast<std::ptrdiff_t>(*options.last));
    }
    if (!options.place.json) {
        if (chosen.empty()) {
            fmt::print("{}: no such trials\n", ledger->path().string());
        } else {
            fmt::print("{}", table_of(chosen));
        }
        return {};
    }
    Json out = Json::array();
    for (const TrialGroup* group : chosen) out.push_back(group_json(*group));
    fmt::print("{}\n", Json{{"ledger", ledger->path().string()}, {"groups", out}}.dump(2));
    return {};
}

// --- show ----------------------------------------------------------------------------------------

/// The group whose id begins with `id`, of all; the error is one line.
std::expected<const TrialGroup*, RunFailure> find(const research::TrialGroups& groups,
                                                  const std::string& id) {
    std::vector<const TrialGroup*> found;
    for (const TrialGroup& group : groups.all()) {
        if (group.id == id) return &group;
        if (group.id.starts_with(id)) found.push_back(&group);
    }
    if (found.size() == 1) return found.front();
    const std::string what = found.empty()
                                 ? fmt::format("{}: no search and no run has this id", id)
                                 : fmt::format("{}: {} ids begin so, {} and {} among them", id,
                                               found.size(), found[0]->id, found[1]->id);
    return std::unexpected(
        RunFailure{kExitBadInput, what + "; `tradewind trials ls` shows them all"});
}

/// The best first: those that ran whole before those that did not, equal ones in their order.
/// (std::stable_sort of libstdc++ 12 calls what the library itself has deprecated.)
void sort_best_first(std::vector<TrialRecord>& trials) {
    const auto is_before = [&](std::size_t i, std::size_t j) {
        const TrialRecord &a = trials[i], &b = trials[j];
        const bool a_whole = a.end == ports::TrialEnd::whole;
        const bool b_whole = b.end == ports::TrialEnd::whole;
        if (a_whole != b_whole) return a_whole;
        if (research::is_better_trial(a, b)) return true;
        return !research::is_better_trial(b, a) && i < j;
    };
    std::vector<std::size_t> order(trials.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, is_before);
    std::vector<TrialRecord> sorted;
    sorted.reserve(trials.size());
    for (const std::size_t i : order) sorted.push_back(std::move(trials[i]));
    trials = std::move(sorted);
}

std::string show_text(const TrialGroup& group, const std::vector<TrialRecord>& trials,
                      std::size_t top) {
    Table head;
    head.row(group.family.strategy, group.id);
    head.row("Instruments", group.family.instruments);
    head.row("Origin", std::string{ports::to_string(group.origin)});
    head.row("Made", minute_of(group.first_made) + " to " + minute_of(group.last_made));
    head.row("Data", day_of(group.from) + " to " + day_of(group.to));
    head.row("Runs", fmt::format("{}", group.runs));
    head.row("Trials", fmt::format("{}", group.trials));
    head.row("  stopped", fmt::format("{}", group.stopped));
    head.row("  pruned", fmt::format("{}", group.pruned));
    Columns out{{"params", "objective", "sharpe", "returns", "end", "settings"}};
    out.right({1, 2, 3});
    for (const TrialRecord& one : std::span{trials}.first(std::min(top, trials.size()))) {
        out.row({one.params.empty() ? "-" : one.params, plain(one.objective), plain(one.sharpe),
                 fmt::format("{}", one.returns), std::string{ports::to_string(one.end)},
                 one.settings_hash});
    }
    std::string text = head.text() + "\n" + out.text();
    if (trials.size() > top) {
        text += fmt::format("({} more; --top N shows them)\n", trials.size() - top);
    }
    return text;
}

std::expected<void, RunFailure> show(const ShowOptions& options) {
    const auto ledger = TRY(open(options.place));
    research::TrialGroups groups;
    TRY_VOID(or_failed(ledger->for_each([&](const TrialRecord& one) { groups.add(one); })));
    const TrialGroup* group = TRY(find(groups, options.id));
    std::vector<TrialRecord> trials;
    TRY_VOID(or_failed(ledger->for_each([&](const TrialRecord& one) {
        if (research::group_id(one) == group->id) trials.push_back(one);
    })));
    sort_best_first(trials);
    if (!options.place.json) {
        fmt::print("{}", show_text(*group, trials, options.top));
        return {};
    }
    Json out{{"ledger", ledger->path().string()}};
    out.update(group_json(*group));
    Json list = Json::array();
    for (const TrialRecord& one : trials) list.push_back(record_json(one));
    out["records"] = std::move(list);
    fmt::print("{}\n", out.dump(2));
    return {};
}

void add_place(CLI::App& verb, Place& place) {
    verb.add_option("--catalog", place.catalog, "directory of the catalog whose ledger it is")
        ->type_name("DIR");
    verb.add_option("--ledger", place.ledger.file, "the ledger; default: TRIALS in the catalog")
        ->type_name("FILE");
    verb.add_flag("--json", place.json, "one JSON document on standard output");
}

}  // namespace

void add_trials_command(CLI::App& app, int& exit_code) {
    CLI::App* trials = app.add_subcommand("trials", "what was ever tried: the ledger of trials");
    trials->require_subcommand(1);
    const auto answer = [&exit_code](const std::expected<void, RunFailure>& done) {
        exit_code = done ? kExitOk : complain(done.error().code, done.error().text);
    };

    CLI::App* ls = trials->add_subcommand("ls", "searches and runs, in the order of their making");
    const auto listed = std::make_shared<ListOptions>();
    add_place(*ls, listed->place);
    ls->add_option("--strategy", listed->strategy, "only those of this strategy");
    ls->add_option("--instrument", listed->instrument, "only those that traded this symbol");
    ls->add_option("--since", listed->since, "only those made from this day on");
    ls->add_option("--last", listed->last, "only so many, the latest")->check(CLI::PositiveNumber);
    ls->callback([listed, answer] { answer(list(*listed)); });

    CLI::App* one = trials->add_subcommand("show", "one search or run with its trials");
    const auto shown = std::make_shared<ShowOptions>();
    add_place(*one, shown->place);
    one->add_option("id", shown->id, "as `ls` shows it, or how it begins")->required();
    one->add_option("--top", shown->top, "so many trials, the best first (20); JSON has all");
    one->callback([shown, answer] { answer(show(*shown)); });
}

}  // namespace tradewind::apps
