#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "exporter/web/settings.h"

namespace procmarshal {

// The names that the TLS settings use, and what they are called by OpenSSL. They are those of
// Prometheus' exporter-toolkit, which are Go's. All fail with kInvalid and a message that quotes
// the name, to be put behind its key. Safe to call from any thread.

// In the order of TlsSettings::ClientAuth.
inline constexpr auto kClientAuthNames =
    std::to_array<std::string_view>({"NoClientCert", "RequestClientCert", "RequireAnyClientCert",
                                     "VerifyClientCertIfGiven", "RequireAndVerifyClientCert"});

inline constexpr auto kTlsVersionNames = std::to_array<std::string_view>({"TLS12", "TLS13"});
inline constexpr auto kCurveNames =
    std::to_array<std::string_view>({"CurveP256", "CurveP384", "CurveP521", "X25519"});

// OpenSSL's number of a version.
[[nodiscard]] Result<int> ParseTlsVersion(std::string_view name);

// OpenSSL's list of these suites of TLS 1.2, "A:B"; empty for none. Refuses what OpenSSL would not
// offer at its default level of security, and what needs more than a certificate: keys agreed
// upon before, or parameters for Diffie-Hellman.
[[nodiscard]] Result<std::string> CipherList(const std::vector<std::string>& names);

// OpenSSL's list of these curves, "A:B"; empty for none.
[[nodiscard]] Result<std::string> GroupList(const std::vector<std::string>& names);

// Whether the settings make sense, as far as that can be told without their files, ciphers and
// curves. The message starts with the key. For settings of which at least one is set: none at all
// means that there is no TLS.
[[nodiscard]] Status CheckTlsSettings(const TlsSettings& settings);

}  // namespace procmarshal
