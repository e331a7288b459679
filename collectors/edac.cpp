// Memory errors that ECC found, from /sys/devices/system/edac/mc/mc0: of the memory controller
// (ce_count: "3"), of its rows of chips (csrow0/ce_count) and of their channels
// (csrow0/ch0_ce_count). CE are corrected errors, UE are not.

#include <optional>
#include <string>
#include <vector>

#include "collectors/attribute.h"
#include "collectors/collector.h"
#include "collectors/numbered.h"

namespace procmarshal {
namespace {

struct Families {
  explicit Families(FamilyWriter& out)
      : corrected(out.Counter("node_edac_correctable_errors_total",
                              "Memory errors that were corrected.")),
        uncorrected(out.Counter("node_edac_uncorrectable_errors_total",
                                "Memory errors that could not be corrected.")),
        row_corrected(out.Counter("node_edac_csrow_correctable_errors_total",
                                  "Memory errors of a row that were corrected.")),
        row_uncorrected(out.Counter("node_edac_csrow_uncorrectable_errors_total",
                                    "Memory errors of a row that could not be corrected.")),
        channel_corrected(out.Counter("node_edac_channel_correctable_errors_total",
                                      "Memory errors of a channel that were corrected.")),
        channel_uncorrected(
            out.Counter("node_edac_channel_uncorrectable_errors_total",
                        "Memory errors of a channel that could not be corrected.")) {}

  FamilyWriter::Family corrected;
  FamilyWriter::Family uncorrected;
  FamilyWriter::Family row_corrected;
  FamilyWriter::Family row_uncorrected;
  FamilyWriter::Family channel_corrected;
  FamilyWriter::Family channel_uncorrected;
};

// Drivers lack some of the files.
Status WriteCount(const PseudoFs& sys, const std::string& path, FamilyWriter::Family& family,
                  std::initializer_list<LabelView> labels) {
  const auto count = ReadNumber(sys, path);
  if (!count) return tl::unexpected(count.error());
  const std::optional<double> value = *count;
  if (value) family.Add(*value, labels);
  return {};
}

// "mc#0csrow#2channel#1" is mc0_csrow2_channel1, as node_exporter has it.
std::string Readable(std::string_view dimm) {
  std::string label;
  for (std::size_t i = 0; i < dimm.size(); ++i) {
    const std::string_view rest = dimm.substr(i);
    if (rest.starts_with("csrow") || rest.starts_with("channel")) label += '_';
    if (dimm[i] != '#') label += dimm[i];
  }
  return label;
}

// The numbers N of the files chN_ce_count.
std::vector<std::string> ListChannels(const PseudoFs& sys, const std::string& row) {
  std::vector<std::string> channels;
  constexpr std::string_view kEnd = "_ce_count";
  const auto names = sys.List(row);
  if (!names) return channels;
  for (const std::string_view name : *names) {
    if (!name.starts_with("ch") || !name.ends_with(kEnd)) continue;
    const std::string_view number = name.substr(2, name.size() - 2 - kEnd.size());
    const bool is_number = number.find_first_not_of("0123456789") == std::string_view::npos;
    if (is_number && !number.empty()) channels.emplace_back(number);
  }
  return channels;
}

struct Row {
  std::string path;
  std::string controller;
  std::string number;
};

Status WriteChannel(const PseudoFs& sys, const Row& row, const std::string& channel,
                    Families& out) {
  const std::string path = row.path + "/ch" + channel;
  const std::string dimm = Readable(ReadAttribute(sys, path + "_dimm_label").value_or("unknown"));
  const std::initializer_list<LabelView> labels = {{"channel", channel},
                                                   {"controller", row.controller},
                                                   {"csrow", row.number},
                                                   {"dimm_label", dimm}};
  auto written = WriteCount(sys, path + "_ce_count", out.channel_corrected, labels);
  if (written) written = WriteCount(sys, path + "_ue_count", out.channel_uncorrected, labels);
  return written;
}

Status WriteRow(const PseudoFs& sys, const Row& row, Families& out) {
  const std::initializer_list<LabelView> labels = {{"controller", row.controller},
                                                   {"csrow", row.number}};
  auto written = WriteCount(sys, row.path + "/ce_count", out.row_corrected, labels);
  if (written) written = WriteCount(sys, row.path + "/ue_count", out.row_uncorrected, labels);
  for (const std::string& channel : ListChannels(sys, row.path)) {
    if (written) written = WriteChannel(sys, row, channel, out);
  }
  return written;
}

Status WriteController(const PseudoFs& sys, const std::string& path, const std::string& number,
                       Families& out) {
  const std::initializer_list<LabelView> labels = {{"controller", number}};
  // Errors of which the controller does not know the row.
  const std::initializer_list<LabelView> unknown = {{"controller", number}, {"csrow", "unknown"}};
  auto written = WriteCount(sys, path + "/ce_count", out.corrected, labels);
  if (written) written = WriteCount(sys, path + "/ue_count", out.uncorrected, labels);
  if (written) written = WriteCount(sys, path + "/ce_noinfo_count", out.row_corrected, unknown);
  if (written) written = WriteCount(sys, path + "/ue_noinfo_count", out.row_uncorrected, unknown);
  const std::string prefix = path + "/csrow";
  for (const std::string& row : ListNumbered(sys, path, "csrow")) {
    if (written) written = WriteRow(sys, {prefix + row, number, row}, out);
  }
  return written;
}

Status Collect(const Environment& env, FamilyWriter& out) {
  const std::string prefix = "devices/system/edac/mc/mc";
  Families families(out);
  for (const std::string& number : ListNumbered(env.sys, "devices/system/edac/mc", "mc")) {
    auto written = WriteController(env.sys, prefix + number, number, families);
    if (!written) return written;
  }
  return {};
}

const Registration kRegistration("edac", Default::kOn, &Collect);

}  // namespace
}  // namespace procmarshal
