// The files of [web.tls_server_config]: certificates and a private key in PEM format (RFC 7468),
// "-----BEGIN CERTIFICATE-----", base64, "-----END CERTIFICATE-----", with anything in between.

#include "exporter/web/tls_files.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "base/unique_fd.h"
#include "base/utf8.h"

namespace procmarshal {
namespace {

constexpr off_t kLargestFile = 4L << 20U;

// One of the settings that name a file.
struct FileKey {
  std::string_view name;
  const std::string& path;

  [[nodiscard]] std::string Context(std::string_view doing) const {
    return "web.tls_server_config." + std::string(name) + ": " + std::string(doing) + " " +
           Printable(path);
  }
};

// Cleared when it goes: it may hold a private key.
class FileText final {
 public:
  explicit FileText(std::size_t size) : bytes_(size, '\0') {}
  FileText(FileText&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  FileText& operator=(FileText&&) = delete;
  FileText(const FileText&) = delete;
  FileText& operator=(const FileText&) = delete;
  ~FileText() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

  [[nodiscard]] std::vector<char>& Bytes() { return bytes_; }

  [[nodiscard]] std::string_view View() const { return {bytes_.data(), bytes_.size()}; }

  [[nodiscard]] OpenSslPtr<BIO> Open() const {
    return OpenSslPtr<BIO>(BIO_new_mem_buf(bytes_.data(), static_cast<int>(bytes_.size())));
  }

 private:
  std::vector<char> bytes_;  // unlike a short string, moves without leaving a copy behind
};

struct File {
  FileText text;
  FileStamp stamp;
  mode_t mode = 0;
};

FileStamp StampOf(const struct stat& status) {
  const auto time = [](const timespec& at) {
    return std::chrono::seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec);
  };
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size = status.st_size,
          .modified = time(status.st_mtim),
          .changed = time(status.st_ctim)};
}

// Reads what fstat(2) promised. If somebody writes meanwhile, the stamp is older than that, and the
// next comparison finds a change.
Result<File> ReadFile(const FileKey& key) {
  // O_NONBLOCK: a FIFO would stop us here until somebody writes to it.
  const UniqueFd fd(::open(key.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return FailErrno(key.Context("open"));
  struct stat status{};
  if (::fstat(fd.Get(), &status) != 0) return FailErrno(key.Context("stat"));
  if (!S_ISREG(status.st_mode)) {
    return Fail(ErrorCode::kInvalid, key.Context("read") + ": not a regular file");
  }
  if (status.st_size > kLargestFile) {
    return Fail(ErrorCode::kInvalid, key.Context("read") + ": larger than 4 MiB");
  }

  File file{FileText(static_cast<std::size_t>(status.st_size)), StampOf(status), status.st_mode};
  std::vector<char>& bytes = file.text.Bytes();
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t count = ::read(fd.Get(), bytes.data() + size, bytes.size() - size);
    if (count < 0) return FailErrno(key.Context("read"));
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  bytes.resize(size);
  return file;
}

// Whether OpenSSL came to the end of a file, not to something it could not read.
bool AtEnd() {
  const unsigned long error = ERR_peek_last_error();
  return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

// At least one.
Result<std::vector<OpenSslPtr<X509>>> ParseCertificates(const FileKey& key, const FileText& text) {
  ERR_clear_error();
  const OpenSslPtr<BIO> in = text.Open();
  std::vector<OpenSslPtr<X509>> certificates;
  while (X509* certificate = PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)) {
    certificates.emplace_back(certificate);
  }
  const bool at_end = AtEnd();
  const std::string reason = TakeOpenSslReason();
  if (!at_end) {
    return Fail(ErrorCode::kInvalid, key.Context("read") + ": certificate " +
                                         std::to_string(certificates.size() + 1) + ": " + reason);
  }
  if (certificates.empty()) {
    return Fail(ErrorCode::kInvalid, key.Context("read") + ": no certificate in PEM format");
  }
  return certificates;
}

// Called for an encrypted key. OpenSSL's own would ask on the terminal.
int NotePassphraseAsked(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

Result<OpenSslPtr<EVP_PKEY>> ParsePrivateKey(const FileKey& key, const FileText& text) {
  ERR_clear_error();
  const OpenSslPtr<BIO> in = text.Open();
  bool is_encrypted = false;
  OpenSslPtr<EVP_PKEY> parsed(
      PEM_read_bio_PrivateKey(in.get(), nullptr, &NotePassphraseAsked, &is_encrypted));
  const std::string reason = TakeOpenSslReason();
  if (parsed) return parsed;

  const std::string context = key.Context("read") + ": ";
  if (is_encrypted) {
    return Fail(ErrorCode::kInvalid,
                context + "the private key is encrypted, expected one without a passphrase");
  }
  // OpenSSL gives the same reason for a bad key and for none.
  if (text.View().find("PRIVATE KEY-----") == std::string_view::npos) {
    return Fail(ErrorCode::kInvalid, context + "no private key in PEM format");
  }
  return Fail(ErrorCode::kInvalid, context + "private key: " + reason);
}

// The three files, in the order of TlsFileStamps.
std::array<FileKey, 3> KeysOf(const TlsSettings& settings) {
  return {{{"cert_file", settings.cert_file},
           {"key_file", settings.key_file},
           {"client_ca_file", settings.client_ca_file}}};
}

Status CheckPair(const TlsFiles& files, const TlsSettings& settings) {
  const int belongs = X509_check_private_key(files.chain.front().get(), files.key.get());
  ERR_clear_error();
  if (belongs == 1) return {};
  return Fail(ErrorCode::kInvalid,
              "web.tls_server_config: the private key in " + Printable(settings.key_file) +
                  " does not belong to the certificate in " + Printable(settings.cert_file));
}

struct CertificateFile {
  std::vector<OpenSslPtr<X509>> certificates;
  FileStamp stamp;
};

Result<CertificateFile> ReadCertificates(const FileKey& key) {
  const auto file = ReadFile(key);
  if (!file) return tl::unexpected(file.error());
  auto certificates = ParseCertificates(key, file->text);
  if (!certificates) return tl::unexpected(certificates.error());
  return CertificateFile{*std::move(certificates), file->stamp};
}

struct KeyFile {
  OpenSslPtr<EVP_PKEY> key;
  FileStamp stamp;
  mode_t mode = 0;
};

Result<KeyFile> ReadPrivateKey(const FileKey& key) {
  const auto file = ReadFile(key);
  if (!file) return tl::unexpected(file.error());
  auto parsed = ParsePrivateKey(key, file->text);
  if (!parsed) return tl::unexpected(parsed.error());
  return KeyFile{*std::move(parsed), file->stamp, file->mode};
}

}  // namespace

TlsFileStamps StampTlsFiles(const TlsSettings& settings) {
  TlsFileStamps stamps;
  const auto keys = KeysOf(settings);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    struct stat status{};
    const bool is_there = ::stat(keys.at(i).path.c_str(), &status) == 0;
    if (is_there) stamps.at(i) = StampOf(status);
  }
  return stamps;
}

Result<TlsFiles> ReadTlsFiles(const TlsSettings& settings) {
  const auto [certificate_key, private_key, authorities_key] = KeysOf(settings);
  auto own = ReadCertificates(certificate_key);
  if (!own) return tl::unexpected(own.error());
  auto key = ReadPrivateKey(private_key);
  if (!key) return tl::unexpected(key.error());

  TlsFiles files{.chain = std::move(own->certificates),
                 .key = std::move(key->key),
                 .client_authorities = {},
                 .stamps = {own->stamp, key->stamp, std::nullopt},
                 .everybody_reads_key = (key->mode & S_IROTH) != 0};
  if (auto pair = CheckPair(files, settings); !pair) return tl::unexpected(pair.error());
  if (settings.client_ca_file.empty()) return files;

  auto authorities = ReadCertificates(authorities_key);
  if (!authorities) return tl::unexpected(authorities.error());
  files.client_authorities = std::move(authorities->certificates);
  files.stamps[2] = authorities->stamp;
  return files;
}

}  // namespace procmarshal
