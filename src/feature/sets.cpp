// SPDX-License-Identifier: Apache-2.0
#include "feature/sets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tradewind::feature {
namespace {

using Set = std::vector<FeatureText>;

/// A family of features that differ by their window: `#` stands for it.
struct Windowed {
    std::string_view name;
    std::string_view expression;
};

std::string with_window(std::string_view text, int window) {
    std::string out;
    for (const char c : text) {
        if (c == '#') {
            out += std::to_string(window);
        } else {
            out += c;
        }
    }
    return out;
}

/// qlib/contrib/data/loader.py, Alpha158DL.
Set alpha158() {
    Set out{{"KMID", "(close-open)/open"},
            {"KLEN", "(high-low)/open"},
            {"KMID2", "(close-open)/(high-low+1e-12)"},
            {"KUP", "(high-greater(open,close))/open"},
            {"KUP2", "(high-greater(open,close))/(high-low+1e-12)"},
            {"KLOW", "(less(open,close)-low)/open"},
            {"KLOW2", "(less(open,close)-low)/(high-low+1e-12)"},
            {"KSFT", "(2*close-high-low)/open"},
            {"KSFT2", "(2*close-high-low)/(high-low+1e-12)"},
            {"OPEN0", "open/close"},
            {"HIGH0", "high/close"},
            {"LOW0", "low/close"},
            {"VWAP0", "vwap/close"}};
    constexpr std::array kWindows{5, 10, 20, 30, 60};
    constexpr auto kFamilies = std::to_array<Windowed>({
        {"ROC", "ref(close,#)/close"},
        {"MA", "mean(close,#)/close"},
        {"STD", "std(close,#)/close"},
        {"BETA", "slope(close,#)/close"},
        {"RSQR", "rsquare(close,#)"},
        {"RESI", "resi(close,#)/close"},
        {"MAX", "max(high,#)/close"},
        {"MIN", "min(low,#)/close"},
        {"QTLU", "quantile(close,#,0.8)/close"},
        {"QTLD", "quantile(close,#,0.2)/close"},
        {"RANK", "tsrank(close,#)"},
        {"RSV", "(close-min(low,#))/(max(high,#)-min(low,#)+1e-12)"},
        {"IMAX", "idxmax(high,#)/#"},
        {"IMIN", "idxmin(low,#)/#"},
        {"IMXD", "(idxmax(high,#)-idxmin(low,#))/#"},
        {"CORR", "corr(close,log(volume+1),#)"},
        {"CORD", "corr(close/ref(close,1),log(volume/ref(volume,1)+1),#)"},
        {"CNTP", "mean(close>ref(close,1),#)"},
        {"CNTN", "mean(close<ref(close,1),#)"},
        {"CNTD", "mean(close>ref(close,1),#)-mean(close<ref(close,1),#)"},
        {"SUMP", "sum(greater(close-ref(close,1),0),#)/(sum(abs(close-ref(close,1)),#)+1e-12)"},
        {"SUMN", "sum(greater(ref(close,1)-close,0),#)/(sum(abs(close-ref(close,1)),#)+1e-12)"},
        {"SUMD",
         "(sum(greater(close-ref(close,1),0),#)-sum(greater(ref(close,1)-close,0),#))"
         "/(sum(abs(close-ref(close,1)),#)+1e-12)"},
        {"VMA", "mean(volume,#)/(volume+1e-12)"},
        {"VSTD", "std(volume,#)/(volume+1e-12)"},
        {"WVMA",
         "std(abs(close/ref(close,1)-1)*volume,#)/(mean(abs(close/"
         "ref(close,1)-1)*volume,#)+1e-12)"},
        {"VSUMP",
         "sum(greater(volume-ref(volume,1),0),#)/(sum(abs(volume-ref(volume,1)),#)+1e-12)"},
        {"VSUMN",
         "sum(greater(ref(volume,1)-volume,0),#)/(sum(abs(volume-ref(volume,1)),#)+1e-12)"},
        {"VSUMD",
         "(sum(greater(volume-ref(volume,1),0),#)-sum(greater(ref(volume,1)-volume,0),#))"
         "/(sum(abs(volume-ref(volume,1)),#)+1e-12)"},
    });
    for (const Windowed& family : kFamilies) {
        for (const int window : kWindows) {
            out.push_back(
                {fmt::format("{}{}", family.name, window), with_window(family.expression, window)});
        }
    }
    return out;
}

/// qlib/contrib/data/loader.py, Alpha360DL.
Set alpha360() {
    struct Source {
        std::string_view name;
        std::string_view field;
        std::string_view unit;
    };
    constexpr std::array kSources{
        Source{"CLOSE", "close", "close"}, Source{"OPEN", "open", "close"},
        Source{"HIGH", "high", "close"},   Source{"LOW", "low", "close"},
        Source{"VWAP", "vwap", "close"},   Source{"VOLUME", "volume", "(volume+1e-12)"}};
    Set out;
    for (const Source& source : kSources) {
        for (int ago = 59; ago > 0; --ago) {
            out.push_back({fmt::format("{}{}", source.name, ago),
                           fmt::format("ref({},{})/{}", source.field, ago, source.unit)});
        }
        out.push_back(
            {fmt::format("{}0", source.name), fmt::format("{}/{}", source.field, source.unit)});
    }
    return out;
}

/// Usual indicators as ratios, places in a range and scores: none hangs on the size of prices or
/// volumes, so that one model may read several instruments.
Set technical() {
    return {
        {"ret_1", "logret(close,1)"},
        {"ret_5", "logret(close,5)"},
        {"ret_10", "logret(close,10)"},
        {"ret_20", "logret(close,20)"},
        {"ret_60", "logret(close,60)"},
        {"gap", "log(open/ref(close,1))"},
        {"body", "bop(open,high,low,close)"},
        {"bar_position", "fill((close-low)/(high-low),0.5)"},
        {"streak", "streak(close>ref(close,1))-streak(close<ref(close,1))"},
        {"sma_10_dist", "close/sma(close,10)-1"},
        {"sma_20_dist", "close/sma(close,20)-1"},
        {"sma_50_dist", "close/sma(close,50)-1"},
        {"sma_200_dist", "close/sma(close,200)-1"},
        {"sma_20_50", "sma(close,20)/sma(close,50)-1"},
        {"ema_12_26", "ema(close,12)/ema(close,26)-1"},
        {"kama_10_dist", "close/kama(close,10)-1"},
        {"macd", "macd(close,12,26,9).macd/close"},
        {"macd_hist", "macd(close,12,26,9).histogram/close"},
        {"trix_15", "trix(close,15)/100"},
        {"adx_14", "adx(14)/100"},
        {"di_diff_14", "(plus_di(14)-minus_di(14))/100"},
        {"aroonosc_25", "aroonosc(25)/100"},
        {"vortex_14", "vortex(14).plus-vortex(14).minus"},
        {"supertrend_dist", "close/supertrend(10,3).stop-1"},
        {"sar_dist", "close/sar(0.02,0.2)-1"},
        {"slope_20", "slope(close,20)/close"},
        {"rsquare_20", "rsquare(close,20)"},
        {"resi_20", "resi(close,20)/resi_std(close,20)"},
        {"efficiency_10", "er(close,10)"},
        {"rsi_2", "rsi(close,2)/100"},
        {"rsi_14", "rsi(close,14)/100"},
        {"stoch_k", "stoch(14,3,0,3,0).k/100"},
        {"stoch_d", "stoch(14,3,0,3,0).d/100"},
        {"cci_20", "cci(20)/100"},
        {"cmo_14", "cmo(close,14)/100"},
        {"mfi_14", "mfi(14)/100"},
        {"ultosc", "ultosc(7,14,28)/100"},
        {"tsi", "tsi(close,25,13)/100"},
        {"bb_position",
         "(close-bbands(close,20,2,2).lower)/"
         "(bbands(close,20,2,2).upper-bbands(close,20,2,2).lower)"},
        {"bb_width",
         "(bbands(close,20,2,2).upper-bbands(close,20,2,2).lower)/bbands(close,20,2,2).middle"},
        {"kc_position", "(close-kc(20,10,2).lower)/(kc(20,10,2).upper-kc(20,10,2).lower)"},
        {"donchian_position", "(close-donchian(20).lower)/(donchian(20).upper-donchian(20).lower)"},
        {"zscore_20", "zscore(close,20)"},
        {"zscore_60", "zscore(close,60)"},
        {"rank_60", "tsrank(close,60)"},
        {"drawdown_60", "close/max(high,60)-1"},
        {"rise_60", "close/min(low,60)-1"},
        {"range_pct", "(high-low)/close"},
        {"range_ratio", "trange(high,low,close)/atr(14)"},
        {"atr_pct", "atr(14)/close"},
        {"vol_20", "std(ret_1,20)"},
        {"vol_60", "std(ret_1,60)"},
        {"vol_ratio", "std(ret_1,5)/std(ret_1,60)"},
        {"vol_ewm", "ewm_std(ret_1,halflife=10)"},
        {"parkinson_20", "parkinson(20)"},
        {"yang_zhang_20", "yang_zhang(20)"},
        {"skew_60", "skew(ret_1,60)"},
        {"kurt_60", "kurt(ret_1,60)"},
        {"autocorr_20", "autocorr(ret_1,1,20)"},
        {"hurst_128", "hurst(log(close),128)"},
        {"volume_ratio", "volume/sma(volume,20)"},
        {"volume_z", "zscore(volume,20)"},
        {"obv_20", "delta(obv(close,volume),20)/sum(volume,20)"},
        {"cmf_20", "cmf(20)"},
        {"efi_13", "efi(13)/(close*sma(volume,13))"},
        {"vwma_20_dist", "close/vwma(close,20)-1"},
        {"pv_corr_20", "corr(ret_1,delta(volume),20)"},
    };
}

/// Of quotes and trades.
Set microstructure_ticks() {
    return {
        {"spread", "2*(ask-bid)/(ask+bid)"},
        {"spread_mean", "2*mean_spread/(ask+bid)"},
        {"spread_score", "zscore(mean_spread,60)"},
        {"spread_effective", "2*effective_spread/(ask+bid)"},
        {"spread_realised", "2*realised_spread/(ask+bid)"},
        {"micro", "2*microprice/(ask+bid)-1"},
        {"micro_stoikov", "2*stoikov_microprice/(ask+bid)-1"},
        {"imbalance", "(bid_size-ask_size)/(bid_size+ask_size)"},
        {"ofi", "order_flow/sma(bid_size+ask_size,20)"},
        {"ofi_mean", "sum(order_flow,20)/sum(bid_size+ask_size,20)"},
        {"ofi_score", "zscore(order_flow,60)"},
        {"ofi_impact",
         "regbeta(order_flow,delta((bid+ask)/2,1),60)*sma(bid_size+ask_size,60)/close"},
        {"touch_rate", "touch_changes/sma(touch_changes,60)"},
        {"trade_rate", "trades/sma(trades,60)"},
        {"trade_size", "trade_volume/trades/(sum(trade_volume,60)/sum(trades,60))"},
        {"large_share", "large_volume/(trade_volume+1e-12)"},
        {"trade_imbalance", "(buy_trades-sell_trades)/greater(trades,1)"},
        {"volume_imbalance", "(buy_volume-sell_volume)/(trade_volume+1e-12)"},
        {"volume_imbalance_mean", "sum(buy_volume-sell_volume,20)/(sum(trade_volume,20)+1e-12)"},
        {"signed_volume_score", "zscore(buy_volume-sell_volume,60)"},
        {"kyle",
         "regbeta(buy_volume-sell_volume,delta((bid+ask)/2,1),60)*sma(trade_volume,60)/close"},
        {"vpin", "vpin(buy_volume,sell_volume,50)"},
        {"vpin_bulk",
         "vpin(bulk_volume(close,volume,50).buy,bulk_volume(close,volume,50).sell,50)"},
        {"illiquidity", "amihud(20)*sma(close*volume,20)"},
        {"vwap_gap", "close*trade_volume/trade_value-1"},
    };
}

/// Of levels beside them.
Set microstructure() {
    Set out = microstructure_ticks();
    for (const int levels : {5, 10}) {
        for (const Windowed& family : {
                 Windowed{"depth_imbalance_",
                          "(bid_depth_#-ask_depth_#)/(bid_depth_#+ask_depth_#)"},
                 Windowed{"ofi_", "order_flow_#/sma(bid_depth_#+ask_depth_#,20)"},
                 Windowed{"ofi_score_", "zscore(order_flow_#,60)"},
             }) {
            out.push_back(
                {fmt::format("{}{}", family.name, levels), with_window(family.expression, levels)});
        }
    }
    out.push_back({"depth_score", "zscore(log(bid_depth_10+ask_depth_10),60)"});
    out.push_back({"slope_imbalance", "(bid_slope-ask_slope)/(bid_slope+ask_slope)"});
    out.push_back({"slope_score", "zscore(log(bid_slope+ask_slope),60)"});
    return out;
}

struct NamedSet {
    std::string_view name;
    Set (*make)();
};
constexpr std::array kSets{NamedSet{"alpha158", alpha158}, NamedSet{"alpha360", alpha360},
                           NamedSet{"microstructure", microstructure},
                           NamedSet{"microstructure_ticks", microstructure_ticks},
                           NamedSet{"technical", technical}};

constexpr auto kNames = [] {
    std::array<std::string_view, kSets.size()> names;
    std::transform(kSets.begin(), kSets.end(), names.begin(),
                   [](const NamedSet& set) { return set.name; });
    return names;
}();

}  // namespace

std::optional<std::vector<FeatureText>> feature_set(std::string_view name) {
    for (const NamedSet& set : kSets) {
        if (set.name == name) return set.make();
    }
    return std::nullopt;
}

std::span<const std::string_view> feature_set_names() { return kNames; }

}  // namespace tradewind::feature
