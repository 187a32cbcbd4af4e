// SPDX-License-Identifier: Apache-2.0
#include "exchange/binance/keys.hpp"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <memory>
#include <vector>

namespace tradewind::exchange::binance {
namespace {

constexpr std::size_t kDigestBytes = 32;
constexpr std::size_t kSignatureBytes = 64;
constexpr std::size_t kBase64Bytes = 88;

struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    void operator()(BIO* bio) const { BIO_free(bio); }
};

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hex_of(const std::array<unsigned char, kDigestBytes>& digest) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string out;
    for (const unsigned char byte : digest) {
        out += kHex[byte >> 4U];
        out += kHex[byte & 15U];
    }
    return out;
}

bool is_signed(std::string_view payload, std::string_view signature, const HmacSecret& secret) {
    if (signature.size() != 2 * kDigestBytes) return false;
    std::array<unsigned char, kDigestBytes> digest{};
    unsigned int size = 0;
    if (HMAC(EVP_sha256(), secret.text.data(), static_cast<int>(secret.text.size()),
             bytes_of(payload), payload.size(), digest.data(), &size) == nullptr) {
        return false;
    }
    std::string given{signature};
    for (char& c : given) {
        if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    }
    return CRYPTO_memcmp(given.data(), hex_of(digest).data(), given.size()) == 0;
}

bool is_signed(std::string_view payload, std::string_view signature, const Ed25519PublicKey& key) {
    if (signature.size() != kBase64Bytes) return false;
    std::array<unsigned char, kBase64Bytes> decoded{};
    // 88 characters are 66 bytes, of which two are padding.
    if (EVP_DecodeBlock(decoded.data(), bytes_of(signature), kBase64Bytes) < 0) return false;
    const std::unique_ptr<EVP_PKEY, Free> pkey{
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.bytes.data(), key.bytes.size())};
    const std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};
    return pkey && context &&
           EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, pkey.get()) == 1 &&
           EVP_DigestVerify(context.get(), decoded.data(), kSignatureBytes, bytes_of(payload),
                            payload.size()) == 1;
}

}  // namespace

std::optional<Ed25519PublicKey> parse_public_key(std::string_view pem) {
    const std::unique_ptr<BIO, Free> bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
    if (!bio) return std::nullopt;
    const std::unique_ptr<EVP_PKEY, Free> pkey{
        PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr)};
    Ed25519PublicKey out;
    std::size_t size = out.bytes.size();
    if (!pkey || EVP_PKEY_id(pkey.get()) != EVP_PKEY_ED25519 ||
        EVP_PKEY_get_raw_public_key(pkey.get(), out.bytes.data(), &size) != 1 ||
        size != out.bytes.size()) {
        return std::nullopt;
    }
    return out;
}

bool is_signed(std::string_view payload, std::string_view signature, const ApiKey& key) {
    return std::visit(
        [&](const auto& credential) { return is_signed(payload, signature, credential); },
        key.credential);
}

}  // namespace tradewind::exchange::binance
