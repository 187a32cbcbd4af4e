// SPDX-License-Identifier: Apache-2.0
// Values of indicators for the parity tests.
//
//     indicator_values DATA OUT < REQUESTS
//
// DATA: columns of doubles, one after another: open, high, low, close, volume, periods. REQUESTS: a
// line each, a name and its parameters, or '=' and an expression (whose `time` is the last column),
// or "set" and the name of a set of features, whose names are printed. OUT: the outputs of each, a
// column of doubles each.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <numeric>
#include <sstream>
#include <vector>

#include "feature/indicator.hpp"
#include "feature/panel.hpp"
#include "feature/sets.hpp"

namespace {

using namespace tradewind::feature;  // NOLINT(google-build-using-namespace): a program of one file

constexpr std::size_t kColumns = 6;

std::vector<double> read_doubles(const char* path) {
    std::ifstream file{path, std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
    std::vector<double> out(bytes.size() / sizeof(double));
    std::copy_n(bytes.data(), out.size() * sizeof(double), reinterpret_cast<char*>(out.data()));
    return out;
}

std::size_t column_of(Input input) {
    switch (input) {
        case Input::open: return 0;
        case Input::high:
        case Input::real: return input == Input::real ? 3 : 1;
        case Input::low:
        case Input::second: return 2;
        case Input::close: return 3;
        case Input::volume: return 4;
        case Input::periods:
        case Input::anchor: return 5;
    }
    return 0;
}

/// Of two series the first is the high.
std::size_t column_of(const IndicatorInfo& info, std::size_t place) {
    const bool is_pair = info.inputs.size() == 2 && info.inputs[1] == Input::second;
    return is_pair && place == 0 ? 1 : column_of(info.inputs[place]);
}

void write(const std::vector<double>& column, std::ofstream& out) {
    out.write(reinterpret_cast<const char*>(column.data()),
              static_cast<std::streamsize>(column.size() * sizeof(double)));
}

bool answer_features(const std::vector<FeatureText>& features, const std::vector<double>& data,
                     std::ofstream& out) {
    auto graph = Graph::compile(features);
    if (!graph) {
        fmt::print(stderr, "{}\n", describe(graph.error()));
        return false;
    }
    const std::size_t rows = data.size() / kColumns;
    std::vector<std::int64_t> known_at(rows);
    std::iota(known_at.begin(), known_at.end(), 0);
    BarRows in{.known_at = known_at};
    for (std::size_t i = 0; i < std::min(kColumns, kFieldCount); ++i) {
        in.columns[i] = data.data() + i * rows;
    }
    std::vector<std::vector<double>> values(features.size(), std::vector<double>(rows));
    Panel panel{std::make_shared<const Graph>(std::move(*graph)), {{.symbol = "X"}}};
    panel.run({.bars = {&in, 1}}, [&](const Panel::Rows& got) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            std::copy_n(got.columns[i], got.rows, values[i].data() + got.first);
        }
        return true;
    });
    for (const auto& column : values) write(column, out);
    return true;
}

bool answer_set(const std::string& name, const std::vector<double>& data, std::ofstream& out) {
    const auto features = feature_set(name);
    if (!features) {
        fmt::print(stderr, "{}: there is no such set\n", name);
        return false;
    }
    for (const FeatureText& feature : *features) fmt::print("{}\n", feature.name);
    return answer_features(*features, data, out);
}

bool answer(const std::string& line, const std::vector<double>& data, std::ofstream& out) {
    if (line.starts_with('=')) return answer_features({{"x", line.substr(1)}}, data, out);
    if (line.starts_with("set ")) return answer_set(line.substr(4), data, out);
    std::istringstream words{line};
    std::string name;
    words >> name;
    std::vector<double> given;
    for (double value = 0; words >> value;) given.push_back(value);
    const IndicatorInfo* info = find_indicator(name);
    if (info == nullptr) {
        fmt::print(stderr, "{}: there is no such indicator\n", name);
        return false;
    }
    const auto params = complete_params(*info, given);
    if (!params) {
        fmt::print(stderr, "{}\n", params.error());
        return false;
    }
    const std::size_t rows = data.size() / kColumns;
    std::vector<const double*> in;
    for (std::size_t i = 0; i < info->inputs.size(); ++i) {
        in.push_back(data.data() + column_of(*info, i) * rows);
    }
    std::vector<std::vector<double>> values(info->outputs.size(), std::vector<double>(rows));
    std::vector<double*> outs;
    for (auto& column : values) outs.push_back(column.data());
    info->make(*params)->run(in, outs, rows);
    for (const auto& column : values) write(column, out);
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    const std::vector<double> data = read_doubles(argv[1]);
    std::ofstream out{argv[2], std::ios::binary};
    for (std::string line; std::getline(std::cin, line);) {
        if (!answer(line, data, out)) return 2;
    }
    return 0;
}
