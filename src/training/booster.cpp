// SPDX-License-Identifier: Apache-2.0
#include "training/booster.hpp"

#include <fmt/format.h>
#include <xgboost/c_api.h>

#include <limits>

#include "base/try.hpp"

namespace tradewind::training {
namespace {

using Done = std::expected<void, std::string>;

/// What XGBoost says last ends in a stack trace; its first line is what happened.
Done checked(int code) {
    if (code == 0) return {};
    std::string_view text = XGBGetLastError();
    // "[time] file:line: what"
    const std::size_t end = text.find('\n');
    return std::unexpected(fmt::format("xgboost: {}", text.substr(0, end)));
}

}  // namespace

std::expected<TreeRows, std::string> TreeRows::make(std::span<const float> features,
                                                    std::span<const float> labels,
                                                    std::span<const float> weights) {
    TreeRows out;
    const std::size_t rows = labels.size();
    TRY_VOID(
        checked(XGDMatrixCreateFromMat(features.data(), rows, features.size() / rows,
                                       std::numeric_limits<float>::quiet_NaN(), &out.handle_)));
    TRY_VOID(checked(XGDMatrixSetFloatInfo(out.handle_, "label", labels.data(), rows)));
    TRY_VOID(checked(XGDMatrixSetFloatInfo(out.handle_, "weight", weights.data(), rows)));
    return out;
}

std::expected<void, std::string> TreeRows::choose_columns(std::span<const bool> chosen) {
    std::vector<float> weights;
    weights.reserve(chosen.size());
    for (const bool one : chosen) weights.push_back(one ? 1e30F : 0.0F);
    constexpr int kFloats = 1;
    return checked(
        XGDMatrixSetDenseInfo(handle_, "feature_weights", weights.data(), weights.size(), kFloats));
}

TreeRows::TreeRows(TreeRows&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
TreeRows& TreeRows::operator=(TreeRows&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
}
TreeRows::~TreeRows() {
    if (handle_ != nullptr) XGDMatrixFree(handle_);
}

std::expected<Booster, std::string> Booster::make(std::span<const TreeRows* const> known,
                                                  const BoosterSettings& settings,
                                                  std::string_view bytes) {
    Booster out;
    std::vector<DMatrixHandle> handles;
    handles.reserve(known.size());
    for (const TreeRows* one : known) handles.push_back(one->handle());
    TRY_VOID(checked(XGBoosterCreate(handles.data(), handles.size(), &out.handle_)));
    if (!bytes.empty()) {
        TRY_VOID(checked(XGBoosterLoadModelFromBuffer(out.handle_, bytes.data(), bytes.size())));
    }
    for (const auto& [name, value] : settings) TRY_VOID(out.set(name, value));
    return out;
}

Booster::Booster(Booster&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
Booster& Booster::operator=(Booster&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
}
Booster::~Booster() {
    if (handle_ != nullptr) XGBoosterFree(handle_);
}

Done Booster::set(const std::string& name, const std::string& value) {
    return checked(XGBoosterSetParam(handle_, name.c_str(), value.c_str()));
}

Done Booster::update(int round, const TreeRows& rows) {
    return checked(XGBoosterUpdateOneIter(handle_, round, rows.handle()));
}

Done Booster::boost(const TreeRows& rows, std::span<float> gradient, std::span<float> hessian) {
    return checked(XGBoosterBoostOneIter(handle_, rows.handle(), gradient.data(), hessian.data(),
                                         gradient.size()));
}

std::expected<std::vector<float>, std::string> Booster::margins(const TreeRows& rows) {
    constexpr const char* kMargins =
        R"({"type":1,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":true})";
    const bst_ulong* shape = nullptr;
    bst_ulong dimensions = 0;
    const float* values = nullptr;
    TRY_VOID(checked(XGBoosterPredictFromDMatrix(handle_, rows.handle(), kMargins, &shape,
                                                 &dimensions, &values)));
    std::size_t size = 1;
    for (bst_ulong i = 0; i < dimensions; ++i) size *= shape[i];
    return std::vector<float>(values, values + size);
}

std::expected<std::string, std::string> Booster::save(const std::string& format) {
    const std::string config = fmt::format(R"({{"format":"{}"}})", format);
    bst_ulong size = 0;
    const char* bytes = nullptr;
    TRY_VOID(checked(XGBoosterSaveModelToBuffer(handle_, config.c_str(), &size, &bytes)));
    return std::string(bytes, size);
}

}  // namespace tradewind::training
