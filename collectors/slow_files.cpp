#include "collectors/slow_files.h"

#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace procmarshal {
namespace {

// How often the clock is looked at while the thread reads.
constexpr std::chrono::milliseconds kLook{10};

}  // namespace

// What the thread needs, for as long as it lives.
class SlowFiles::Shared {
 public:
  Shared(const Clock& clock, std::chrono::seconds every, Read read)
      : clock_(clock), every_(every), read_(std::move(read)) {}

  static Result<std::shared_ptr<const Contents>> Get(const std::shared_ptr<Shared>& self,
                                                     const std::vector<std::string>& paths);
  void Stop();

 private:
  [[nodiscard]] bool IsTimeFor(const std::vector<std::string>& paths) const;
  void Order(const std::vector<std::string>& paths, std::unique_lock<std::mutex>& lock);
  // How long the thread has been reading.
  [[nodiscard]] BootClock::duration Taken() const { return clock_.Boot() - begin_; }
  static Status Start(const std::shared_ptr<Shared>& self);
  static void Work(const std::shared_ptr<Shared>& self);
  void ReadAll(std::unique_lock<std::mutex>& lock);

  const Clock& clock_;  // not used by the thread any more when it stops
  const std::chrono::seconds every_;
  const Read read_;
  std::thread thread_;  // of who calls Get()
  std::mutex mutex_;
  std::condition_variable work_;  // there is something to read, or it is time to stop
  std::condition_variable over_;  // all was read

  // All of the following is guarded by mutex_.
  bool is_stopping_ = false;
  bool is_reading_ = false;
  bool is_quick_ = true;  // it took less than kPatience the last time
  std::vector<std::string> paths_;
  BootTime begin_;  // of reading them
  std::shared_ptr<const Contents> contents_ = std::make_shared<const Contents>();
};

Result<std::shared_ptr<const SlowFiles::Contents>> SlowFiles::Shared::Get(
    const std::shared_ptr<Shared>& self, const std::vector<std::string>& paths) {
  Shared& files = *self;
  std::unique_lock lock(files.mutex_);
  if (!files.is_reading_ && files.IsTimeFor(paths)) {
    if (const Status started = Start(self); !started) return tl::unexpected(started.error());
    files.Order(paths, lock);
  }
  if (files.is_reading_ && files.Taken() > kLongest) {
    files.contents_ = std::make_shared<const Contents>();
  }
  return files.contents_;
}

// Has the thread read them.
void SlowFiles::Shared::Order(const std::vector<std::string>& paths,
                              std::unique_lock<std::mutex>& lock) {
  paths_ = paths;
  begin_ = clock_.Boot();
  is_reading_ = true;
  work_.notify_one();
  while (is_quick_ && is_reading_ && Taken() < kPatience) over_.wait_for(lock, kLook);
}

bool SlowFiles::Shared::IsTimeFor(const std::vector<std::string>& paths) const {
  return paths != paths_ || (!paths.empty() && clock_.Boot() - begin_ >= every_);
}

Status SlowFiles::Shared::Start(const std::shared_ptr<Shared>& self) {
  if (self->thread_.joinable()) return {};
  try {
    self->thread_ = std::thread(&Work, self);
  } catch (const std::system_error& error) {  // too many threads of this user or unit
    return Fail(ErrorCode::kUnavailable, std::string("start a thread: ") + error.what());
  }
  return {};
}

void SlowFiles::Shared::Work(const std::shared_ptr<Shared>& self) {
  Shared& files = *self;
  std::unique_lock lock(files.mutex_);
  while (true) {
    files.work_.wait(lock, [&files] { return files.is_stopping_ || files.is_reading_; });
    files.ReadAll(lock);
    if (files.is_stopping_) return;
    files.is_reading_ = false;
    files.is_quick_ = files.Taken() < kPatience;
    files.over_.notify_one();
  }
}

void SlowFiles::Shared::ReadAll(std::unique_lock<std::mutex>& lock) {
  auto contents = std::make_shared<Contents>();
  for (const std::string& path : paths_) {  // nobody changes them while is_reading_
    if (is_stopping_) return;
    lock.unlock();
    auto content = read_(path);
    lock.lock();
    if (content) contents->emplace(path, *std::move(content));
  }
  contents_ = std::move(contents);
}

void SlowFiles::Shared::Stop() {
  std::unique_lock lock(mutex_);
  is_stopping_ = true;
  const bool may_hang = is_reading_;
  lock.unlock();
  work_.notify_one();
  if (!thread_.joinable()) return;
  if (may_hang) {
    thread_.detach();
  } else {
    thread_.join();
  }
}

SlowFiles::SlowFiles(const Clock& clock, std::chrono::seconds every, Read read)
    : shared_(std::make_shared<Shared>(clock, every, std::move(read))) {}

SlowFiles::~SlowFiles() {
  shared_->Stop();
}

Result<std::shared_ptr<const SlowFiles::Contents>> SlowFiles::Get(
    const std::vector<std::string>& paths) {
  return Shared::Get(shared_, paths);
}

}  // namespace procmarshal
