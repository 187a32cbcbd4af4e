// SPDX-License-Identifier: Apache-2.0
// Each indicator and function of expressions over a million rows, beside TA-Lib's C function on the
// same rows in the same run: nanoseconds a row, medians. TA_LIBRARY names the shared library;
// without it ours run alone. The wheel of TA-Lib on PyPI brings it:
// build/venv/lib/python3*/site-packages/ta_lib.libs/*.so*
#include <benchmark/benchmark.h>
#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "feature/indicator.hpp"
#include "feature/operators.hpp"

namespace tradewind::feature {
namespace {

constexpr std::size_t kRows = 1'000'000;
constexpr int kRepetitions = 7;

/// Bars of a random walk, and a second series.
struct Market {
    std::array<std::vector<double>, 6> columns;

    Market() {
        base::Random random{7};
        const auto uniform = [&] { return static_cast<double>(random.below(1'000'000)) / 1e6; };
        double price = 100;
        for (auto& column : columns) column.reserve(kRows);
        for (std::size_t i = 0; i < kRows; ++i) {
            const double open = price;
            price = std::max(10.0, price + uniform() - 0.5);
            columns[0].push_back(open);
            columns[1].push_back(std::max(open, price) + 0.5 * uniform());
            columns[2].push_back(std::min(open, price) - 0.5 * uniform());
            columns[3].push_back(price);
            columns[4].push_back(1000 + 1000 * uniform());
            columns[5].push_back(2 + std::floor(28 * uniform()));
        }
    }

