#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace procmarshal {

// What both compressors need around them, since each counts its input and output in 32 bits.

// Removes and returns the front of `rest`.
[[nodiscard]] inline std::string_view TakePiece(std::string_view& rest) {
  constexpr std::size_t kMaxSize = 4UL << 20U;
  const std::string_view piece = rest.substr(0, kMaxSize);
  rest.remove_prefix(piece.size());
  return piece;
}

// The compressed bytes, growing as they come: a page shrinks to about an eighth, so that room for
// the worst case would mostly be cleared for nothing.
class GzipOutput {
 public:
  explicit GzipOutput(std::size_t input_size) : bytes_((input_size / 16) + kMinRoom, '\0') {}

  // Where the next bytes go. Never empty.
  [[nodiscard]] std::span<unsigned char> Room() {
    if (bytes_.size() - size_ < kMinRoom) {
      bytes_.resize(bytes_.size() + std::max(bytes_.size() / 2, kMinRoom));
    }
    const std::size_t room = std::min(bytes_.size() - size_, kMaxRoom);
    return {reinterpret_cast<unsigned char*>(bytes_.data() + size_), room};
  }
  void Commit(std::size_t size) { size_ += size; }

  [[nodiscard]] std::string Take() && {
    bytes_.resize(size_);
    bytes_.shrink_to_fit();
    return std::move(bytes_);
  }

 private:
  static constexpr std::size_t kMinRoom = 4096;
  static constexpr std::size_t kMaxRoom = 1UL << 30U;

  std::string bytes_;     // longer than size_ while we write
  std::size_t size_ = 0;  // what of bytes_ is written
};

}  // namespace procmarshal
