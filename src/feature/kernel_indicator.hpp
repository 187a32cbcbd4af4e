// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <type_traits>
#include <utility>

#include "base/assert.hpp"
#include "feature/indicator.hpp"

namespace tradewind::feature {

#if defined(__x86_64__)
#define TRADEWIND_WIDE_ARITHMETIC [[gnu::target("avx2,fma")]]
#else
#define TRADEWIND_WIDE_ARITHMETIC
#endif

/// That a kernel takes together: their columns stay in a near cache.
inline constexpr std::size_t kRowsAtOnce = 2048;

inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

namespace detail {

/// Fused multiply-add in one instruction. `std::fma` rounds the same without it, in many more.
#if defined(__x86_64__)
inline const bool kHasWideArithmetic =
    __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
#else
inline constexpr bool kHasWideArithmetic = false;
#endif

[[nodiscard]] inline bool is_finite(double value) {
    constexpr std::uint64_t kExponent = 0x7ff0'0000'0000'0000;
    return (std::bit_cast<std::uint64_t>(value) & kExponent) != kExponent;
}

/// 0 where it is finite: the difference is 0 then, and NaN otherwise. Many can be joined by `|`
/// without a branch, several at once.
[[nodiscard, gnu::always_inline]] inline std::uint64_t not_finite_bits(double value) {
    return std::bit_cast<std::uint64_t>(value - value);
}
[[nodiscard]] inline bool all_finite(const double* values, std::size_t rows) {
    std::uint64_t bad = 0;
    for (std::size_t i = 0; i < rows; ++i) bad |= not_finite_bits(values[i]);
    return bad == 0;
}

template <typename Kernel>
concept Prepares = requires { &Kernel::prepare; };

template <typename Kernel>
concept TakesRows = requires(Kernel& kernel, const double* const* in, double* const* out,
                             std::size_t rows) { kernel.next_rows(in, out, rows); };

template <bool Warm, typename Kernel, std::size_t... I>
[[gnu::always_inline]] inline auto next_of(Kernel& kernel, const double* const* in, std::size_t row,
                                           std::index_sequence<I...> /*inputs*/) {
    if constexpr (requires { kernel.template next<Warm>(in[I][row]...); }) {
        return kernel.template next<Warm>(in[I][row]...);
    } else {
        return kernel.next(in[I][row]...);
    }
}

/// How many of them: kRowsAtOnce, or fewer as it says.
template <typename Kernel>
constexpr std::size_t rows_together() {
    if constexpr (requires { Kernel::kRowsTogether; }) return Kernel::kRowsTogether;
    return kRowsAtOnce;
}

/// Whether no row hangs on another.
template <typename Kernel>
concept TakesRowsAlone = requires { Kernel::kTakesRowsAlone; };

/// Puts out rows that may not be finite; 0 if they all were.
template <typename Kernel, typename... In>
[[gnu::always_inline]] inline std::uint64_t rows_alone(Kernel& kernel, std::size_t rows,
                                                       double* __restrict out,
                                                       const In* __restrict... in) {
    std::uint64_t bad = 0;
    for (std::size_t row = 0; row < rows; ++row) {
        out[row] = kernel.next(in[row]...);
        bad |= (not_finite_bits(in[row]) | ...);
    }
    return bad;
}

/// Rows of a block as `next` takes them: what a kernel prepares, else the inputs themselves.
template <typename Kernel, std::size_t Inputs, std::size_t Block>
class Rows {
public:
    [[gnu::always_inline]] Rows(const double* const* in, std::size_t from, std::size_t end)
        : in_(in), from_(from) {
        if constexpr (Prepares<Kernel>) prepare(end, std::make_index_sequence<Inputs>{});
    }
    template <bool Warm>
    [[gnu::always_inline]] auto next(Kernel& kernel, std::size_t row) const {
        if constexpr (Prepares<Kernel>) {
            return next_prepared<Warm>(kernel, row - from_,
                                       std::make_index_sequence<Kernel::kPrepared>{});
        } else {
            return next_of<Warm>(kernel, in_, row, std::make_index_sequence<Inputs>{});
        }
    }

private:
    template <std::size_t... I>
    [[gnu::always_inline]] void prepare(std::size_t end, std::index_sequence<I...> /*inputs*/) {
        for (std::size_t row = from_; row < end; ++row) {
            const auto values = Kernel::prepare(in_[I][row]...);
            for (std::size_t i = 0; i < values.size(); ++i) prepared_[i][row - from_] = values[i];
        }
    }
    template <bool Warm, std::size_t... I>
    [[gnu::always_inline]] auto next_prepared(Kernel& kernel, std::size_t place,
                                              std::index_sequence<I...> /*prepared*/) const {
        return kernel.template next<Warm>(prepared_[I][place]...);
    }
    static constexpr std::size_t prepared() {
        if constexpr (Prepares<Kernel>) return Kernel::kPrepared;
        return 0;
    }

