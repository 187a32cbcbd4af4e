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

/// The newest rows are held out, and of the others those that look into them are dropped.
std::expected<TrainPart, std::string> part_of(const ModelPlan& plan, const Rows& rows,
                                              const Places& train) {
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
        std::floor(plan.validation_share * static_cast<double>(train.size())));
    if (held == 0) return TrainPart{.train = train, .validation = {}};
    const auto nth = known.end() - static_cast<std::ptrdiff_t>(held);
    std::nth_element(known.begin(), nth, known.end());
    const std::int64_t border = *nth;
    const std::vector<Span> spans = spans_of(rows, train);
    Places before, behind;
    for (std::size_t i = 0; i < train.size(); ++i) {
        (spans[i].from < border ? before : behind).push_back(i);
    }
    return TrainPart{.train = at(train, labels::purge(spans, before, behind, plan.embargo)),
                     .validation = at(train, behind)};
}

/// Where jobs go, and what they read.
struct Desk {
    const ModelPlan& plan;
    const std::string& folder;
    const std::string& code_version;
    const std::string& arrays;
    const std::string& arrays_address;
};

/// A job's rows, as they stand in its file.
struct Ranges {
    Json train;
    Json validation;
};

/// `out` says of which family, seed and fold the model is.
std::expected<ModelJob, std::string> write_job(const Desk& desk, const FamilyPlan& family,
                                               const Ranges& ranges, ModelJob out) {
    Json job{
        {"kind", "train"},
        {"family", ml::to_string(family.family)},
        {"target",
         {{"task", ml::to_string(desk.plan.target.task)}, {"levels", desk.plan.target.levels}}},
        {"window", family.window},
        {"seed", out.seed},
        {"train", ranges.train},
        {"validation", ranges.validation},
        {"class_weights", desk.plan.balanced_classes ? "balanced" : "none"},
        {"settings", Json::parse(family.settings)}};
    if (!family.inputs.empty()) job["inputs"] = family.inputs;
    const std::string all = job.dump() + desk.arrays_address + desk.code_version;
    const std::string name = base::sha256_hex(std::as_bytes(std::span{all})).substr(0, 24);
    out.job = fmt::format("{}/{}.job", desk.folder, name);
    out.model = fmt::format("{}/{}.model", desk.folder, name);
    job["dataset"] = desk.arrays;
    job["model"] = out.model;
    job["checkpoint"] = fmt::format("{}/{}.checkpoint", desk.folder, name);
    out.is_done = is_there(out.model);
    if (!out.is_done) TRY_VOID(write_file(out.job, job.dump()));
    return out;
}

/// Places of a window's rows among all.
Places in_all(const TrainingSet& set, const Rows& rows, Places places) {
    for (std::size_t& row : places) row = set.row_in_all(rows, row);
    return places;
}

}  // namespace

std::uint32_t ModelPlan::longest_window() const {
    std::uint32_t out = window_least;
    for (const FamilyPlan& family : families) out = std::max(out, family.window);
    return out;
}

std::expected<std::vector<ModelJob>, std::string> SplitWriter::write(std::size_t family,
                                                                     const FamilyPlan& as) const {
    const Desk desk{*plan_, folder_, code_version_, arrays_, arrays_address_};
    std::vector<ModelJob> out;
    for (std::size_t split = 0; split < parts_.size(); ++split) {
        const Ranges ranges{.train = ranges_json(parts_[split].train),
                            .validation = ranges_json(parts_[split].validation)};
        out.push_back(TRY(write_job(desk, as, ranges,
                                    {.family = family,
                                     .seed = plan_->seeds.front(),
                                     .inner = split,
                                     .job = {},
                                     .model = {}})));
    }
    return out;
}

JobWriter::JobWriter(const TrainingSet& set, const ModelPlan& plan, std::string folder,
                     std::string code_version)
    : set_(set), plan_(plan), folder_(std::move(folder)), code_version_(std::move(code_version)) {}

