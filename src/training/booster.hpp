// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// XGBoost's C API with owners and errors. Every error is XGBoost's own first line.
namespace tradewind::training {

/// Rows of features with labels and weights, as XGBoost keeps them.
class TreeRows {
public:
    /// `features` [n, columns], NaN where missing.
    [[nodiscard]] static std::expected<TreeRows, std::string> make(std::span<const float> features,
                                                                   std::span<const float> labels,
                                                                   std::span<const float> weights);
    /// The only columns that the next trees may use; a booster's `colsample_bytree` has to be their
    /// share. XGBoost draws columns by weight, and these leave it no choice: its own draws hang on
    /// a generator that no saved booster holds.
    [[nodiscard]] std::expected<void, std::string> choose_columns(std::span<const bool> chosen);
    TreeRows(TreeRows&&) noexcept;
    TreeRows& operator=(TreeRows&&) noexcept;
    ~TreeRows();
    TreeRows(const TreeRows&) = delete;
    TreeRows& operator=(const TreeRows&) = delete;
    [[nodiscard]] void* handle() const { return handle_; }

private:
    TreeRows() = default;
    void* handle_ = nullptr;
};

using BoosterSettings = std::vector<std::pair<std::string, std::string>>;

class Booster {
public:
    /// `known`: the rows that it will be asked about, whose margins it then keeps; they have to
    /// outlive it. `bytes`: of save(), to go on from; or none.
    [[nodiscard]] static std::expected<Booster, std::string> make(
        std::span<const TreeRows* const> known, const BoosterSettings& settings,
        std::string_view bytes);
    Booster(Booster&&) noexcept;
    Booster& operator=(Booster&&) noexcept;
    ~Booster();
    Booster(const Booster&) = delete;
    Booster& operator=(const Booster&) = delete;

    /// One round by the objective's own gradient; what tests hold ours to.
    [[nodiscard]] std::expected<void, std::string> update(int round, const TreeRows& rows);
    /// One round by a gradient and a hessian of the loss, [n, K] each.
    [[nodiscard]] std::expected<void, std::string> boost(const TreeRows& rows,
                                                         std::span<float> gradient,
                                                         std::span<float> hessian);
    [[nodiscard]] std::expected<void, std::string> set(const std::string& name,
                                                       const std::string& value);
    /// [n, K] before any transformation.
    [[nodiscard]] std::expected<std::vector<float>, std::string> margins(const TreeRows& rows);
    /// XGBoost's own formats: "json" or "ubj".
    [[nodiscard]] std::expected<std::string, std::string> save(const std::string& format);

private:
    Booster() = default;
    void* handle_ = nullptr;
};

}  // namespace tradewind::training