    const double* const* in_;
    std::size_t from_;
    // Not initialised: only what `prepare` wrote is read.
    std::array<std::array<double, Block>, prepared()> prepared_;  // NOLINT(*-member-init)
};

}  // namespace detail

/// Makes an indicator of a kernel: a copyable class with
///
///     double next(double...)   or   std::array<double, Outputs> next(double...)
///
/// which takes the inputs of a row, all of them finite, and gives its outputs, NaN for the first
/// `lookback()` rows. It need not think of NaN in its inputs. It may be a template, `next<Warm>`:
/// where Warm is true a row with a value has been taken, and what only warms up is left out.
///
/// What hangs on no other row may be told apart, so that the compiler takes several rows at once:
///
///     static constexpr std::size_t kPrepared;
///     static std::array<double, kPrepared> prepare(double...)
///
/// takes the inputs then, and `next<Warm>` what it gives.
///
/// And what takes many rows at less than one by one may do so:
///
///     void next_rows(const double* const* in, double* const* out, std::size_t rows)
///
/// takes rows, up to kRowsAtOnce of them (or kRowsTogether, where it says so), as `next<true>`
/// would one after another, and puts out the very same bytes.
///
/// Where a recurrence hangs on a product and a sum it says `std::fma`, never leaves that to the
/// compiler: the bytes are the same on every processor.
template <typename Kernel, std::size_t Inputs, std::size_t Outputs = 1>
class KernelIndicator final : public Indicator {
public:
    explicit KernelIndicator(Kernel fresh) : fresh_(std::move(fresh)), kernel_(fresh_) {}

    [[nodiscard]] std::size_t lookback() const override { return fresh_.lookback(); }

    void run(std::span<const double* const> in, std::span<double* const> out,
             std::size_t rows) override {
        ASSERT(in.size() == Inputs && out.size() == Outputs);
        if (detail::kHasWideArithmetic) {
            run_wide(in.data(), out.data(), rows);
        } else {
            run_plain(in.data(), out.data(), rows);
        }
    }
    [[gnu::noinline]] void restart() override {
        if (taken_ > 0) kernel_ = fresh_;
        taken_ = 0;
    }
    [[nodiscard]] std::unique_ptr<Indicator> clone() const override {
        auto out = std::make_unique<KernelIndicator>(fresh_);
        out->kernel_ = kernel_;
        out->taken_ = taken_;
        return out;
    }

private:
    static constexpr bool kTakesRows = detail::TakesRows<Kernel>;
    /// Rows that are looked at together for one that is not finite.
    static constexpr std::size_t kPiece = detail::TakesRowsAlone<Kernel> ? 256 : 64;
    static constexpr std::size_t kBlock = kTakesRows ? detail::rows_together<Kernel>() : kPiece;
    using In = const double*;
    using Out = double*;
    using Value = std::conditional_t<Outputs == 1, double, std::array<double, Outputs>>;

    [[gnu::always_inline]] static void put(const Value& value, const Out* out, std::size_t row) {
        if constexpr (Outputs == 1) {
            out[0][row] = value;
        } else {
            for (std::size_t i = 0; i < Outputs; ++i) out[i][row] = value[i];
        }
    }