std::expected<void, std::string> JobWriter::add_jobs(FoldJobs& fold, const TrainPart& part,
                                                     std::optional<std::size_t> inner) const {
    const Desk desk{plan_, folder_, code_version_, fold.arrays, fold.arrays_address};
    const Ranges ranges{.train = ranges_json(part.train),
                        .validation = ranges_json(part.validation)};
    const std::size_t seeds = inner ? 1 : plan_.seeds.size();
    for (std::size_t f = 0; f < plan_.families.size(); ++f) {
        for (std::size_t s = 0; s < seeds; ++s) {
            fold.jobs.push_back(TRY(write_job(
                desk, plan_.families[f], ranges,
                {.family = f, .seed = plan_.seeds[s], .inner = inner, .job = {}, .model = {}})));
        }
    }
    return {};
}

std::expected<JobWriter::Written, std::string> JobWriter::write_rows(const Between& span) const {
    Written out{.rows = set_.known(span), .usable = {}, .arrays = {}, .address = {}};
    if (const auto empty = columns_without_value(out.rows, set_.columns()); !empty.empty()) {
        return std::unexpected(fmt::format(
            "feature {} has no value in any labelled row known before {}: leave it out, or train "
            "on more",
            set_.meaning().columns[empty.front()], to_string(Timestamp{span.to})));
    }
    out.usable = usable_rows(out.rows, set_.columns(),
                             {.window = plan_.longest_window(), .missing_max = plan_.missing_max});
    out.arrays = TRY(write_arrays(set_.arrays(out.rows), out.address));
    return out;
}

std::expected<std::string, std::string> JobWriter::write_arrays(const ml::TensorFile& arrays,
                                                                std::string& address) const {
    const std::string bytes = ml::to_bytes(arrays);
    address = ml::address_of(bytes);
    std::string path = fmt::format("{}/{}.arrays", folder_, address.substr(0, 24));
    TRY_VOID(write_file(path, bytes));
    return path;
}

std::expected<void, std::string> JobWriter::add_all(FoldJobs& fold, const Rows& rows) const {
    const Places& train = fold.train;
    TRY_VOID(add_jobs(fold, TRY(part_of(plan_, rows, train)), std::nullopt));
    if (plan_.inner_folds < 2) return {};
    const std::vector<Span> spans = spans_of(rows, train);
    const auto splits = TRY(labels::purged_k_fold(spans, plan_.inner_folds, plan_.embargo));
    for (std::size_t i = 0; i < splits.size(); ++i) {
        TRY_VOID(add_jobs(fold, TRY(part_of(plan_, rows, at(train, splits[i].train))), i));
        fold.inner_test.push_back(at(train, splits[i].test));
    }
    return {};
}

std::expected<FoldJobs, std::string> JobWriter::write(const Window& window) const {
    const Written written = TRY(write_rows(window.train));
    const Rows& rows = written.rows;
    FoldJobs out;
    out.window = window;
    out.arrays_address = written.address;
    out.arrays = written.arrays;
    out.train = written.usable;
    TRY_VOID(add_all(out, rows));
    out.train = in_all(set_, rows, std::move(out.train));
    for (Places& inner : out.inner_test) inner = in_all(set_, rows, std::move(inner));
    return out;
}

std::expected<FoldJobs, std::string> JobWriter::write(const Rows& rows,
                                                      const ml::TensorFile& arrays) const {
    FoldJobs out;
    out.arrays = TRY(write_arrays(arrays, out.arrays_address));
    for (std::size_t row = 0; row < rows.size(); ++row) {
        if (rows.has_label(row)) out.train.push_back(row);
    }
    TRY_VOID(add_all(out, rows));
    return out;
}

std::expected<SplitWriter, std::string> JobWriter::split(const Between& span,
                                                         const labels::Combinations& how) const {
    Written written = TRY(write_rows(span));
    const Rows& rows = written.rows;
    const Places& usable = written.usable;
    SplitWriter out{plan_, folder_, code_version_};
    out.arrays_ = std::move(written.arrays);
    out.arrays_address_ = std::move(written.address);
    const std::vector<Span> spans = spans_of(rows, usable);
    for (const Places& fold : TRY(labels::parts_by_time(spans, how.folds))) {
        out.folds_.push_back(in_all(set_, rows, at(usable, fold)));
    }
    for (const labels::Split& split : TRY(labels::combinatorial_purged(spans, how))) {
        const Places train = at(usable, split.train);
        out.parts_.push_back(TRY(part_of(plan_, rows, train)));
        out.splits_.push_back({.train = in_all(set_, rows, train),
                               .test = in_all(set_, rows, at(usable, split.test)),
                               .folds = split.folds});
    }
    return out;
}

}  // namespace tradewind::research::models
