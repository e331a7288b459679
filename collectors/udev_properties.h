#pragma once

#include <map>
#include <string>
#include <string_view>

namespace procmarshal {

// What udev knows of a device, by name: "ID_MODEL" is "Samsung_SSD_990_PRO".
using UdevProperties = std::map<std::string, std::string, std::less<>>;

// From a file of /run/udev/data. Lines that are no properties are passed over.
[[nodiscard]] UdevProperties ParseUdevProperties(std::string_view text);

// Empty if it is not known.
[[nodiscard]] std::string_view Find(const UdevProperties& properties, std::string_view name);

}  // namespace procmarshal
