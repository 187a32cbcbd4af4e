// SPDX-License-Identifier: Apache-2.0
#include "adapters/net/error.hpp"

namespace tradewind::net {

std::string_view to_string(NetErrorKind value) {
    switch (value) {
        case NetErrorKind::resolve: return "resolve";
        case NetErrorKind::refused: return "refused";
        case NetErrorKind::unreachable: return "unreachable";
        case NetErrorKind::timed_out: return "timed_out";
        case NetErrorKind::certificate: return "certificate";
        case NetErrorKind::tls: return "tls";
        case NetErrorKind::closed: return "closed";
        case NetErrorKind::too_large: return "too_large";
        case NetErrorKind::malformed: return "malformed";
        case NetErrorKind::overloaded: return "overloaded";
        case NetErrorKind::stopped: return "stopped";
        case NetErrorKind::listen: return "listen";
    }
    return "?";
}

}  // namespace tradewind::net
