// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "adapters/net/tls.hpp"
#include "base/assert.hpp"

/// An authority of the tests and certificates that it signed, made anew by each run.
namespace tradewind::net {

class TestAuthority {
public:
    explicit TestAuthority(std::filesystem::path folder) : folder_(std::move(folder)) {
        std::filesystem::create_directories(folder_);
        key_.reset(new_key());
        certificate_ = signed_certificate({.name = "test authority", .is_authority = true}, *key_);
        write_certificate(folder_ / "ca.pem", *certificate_);
    }

    struct Subject {
        std::string name;
        std::string alternatives = {};  ///< "DNS:localhost,IP:127.0.0.1"
        bool is_authority = false;
        long valid_from_s = -3600;  ///< relative to now
        long valid_to_s = 3600;
    };

    [[nodiscard]] std::string ca_file() const { return folder_ / "ca.pem"; }

    /// Writes NAME.pem and NAME.key.
    [[nodiscard]] ServerTls issue(const Subject& subject) const {
        const std::unique_ptr<EVP_PKEY, Free> key{new_key()};
        const auto certificate = signed_certificate(subject, *key);
        const ServerTls out{.certificate_file = folder_ / (subject.name + ".pem"),
                            .key_file = folder_ / (subject.name + ".key")};
        write_certificate(out.certificate_file, *certificate);
        const File file{std::fopen(out.key_file.c_str(), "w")};
        ASSERT(file != nullptr);
        ASSERT(PEM_write_PrivateKey(file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) ==
               1);
        return out;
    }

    [[nodiscard]] ServerTls for_loopback() const {
        return issue({.name = "loopback", .alternatives = "DNS:localhost,IP:127.0.0.1"});
    }

private:
    struct Free {
        void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
        void operator()(X509* certificate) const { X509_free(certificate); }
        void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    using File = std::unique_ptr<std::FILE, Free>;
    using Certificate = std::unique_ptr<X509, Free>;

    static EVP_PKEY* new_key() {
        std::string curve = "P-256";  // EVP_EC_gen() is a macro with a cast of the old style in it
        EVP_PKEY* const key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve.data());
        ASSERT(key != nullptr);
        return key;
    }

    static void write_certificate(const std::filesystem::path& path, X509& certificate) {
        const File file{std::fopen(path.c_str(), "w")};
        ASSERT(file != nullptr);
        ASSERT(PEM_write_X509(file.get(), &certificate) == 1);
    }

    void extend(X509& certificate, int kind, const std::string& value) const {
        X509V3_CTX context;
        X509V3_set_ctx_nodb(&context);
        X509V3_set_ctx(&context, certificate_ ? certificate_.get() : &certificate, &certificate,
                       nullptr, nullptr, 0);
        const std::unique_ptr<X509_EXTENSION, Free> extension{
            X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str())};
        ASSERT(extension != nullptr);
        ASSERT(X509_add_ext(&certificate, extension.get(), -1) == 1);
    }

    [[nodiscard]] Certificate signed_certificate(const Subject& subject, EVP_PKEY& key) const {
        Certificate out{X509_new()};
        X509_set_version(out.get(), 2);
        ASN1_INTEGER_set(X509_get_serialNumber(out.get()),
                         static_cast<long>(std::hash<std::string>{}(subject.name) >> 40U));
        X509_gmtime_adj(X509_getm_notBefore(out.get()), subject.valid_from_s);
        X509_gmtime_adj(X509_getm_notAfter(out.get()), subject.valid_to_s);
        X509_set_pubkey(out.get(), &key);
        X509_NAME* const name = X509_get_subject_name(out.get());
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(subject.name.c_str()), -1,
                                   -1, 0);
        X509_set_issuer_name(out.get(),
                             certificate_ ? X509_get_subject_name(certificate_.get()) : name);
        extend(*out, NID_basic_constraints,
               subject.is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
        if (subject.is_authority) extend(*out, NID_key_usage, "critical,keyCertSign,cRLSign");
        extend(*out, NID_subject_key_identifier, "hash");
        if (certificate_) extend(*out, NID_authority_key_identifier, "keyid:always");
        if (!subject.alternatives.empty()) {
            extend(*out, NID_subject_alt_name, subject.alternatives);
        }
        ASSERT(X509_sign(out.get(), key_.get(), EVP_sha256()) > 0);
        return out;
    }

    std::filesystem::path folder_;
    std::unique_ptr<EVP_PKEY, Free> key_;
    Certificate certificate_;
};

}  // namespace tradewind::net
