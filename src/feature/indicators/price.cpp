// SPDX-License-Identifier: Apache-2.0
// One price, or one candle, made of those of a bar.
#include "feature/indicators/families.hpp"
#include "feature/kernel_indicator.hpp"
#include "feature/kernels/row_function.hpp"

namespace tradewind::feature {
namespace {

/// Candles whose open is the middle of the body before.
class HeikinAshi {
public:
    [[nodiscard]] static std::size_t lookback() { return 0; }
    template <bool Warm>
    std::array<double, 4> next(double open, double high, double low, double close) {
        open_ = 0.5 * (Warm || has_before_ ? open_ + close_ : open + close);
        close_ = 0.25 * (open + high + low + close);
        has_before_ = true;
        return {open_, larger(high, larger(open_, close_)), smaller(low, smaller(open_, close_)),
                close_};
    }

private:
    double open_ = 0.0;
    double close_ = 0.0;
    bool has_before_ = false;
};

constexpr std::array<std::string_view, 4> kCandleNames{"open", "high", "low", "close"};

constexpr IndicatorInfo kIndicators[] = {
    {.name = "avgprice",
     .talib = "AVGPRICE",
     .title = "average price",
     .inputs = kOpenHighLowClose,
     .params = {},
     .outputs = kValue,
     .formula = "(open + high + low + close) / 4",
     .source = "TA-Lib, ta_AVGPRICE",
     .make =
         [](Args) {
             return indicator_of<4>(
                 RowFunction{[](double open, double high, double low, double close) {
                     return 0.25 * (open + high + low + close);
                 }});
         }},
    {.name = "medprice",
     .talib = "MEDPRICE",
     .title = "median price",
     .inputs = kHighLow,
     .params = {},
     .outputs = kValue,
     .formula = "(high + low) / 2",
     .source = "TA-Lib, ta_MEDPRICE",
     .make =
         [](Args) {
             return indicator_of<2>(
                 RowFunction{[](double high, double low) { return 0.5 * (high + low); }});
         }},
    {.name = "typprice",
     .talib = "TYPPRICE",
     .title = "typical price",
     .inputs = kHighLowClose,
     .params = {},
     .outputs = kValue,
     .formula = "(high + low + close) / 3",
     .source = "TA-Lib, ta_TYPPRICE",
     .make =
         [](Args) {
             return indicator_of<3>(RowFunction{[](double high, double low, double close) {
                 return typical_price(high, low, close);
             }});
         }},
    {.name = "wclprice",
     .talib = "WCLPRICE",
     .title = "weighted close",
     .inputs = kHighLowClose,
     .params = {},
     .outputs = kValue,
     .formula = "(high + low + 2 close) / 4",
     .source = "TA-Lib, ta_WCLPRICE",
     .make =
         [](Args) {
             return indicator_of<3>(RowFunction{[](double high, double low, double close) {
                 return 0.25 * (high + low + 2.0 * close);
             }});
         }},
    {.name = "ha",
     .talib = "HA",
     .title = "Heikin-Ashi candles",
     .inputs = kOpenHighLowClose,
     .params = {},
     .outputs = kCandleNames,
     .formula = "close = (o + h + l + c) / 4; open = (open + close before) / 2, at first (o + c) / "
                "2; high and low take in both",
     .source = "D. Valcu, Using the Heikin-Ashi Technique, Stocks & Commodities 22:2 (2004)",
     .make = [](Args) { return indicator_of<4, 4>(HeikinAshi{}); }},
};

}  // namespace

std::span<const IndicatorInfo> price_indicators() { return kIndicators; }

}  // namespace tradewind::feature
