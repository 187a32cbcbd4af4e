// SPDX-License-Identifier: Apache-2.0
// Who wants to buy and who to sell: volume by its side.
#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>

#include "feature/indicators/families.hpp"
#include "feature/kernel_indicator.hpp"
#include "feature/kernels/moments.hpp"
#include "feature/kernels/window.hpp"

namespace tradewind::feature {
namespace {

/// Shares a row's volume out by how far the price moved, in deviations of its last moves.
class BulkVolume {
public:
    explicit BulkVolume(std::size_t period)
        : changes_(period),
          bessel_(static_cast<double>(period) / (static_cast<double>(period) - 1.0)) {}

    [[nodiscard]] std::size_t lookback() const { return changes_.period(); }
    template <bool Warm>
    std::array<double, 2> next(double price, double volume) {
        const double change = price - std::exchange(price_, price);
        if (!Warm && change != change) return {kNaN, kNaN};
        changes_.add(change);
        if (!Warm && !changes_.is_full()) return {kNaN, kNaN};
        const double bought = volume * share(change);
        return {bought, volume - bought};
    }

private:
    /// Of buyers: the normal distribution's. A half where nothing moves; all or nothing where every
    /// move is the same.
    [[nodiscard]] double share(double change) const {
        const double deviation = std::sqrt(changes_.variance() * bessel_);
        if (deviation == 0.0) return change > 0.0 ? 1.0 : change < 0.0 ? 0.0 : 0.5;
        return 0.5 * std::erfc(-change / deviation / std::numbers::sqrt2);
    }

    RollingMoments changes_;
    double bessel_;
    double price_ = kNaN;  ///< of the row before
};

/// Imbalance of the last buckets of volume. A row's volume fills as many as it reaches, buyers and
/// sellers in the row's own proportion.
class Vpin {
public:
    struct Params {
        std::size_t buckets;
        double bucket;     ///< 0: the mean volume of a row, when the bucket is begun
        std::size_t rows;  ///< of that mean
    };
    explicit Vpin(const Params& params)
        : imbalances_(params.buckets),
          sizes_(params.buckets),
          volumes_(params.rows),
          buckets_(static_cast<double>(params.buckets)),
          bucket_(params.bucket) {}

    [[nodiscard]] std::size_t lookback() const { return sizes_.window().period(); }
    template <bool Warm>
    double next(double bought, double sold) {
        const double volume = bought + sold;
        volumes_.add(volume);
        if (rows_ < volumes_.window().period()) ++rows_;
        fill(volume, (bought - sold) / volume);
        if (!Warm && taken_++ < lookback()) return kNaN;
        return imbalances_.sum() / sizes_.sum();
    }

private:
    void fill(double left, double rate) {
        while (left > 0.0) {
            if (size_ == 0.0) {
                begin();
                if (!(size_ > 0.0)) return;
                // of buckets that are all alike only the last count
                const double whole = std::floor(left / size_);
                if (whole > buckets_) left -= (whole - buckets_) * size_;
            }
            const double room = size_ - filled_;
            if (left < room) {
                filled_ += left;
                imbalance_ += rate * left;
                return;
            }
            imbalance_ += rate * room;
            left -= room;
            imbalances_.add(std::abs(imbalance_));
            sizes_.add(std::exchange(size_, 0.0));
        }
    }
    void begin() {
        size_ = bucket_ > 0.0 ? bucket_ : volumes_.sum() / static_cast<double>(rows_);
        filled_ = imbalance_ = 0.0;
    }

    RollingSum imbalances_;
    RollingSum sizes_;
    RollingSum volumes_;
    double buckets_;
    double bucket_;
    std::size_t rows_ = 0;  ///< in the mean
    std::size_t taken_ = 0;
    // the bucket that is being filled; size 0: none
    double size_ = 0.0;
    double filled_ = 0.0;
    double imbalance_ = 0.0;
};

constexpr std::array kRealVolume{Input::real, Input::volume};
constexpr std::array kPeriod50{period_param(50)};
constexpr std::array<std::string_view, 2> kSides{"buy", "sell"};
constexpr std::array kVpinParams{
    period_param(50, 1, "buckets"),
    real_param("bucket", 0, 0, 1e18, "volume; 0: the mean of the last rows when it is begun"),
    period_param(50, 1, "rows")};

constexpr IndicatorInfo kIndicators[] = {
    {.name = "bulk_volume",
     .talib = "",
     .title = "volume of buyers and of sellers, by the move of the price",
     .inputs = kRealVolume,
     .params = kPeriod50,
     .outputs = kSides,
     .formula = "buy = volume N(change / deviation of the last n changes), sell the rest; N the "
                "normal distribution",
     .source = "D. Easley, M. Lopez de Prado, M. O'Hara, Review of Financial Studies 25 (2012), p. "
               "1457-1493, section 2",
     .make = [](Args args) { return indicator_of<2, 2>(BulkVolume{whole(args, 0)}); }},
    {.name = "vpin",
     .talib = "",
     .title = "volume-synchronised probability of informed trading",
     .inputs = kPair,
     .params = kVpinParams,
     .outputs = kValue,
     .formula = "sum |buy - sell| / sum size over the last n full buckets of volume; the series "
                "are what buyers and what sellers took",
     .source = "D. Easley, M. Lopez de Prado, M. O'Hara, Review of Financial Studies 25 (2012), p. "
               "1457-1493, section 1",
     .make =
         [](Args args) {
             return indicator_of<2>(
                 Vpin{{.buckets = whole(args, 0), .bucket = args[1], .rows = whole(args, 2)}});
         }},
};

}  // namespace

std::span<const IndicatorInfo> flow_indicators() { return kIndicators; }

}  // namespace tradewind::feature
