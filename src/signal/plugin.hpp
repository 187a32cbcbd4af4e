// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "signal/registry.hpp"

/// A strategy in a shared library. The library is built against these headers with the same
/// compiler, and says so: the program refuses one of another ABI version. In one source file of the
/// library stands
///
///     TRADEWIND_STRATEGY(MyStrategy)
///
/// for a class with the constructor `MyStrategy(const StrategySetup&, ParamReader&)`.
namespace tradewind::signal {

/// Counts up with every change of Strategy, Context or the vocabulary.
inline constexpr unsigned kPluginAbi = 10;

template <typename T>
MadeStrategy make_from_params(const StrategySetup& setup) {
    ParamReader params{setup.params};
    auto strategy = std::make_unique<T>(setup, params);
    if (auto ok = params.finish(); !ok) return std::unexpected(ok.error());
    return strategy;
}

}  // namespace tradewind::signal

#define TRADEWIND_STRATEGY(Class) \
    extern "C" unsigned tradewind_plugin_abi() { return ::tradewind::signal::kPluginAbi; } \
    extern "C" void tradewind_make_strategy(const ::tradewind::signal::StrategySetup* setup, \
                                            ::tradewind::signal::MadeStrategy* out) { \
        *out = ::tradewind::signal::make_from_params<Class>(*setup); \
    }
