#include "exporter/web/address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <string>
#include <vector>

namespace procmarshal {
namespace {

using std::string_literals::operator""s;

std::string Text(std::string_view text) {
  const auto address = Address::Parse(text);
  return address ? address->Text() : "none";
}

Address Of(std::string_view text) {
  const auto address = Address::Parse(text);
  EXPECT_TRUE(address) << text;
  return address.value_or(Address());
}

TEST(Address, ParsesBothFamilies) {
  EXPECT_EQ(Text("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(Text("0.0.0.0"), "0.0.0.0");
  EXPECT_EQ(Text("255.255.255.255"), "255.255.255.255");
  EXPECT_EQ(Text("::"), "::");
  EXPECT_EQ(Text("2001:DB8:0:0::1"), "2001:db8::1");
  EXPECT_EQ(Text("fe80:1:2:3:4:5:6:7"), "fe80:1:2:3:4:5:6:7");
}

TEST(Address, TakesAMappedAddressForIpv4) {
  EXPECT_EQ(Text("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(Text("::FFFF:c000:0201"), "192.0.2.1");
  EXPECT_EQ(Of("::ffff:127.0.0.1"), Of("127.0.0.1"));
}

TEST(Address, KnowsWhatOnlyLooksMapped) {
  for (const char* text :
       {"::192.0.2.1", "::fffe:192.0.2.1", "::1:ffff:192.0.2.1", "64:ff9b::192.0.2.1"}) {
    EXPECT_NE(Of(text), Of("192.0.2.1")) << text;
  }
}

TEST(Address, RefusesAllElse) {
  for (const std::string& text : {""s,
                                  " "s,
                                  "localhost"s,
                                  "unix"s,
                                  "192.0.2"s,
                                  "192.0.2.1.1"s,
                                  "192.0.2.256"s,
                                  "192.0.2.-1"s,
                                  "192.0.2.01"s,
                                  "0xC0.0.2.1"s,
                                  "127.1"s,
                                  "2130706433"s,
                                  "192.0.2.1:80"s,
                                  "192.0.2.1/32"s,
                                  " 192.0.2.1"s,
                                  "192.0.2.1 "s,
                                  "192.0.2.1\n"s,
                                  "192.0.2.1."s,
                                  "[::1]"s,
                                  "[::1]:80"s,
                                  "::1%lo"s,
                                  "fe80::1%1"s,
                                  ":::"s,
                                  "1::2::3"s,
                                  "1:2:3:4:5:6:7"s,
                                  "1:2:3:4:5:6:7:8:9"s,
                                  "::g"s,
                                  "::12345"s,
                                  "::1/128"s,
                                  "192.0.2.1\0"s,
                                  "192.0.2.1\0x"s,
                                  "::1\0"s,
                                  "\0"s,
                                  "\xEF\xBC\x91.0.0.1"s,
                                  "\xFF"s}) {
    EXPECT_EQ(Text(text), "none") << text;
  }
  EXPECT_EQ(Text(std::string(100'000, '1')), "none");
  EXPECT_EQ(Text(std::string(100'000, ':')), "none");
}

TEST(Address, OfAUnixSocketIsOfThisHost) {
  EXPECT_EQ(Address::Unix().Text(), "unix");
  EXPECT_TRUE(Address::Unix().IsLocal());
}

TEST(Address, IsAStrangersByDefault) {
  EXPECT_EQ(Address().Text(), "unknown");
  EXPECT_FALSE(Address().IsLocal());
  EXPECT_NE(Address(), Address::Unix());
  EXPECT_NE(Address(), Of("0.0.0.0"));
  EXPECT_NE(Address(), Of("::"));
}

template <typename Sockaddr>
Address FromSocket(const Sockaddr& from) {
  sockaddr_storage storage{};
  std::memcpy(&storage, &from, sizeof from);
  return Address::FromSocket(storage);
}

TEST(Address, ComesFromAnIpv4Socket) {
  sockaddr_in from{};
  from.sin_family = AF_INET;
  from.sin_port = htons(9256);
  ASSERT_EQ(::inet_pton(AF_INET, "192.0.2.1", &from.sin_addr), 1);
  EXPECT_EQ(FromSocket(from), Of("192.0.2.1"));
}

TEST(Address, ComesFromAnIpv6Socket) {
  sockaddr_in6 from{};
  from.sin6_family = AF_INET6;
  from.sin6_port = htons(9256);
  from.sin6_scope_id = 2;
  ASSERT_EQ(::inet_pton(AF_INET6, "fe80::1", &from.sin6_addr), 1);
  EXPECT_EQ(FromSocket(from), Of("fe80::1"));
  ASSERT_EQ(::inet_pton(AF_INET6, "::ffff:192.0.2.1", &from.sin6_addr), 1);
  EXPECT_EQ(FromSocket(from), Of("192.0.2.1"));
}

TEST(Address, ComesFromAUnixSocket) {
  sockaddr_storage from{};
  from.ss_family = AF_UNIX;
  EXPECT_EQ(Address::FromSocket(from), Address::Unix());
}

TEST(Address, ComesFromASocketOfAnotherKind) {
  sockaddr_storage from{};
  from.ss_family = AF_NETLINK;
  EXPECT_EQ(Address::FromSocket(from), Address());
}

TEST(Address, IsLocalOnLoopback) {
  for (const char* text :
       {"127.0.0.0", "127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(Of(text).IsLocal()) << text;
  }
  for (const char* text : {"126.255.255.255", "128.0.0.0", "0.0.0.0", "10.0.0.1", "192.168.0.1",
                           "::", "::2", "::127.0.0.1", "7f00::1", "fe80::1", "fd00::1", "1::1"}) {
    EXPECT_FALSE(Of(text).IsLocal()) << text;
  }
}

TEST(Address, CountsAnIpv6SubnetAsOneClient) {
  EXPECT_EQ(Of("2001:db8:1:2:3:4:5:6").Client().Text(), "2001:db8:1:2::");
  EXPECT_EQ(Of("2001:db8:1:2::1").Client(), Of("2001:db8:1:2:ffff::").Client());
  EXPECT_NE(Of("2001:db8:1:2::1").Client(), Of("2001:db8:1:3::1").Client());
}

TEST(Address, CountsEachIpv4AddressAsAClient) {
  EXPECT_EQ(Of("192.0.2.1").Client(), Of("192.0.2.1"));
  EXPECT_EQ(Of("::ffff:192.0.2.1").Client(), Of("192.0.2.1"));
  EXPECT_EQ(Address().Client(), Address());
}

TEST(Address, HasAnOrder) {
  const std::set<Address> addresses = {Of("10.0.0.2"), Of("10.0.0.1"), Of("::1"), Address(),
                                       Of("::ffff:10.0.0.1")};
  EXPECT_EQ(addresses.size(), 4U);
}

bool Contains(std::string_view network, std::string_view address) {
  return Network::Parse(network).value().Contains(Of(address));
}

TEST(Network, ContainsARange) {
  EXPECT_TRUE(Contains("10.0.0.0/8", "10.0.0.0"));
  EXPECT_TRUE(Contains("10.0.0.0/8", "10.255.255.255"));
  EXPECT_FALSE(Contains("10.0.0.0/8", "9.255.255.255"));
  EXPECT_FALSE(Contains("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(Contains("2001:db8::/32", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"));
  EXPECT_FALSE(Contains("2001:db8::/32", "2001:db9::"));
}

TEST(Network, EndsWithinAByteToo) {
  EXPECT_TRUE(Contains("192.0.2.64/27", "192.0.2.95"));
  EXPECT_FALSE(Contains("192.0.2.64/27", "192.0.2.96"));
  EXPECT_FALSE(Contains("192.0.2.64/27", "192.0.2.63"));
  EXPECT_TRUE(Contains("fe80::/10", "febf::1"));
  EXPECT_FALSE(Contains("fe80::/10", "fec0::1"));
  EXPECT_TRUE(Contains("128.0.0.0/1", "255.0.0.1"));
  EXPECT_FALSE(Contains("128.0.0.0/1", "127.0.0.1"));
}

TEST(Network, OfOneAddress) {
  for (const char* text : {"192.0.2.1", "192.0.2.1/32", "::ffff:192.0.2.1"}) {
    EXPECT_TRUE(Contains(text, "192.0.2.1")) << text;
    EXPECT_FALSE(Contains(text, "192.0.2.0")) << text;
  }
  for (const char* text : {"2001:db8::1", "2001:db8::1/128"}) {
    EXPECT_TRUE(Contains(text, "2001:db8::1")) << text;
    EXPECT_FALSE(Contains(text, "2001:db8::")) << text;
  }
}

TEST(Network, OfAllAddressesOfAFamily) {
  EXPECT_TRUE(Contains("0.0.0.0/0", "255.255.255.255"));
  EXPECT_TRUE(Contains("0.0.0.0/0", "::ffff:192.0.2.1"));
  EXPECT_TRUE(Contains("::/0", "ffff::1"));
}

TEST(Network, ContainsNothingOfAnotherFamily) {
  EXPECT_FALSE(Contains("0.0.0.0/0", "::1"));
  EXPECT_FALSE(Contains("0.0.0.0/0", "::"));
  EXPECT_FALSE(Contains("::/0", "192.0.2.1"));
  EXPECT_FALSE(Contains("::/0", "::ffff:192.0.2.1"));
  for (const Address& address : {Address(), Address::Unix()}) {
    EXPECT_FALSE(Network::Parse("0.0.0.0/0").value().Contains(address));
    EXPECT_FALSE(Network::Parse("::/0").value().Contains(address));
  }
}

std::string Refusal(std::string_view text) {
  const auto network = Network::Parse(text);
  return network ? "none" : network.error().message;
}

TEST(Network, AsksWhetherItsFirstAddressWasMeant) {
  EXPECT_EQ(Refusal("10.1.2.3/8"), R"("10.1.2.3/8" is not a network, did you mean "10.0.0.0/8"?)");
  EXPECT_EQ(Refusal("192.0.2.65/27"),
            R"("192.0.2.65/27" is not a network, did you mean "192.0.2.64/27"?)");
  EXPECT_EQ(Refusal("2001:db8::1/32"),
            R"("2001:db8::1/32" is not a network, did you mean "2001:db8::/32"?)");
  EXPECT_EQ(Refusal("1.2.3.4/0"), R"("1.2.3.4/0" is not a network, did you mean "0.0.0.0/0"?)");
}

TEST(Network, SaysHowLongAPrefixMayBe) {
  for (const char* bits : {"33", "128", "-1", "+8", " 8", "8 ", "", "x", "0x8", "8.0", "255.0.0.0",
                           "8/8", "4294967304", "99999999999999999999"}) {
    const std::string text = "10.0.0.0/"s + bits;
    EXPECT_EQ(Refusal(text), '"' + text + "\" is not a network, expected 0 to 32 after the slash");
  }
  EXPECT_EQ(Refusal("::/129"), R"("::/129" is not a network, expected 0 to 128 after the slash)");
  EXPECT_EQ(Refusal("::ffff:10.0.0.0/104"),
            R"("::ffff:10.0.0.0/104" is not a network, expected 0 to 32 after the slash)");
}

TEST(Network, RefusesWhatHasNoAddress) {
  EXPECT_EQ(Refusal("localhost"),
            R"("localhost" is not a network, expected one such as "10.0.0.0/8" or "::1")");
  for (const std::string& text :
       {""s, "/"s, "/8"s, "10/8"s, "10.0.0.0-10.0.0.9"s, "10.0.0.*"s, "*"s, "all"s, "unix"s,
        "[::1]"s, "10.0.0.0 /8"s, "10.0.0.0\0/8"s, "10.0.0.0, ::1"s, "fe80::%lo/10"s, "\xFF/8"s}) {
    EXPECT_FALSE(Network::Parse(text)) << text;
  }
}

TEST(Network, QuotesHostileInputOnOneShortLine) {
  EXPECT_EQ(Refusal("\n\"\x1B"),
            R"("\n\"\u001b" is not a network, expected one such as "10.0.0.0/8" or "::1")");
  EXPECT_LT(Refusal(std::string(100'000, '/')).size(), 200U);
}

}  // namespace
}  // namespace procmarshal
