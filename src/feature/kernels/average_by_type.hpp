// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <variant>

#include "feature/kernels/adaptive_average.hpp"
#include "feature/kernels/averages.hpp"

/// The average that a parameter names.
namespace tradewind::feature {

/// TA-Lib's numbers.
enum class AverageType : std::uint8_t {
    simple = 0,
    exponential = 1,
    weighted = 2,
    double_exponential = 3,
    triple_exponential = 4,
    triangular = 5,
    kaufman = 6,
    mesa = 7,
    t3 = 8,
    hull = 9,
    none = 10,
    // 11 is the parameter's own default: complete_params() puts that in its place.
    zero_lag = 12,
    wilder = 13,
};

/// Any of them, chosen at run time: a call a value where one type of its own costs nothing.
class AnyAverage {
public:
    AnyAverage(AverageType type, std::size_t period) : average_(of(type, period)) {}

    [[nodiscard]] std::size_t lookback() const {
        return std::visit([](const auto& average) { return average.lookback(); }, average_);
    }
    template <bool Warm>
    double next(double value) {
        return std::visit([&](auto& average) { return average.template next<Warm>(value); },
                          average_);
    }

private:
    using Average = std::variant<Same, Sma, Exponential, Wma, Dema, Tema, Trima, Kama, MesaAverage,
                                 T3, Hma, Zlema>;

    static Average of(AverageType type, std::size_t period) {
        constexpr double kT3Factor = 0.7;
        if (period == 1) return Same{};
        switch (type) {
            case AverageType::simple: return Sma{period};
            case AverageType::exponential: return ema(period);
            case AverageType::weighted: return Wma{period};
            case AverageType::double_exponential: return Dema{period};
            case AverageType::triple_exponential: return Tema{period};
            case AverageType::triangular: return Trima{period};
            case AverageType::kaufman: return Kama{period};
            case AverageType::mesa: return MesaAverage{};
            case AverageType::t3: return T3{period, kT3Factor};
            case AverageType::hull: return Hma{period};
            case AverageType::none: return Same{};
            case AverageType::zero_lag: return Zlema{period};
            case AverageType::wilder: return rma(period);
        }
        __builtin_unreachable();
    }

    Average average_;
};

[[nodiscard]] inline AverageType average_type(Args args, std::size_t place) {
    return static_cast<AverageType>(args[place]);
}

/// Calls `make` with an average of one type for each period: of its own class where the type is a
/// frequent one.
template <typename Make, typename... Periods>
[[nodiscard]] auto with_averages(AverageType type, Make make, Periods... periods) {
    switch (type) {
        case AverageType::simple: return make(Sma{periods}...);
        case AverageType::exponential: return make(ema(periods)...);
        case AverageType::wilder: return make(rma(periods)...);
        default: return make(AnyAverage{type, periods}...);
    }
}

struct AverageChoice {
    AverageType type;
    std::size_t period;

    [[nodiscard]] bool is_simple() const { return type == AverageType::simple; }
    [[nodiscard]] bool is_exponential() const {
        return type == AverageType::exponential || type == AverageType::wilder;
    }
    [[nodiscard]] Exponential exponential() const {
        return type == AverageType::wilder ? rma(period) : ema(period);
    }
    [[nodiscard]] AnyAverage any() const { return {type, period}; }
};

/// The type in one parameter, its period in another.
[[nodiscard]] inline AverageChoice average_choice(Args args, std::size_t type, std::size_t period) {
    return {.type = average_type(args, type), .period = whole(args, period)};
}

/// Calls `make` with two averages, each of a type of its own: of their own classes where both are
/// simple or both are exponential.
template <typename Make>
[[nodiscard]] auto with_two_averages(AverageChoice first, AverageChoice second, Make make) {
    if (first.is_simple() && second.is_simple()) {
        return make(Sma{first.period}, Sma{second.period});
    }
    if (first.is_exponential() && second.is_exponential()) {
        return make(first.exponential(), second.exponential());
    }
    return make(first.any(), second.any());
}

}  // namespace tradewind::feature
