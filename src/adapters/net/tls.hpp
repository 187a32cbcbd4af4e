// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

/// TLS 1.2 and 1.3.
namespace tradewind::net {

/// Files in PEM.
struct ServerTls {
    std::string certificate_file;  ///< the chain, the server's own certificate first
    std::string key_file;          ///< its private key, not encrypted
};

/// A client always verifies: the chain, the dates, the host name. There is no switch for it.
struct ClientTls {
    /// Certificates of the issuers that are trusted, in PEM; the system's store without it.
    std::optional<std::string> ca_file = {};
};

}  // namespace tradewind::net
