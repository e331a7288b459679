// Compresses with ISA-L's igzip: about seven times as fast as zlib's fastest level, which matters
// since compressing would else cost more than making the page.
#ifdef PROCMARSHAL_HAVE_ISAL

#include <isa-l/igzip_lib.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "exporter/web/gzip.h"
#include "exporter/web/gzip_buffers.h"

namespace procmarshal {
namespace {

// A larger buffer makes larger blocks, but pages came out no smaller.
constexpr std::uint32_t kLevelBufferSize = ISAL_DEF_LVL1_SMALL;

}  // namespace

std::string GzipIsal(std::string_view text) {
  // 80 KB: not for the stack of a web server's thread.
  const auto stream = std::make_unique<isal_zstream>();
  std::vector<std::uint8_t> level_buffer(kLevelBufferSize);
  isal_deflate_init(stream.get());
  stream->gzip_flag = IGZIP_GZIP;
  stream->level = 1;
  stream->level_buf = level_buffer.data();
  stream->level_buf_size = kLevelBufferSize;

  GzipOutput out(text.size());
  while (stream->internal_state.state != ZSTATE_END) {
    if (stream->avail_in == 0) {
      const std::string_view piece = TakePiece(text);
      // Only read through, though the type does not say so.
      stream->next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(piece.data()));
      stream->avail_in = static_cast<std::uint32_t>(piece.size());
      stream->end_of_stream = text.empty() ? 1 : 0;
    }
    const std::span<unsigned char> room = out.Room();
    stream->next_out = room.data();
    stream->avail_out = static_cast<std::uint32_t>(room.size());
    // Fails on a wrong level or buffer only, and those are constants here.
    isal_deflate(stream.get());
    out.Commit(room.size() - stream->avail_out);
  }
  return std::move(out).Take();
}

}  // namespace procmarshal

#endif
