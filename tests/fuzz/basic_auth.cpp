// Whatever an Authorization header holds: what is read from it is what stands there, once.

#include <openssl/evp.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/web/basic_auth.h"

namespace {

std::string Encode(const std::string& bytes) {
  std::vector<unsigned char> text(((bytes.size() + 2) / 3 * 4) + 1);
  const auto* from = reinterpret_cast<const unsigned char*>(bytes.data());
  const int size = ::EVP_EncodeBlock(text.data(), from, static_cast<int>(bytes.size()));
  return {text.begin(), text.begin() + size};
}

void CheckHeader(std::string_view header) {
  const auto credentials = procmarshal::ParseBasicCredentials(header);
  if (!credentials) return;
  const std::string bytes = credentials->user + ':' + credentials->password;
  if (credentials->user.find(':') != std::string::npos) std::abort();
  if (bytes.find('\0') != std::string::npos || bytes.size() > 1024) std::abort();
  const std::size_t end = header.find_last_not_of(" \t") + 1;
  if (!header.substr(0, end).ends_with(' ' + Encode(bytes))) std::abort();
}

// Bytes that were encoded must be read back, if they are credentials at all.
void CheckRoundTrip(std::string_view bytes) {
  const auto credentials =
      procmarshal::ParseBasicCredentials("Basic " + Encode(std::string(bytes)));
  const bool expected = bytes.size() <= 1024 && bytes.find('\0') == std::string_view::npos &&
                        bytes.find(':') != std::string_view::npos;
  if (credentials.has_value() != expected) std::abort();
  if (credentials && credentials->user + ':' + credentials->password != bytes) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  CheckHeader(input);
  CheckHeader("Basic " + std::string(input));
  CheckRoundTrip(input);
  static_cast<void>(procmarshal::CheckBcryptHash(input));
  return 0;
}