    // Flattened: a kernel that is called, and not inlined, works in memory instead of registers.
    [[gnu::flatten]] void run_plain(const In* in, const Out* out, std::size_t rows) {
        run_all(in, out, rows);
    }
    /// The same bytes, with the instructions of processors since 2013.
    TRADEWIND_WIDE_ARITHMETIC [[gnu::flatten]] void run_wide(const In* in, const Out* out,
                                                             std::size_t rows) {
        run_all(in, out, rows);
    }
    [[gnu::always_inline]] void run_all(const In* in, const Out* out, std::size_t rows) {
        if (rows == 1) return run_row(in, out, 0);
        if constexpr (detail::TakesRowsAlone<Kernel>) {
            static_assert(Outputs == 1);
            return run_alone(in, out, rows, std::make_index_sequence<Inputs>{});
        }
        std::size_t from = 0;
        while (from < rows) {
            if (const std::size_t end = finite_until(in, from, rows); end > from) {
                from = run_blocks(in, out, from, end, rows);
            } else {
                const std::size_t last = std::min(rows, from + kPiece);
                for (; from < last; ++from) run_row(in, out, from);
            }
        }
    }
    /// What hangs on no other row is put out and looked at in one go, and put right where a row was
    /// not finite.
    template <std::size_t... I>
    [[gnu::always_inline]] void run_alone(const In* in, const Out* out, std::size_t rows,
                                          std::index_sequence<I...> /*inputs*/) {
        for (std::size_t from = 0; from < rows; from += kPiece) {
            const std::size_t end = std::min(rows, from + kPiece);
            const auto bad =
                detail::rows_alone(kernel_, end - from, out[0] + from, (in[I] + from)...);
            if (bad == 0) continue;
            for (std::size_t row = from; row < end; ++row) run_row(in, out, row);
        }
    }
    /// Where rows that are finite end, by pieces: at most a block further on.
    [[gnu::always_inline]] static std::size_t finite_until(const In* in, std::size_t from,
                                                           std::size_t rows) {
        const std::size_t end = std::min(rows, from + kBlock);
        while (from < end) {
            const std::size_t count = std::min(kPiece, end - from);
            bool is_finite = true;
            for (std::size_t i = 0; i < Inputs; ++i) {
                is_finite &= detail::all_finite(in[i] + from, count);
            }
            if (!is_finite) break;
            from += count;
        }
        return from;
    }
    /// Blocks, the first up to `end`, until rows are not finite; gives back where it stopped. The
    /// kernel works as a local: nothing else can point into it, and its numbers stay in registers.
    [[gnu::always_inline]] std::size_t run_blocks(const In* in, const Out* out, std::size_t from,
                                                  std::size_t end, std::size_t rows) {
        Kernel kernel = std::move(kernel_);
        for (; from < end; end = finite_until(in, from, rows)) {
            run_block(kernel, in, out, from, end);
            from = end;
        }
        kernel_ = std::move(kernel);
        return from;
    }
    [[gnu::always_inline]] void run_block(Kernel& kernel, const In* in, const Out* out,
                                          std::size_t from, std::size_t end) {
        if constexpr (kTakesRows) {
            for (; from < end && taken_ < warming_; ++from, ++taken_) {
                put(detail::Rows<Kernel, Inputs, 1>{in, from, from + 1}.template next<false>(kernel,
                                                                                             from),
                    out, from);
            }
            if (from == end) return;
            std::array<In, Inputs> ins;
            std::array<Out, Outputs> outs;
            for (std::size_t i = 0; i < Inputs; ++i) ins[i] = in[i] + from;
            for (std::size_t i = 0; i < Outputs; ++i) outs[i] = out[i] + from;
            kernel.next_rows(ins.data(), outs.data(), end - from);
        } else {
            const detail::Rows<Kernel, Inputs, kBlock> block{in, from, end};
            for (; from < end && taken_ < warming_; ++from, ++taken_) {
                put(block.template next<false>(kernel, from), out, from);
            }
            for (; from < end; ++from) put(block.template next<true>(kernel, from), out, from);
        }
    }
    [[gnu::always_inline]] void run_row(const In* in, const Out* out, std::size_t row) {
        bool fits = true;
        for (std::size_t i = 0; i < Inputs; ++i) fits &= detail::is_finite(in[i][row]);
        if (!fits) [[unlikely]] {
            restart();
            for (std::size_t i = 0; i < Outputs; ++i) out[i][row] = kNaN;
            return;
        }
        const detail::Rows<Kernel, Inputs, 1> one{in, row, row + 1};
        if (taken_ < warming_) [[unlikely]] {
            put(one.template next<false>(kernel_, row), out, row);
            ++taken_;
        } else {
            put(one.template next<true>(kernel_, row), out, row);
        }
    }

    Kernel fresh_;
    Kernel kernel_;
    std::size_t warming_ = fresh_.lookback() + 1;  ///< rows, the first with a value included
    std::size_t taken_ = 0;  ///< rows since it was fresh, counted up to `warming_`
};

template <std::size_t Inputs, std::size_t Outputs = 1, typename Kernel>
[[nodiscard]] std::unique_ptr<Indicator> indicator_of(Kernel kernel) {
    return std::make_unique<KernelIndicator<Kernel, Inputs, Outputs>>(std::move(kernel));
}

/// One instruction each, and never a branch: which of two prices is larger cannot be predicted.
[[nodiscard]] inline double larger(double a, double b) { return a > b ? a : b; }
[[nodiscard]] inline double smaller(double a, double b) { return a < b ? a : b; }

/// One of two by a condition that cannot be predicted, without the branch that a compiler may make
/// of `?:`.
[[nodiscard]] inline double pick(bool condition, double yes, double no) {
    const std::uint64_t mask = 0 - static_cast<std::uint64_t>(condition);
    return std::bit_cast<double>((std::bit_cast<std::uint64_t>(yes) & mask) |
                                 (std::bit_cast<std::uint64_t>(no) & ~mask));
}

/// The next stage of a kernel: not fed while the one before it warms up.
template <bool Warm, typename Kernel>
[[nodiscard, gnu::always_inline]] inline double after(Kernel& kernel, double value) {
    if constexpr (Warm) {
        return kernel.template next<true>(value);
    } else {
        return value == value ? kernel.template next<false>(value) : kNaN;
    }
}

/// A whole parameter.
[[nodiscard]] inline std::size_t whole(Args args, std::size_t place) {
    return static_cast<std::size_t>(args[place]);
}

}  // namespace tradewind::feature
