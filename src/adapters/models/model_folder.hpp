// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ports/model_registry.hpp"

namespace tradewind::models {

/// A registry in a folder; several processes may use it at once.
class ModelFolder final : public ports::ModelRegistry {
public:
    /// Makes the folder where it is missing.
    [[nodiscard]] static std::expected<std::unique_ptr<ModelFolder>, ports::RegistryError> open(
        std::string path);

    [[nodiscard]] std::expected<std::string, ports::RegistryError> put(
        std::string_view artifact) override;
    [[nodiscard]] std::expected<std::string, ports::RegistryError> get(
        std::string_view which) const override;
    [[nodiscard]] std::expected<std::string, ports::RegistryError> resolve(
        std::string_view which) const override;
    [[nodiscard]] std::expected<void, ports::RegistryError> name(std::string_view name,
                                                                 std::string_view address) override;
    [[nodiscard]] std::expected<std::vector<std::string>, ports::RegistryError> addresses()
        const override;
    [[nodiscard]] std::expected<std::vector<ports::NamedArtifact>, ports::RegistryError> names()
        const override;

    [[nodiscard]] const std::string& path() const { return path_; }

private:
    explicit ModelFolder(std::string path) : path_(std::move(path)) {}
    [[nodiscard]] std::string artifact_path(std::string_view address) const;
    [[nodiscard]] std::string name_path(std::string_view name) const;
    [[nodiscard]] std::expected<std::vector<std::string>, ports::RegistryError> history(
        std::string_view name) const;

    std::string path_;
};

}  // namespace tradewind::models
