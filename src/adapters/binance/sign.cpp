// SPDX-License-Identifier: Apache-2.0
#include "adapters/binance/sign.hpp"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <array>

#include "base/assert.hpp"

namespace tradewind::binance {
namespace {

constexpr std::string_view kUpperHex = "0123456789ABCDEF";
constexpr std::string_view kLowerHex = "0123456789abcdef";

bool stands(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

struct FreePkey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeBio {
    void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

/// Without it OpenSSL would ask at the terminal for the passphrase of an encrypted key.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*rw*/, void* /*user*/) { return -1; }

std::string hex_hmac(std::string_view secret, std::string_view payload) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    const auto* done = HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
                            bytes_of(payload), payload.size(), digest.data(), &size);
    ASSERT(done != nullptr);
    std::string out;
    for (unsigned int i = 0; i < size; ++i) {
        out.push_back(kLowerHex[digest[i] >> 4U]);
        out.push_back(kLowerHex[digest[i] & 15U]);
    }
    return out;
}

std::string base64_ed25519(EVP_PKEY* key, std::string_view payload) {
    const std::unique_ptr<EVP_MD_CTX, FreeContext> context{EVP_MD_CTX_new()};
    ASSERT(context != nullptr);
    std::array<unsigned char, 64> signature{};
    std::size_t size = signature.size();
    ASSERT(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key) == 1);
    ASSERT(EVP_DigestSign(context.get(), signature.data(), &size, bytes_of(payload),
                          payload.size()) == 1);
    std::array<unsigned char, 4 * ((64 + 2) / 3) + 1> text{};
    const int length =
        EVP_EncodeBlock(text.data(), signature.data(), static_cast<int>(signature.size()));
    return {reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(length)};
}

}  // namespace

std::string percent_encoded(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (stands(c)) {
            out.push_back(c);
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out.push_back('%');
        out.push_back(kUpperHex[byte >> 4U]);
        out.push_back(kUpperHex[byte & 15U]);
    }
    return out;
}

std::string Parameters::query() const {
    std::string out;
    for (const auto& [key, value] : all_) {
        if (!out.empty()) out.push_back('&');
        out += key;
        out.push_back('=');
        out += percent_encoded(value);
    }
    return out;
}

std::string_view to_string(KeyError value) {
    switch (value) {
        case KeyError::empty: return "empty";
        case KeyError::not_a_key: return "not_a_key";
        case KeyError::not_ed25519: return "not_ed25519";
    }
    return "?";
}

struct Signer::Key {
    std::string secret;  ///< HMAC
    std::unique_ptr<EVP_PKEY, FreePkey> pair;

    Key() = default;
    ~Key() { OPENSSL_cleanse(secret.data(), secret.size()); }
    Key(const Key&) = delete;
    Key& operator=(const Key&) = delete;
};

Signer::Signer(std::unique_ptr<Key> key) : key_(std::move(key)) {}
Signer::~Signer() = default;
Signer::Signer(Signer&&) noexcept = default;
Signer& Signer::operator=(Signer&&) noexcept = default;

std::expected<Signer, KeyError> Signer::hmac(std::string_view secret) {
    if (secret.empty()) return std::unexpected(KeyError::empty);
    auto key = std::make_unique<Key>();
    key->secret = secret;
    return Signer{std::move(key)};
}

std::expected<Signer, KeyError> Signer::ed25519(std::string_view pem) {
    if (pem.empty()) return std::unexpected(KeyError::empty);
    const std::unique_ptr<BIO, FreeBio> bio{
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
    ASSERT(bio != nullptr);
    auto key = std::make_unique<Key>();
    key->pair.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_passphrase, nullptr));
    if (key->pair == nullptr) return std::unexpected(KeyError::not_a_key);
    if (EVP_PKEY_get_base_id(key->pair.get()) != EVP_PKEY_ED25519) {
        return std::unexpected(KeyError::not_ed25519);
    }
    return Signer{std::move(key)};
}

std::string Signer::sign(std::string_view payload) const {
    return key_->pair == nullptr ? hex_hmac(key_->secret, payload)
                                 : base64_ed25519(key_->pair.get(), payload);
}

std::string signed_query(Parameters parameters, const SignedAt& moment, const Signer& signer) {
    ASSERT(moment.receive_window.ns > 0 && moment.receive_window <= kReceiveWindowMax);
    parameters.add("recvWindow", moment.receive_window.ns / milliseconds(1).ns);
    parameters.add("timestamp", moment.at.ns / milliseconds(1).ns);
    std::string out = parameters.query();
    const std::string signature = signer.sign(out);
    out += "&signature=";
    out += percent_encoded(signature);
    return out;
}

}  // namespace tradewind::binance
