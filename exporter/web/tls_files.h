#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <optional>
#include <vector>

#include "base/result.h"
#include "exporter/web/settings.h"
#include "exporter/web/tls_openssl.h"

namespace procmarshal {

// What stat(2) says of a file: while it stays the same, so does the content, except for what is
// written in place, with the same size, within one tick of the kernel's clock.
struct FileStamp {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  std::chrono::nanoseconds modified{};
  std::chrono::nanoseconds changed{};  // tells also of who sets the time of modification back

  bool operator==(const FileStamp&) const = default;
};

// Of certificate, key and client CA; nullopt for what is not configured or not there.
using TlsFileStamps = std::array<std::optional<FileStamp>, 3>;

// How the files of these settings are now.
[[nodiscard]] TlsFileStamps StampTlsFiles(const TlsSettings& settings);

// What the files of the settings hold.
struct TlsFiles {
  std::vector<OpenSslPtr<X509>> chain;  // the server's own certificate first, never empty
  OpenSslPtr<EVP_PKEY> key;             // belongs to it
  std::vector<OpenSslPtr<X509>> client_authorities;  // of client_ca_file
  TlsFileStamps stamps;                              // of what was read
  bool everybody_reads_key = false;                  // the file's mode allows it
};

// Reads and parses all of them. The message starts with the key of the configuration and names the
// file; kNotFound and kDenied when one can't be opened for that, kInvalid for its content. Never
// asks for a passphrase: an encrypted key is kInvalid. Safe to call from any thread.
[[nodiscard]] Result<TlsFiles> ReadTlsFiles(const TlsSettings& settings);

}  // namespace procmarshal
