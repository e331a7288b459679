#include "exporter/web/tls_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "exporter/web/tls.h"
#include "tests/support/certificate.h"
#include "tests/support/manual_clock.h"

namespace procmarshal::testing {
namespace {

namespace fs = std::filesystem;

// Settings whose files are good, until a test spoils one.
class TlsFilesTest : public ::testing::Test {
 protected:
  TlsFilesTest() {
    settings_.cert_file = folder_.Write("cert.pem", certificate_.pem);
    settings_.key_file = folder_.Write("key.pem", certificate_.key_pem);
  }

  // Sets a CA file, which makes it count.
  void SetAuthorities(std::string_view text) {
    settings_.client_auth_type = TlsSettings::ClientAuth::kRequireAndVerifyClientCert;
    settings_.client_ca_file = folder_.Write("ca.pem", text);
  }

  // What is wrong, with file names as seen from the folder.
  [[nodiscard]] std::string Mistake() const {
    const auto context = TlsContext::Load(settings_, clock_);
    std::string text = context ? "none" : context.error().message;
    const std::string prefix = folder_.Path("");
    for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) {
      text.erase(at, prefix.size());
    }
    return text;
  }

  [[nodiscard]] ErrorCode Code() const { return TlsContext::Load(settings_, clock_).error().code; }

