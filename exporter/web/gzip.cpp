#include "exporter/web/gzip.h"

#include <zlib.h>

#include <cstddef>
#include <new>
#include <span>

#include "exporter/web/gzip_buffers.h"

namespace procmarshal {
namespace {

// deflate() needs a memory of its own from first to last; this owns it.
class Deflater {
 public:
  Deflater() {
    constexpr int kGzipWindow = 15 + 16;  // 32 KB; + 16 asks for gzip's header instead of zlib's
    constexpr int kDefaultMemory = 8;
    const int status = deflateInit2(&stream_, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, kDefaultMemory,
                                    Z_DEFAULT_STRATEGY);
    if (status != Z_OK) throw std::bad_alloc();
  }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  ~Deflater() { deflateEnd(&stream_); }

  [[nodiscard]] z_stream& Stream() { return stream_; }

 private:
  z_stream stream_{};
};

}  // namespace

std::string GzipZlib(std::string_view text) {
  Deflater deflater;
  z_stream& stream = deflater.Stream();
  GzipOutput out(text.size());
  int status = Z_OK;
  while (status != Z_STREAM_END) {
    if (stream.avail_in == 0) {
      const std::string_view piece = TakePiece(text);
      // Only read through, though the type does not say so.
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
      stream.avail_in = static_cast<uInt>(piece.size());
    }
    const std::span<unsigned char> room = out.Room();
    stream.next_out = room.data();
    stream.avail_out = static_cast<uInt>(room.size());
    status = deflate(&stream, text.empty() ? Z_FINISH : Z_NO_FLUSH);
    out.Commit(room.size() - stream.avail_out);
  }
  return std::move(out).Take();
}

std::string Gzip(std::string_view text) {
#ifdef PROCMARSHAL_HAVE_ISAL
  return GzipIsal(text);
#else
  return GzipZlib(text);
#endif
}

}  // namespace procmarshal
