// SPDX-License-Identifier: Apache-2.0
#include "research/models/fold_jobs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "base/sha256.hpp"
#include "base/try.hpp"
#include "disk/files.hpp"

namespace tradewind::research::models {
namespace {

using Json = nlohmann::ordered_json;
using labels::Places;
using labels::Span;

/// Fewer rows than this teach nothing.
constexpr std::size_t kTrainRowsLeast = 50;

std::expected<void, std::string> write_file(const std::string& path, const std::string& bytes) {
    const auto said = [](const disk::Error& error) { return error.text; };
    const std::string beside = path + ".part";
    auto file = disk::create_file(beside);
    if (!file) return std::unexpected(said(file.error()));
    if (auto done = disk::write_all(*file, std::as_bytes(std::span{bytes}), beside); !done) {
        disk::remove_file(beside);
        return std::unexpected(said(done.error()));
    }
    if (auto done = disk::rename_file(beside, path); !done) {
        return std::unexpected(said(done.error()));
    }
    return {};
}

bool is_there(const std::string& path) { return disk::Mapping::open(path).has_value(); }

Json ranges_json(const Places& rows) {
    Json out = Json::array();
    for (const auto& [begin, end] : ranges_of(rows)) out.push_back(Json::array({begin, end}));
    return out;
}

/// The same places among others.
Places at(const Places& all, const Places& chosen) {
    Places out;
    out.reserve(chosen.size());
    for (const std::size_t i : chosen) out.push_back(all[i]);
    std::sort(out.begin(), out.end());
    return out;
}

std::vector<Span> spans_of(const Rows& rows, const Places& places) {
    std::vector<Span> out;
    out.reserve(places.size());
    for (const std::size_t row : places) out.push_back(rows.span(row));
    return out;
}

}  // namespace

std::uint32_t ModelPlan::longest_window() const {
    std::uint32_t out = window_least;
    for (const FamilyPlan& family : families) out = std::max(out, family.window);
    return out;
}

JobWriter::JobWriter(const TrainingSet& set, const ModelPlan& plan, std::string folder,
                     std::string code_version)
    : set_(set), plan_(plan), folder_(std::move(folder)), code_version_(std::move(code_version)) {}

/// The newest rows are held out, and of the others those that look into them are dropped.
std::expected<JobWriter::Part, std::string> JobWriter::part_of(const Rows& rows,
                                                               const Places& train) const {
    if (train.size() < kTrainRowsLeast) {
        return std::unexpected(
            fmt::format("{} labelled rows to train on; {} are needed at least: take more data, a "
                        "longer training window, or features with less lookback",
                        train.size(), kTrainRowsLeast));
    }
    std::vector<std::int64_t> known;
    known.reserve(train.size());
    for (const std::size_t row : train) known.push_back(rows.known_at[row]);
    const auto held = static_cast<std::size_t>(
        std::floor(plan_.validation_share * static_cast<double>(train.size())));
    if (held == 0) return Part{.train = train, .validation = {}};
    const auto nth = known.end() - static_cast<std::ptrdiff_t>(held);
    std::nth_element(known.begin(), nth, known.end());
    const std::int64_t border = *nth;
    const std::vector<Span> spans = spans_of(rows, train);
    Places before, behind;
    for (std::size_t i = 0; i < train.size(); ++i) {
        (spans[i].from < border ? before : behind).push_back(i);
    }
    return Part{.train = at(train, labels::purge(spans, before, behind, plan_.embargo)),
                .validation = at(train, behind)};
}

std::expected<void, std::string> JobWriter::add_jobs(FoldJobs& fold, const Part& part,
                                                     std::optional<std::size_t> inner) const {
    const std::size_t seeds = inner ? 1 : plan_.seeds.size();
    const Json train = ranges_json(part.train), validation = ranges_json(part.validation);
    for (std::size_t f = 0; f < plan_.families.size(); ++f) {
        for (std::size_t s = 0; s < seeds; ++s) {
            const FamilyPlan& family = plan_.families[f];
            Json job{
                {"kind", "train"},
                {"family", ml::to_string(family.family)},
                {"target",
                 {{"task", ml::to_string(plan_.target.task)}, {"levels", plan_.target.levels}}},
                {"window", family.window},
                {"seed", plan_.seeds[s]},
                {"train", train},
                {"validation", validation},
                {"class_weights", plan_.balanced_classes ? "balanced" : "none"},
                {"settings", Json::parse(family.settings)}};
            if (!family.inputs.empty()) job["inputs"] = family.inputs;
            const std::string all = job.dump() + fold.arrays_address + code_version_;
            const std::string name = base::sha256_hex(std::as_bytes(std::span{all})).substr(0, 24);
            ModelJob made{.family = f,
                          .seed = plan_.seeds[s],
                          .inner = inner,
                          .job = fmt::format("{}/{}.job", folder_, name),
                          .model = fmt::format("{}/{}.model", folder_, name)};
            job["dataset"] = fold.arrays;
            job["model"] = made.model;
            job["checkpoint"] = fmt::format("{}/{}.checkpoint", folder_, name);
            made.is_done = is_there(made.model);
            if (!made.is_done) TRY_VOID(write_file(made.job, job.dump()));
            fold.jobs.push_back(std::move(made));
        }
    }
    return {};
}

std::expected<FoldJobs, std::string> JobWriter::write(const Window& window) const {
    const Rows rows = set_.known(window.train);
    if (const auto empty = columns_without_value(rows, set_.columns()); !empty.empty()) {
        return std::unexpected(fmt::format(
            "feature {} has no value in any labelled row known before {}: leave it out, or train "
            "on more",
            set_.meaning().columns[empty.front()], to_string(Timestamp{window.train.to})));
    }
    const Places train = usable_rows(
        rows, set_.columns(), {.window = plan_.longest_window(), .missing_max = plan_.missing_max});
    const std::string bytes = ml::to_bytes(set_.arrays(rows));
    FoldJobs out;
    out.window = window;
    out.arrays_address = ml::address_of(bytes);
    out.arrays = fmt::format("{}/{}.arrays", folder_, out.arrays_address.substr(0, 24));
    TRY_VOID(write_file(out.arrays, bytes));
    for (const std::size_t row : train) out.train.push_back(set_.row_in_all(rows, row));
    TRY_VOID(add_jobs(out, TRY(part_of(rows, train)), std::nullopt));
    if (plan_.inner_folds < 2) return out;
    const std::vector<Span> spans = spans_of(rows, train);
    const auto splits = TRY(labels::purged_k_fold(spans, plan_.inner_folds, plan_.embargo));
    for (std::size_t i = 0; i < splits.size(); ++i) {
        TRY_VOID(add_jobs(out, TRY(part_of(rows, at(train, splits[i].train))), i));
        Places test = at(train, splits[i].test);
        for (std::size_t& row : test) row = set_.row_in_all(rows, row);
        out.inner_test.push_back(std::move(test));
    }
    return out;
}

}  // namespace tradewind::research::models
