// SPDX-License-Identifier: Apache-2.0
#include "signal/kernel.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <vector>

#include "base/assert.hpp"
#include "signal/average_cross.hpp"

namespace tradewind::signal {
namespace {

/// From this bar on the rule wants this stance.
struct Step {
    std::size_t row = 0;
    Stance stance = Stance::flat;
};
using Plan = std::vector<Step>;  ///< by row; each stance differs from the one before

/// Goes where its plan says.
class Planned final : public Strategy {
public:
    Planned(const Sizing& sizing, InstrumentId instrument, Plan plan)
        : sizing_(sizing), instrument_(instrument), plan_(std::move(plan)) {}

    void on_bar(Context& context, const Bar&) override {
        while (next_ < plan_.size() && plan_[next_].row <= row_) wanted_ = plan_[next_++].stance;
        ++row_;
        take(context, instrument_, sizing_, wanted_, held_);
    }

    [[nodiscard]] bool skims() const override { return true; }
    [[nodiscard]] std::size_t skim(const market::BarTrack&, market::BarRows rows) override {
        if (held_ != wanted_) return 0;  // a size that could not be valued is asked for again
        const std::size_t idle = next_ < plan_.size() ? plan_[next_].row - row_ : SIZE_MAX;
        const std::size_t bars = std::min(idle, rows.count());
        row_ += bars;
        return bars;
    }

private:
    Sizing sizing_;
    InstrumentId instrument_;
    Plan plan_;
    std::size_t next_ = 0;  ///< of plan_
    std::size_t row_ = 0;   ///< of the bar that comes next
    Stance wanted_ = Stance::flat;
    Stance held_ = Stance::flat;
};

/// The readings of averages of one kind at every bar, each length once. What would take too much
/// memory is worked out anew each time.
template <typename Average>
class Readings {
public:
    using Row = std::shared_ptr<const std::vector<double>>;

    explicit Readings(const market::BarTrack& track) : track_(track) {}

    [[nodiscard]] Row of(std::size_t period) {
        const std::scoped_lock lock{mutex_};
        const auto found = known_.find(period);
        if (found != known_.end()) return found->second;
        Row made = work_out(period);
        const std::size_t kept = (known_.size() + 1) * track_.rows() * sizeof(double);
        if (kept <= kKeptBytesMax) known_.emplace(period, made);
        return made;
    }

private:
    static constexpr std::size_t kKeptBytesMax = std::size_t{384} << 20U;

    [[nodiscard]] Row work_out(std::size_t period) const {
        auto out = std::make_shared<std::vector<double>>(track_.rows());
        Average average{period};
        for (std::size_t row = 0; row < track_.rows(); ++row) {
            add(average, track_.close(row));
            (*out)[row] = reading_of(average);
        }
        return out;
    }

    const market::BarTrack& track_;
    std::mutex mutex_;
    std::map<std::size_t, Row> known_;
};

constexpr std::size_t kScan = 32;

/// The rows on which `is_above(row)` changes. `uniform(row)` tells of the kScan rows from there on
/// whether the answer is the same on all of them, which it nearly always is.
template <typename Answer, typename Uniform>
Plan plan_of(market::BarRows rows, Stance below, const Answer& is_above, const Uniform& uniform) {
    Plan plan;
    Stance now = Stance::flat;
    for (std::size_t row = rows.first; row < rows.end; row += kScan) {
        const bool is_whole = row + kScan <= rows.end;
        const std::size_t end =
            is_whole && uniform(row) ? row + 1 : std::min(row + kScan, rows.end);
        for (std::size_t i = row; i < end; ++i) {
            const Stance wanted = is_above(i) ? Stance::long_side : below;
            if (wanted != now) plan.push_back({.row = i, .stance = wanted});
            now = wanted;
        }
    }
    return plan;
}

Plan cross_of(const CrossSettings& cross, const market::BarTrack& track, Readings<Ema>& averages) {
    const auto fast = averages.of(cross.fast), slow = averages.of(cross.slow);
    const double *a = fast->data(), *b = slow->data();
    const market::BarRows rows{std::min(cross.slow - 1, track.rows()), track.rows()};
    return plan_of(
        rows, cross.below, [=](std::size_t row) { return is_above(a[row], b[row]); },
        [=](std::size_t row) {
            int above = 0;
            for (std::size_t i = row; i < row + kScan; ++i) above += is_above(a[i], b[i]) ? 1 : 0;
            return above == 0 || above == static_cast<int>(kScan);
        });
}

/// The mean of the window that ends at a row, as the strategy's own window would read it.
double mean_of_doubles(const market::BarTrack& track, std::size_t row, std::size_t period) {
    Sma window{period};
    for (std::size_t i = row + 1 - period; i <= row; ++i) window.add(track.close(i));
    return window.value_of_doubles();
}

Plan cross_of(const CrossSettings& cross, const market::BarTrack& track, Readings<Sma>& averages) {
    const auto fast = averages.of(cross.fast), slow = averages.of(cross.slow);
    const double *a = fast->data(), *b = slow->data();
    const market::BarRows rows{std::min(cross.slow - 1, track.rows()), track.rows()};
    return plan_of(
        rows, cross.below,
        [&](std::size_t row) {
            const auto by_sums =
                is_above(SmaReading{.sum = a[row], .length = static_cast<double>(cross.fast)},
                         SmaReading{.sum = b[row], .length = static_cast<double>(cross.slow)});
            return by_sums ? *by_sums
                           : mean_of_doubles(track, row, cross.fast) >
                                 mean_of_doubles(track, row, cross.slow);
        },
        [](std::size_t) { return false; });
}

template <typename Average>
class CrossKernel final : public SignalKernel {
public:
    explicit CrossKernel(const KernelSetup& setup)
        : instruments_(setup.instruments), track_(setup.track), readings_(setup.track) {}

    [[nodiscard]] MadeStrategy make(const Params& params) const override {
        const std::array traded{track_.instrument()};
        const StrategySetup setup{.instruments = instruments_, .traded = traded, .params = params};
        ParamReader reader{params};
        const Sizing sizing{setup, reader};
        const CrossSettings cross{reader};
        if (auto ok = reader.finish(); !ok) return std::unexpected(ok.error());
        return std::make_unique<Planned>(sizing, track_.instrument(),
                                         cross_of(cross, track_, readings_));
    }

private:
    const InstrumentTable& instruments_;
    const market::BarTrack& track_;
    mutable Readings<Average> readings_;
};

}  // namespace

std::unique_ptr<SignalKernel> make_kernel(std::string_view strategy, const KernelSetup& setup) {
    if (strategy == "ema-cross") return std::make_unique<CrossKernel<Ema>>(setup);
    if (strategy == "sma-cross") return std::make_unique<CrossKernel<Sma>>(setup);
    return nullptr;
}

}  // namespace tradewind::signal
