#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace procmarshal {

// What a process shows of itself to the matchers. Valid UTF-8, all of it.
struct MatchSubject {
  std::string_view comm;
  std::string_view executable;    // first argument (argv[0]); empty for a kernel thread
  std::string_view command_line;  // all arguments, joined by blanks, not cut
  std::string_view user, unit, slice, container, pod;  // empty: none
  std::span<const std::string_view> cgroups;           // paths, one a hierarchy
  pid_t pid = 0;
  double start_time_seconds = 0;  // Unix time
};

// `path` behind its last slash, slashes at its end aside: "python3" of "/usr/bin/python3".
[[nodiscard]] std::string_view BaseName(std::string_view path);

// `comm` as a group can be named after it. A kernel worker's name tells what it is working on,
// "kworker/0:1-events": that changes all the time, and each would be a group for good.
[[nodiscard]] std::string_view GroupOfComm(std::string_view comm);

// A group's name as a template: text with "{{.Comm}}" and the like, as process-exporter has them.
// Without a text it is the comm. Const methods may be called from any thread.
class GroupName final {
 public:
  // `captures` are the names that "{{.Matches.NAME}}" may have. kInvalid quotes what stands between
  // braces that is not known, and says what is.
  [[nodiscard]] static Result<GroupName> Parse(std::string_view text,
                                               std::span<const std::string> captures);

  // Whether every process gets the same name.
  [[nodiscard]] bool IsFixed() const;
  // Whether the name depends on what the expressions captured.
  [[nodiscard]] bool UsesCaptures() const;

  // The name for this process: valid UTF-8 of at most 256 bytes, its comm where it would be empty.
  // `captured` has a text for each of the `captures` above, in their order.
  [[nodiscard]] std::string Of(const MatchSubject& subject,
                               std::span<const std::string_view> captured) const;

 private:
  using Field = void (*)(const MatchSubject& subject, std::string& out);
  // A text, a field of the process, or which of the captures.
  using Piece = std::variant<std::string, Field, std::size_t>;

  [[nodiscard]] static Result<Piece> ParseField(std::string_view field,
                                                std::span<const std::string> captures);

  std::vector<Piece> pieces_;
};

}  // namespace procmarshal
