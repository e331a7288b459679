// Properties of a device, from /run/udev/data/b8:0, where udevd keeps them:
// "S:disk/by-id/wwn-0x5002" is a link, "I:1834902" a time, "G:systemd" a tag, and
// "E:ID_MODEL=Samsung_SSD" a property.
#include "collectors/udev_properties.h"

#include "base/parse.h"

namespace procmarshal {

UdevProperties ParseUdevProperties(std::string_view text) {
  UdevProperties properties;
  while (!text.empty()) {
    std::string_view line = TakeUntil(text, '\n');
    if (!line.starts_with("E:") || line.find('=') == std::string_view::npos) continue;
    line.remove_prefix(2);
    const std::string_view name = TakeUntil(line, '=');
    properties.insert_or_assign(std::string(name), line);
  }
  return properties;
}

std::string_view Find(const UdevProperties& properties, std::string_view name) {
  const auto found = properties.find(name);
  return found == properties.end() ? std::string_view{} : std::string_view(found->second);
}

}  // namespace procmarshal
