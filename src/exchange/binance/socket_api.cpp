// SPDX-License-Identifier: Apache-2.0
// The websocket API: the routes of REST by their other names, and subscriptions to user data
// ("Public WebSocket API for Binance").
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/try.hpp"
#include "exchange/binance/streams.hpp"

namespace tradewind::exchange::binance {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kIdMax = 36;
constexpr std::int64_t kOwnMethodsWeight = 2;

/// What a parameter says, as REST would have it; nullopt: a type that no parameter has.
std::optional<std::string> text_of(const Json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
    if (value.is_number() || value.is_array()) {
        return value.dump(-1, ' ', false, Json::error_handler_t::replace);
    }
    return std::nullopt;
}

std::string dump(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

void Api::receive_call(Connection& connection, std::string_view text) {
    std::string id_text = "null";
    Limits::Answer charged;
    bool tells_limits = connection.tells_limits;
    const auto answer = [&](int status, std::string_view name, const std::string& body) {
        JsonText json;
        json.begin_object()
            .key("id")
            .raw(id_text)
            .number("status", std::int64_t{status})
            .key(name)
            .raw(body);
        if (tells_limits) {
            json.key("rateLimits")
                .begin_array()
                .begin_object()
                .text("rateLimitType", "REQUEST_WEIGHT")
                .text("interval", "MINUTE")
                .number("intervalNum", std::int64_t{1})
                .number("limit", settings_.limits.weight_a_minute)
                .number("count", charged.used)
                .end_object()
                .end_array();
        }
        sink_.push(connection.id, json.end_object().str());
    };
    const auto refuse = [&](const Fault& fault) {
        // Partly done cancel-replaces say more than a code.
        answer(fault.status, "error", body_of(fault));
    };

    const Json message = Json::parse(text, nullptr, false);
    if (message.is_discarded() || !message.is_object()) {
        return refuse({.code = -1135, .message = "Invalid JSON Request"});
    }
    const auto id_at = message.find("id");
    if (id_at != message.end()) {
        const bool ok =
            id_at->is_null() || id_at->is_number_integer() ||
            (id_at->is_string() && id_at->get_ref<const std::string&>().size() <= kIdMax);
        if (!ok) return refuse(illegal_characters("id", "^[a-zA-Z0-9-_]{1,36}$"));
        id_text = dump(*id_at);
    }
    const auto method_at = message.find("method");
    if (method_at == message.end() || !method_at->is_string()) {
        return refuse(mandatory_missing("method"));
    }
    const std::string& method = method_at->get_ref<const std::string&>();

    std::map<std::string, std::string> given;
    if (const auto params_at = message.find("params"); params_at != message.end()) {
        if (!params_at->is_object()) return refuse(invalid_data("params"));
        if (params_at->size() > kParametersMax) {
            return refuse(too_many_parameters(kParametersMax, params_at->size()));
        }
        for (const auto& [name, value] : params_at->items()) {
            const auto value_text = text_of(value);
            if (!value_text) return refuse(mandatory_missing(name));
            given[name] = *value_text;
        }
    }
    // Signed are all parameters but the signature, in the order of their names.
    std::string payload;
    Call call{.now = now_, .micros = connection.micros};
    for (const auto& [name, value] : given) {
        call.params.add(name, value);
        if (name == "signature") continue;
        if (!payload.empty()) payload += '&';
        payload += name + '=' + value;
    }

    // Any request may say whether its answer tells the limits.
    const auto wants_limits = call.params.boolean("returnRateLimits");
    if (!wants_limits) return refuse(wants_limits.error());
    tells_limits = wants_limits->value_or(tells_limits);

    constexpr std::array<std::string_view, 7> kOwnMethods{"session.logon",
                                                          "session.status",
                                                          "session.logout",
                                                          "session.subscriptions",
                                                          "userDataStream.subscribe",
                                                          "userDataStream.subscribe.signature",
                                                          "userDataStream.unsubscribe"};
    const bool is_own =
        std::find(kOwnMethods.begin(), kOwnMethods.end(), method) != kOwnMethods.end();
    const auto all = routes();
    const auto route = std::find_if(all.begin(), all.end(), [&](const Route& r) {
        return !r.socket_method.empty() && r.socket_method == method;
    });
    if (!is_own && route == all.end()) {
        return refuse({.code = -1020, .message = "This operation is not supported."});
    }
    charged = limits_.charge(connection.address,
                             is_own ? kOwnMethodsWeight : route->weight(call.params), now_);
    if (charged.verdict != Limits::Verdict::pass) {
        return refuse(fault_of_limits(charged, settings_.limits, now_));
    }

    const auto signed_by = [&](Security security) -> std::expected<void, Fault> {
        const Route own{.method = "",
                        .path = "",
                        .socket_method = "",
                        .security = security,
                        .weight = nullptr,
                        .handler = nullptr};
        const std::string api_key = TRY(call.params.must_text("apiKey"));
        return authorize(own, call, api_key, payload);
    };
    /// By a signature of its own or by the session's.
    const auto authorized = [&](Security security) -> std::expected<void, Fault> {
        if (security == Security::none) return {};
        if (given.contains("apiKey") || connection.session == nullptr) return signed_by(security);
        call.key = connection.session;
        return check_time(call);
    };
    const auto subscribe = [&](AccountNumber account) -> std::expected<std::int64_t, Fault> {
        for (const auto& [subscription, owner] : connection.subscriptions) {
            if (owner == account) {
                return std::unexpected(Fault{
                    .code = -2035, .message = "User Data Stream subscription already active."});
            }
        }
        const std::int64_t subscription = connection.next_subscription++;
        connection.subscriptions[subscription] = account;
        return subscription;
    };
    const auto tell_subscription = [&](std::int64_t subscription) {
        answer(
            200, "result",
            JsonText{}.begin_object().number("subscriptionId", subscription).end_object().take());
    };
    const auto tell_session = [&] {
        JsonText json;
        json.begin_object().key("apiKey");
        if (connection.session != nullptr) {
            json.text(connection.session->key)
                .number("authorizedSince", call.time(connection.session_since));
        } else {
            json.null().key("authorizedSince").null();
        }
        json.number("connectedSince", call.time(now_))
            .boolean("returnRateLimits", true)
            .number("serverTime", call.time(now_))
            .boolean("userDataStream", !connection.subscriptions.empty())
            .end_object();
        answer(200, "result", json.take());
    };

    if (method == "session.logon") {
        if (const auto ok = signed_by(Security::signed_); !ok) return refuse(ok.error());
        if (const auto ok = call.params.done(); !ok) return refuse(ok.error());
        connection.session = call.key;
        connection.session_since = now_;
        return tell_session();
    }
    if (method == "session.status") return tell_session();
    if (method == "session.logout") {
        connection.session = nullptr;
        if (connection.session_subscription) {
            connection.subscriptions.erase(*connection.session_subscription);
            connection.session_subscription.reset();
        }
        return tell_session();
    }
    if (method == "session.subscriptions") {
        JsonText json;
        json.begin_array();
        for (const auto& [subscription, owner] : connection.subscriptions) {
            json.begin_object().number("subscriptionId", subscription).end_object();
        }
        return answer(200, "result", json.end_array().take());
    }
    if (method == "userDataStream.subscribe" || method == "userDataStream.subscribe.signature") {
        const bool by_session = method == "userDataStream.subscribe";
        if (by_session) {
            if (connection.session == nullptr) {
                return refuse({.code = -1002,
                               .message = "You are not authorized to execute this request.",
                               .status = 401});
            }
            call.key = connection.session;
        } else if (const auto ok = signed_by(Security::signed_); !ok) {
            return refuse(ok.error());
        }
        if (const auto ok = call.params.done(); !ok) return refuse(ok.error());
        const auto subscription = subscribe(call.account());
        if (!subscription) return refuse(subscription.error());
        if (by_session) connection.session_subscription = *subscription;
        return tell_subscription(*subscription);
    }
    if (method == "userDataStream.unsubscribe") {
        const auto which = call.params.whole("subscriptionId");
        if (!which) return refuse(which.error());
        if (const auto ok = call.params.done(); !ok) return refuse(ok.error());
        if (*which && connection.subscriptions.erase(**which) == 0) {
            return refuse({.code = -2036, .message = "User Data Stream subscription not active."});
        }
        if (!*which) connection.subscriptions.clear();
        return answer(200, "result", "{}");
    }

    if (const auto ok = authorized(route->security); !ok) return refuse(ok.error());
    const Result result = (this->*route->handler)(call);
    if (!result) return refuse(result.error());
    answer(call.status, call.status == 200 ? "result" : "error", *result);
}

}  // namespace tradewind::exchange::binance
