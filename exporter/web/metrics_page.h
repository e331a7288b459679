#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "collectors/snapshot.h"
#include "collectors/text_encoder.h"

namespace procmarshal {

// The body of /metrics. Keeps the bytes of the newest snapshot: each format, plain and compressed,
// is made when first asked for, once, and the same bytes go to every scraper. Knows a snapshot by
// its sequence number only and keeps no hold on it. Safe to call from any thread; those who want
// the same bytes at the same time wait for the first of them.
class MetricsPage {
 public:
  using Bytes = std::shared_ptr<const std::string>;

  // Who still holds an older snapshot than the newest gets that one's bytes, made for the occasion.
  [[nodiscard]] Bytes Get(const Snapshot& snapshot, TextFormat format, bool gzip);

 private:
  // The bytes of one snapshot in one format.
  struct Page {
    std::mutex mutex;
    Bytes plain;       // guarded by mutex
    Bytes compressed;  // guarded by mutex
  };
  struct Pages {
    std::uint64_t sequence = 0;
    std::array<Page, 2> by_format;
  };

  [[nodiscard]] std::shared_ptr<Pages> PagesOf(std::uint64_t sequence);
  [[nodiscard]] Bytes Encode(const Snapshot& snapshot, TextFormat format);

  std::mutex mutex_;
  std::shared_ptr<Pages> newest_;           // guarded by mutex_
  std::atomic<std::size_t> last_size_ = 0;  // of a plain page: what the next one will need, about
};

}  // namespace procmarshal
