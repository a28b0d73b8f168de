#pragma once
// For tests only: certificates made on the spot, so that no key lies in the repository.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

namespace tandem::net {

// Writes a self-signed certificate for `host` (a name) and 127.0.0.1, with this common name, and its key.
inline void write_self_signed(const std::string& certificate_file, const std::string& key_file,
                              const std::string& host, const std::string& common_name) {
  const auto check = [](bool fine) {
    if (!fine) throw std::runtime_error("cannot make a certificate");
  };
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), &X509_free);
  check(key && made);
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 24 * 3600);
  X509_set_pubkey(made.get(), key.get());
  auto* name = X509_get_subject_name(made.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
  X509_set_issuer_name(made.get(), name);
  const std::string names = "DNS:" + host + ",IP:127.0.0.1";
  for (const auto& [kind, text] : {std::pair(NID_subject_alt_name, names.c_str()),
                                   std::pair(NID_basic_constraints, "critical,CA:TRUE")}) {
    auto* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, text);
    check(extension != nullptr);
    X509_add_ext(made.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }
  check(X509_sign(made.get(), key.get(), EVP_sha256()) != 0);
  const auto write = [&](const std::string& file, auto put) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(std::fopen(file.c_str(), "w"), &std::fclose);
    check(out && put(out.get()) == 1);
  };
  write(certificate_file, [&](std::FILE* out) { return PEM_write_X509(out, made.get()); });
  write(key_file, [&](std::FILE* out) {
    return PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

}  // namespace tandem::net
