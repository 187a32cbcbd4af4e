// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace tradewind::ports {

enum class RegistryErrorKind : std::uint8_t {
    unknown,  ///< there is none of that address or name, or the beginning of an address fits
              ///< several
    damaged,  ///< its bytes are not those of its address
    failed,   ///< the disk, or whatever holds it
};

struct RegistryError {
    RegistryErrorKind kind = RegistryErrorKind::failed;
    std::string text;  ///< one line with the mend
};

/// What a name stands for, since when in the order of naming.
struct NamedArtifact {
    std::string name;
    std::string address;           ///< the newest
    std::vector<std::string> all;  ///< every one that it stood for, the newest the last
};

/// Models and what is made of them, kept by content: an artifact ends in the SHA-256 of all before,
/// which as 64 hexadecimal digits is its address. What is kept is never changed. Names point to
/// addresses and remember all that they pointed to.
class ModelRegistry {
public:
    ModelRegistry() = default;
    ModelRegistry(const ModelRegistry&) = delete;
    ModelRegistry& operator=(const ModelRegistry&) = delete;
    virtual ~ModelRegistry() = default;

    /// Keeps an artifact, durably, and says its address; one that is there already is left alone.
    [[nodiscard]] virtual std::expected<std::string, RegistryError> put(
        std::string_view artifact) = 0;
    /// By name, address or the beginning of one (8 digits at least), checked against its address.
    [[nodiscard]] virtual std::expected<std::string, RegistryError> get(
        std::string_view which) const = 0;
    /// The whole address of a name or a beginning.
    [[nodiscard]] virtual std::expected<std::string, RegistryError> resolve(
        std::string_view which) const = 0;
    /// Lets a name stand for an artifact that is kept.
    [[nodiscard]] virtual std::expected<void, RegistryError> name(std::string_view name,
                                                                  std::string_view address) = 0;
    /// Addresses in order.
    [[nodiscard]] virtual std::expected<std::vector<std::string>, RegistryError> addresses()
        const = 0;
    /// By name.
    [[nodiscard]] virtual std::expected<std::vector<NamedArtifact>, RegistryError> names()
        const = 0;
};

}  // namespace tradewind::ports
