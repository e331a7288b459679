#include <algorithm>
#include <utility>

#include "collectors/collector.h"

namespace procmarshal {
namespace {

// Constant-initialised, so it is ready before any Registration runs.
constinit const Registration* first_registration = nullptr;

class FunctionCollector final : public Collector {
 public:
  FunctionCollector(Environment env, Registration::Function collect)
      : env_(std::move(env)), collect_(collect) {}
  Status Collect(FamilyWriter& out) override { return collect_(env_, out); }

 private:
  Environment env_;
  Registration::Function collect_;
};

}  // namespace

Registration::Registration(std::string_view name, Default enabled, Function collect) noexcept
    : name_(name),
      enabled_(enabled),
      collect_(collect),
      next_(std::exchange(first_registration, this)) {}

Registration::Registration(std::string_view name, Default enabled, Factory make) noexcept
    : name_(name), enabled_(enabled), make_(make), next_(std::exchange(first_registration, this)) {}

std::vector<const Registration*> Registration::All() {
  std::vector<const Registration*> all;
  for (const auto* entry = first_registration; entry != nullptr; entry = entry->next_) {
    all.push_back(entry);
  }
  std::ranges::sort(all, {}, &Registration::Name);
  return all;
}

std::unique_ptr<Collector> Registration::Make(const Environment& env) const {
  if (make_ != nullptr) return make_(env);
  return std::make_unique<FunctionCollector>(env, collect_);
}

}  // namespace procmarshal