  const Certificate certificate_ = MakeCertificate({.name = "server"});
  TemporaryFolder folder_;
  ManualClock clock_;
  TlsSettings settings_;
};

TEST_F(TlsFilesTest, TakesGoodFiles) {
  EXPECT_EQ(Mistake(), "none");
  SetAuthorities(certificate_.pem);
  EXPECT_EQ(Mistake(), "none");
}

TEST_F(TlsFilesTest, TakesOneFileForCertificateAndKey) {
  settings_.key_file = folder_.Write("cert.pem", certificate_.key_pem + certificate_.pem);
  EXPECT_EQ(Mistake(), "none");
}

TEST_F(TlsFilesTest, SaysWhichFileIsMissing) {
  fs::remove(folder_.Path("key.pem"));
  EXPECT_EQ(Mistake(), "web.tls_server_config.key_file: open key.pem: No such file or directory");
  EXPECT_EQ(Code(), ErrorCode::kNotFound);
  fs::remove(folder_.Path("cert.pem"));
  EXPECT_EQ(Mistake(), "web.tls_server_config.cert_file: open cert.pem: No such file or directory");
}

TEST_F(TlsFilesTest, SaysThatTheClientAuthoritiesAreMissing) {
  SetAuthorities("");
  fs::remove(folder_.Path("ca.pem"));
  EXPECT_EQ(Mistake(),
            "web.tls_server_config.client_ca_file: open ca.pem: No such file or directory");
}

TEST_F(TlsFilesTest, RefusesWhatIsNoFile) {
  settings_.cert_file = folder_.Path("folder");
  fs::create_directory(settings_.cert_file);
  EXPECT_EQ(Mistake(), "web.tls_server_config.cert_file: read folder: not a regular file");
  EXPECT_EQ(Code(), ErrorCode::kInvalid);
}

TEST_F(TlsFilesTest, DoesNotWaitForAFifo) {
  settings_.cert_file = folder_.Path("fifo");
  ASSERT_EQ(::mkfifo(settings_.cert_file.c_str(), 0600), 0);
  EXPECT_EQ(Mistake(), "web.tls_server_config.cert_file: read fifo: not a regular file");
}

TEST_F(TlsFilesTest, RefusesAFileThatIsTooLarge) {
  fs::resize_file(settings_.cert_file, (4U << 20U) + 1);
  EXPECT_EQ(Mistake(), "web.tls_server_config.cert_file: read cert.pem: larger than 4 MiB");
}

TEST_F(TlsFilesTest, RefusesAnEncryptedKeyWithoutAsking) {
  folder_.Write("key.pem", EncryptKey(certificate_.key_pem));
  EXPECT_EQ(Mistake(),
            "web.tls_server_config.key_file: read key.pem: the private key is encrypted, expected "
            "one without a passphrase");
}

TEST_F(TlsFilesTest, RefusesAKeyOfAnotherCertificate) {
  folder_.Write("key.pem", MakeCertificate({.name = "other"}).key_pem);
  EXPECT_EQ(Mistake(),
            "web.tls_server_config: the private key in key.pem does not belong to the certificate "
            "in cert.pem");
  EXPECT_EQ(Code(), ErrorCode::kInvalid);
}

TEST_F(TlsFilesTest, RefusesAKeyOfAnotherKind) {
  folder_.Write("key.pem", MakeCertificate({.rsa_bits = 2048}).key_pem);
  EXPECT_EQ(Mistake(),
            "web.tls_server_config: the private key in key.pem does not belong to the certificate "
            "in cert.pem");
}

TEST_F(TlsFilesTest, RefusesAKeyThatIsTooShort) {
  const Certificate weak = MakeCertificate({.rsa_bits = 1024});
  folder_.Write("cert.pem", weak.pem);
  folder_.Write("key.pem", weak.key_pem);
  EXPECT_EQ(Mistake(), "web.tls_server_config.cert_file: use cert.pem: ee key too small");
}

TEST_F(TlsFilesTest, SaysWhatIsInTheWrongFile) {
  folder_.Write("cert.pem", certificate_.key_pem);
  EXPECT_EQ(Mistake(),
            "web.tls_server_config.cert_file: read cert.pem: no certificate in PEM format");
  folder_.Write("cert.pem", certificate_.pem);
  folder_.Write("key.pem", certificate_.pem);
  EXPECT_EQ(Mistake(),
            "web.tls_server_config.key_file: read key.pem: no private key in PEM format");
}

TEST_F(TlsFilesTest, RefusesEmptyFilesAndOtherFormats) {
  for (const std::string_view text : {"", "\n", "hello\n", "\x30\x82\x01\x0a\x02"}) {
    SetAuthorities(text);
    EXPECT_EQ(Mistake(),
              "web.tls_server_config.client_ca_file: read ca.pem: no certificate in PEM format")
        << text;
  }
}

TEST_F(TlsFilesTest, RefusesAFileThatEndsWithinACertificate) {
  const std::string chain = certificate_.pem + MakeCertificate({}).pem;
  for (const std::size_t missing : {2U, 30U, 200U}) {
    folder_.Write("cert.pem", chain.substr(0, chain.size() - missing));
    EXPECT_TRUE(
        Mistake().starts_with("web.tls_server_config.cert_file: read cert.pem: certificate 2: "))
        << missing << " " << Mistake();
  }
}

TEST_F(TlsFilesTest, RefusesDamagedContent) {
  std::string damaged = certificate_.pem;
  damaged[100] = '#';
  folder_.Write("cert.pem", damaged);
  EXPECT_EQ(Mistake(),
            "web.tls_server_config.cert_file: read cert.pem: certificate 1: bad base64 decode");
  folder_.Write("cert.pem", certificate_.pem);
  folder_.Write("key.pem", certificate_.key_pem.substr(0, 100));
  EXPECT_TRUE(Mistake().starts_with("web.tls_server_config.key_file: read key.pem: private key: "))
      << Mistake();
}

TEST_F(TlsFilesTest, NamesTheKeyOfCiphersAndCurves) {
  settings_.cipher_suites = {"TLS_NO"};
  EXPECT_EQ(Mistake(),
            "web.tls_server_config.cipher_suites: \"TLS_NO\" is not a cipher suite of TLS 1.2 that "
            "can be offered");
  settings_.cipher_suites = {};
  settings_.curve_preferences = {"X448"};
  EXPECT_TRUE(Mistake().starts_with(
      "web.tls_server_config.curve_preferences: \"X448\" is not a curve, expected "))
      << Mistake();
}

TEST_F(TlsFilesTest, ChecksTheSettingsFirst) {
  settings_.key_file = "";
  EXPECT_EQ(Mistake(),
            "web.tls_server_config.key_file: not set, TLS needs the private key of the "
            "certificate");
}

TEST_F(TlsFilesTest, QuotesFileNamesOnOneLine) {
  settings_.cert_file = folder_.Path("a\nb");
  EXPECT_EQ(Mistake(), "web.tls_server_config.cert_file: open a\\nb: No such file or directory");
}

TEST_F(TlsFilesTest, SeesThatEverybodyMayReadTheKey) {
  EXPECT_FALSE(ReadTlsFiles(settings_).value().everybody_reads_key);
  fs::permissions(settings_.key_file, fs::perms::group_read, fs::perm_options::add);
  EXPECT_FALSE(ReadTlsFiles(settings_).value().everybody_reads_key);
  fs::permissions(settings_.key_file, fs::perms::others_read, fs::perm_options::add);
  EXPECT_TRUE(ReadTlsFiles(settings_).value().everybody_reads_key);
}

TEST_F(TlsFilesTest, StampsWhatItReads) {
  SetAuthorities(certificate_.pem);
  EXPECT_EQ(ReadTlsFiles(settings_).value().stamps, StampTlsFiles(settings_));
}

TEST_F(TlsFilesTest, StampsTellApart) {
  SetAuthorities(certificate_.pem);
  const TlsFileStamps before = StampTlsFiles(settings_);
  EXPECT_EQ(StampTlsFiles(settings_), before);

  std::ofstream(settings_.cert_file, std::ios::app) << "\n";  // longer
  EXPECT_NE(StampTlsFiles(settings_)[0], before[0]);
  EXPECT_EQ(StampTlsFiles(settings_)[1], before[1]);

  folder_.Write("key.pem", certificate_.key_pem);  // another file of the same size
  EXPECT_NE(StampTlsFiles(settings_)[1], before[1]);

  fs::remove(settings_.client_ca_file);
  EXPECT_EQ(StampTlsFiles(settings_)[2], std::nullopt);
}

}  // namespace
}  // namespace procmarshal::testing
