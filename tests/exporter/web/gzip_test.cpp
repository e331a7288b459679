#include "exporter/web/gzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <array>
#include <cstddef>
#include <ostream>
#include <random>
#include <string>
#include <string_view>

namespace procmarshal {
namespace {

// What zlib reads in `bytes`, or "error: ..." for anything but one whole gzip member.
std::string Gunzip(std::string_view bytes) {
  z_stream stream{};
  constexpr int kGzipOnly = 15 + 16;
  if (inflateInit2(&stream, kGzipOnly) != Z_OK) return "error: no memory";
  std::string input(bytes);
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  std::string out;
  std::string chunk(1UL << 16U, '\0');
  int status = Z_OK;
  while (status == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
    stream.avail_out = static_cast<uInt>(chunk.size());
    status = inflate(&stream, Z_NO_FLUSH);
    out.append(chunk, 0, chunk.size() - stream.avail_out);
  }
  const bool all = status == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  return all ? out : "error: not gzip";
}

std::string RandomBytes(std::size_t size) {
  std::mt19937_64 random(1);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

std::string PageOf(std::size_t size) {
  std::string page;
  for (std::size_t i = 0; page.size() < size; ++i) {
    page += "linux_process_threads{pid=\"" + std::to_string(i) + "\",name=\"nginx\"} 4\n";
  }
  return page;
}

struct Codec {
  const char* name;
  std::string (*gzip)(std::string_view);

  // For the name of the test, which would else tell addresses.
  friend void PrintTo(const Codec& codec, std::ostream* out) { *out << codec.name; }
};

class GzipTest : public testing::TestWithParam<Codec> {};

// Whether the codec under test gives `text` back. To EXPECT_EQ it would print megabytes.
bool ReadsBack(std::string_view text) {
  return Gunzip(GzipTest::GetParam().gzip(text)) == text;
}

TEST_P(GzipTest, ReadsBackText) {
  EXPECT_TRUE(ReadsBack(""));
  EXPECT_TRUE(ReadsBack("a"));
  EXPECT_TRUE(ReadsBack(std::string(100'000, '\0')));
  EXPECT_TRUE(ReadsBack(PageOf(10'000'000)));
}

TEST_P(GzipTest, ReadsBackWhatDoesNotCompress) {
  for (const std::size_t size : {2U, 100U, 4095U, 65'536U, 1'000'000U, 10'000'000U}) {
    EXPECT_TRUE(ReadsBack(RandomBytes(size))) << size;
  }
}

TEST_P(GzipTest, MakesAPageMuchSmaller) {
  const std::string page = PageOf(1'000'000);
  EXPECT_LT(GetParam().gzip(page).size(), page.size() / 8);
}

TEST_P(GzipTest, HoldsNoMoreMemoryThanTheResult) {
  const std::string compressed = GetParam().gzip(PageOf(1'000'000));
  EXPECT_LE(compressed.capacity(), compressed.size() + 64);
}

constexpr std::array kCodecs{
    Codec{"chosen", &Gzip},
    Codec{"zlib", &GzipZlib},
#ifdef PROCMARSHAL_HAVE_ISAL
    Codec{"isal", &GzipIsal},
#endif
};
INSTANTIATE_TEST_SUITE_P(Codecs, GzipTest, testing::ValuesIn(kCodecs),
                         [](const auto& codec) { return codec.param.name; });

}  // namespace
}  // namespace procmarshal
