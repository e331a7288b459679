#pragma once

#include <string>
#include <string_view>

namespace procmarshal {

// `text` in gzip format, made for speed: a page is compressed anew for each snapshot. By ISA-L
// where the program is built with it, else by zlib. Running out of memory is all that can go wrong,
// and throws std::bad_alloc as it does for any string. Needs 170 KB (ISA-L) or 270 KB (zlib) on the
// heap beside the result while it runs, and keeps nothing. Safe to call from any thread.
[[nodiscard]] std::string Gzip(std::string_view text);

// The two ways behind it.
[[nodiscard]] std::string GzipZlib(std::string_view text);
#ifdef PROCMARSHAL_HAVE_ISAL
[[nodiscard]] std::string GzipIsal(std::string_view text);
#endif

}  // namespace procmarshal