    [[nodiscard]] const double* column(Input input) const {
        switch (input) {
            case Input::open: return columns[0].data();
            case Input::high: return columns[1].data();
            case Input::low:
            case Input::second: return columns[2].data();
            case Input::close:
            case Input::real: return columns[3].data();
            case Input::volume: return columns[4].data();
            case Input::periods:
            case Input::anchor: return columns[5].data();
        }
        return nullptr;
    }
};

const Market& market() {
    static const Market kMarket;
    return kMarket;
}

/// Of this thread's processor time: others on the machine do not count.
double seconds_of(const auto& what) {
    const auto now = [] {
        timespec at{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
        return static_cast<double>(at.tv_sec) + 1e-9 * static_cast<double>(at.tv_nsec);
    };
    const double start = now();
    what();
    return now() - start;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

/// The part of TA-Lib's abstract interface (ta_abstract.h) that calls a function by its name.
class TaLib {
public:
    using Handle = const void*;
    struct FunctionInfo {
        const char *name, *group, *hint;
        int flags;
        unsigned inputs, params, outputs;
        Handle handle;
    };
    struct InputInfo {
        int type;  ///< 0: prices, 1: real, 2: whole
        const char* name;
        int flags;
    };
    struct OutputInfo {
        int type;  ///< 0: real, 1: whole
        const char* name;
        int flags;
    };

    TaLib() {
        const char* path = std::getenv("TA_LIBRARY");
        if (path == nullptr) return;
        library_ = dlopen(path, RTLD_NOW);
        if (library_ == nullptr) return;
        of<int (*)()>("TA_Initialize")();
    }
    [[nodiscard]] bool is_there() const { return library_ != nullptr; }

    /// Calls the function once over all rows; false: it does not take this.
    bool call(const char* name, std::array<std::vector<double>, kOutputsMax>& reals,
              std::array<std::vector<int>, kOutputsMax>& wholes) const {
        Handle handle = nullptr;
        if (of<int (*)(const char*, Handle*)>("TA_GetFuncHandle")(name, &handle) != 0) return false;
        const FunctionInfo* info = nullptr;
        of<int (*)(Handle, const FunctionInfo**)>("TA_GetFuncInfo")(handle, &info);
        void* call = nullptr;
        of<int (*)(Handle, void**)>("TA_ParamHolderAlloc")(handle, &call);
        const Market& m = market();
        unsigned real_inputs = 0;
        for (unsigned i = 0; i < info->inputs; ++i) {
            const InputInfo* input = nullptr;
            of<int (*)(Handle, unsigned, const InputInfo**)>("TA_GetInputParameterInfo")(handle, i,
                                                                                         &input);
            if (input->type == 0) {
                of<int (*)(void*, unsigned, const double*, const double*, const double*,
                           const double*, const double*, const double*)>(
                    "TA_SetInputParamPricePtr")(call, i, m.columns[0].data(), m.columns[1].data(),
                                                m.columns[2].data(), m.columns[3].data(),
                                                m.columns[4].data(), m.columns[4].data());
            } else {
                const bool is_pair = info->inputs > 1;
                const std::size_t column = !is_pair ? 3 : real_inputs == 0 ? 1 : 2;
                const bool is_periods = std::string_view{name} == "MAVP";
                const std::size_t chosen = is_periods ? (real_inputs == 0 ? 3 : 5) : column;
                of<int (*)(void*, unsigned, const double*)>("TA_SetInputParamRealPtr")(
                    call, i, m.columns[chosen].data());
                ++real_inputs;
            }
        }
        for (unsigned i = 0; i < info->outputs; ++i) {
            const OutputInfo* output = nullptr;
            of<int (*)(Handle, unsigned, const OutputInfo**)>("TA_GetOutputParameterInfo")(
                handle, i, &output);
            reals[i].resize(kRows);
            wholes[i].resize(kRows);
            if (output->type == 0) {
                of<int (*)(void*, unsigned, double*)>("TA_SetOutputParamRealPtr")(call, i,
                                                                                  reals[i].data());
            } else {
                of<int (*)(void*, unsigned, int*)>("TA_SetOutputParamIntegerPtr")(call, i,
                                                                                  wholes[i].data());
            }
        }
        int begin = 0, count = 0;
        const int rc = of<int (*)(const void*, int, int, int*, int*)>("TA_CallFunc")(
            call, 0, static_cast<int>(kRows) - 1, &begin, &count);
        of<int (*)(void*)>("TA_ParamHolderFree")(call);
        return rc == 0;
    }

private:
    template <typename Function>
    [[nodiscard]] Function of(const char* symbol) const {
        return reinterpret_cast<Function>(dlsym(library_, symbol));
    }
    void* library_ = nullptr;
};

/// Items are rows; `talib_ns` and `ratio` (theirs by ours: above 1 we are faster) are of the same
/// run, `stream_ns` of one row at a time.
void indicator(benchmark::State& state, const IndicatorInfo* info) {
    static const TaLib kTaLib;
    const auto params = complete_params(*info, {});
    std::vector<const double*> in;
    const bool is_pair = info->inputs.size() == 2 && info->inputs[1] == Input::second;
    for (const Input input : info->inputs) {
        in.push_back(market().column(is_pair && input == Input::real ? Input::high : input));
    }
    std::vector<std::vector<double>> values(info->outputs.size(), std::vector<double>(kRows));
    std::array<std::vector<double>, kOutputsMax> reals;
    std::array<std::vector<int>, kOutputsMax> wholes;
    std::vector<double> ours, theirs, streamed;
    for ([[maybe_unused]] auto _ : state) {
        for (int i = 0; i < kRepetitions; ++i) {
            const auto batch = info->make(*params), stream = info->make(*params);
            std::vector<double*> out;
            for (auto& column : values) out.push_back(column.data());
            ours.push_back(seconds_of([&] { batch->run(in, out, kRows); }));
            std::vector<const double*> row = in;
            streamed.push_back(seconds_of([&] {
                for (std::size_t r = 0; r < kRows; ++r) {
                    stream->run(row, out, 1);
                    for (const double*& column : row) ++column;
                }
            }));
            if (!kTaLib.is_there() || info->talib.empty()) continue;
            const std::string name{info->talib};
            theirs.push_back(seconds_of([&] { kTaLib.call(name.c_str(), reals, wholes); }));
        }
    }
    constexpr double kNs = 1e9 / static_cast<double>(kRows);
    state.counters["ours_ns"] = median(ours) * kNs;
    state.counters["stream_ns"] = median(streamed) * kNs;
    if (theirs.empty()) return;
    state.counters["talib_ns"] = median(theirs) * kNs;
    state.counters["ratio"] = median(theirs) / median(ours);
}

const bool kRegistered = [] {
    for (const auto table : {indicators(), expression_functions()}) {
        for (const IndicatorInfo* info : table) {
            benchmark::RegisterBenchmark(std::string{info->name}.c_str(), indicator, info)
                ->Iterations(1)
                ->Unit(benchmark::kMillisecond);
        }
    }
    return true;
}();

}  // namespace
}  // namespace tradewind::feature
