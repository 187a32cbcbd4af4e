// SPDX-License-Identifier: Apache-2.0
#include "training/dataset.hpp"

#include <fmt/format.h>

#include <cmath>
#include <span>
#include <string_view>
#include <utility>

#include "base/try.hpp"
#include "disk/files.hpp"
#include "ml/tensor_file.hpp"
#include "training/fields.hpp"

namespace tradewind::training {
namespace {

constexpr std::uint64_t kHorizonMax = 1'000'000'000;
constexpr double kWeightMax = 1e12;

using Failure = std::unexpected<std::string>;

std::vector<std::string> read_texts(Fields& fields, const std::string& name) {
    const Json* found = fields.raw(name);
    std::vector<std::string> out;
    if (found == nullptr || !found->is_array()) {
        fields.fail(name, "has to be a list of texts");
        return out;
    }
    for (const Json& one : *found) {
        if (!one.is_string()) {
            fields.fail(name, "has to be a list of texts");
            return out;
        }
        out.push_back(one.get<std::string>());
    }
    return out;
}

std::expected<ml::RowsOrigin, std::string> read_origin(const std::string& description) {
    const Json json = Json::parse(description);
    Fields fields{json, "its "};
    ml::RowsOrigin out;
    out.schema_hash = fields.text("schema_hash");
    out.columns = read_texts(fields, "columns");
    out.label = fields.text("label");
    out.label_hash = fields.text("label_hash");
    out.horizon_rows =
        static_cast<std::uint32_t>(fields.whole("horizon_rows", {0, 0, kHorizonMax}));
    out.symbols = read_texts(fields, "symbols");
    out.bars = fields.text("bars");
    // others may stand there too: a description may say more than training reads
    if (fields.failed()) return Failure(fields.finish().error());
    if (out.columns.empty()) return Failure("its columns: there are none");
    return out;
}

/// An array of that name, type and shape.
template <typename T>
std::expected<std::vector<T>, std::string> take(const ml::TensorFile& file, std::string_view name,
                                                const std::vector<std::size_t>& shape) {
    const std::vector<T>* values = file.values<T>(name);
    const ml::Tensor* found = file.find(name);
    if (values == nullptr) {
        return Failure(fmt::format("its array {} is missing, or of another type", name));
    }
    if (found->shape != shape) {
        return Failure(
            fmt::format("its array {} does not have the shape that its features, "
                        "columns and symbols say",
                        name));
    }
    return *values;
}

std::expected<std::vector<std::size_t>, std::string> first_rows(
    const std::vector<std::int64_t>& starts, std::size_t rows) {
    const std::string bad = "its starts do not ascend from 0 to its number of rows";
    if (starts.front() != 0 || starts.back() != static_cast<std::int64_t>(rows)) {
        return Failure(bad);
    }
    std::vector<std::size_t> out;
    out.reserve(rows);
    for (std::size_t i = 0; i + 1 < starts.size(); ++i) {
        if (starts[i + 1] < starts[i] || starts[i + 1] > starts.back()) return Failure(bad);
        out.resize(static_cast<std::size_t>(starts[i + 1]), static_cast<std::size_t>(starts[i]));
    }
    return out;
}

std::expected<void, std::string> check_values(const Dataset& data) {
    for (std::size_t i = 0; i < data.rows; ++i) {
        if (std::isinf(data.label[i])) {
            return Failure(fmt::format("its row {} has an infinite label", i));
        }
        if (!(data.weight[i] >= 0.0 && data.weight[i] <= kWeightMax)) {
            return Failure(fmt::format("its row {} has the weight {}; give numbers from 0 to {}", i,
                                       data.weight[i], kWeightMax));
        }
    }
    return {};
}

std::expected<Dataset, std::string> read_arrays(const ml::TensorFile& file) {
    Dataset out;
    out.origin = TRY(read_origin(file.description));
    const ml::Tensor* features = file.find("features");
    if (features == nullptr || features->shape.size() != 2) {
        return Failure("its array features is missing, or not [rows, columns]");
    }
    out.rows = features->shape[0];
    out.columns = out.origin.columns.size();
    out.features = TRY(take<float>(file, "features", {out.rows, out.columns}));
    const auto starts = TRY(take<std::int64_t>(file, "starts", {out.origin.symbols.size() + 1}));
    out.first = TRY(first_rows(starts, out.rows));
    out.known_at = TRY(take<std::int64_t>(file, "known_at", {out.rows}));
    out.label = TRY(take<double>(file, "label", {out.rows}));
    if (file.find("weight") == nullptr) {
        out.weight.assign(out.rows, 1.0);
    } else {
        out.weight = TRY(take<double>(file, "weight", {out.rows}));
    }
    TRY_VOID(check_values(out));
    return out;
}

}  // namespace

std::expected<Dataset, std::string> read_dataset(const std::string& path) {
    const auto mapped = disk::Mapping::open(path);
    if (!mapped) return Failure(mapped.error().text);
    const auto bytes = mapped->bytes();
    const auto file = ml::parse_tensors(bytes);
    if (!file) return Failure(fmt::format("{}: {}", path, file.error()));
    auto out = read_arrays(*file);
    if (!out) return Failure(fmt::format("{}: {}", path, out.error()));
    out->origin.data_hash =
        ml::address_of({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    return out;
}

}  // namespace tradewind::training
