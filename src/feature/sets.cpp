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

struct NamedSet {
    std::string_view name;
    Set (*make)();
};
constexpr std::array kSets{NamedSet{"alpha158", alpha158}, NamedSet{"alpha360", alpha360}};

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
