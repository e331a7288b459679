// Every collector that reads /proc, over a file of any content: it may fail, and that is all.

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "collectors/collector.h"
#include "collectors/text_encoder.h"

namespace procmarshal {
namespace {

std::filesystem::path MakeRoot() {
  std::string pattern = "/tmp/procmarshal_fuzz_XXXXXX";
  const std::filesystem::path root = ::mkdtemp(pattern.data());
  static std::filesystem::path to_remove;
  to_remove = root;
  std::atexit([] { std::filesystem::remove_all(to_remove); });
  return root;
}

void Run(const std::string& content) {
  static const std::filesystem::path kRoot = MakeRoot();
  for (const char* name : {"stat", "meminfo", "loadavg"}) std::ofstream(kRoot / name) << content;
  for (const Registration* entry : Registration::All()) {
    std::vector<prometheus::MetricFamily> families;
    FamilyWriter out(families);
    (void)entry->Make({.proc = PseudoFs(kRoot)})->Collect(out);
    out.Finish();
    std::string page;
    EncodeText(families, TextFormat::kOpenMetrics, page);
    if (!page.ends_with("# EOF\n")) std::abort();
  }
}

}  // namespace
}  // namespace procmarshal

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  procmarshal::Run(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
