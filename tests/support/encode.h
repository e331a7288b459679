#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "collectors/text_encoder.h"

namespace procmarshal::testing {

// The families as one text.
inline std::string Encode(const std::vector<prometheus::MetricFamily>& families,
                          TextFormat format) {
  std::string text;
  EncodeText(families, format, text);
  return text;
}

}  // namespace procmarshal::testing
