#pragma once

#include <set>
#include <string>
#include <string_view>

#include "base/result.h"

namespace procmarshal {

// What process-exporter, a Go program, takes as an expression or a name, in our words.

struct Expression {
  std::string text;
  std::set<std::string> captures;  // their names
  int program_size = 0;            // instructions of RE2's; it takes some 0.4 us to make each
};

// An expression of Go's regexp as RE2 wants it: `(?<x>` becomes `(?P<x>`, else they are alike.
// kInvalid with RE2's reason if it refuses it.
[[nodiscard]] Result<Expression> Re2Expression(std::string_view expression);

// A name in Go's text/template as a group's name is written here: fields of a process carry over as
// they are, a capture that no expression has becomes the "<no value>" that Go prints. kNotFound
// with the action for one that only a template language understands; kInvalid for what is no
// template.
[[nodiscard]] Result<std::string> GroupNameOfTemplate(std::string_view name,
                                                      const std::set<std::string>& captures);

}  // namespace procmarshal
