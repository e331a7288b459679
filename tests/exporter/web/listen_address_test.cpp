#include "exporter/web/listen_address.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace procmarshal {
namespace {

using std::string_view_literals::operator""sv;

TEST(ListenAddress, ReadsHostAndPort) {
  const auto reads = [](std::string_view text, const ListenAddress& expected) {
    const auto address = ParseListenAddress(text);
    ASSERT_TRUE(address) << address.error().message;
    EXPECT_EQ(*address, expected) << text;
  };
  reads("0.0.0.0:9256", {"0.0.0.0", 9256});
  reads(":9256", {"", 9256});
  reads("127.0.0.1:0", {"127.0.0.1", 0});
  reads("[::1]:9256", {"::1", 9256});
  reads("[::]:65535", {"::", 65535});
  reads("localhost:9256", {"localhost", 9256});
  reads("web-1.example.org:80", {"web-1.example.org", 80});
}

TEST(ListenAddress, ReadsThePathOfAUnixSocket) {
  const auto reads = [](std::string_view path) {
    const auto address = ParseListenAddress("unix:" + std::string(path));
    ASSERT_TRUE(address) << address.error().message;
    EXPECT_EQ(*address, (ListenAddress{.host = "", .port = 0, .path = std::string(path)}));
  };
  reads("/run/procmarshal/web.sock");
  reads("/a:1");
  reads("/\xC3\xA9");
  reads("/" + std::string(106, 'x'));
}

TEST(ListenAddress, RefusesWhatIsNoPathOfAUnixSocket) {
  for (const std::string_view path :
       {""sv, "/"sv, "run/web.sock"sv, "9256"sv, "@abstract"sv, "/run/"sv, "/a,b"sv, "/a\nb"sv,
        "/a\0b"sv, "/a\x7F"sv, " /a"sv}) {
    EXPECT_FALSE(ParseListenAddress("unix:" + std::string(path))) << path;
  }
  EXPECT_FALSE(ParseListenAddress("unix:/" + std::string(107, 'x')));
  EXPECT_FALSE(ParseListenAddress("UNIX:/a"));
}

TEST(ListenAddress, RefusesAnythingElse) {
  for (const std::string_view text : {""sv,
                                      "9256"sv,
                                      "localhost"sv,
                                      "localhost:"sv,
                                      "localhost:http"sv,
                                      "localhost:-1"sv,
                                      "localhost:65536"sv,
                                      " localhost:1"sv,
                                      "localhost:1 "sv,
                                      "256.0.0.1:1"sv,
                                      "1.2.3:1"sv,
                                      "[]:1"sv,
                                      "[127.0.0.1]:1"sv,
                                      "[::1:1"sv,
                                      "::1:9256"sv,
                                      "[::1]"sv,
                                      "a b:1"sv,
                                      "a/b:1"sv,
                                      "*:1"sv,
                                      "127.0.0.1\0x:1"sv,
                                      "[::1\0]:1"sv,
                                      "http://localhost:1"sv}) {
    EXPECT_FALSE(ParseListenAddress(text)) << text;
  }
}

TEST(ListenAddress, SaysWhatWasExpected) {
  const auto says = [](std::string_view text, std::string_view expected) {
    EXPECT_EQ(ParseListenAddress(text).error().message, expected);
  };
  says("9256",
       R"("9256" is not a listen address, expected HOST:PORT such as "0.0.0.0:9256", "[::1]:9256" )"
       R"(or ":9256", or unix:PATH)");
  says(":99999",
       R"(":99999" is not a listen address, expected a port from 0 to 65535 after the last colon)");
  says("::1:9256", R"("::1:9256" is not a listen address, expected an IPv6 address in brackets, )"
                   R"(such as "[::1]:9256")");
  says("unix:web.sock", R"("unix:web.sock" is not a listen address, expected the absolute path of )"
                        R"(a socket after "unix:")");
  says("unix:/a,b", R"("unix:/a,b" is not a listen address, expected a path without commas and )"
                    "control characters");
  EXPECT_TRUE(ParseListenAddress("unix:/" + std::string(107, 'x'))
                  .error()
                  .message.ends_with("expected a path of at most 107 bytes"));
}

}  // namespace
}  // namespace procmarshal
