// SPDX-License-Identifier: Apache-2.0
// Any bytes as requests and as websocket messages. Lines: "M target<TAB>body" of REST where M is
// the first letter of a method, "W target" opens a websocket, anything else is a message to it. A
// key whose signatures are not looked at is not there; "S" signs the rest of a REST line for it.
#include <openssl/hmac.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.hpp"
#include "exchange/binance/api.hpp"
#include "exchange/exchange_for_tests.hpp"

namespace {

using namespace tradewind;
using namespace tradewind::exchange;
using namespace tradewind::exchange::binance;

class Silence : public PushSink {
public:
    void push(ConnectionId, std::string_view text) override { ASSERT(!text.empty()); }
    void hang_up(ConnectionId, std::string_view) override {}
};

std::string sign(std::string_view payload) {
    std::array<unsigned char, 32> digest{};
    unsigned int size = 0;
    HMAC(EVP_sha256(), "s", 1, reinterpret_cast<const unsigned char*>(payload.data()),
         payload.size(), digest.data(), &size);
    std::string out;
    for (const unsigned char byte : digest) {
        constexpr std::string_view kHex = "0123456789abcdef";
        out += kHex[byte >> 4U];
        out += kHex[byte & 15U];
    }
    return out;
}

std::string_view method_of(char letter) {
    switch (letter) {
        case 'G': return "GET";
        case 'P': return "POST";
        case 'D': return "DELETE";
        case 'U': return "PUT";
        default: return "";
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view bytes{reinterpret_cast<const char*>(data), size};
    Exchange exchange(exchange::testing::pairs(), {.ladder = {.levels = 4}});
    Silence silence;
    Api api(exchange, silence, {});
    const AccountNumber account = exchange.open_account("a");
    const Money deposit = exchange::testing::money("1000000");
    for (const std::string_view asset : {"USDT", "BTC"}) {
        ASSERT(exchange.deposit(account, exchange::testing::asset(asset), deposit,
                                exchange::testing::kStart));
    }
    api.add_key({.key = "k", .account = account, .credential = HmacSecret{"s"}});
    exchange::testing::print(exchange, "100", "1", Aggressor::buyer, exchange::testing::kStart);
    Timestamp now = exchange::testing::kStart;
    const std::array headers{Header{"X-MBX-APIKEY", "k"}};
    while (!bytes.empty()) {
        const std::size_t end = std::min(bytes.find('\n'), bytes.size());
        const std::string_view line = bytes.substr(0, end);
        bytes.remove_prefix(std::min(end + 1, bytes.size()));
        now = now + milliseconds(50);
        if (line.size() < 2) continue;
        if (line[0] == 'W') {
            static_cast<void>(api.open(1, line.substr(1), "a", now));
        } else if (const auto method = method_of(line[0]); !method.empty()) {
            const bool is_signed = line[1] == 'S';
            const std::string_view rest = line.substr(is_signed ? 2 : 1);
            const std::size_t tab = std::min(rest.find('\t'), rest.size());
            std::string target{rest.substr(0, tab)};
            const std::string_view body = rest.substr(std::min(tab + 1, rest.size()));
            if (is_signed) {
                const std::size_t mark = target.find('?');
                target += mark == std::string::npos ? "?" : "&";
                target += "timestamp=" + std::to_string(now.ns / 1'000'000);
                const std::string query = target.substr(target.find('?') + 1);
                target += "&signature=" + sign(query + std::string{body});
            }
            const Response response = api.handle({.method = method,
                                                  .target = target,
                                                  .headers = headers,
                                                  .body = body,
                                                  .address = "a"},
                                                 now);
            ASSERT(response.status >= 200 && response.status < 500);
            ASSERT(!response.body.empty());
        } else {
            api.receive(1, line, now);
        }
    }
    return 0;
}
