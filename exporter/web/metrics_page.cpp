#include "exporter/web/metrics_page.h"

#include <utility>

#include "collectors/snapshot_text.h"
#include "exporter/web/gzip.h"

namespace procmarshal {

MetricsPage::Bytes MetricsPage::Get(const Snapshot& snapshot, TextFormat format, bool gzip) {
  const std::shared_ptr<Pages> pages = PagesOf(snapshot.sequence);
  Page& page = pages->by_format.at(format == TextFormat::kOpenMetrics ? 1 : 0);
  const std::lock_guard lock(page.mutex);
  if (!gzip) {
    if (!page.plain) page.plain = Encode(snapshot, format);
    return page.plain;
  }
  if (!page.compressed) {
    // A Prometheus always asks for gzip. The plain bytes, eight times as many, would be kept in
    // vain.
    const Bytes plain = page.plain ? page.plain : Encode(snapshot, format);
    page.compressed = std::make_shared<const std::string>(Gzip(*plain));
  }
  return page.compressed;
}

std::shared_ptr<MetricsPage::Pages> MetricsPage::PagesOf(std::uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  if (newest_ && newest_->sequence == sequence) return newest_;

  auto pages = std::make_shared<Pages>();
  pages->sequence = sequence;
  if (!newest_ || newest_->sequence < sequence) newest_ = pages;
  return pages;
}

MetricsPage::Bytes MetricsPage::Encode(const Snapshot& snapshot, TextFormat format) {
  const std::size_t expected = last_size_;
  std::string text;
  text.reserve(expected + (expected / 8));
  EncodeSnapshot(snapshot, format, text);
  last_size_ = text.size();
  // Growing doubles the capacity; what is kept for long should not.
  if (text.capacity() > text.size() + (text.size() / 4)) text.shrink_to_fit();
  return std::make_shared<const std::string>(std::move(text));
}

}  // namespace procmarshal
