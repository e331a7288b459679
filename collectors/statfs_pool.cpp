// A round is one Ask(): its thread hands the questions out to workers, looks now and then at the
// clock, and gives up on calls that take too long. A worker whose call it gave up on belongs to no
// round until that call returns.
#include "collectors/statfs_pool.h"

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

namespace procmarshal {
namespace {

// Another worker joins when no question was taken for that long.
constexpr std::chrono::milliseconds kStep{40};

// With one that hung the last time: a server that is always late must not cost kPatience each time.
constexpr std::chrono::milliseconds kShortPatience{40};

// How often the clock is looked at while an answer is waited for.
constexpr std::chrono::milliseconds kLook{10};

}  // namespace

// What the threads need, for as long as the last of them lives.
class StatfsPool::Shared {
 public:
  Shared(const Clock& clock, Call call) : clock_(clock), call_(std::move(call)) {}

  // Hires for `self`, which the threads then own too.
  static std::vector<MountAnswer> Ask(const std::shared_ptr<Shared>& self, Questions questions);
  void Stop();

 private:
  struct Worker {
    std::thread thread;  // of who hires
    bool in_call = false;
    bool is_given_up = false;  // and in a call
    std::size_t question = 0;  // of this round, if in a call that was not given up
    std::string path;          // of the call
    BootTime since;            // when the call began
  };

  void Begin(Questions questions);
  void MarkAsHanging(const std::string& path);
  static bool Hire(const std::shared_ptr<Shared>& self);
  static bool Spawn(const std::shared_ptr<Shared>& self);
  void LookAtTheClock(BootTime begin);
  [[nodiscard]] bool HasHadItsTime(const Worker& worker, BootTime now) const;
  void GiveUp(Worker& worker);
  [[nodiscard]] std::vector<std::thread> LetGo();
  [[nodiscard]] bool IsOver() const { return IsHandedOut() && open_calls_ == 0; }
  [[nodiscard]] bool IsHandedOut() const { return next_ == questions_->size(); }
  [[nodiscard]] bool MayTake(std::size_t question, bool is_last) const;
  [[nodiscard]] bool HasNobody() const { return open_calls_ == 0 && wanted_ == 0; }

  static void Work(const std::shared_ptr<Shared>& self, Worker& worker);
  std::optional<std::size_t> Take();
  void SkipTaken();
  void ForgiveIfQuick(const Worker& worker);
  void AskOne(std::unique_lock<std::mutex>& lock, Worker& worker, std::size_t question);

  const Clock& clock_;  // not used by workers any more when the pool stops
  const Call call_;
  std::mutex mutex_;
  std::condition_variable work_;  // somebody is wanted, or it is time to stop
  std::condition_variable over_;  // the round is

  // All of the following is guarded by mutex_.
  bool is_stopping_ = false;
  std::list<Worker> workers_;
  std::size_t idle_ = 0;    // workers that wait to be wanted
  std::size_t wanted_ = 0;  // workers that are called for and have not come yet
  Questions questions_ = std::make_shared<const std::vector<MountQuestion>>();
  std::vector<MountAnswer> answers_;
  std::vector<bool> is_taken_;  // by question
  std::size_t next_ = 0;        // the first that is not taken
  std::size_t open_calls_ = 0;  // of this round
  BootTime last_taken_;         // when a question was, or somebody was hired to
  std::set<std::string> late_;  // paths that hung the last time
};

void StatfsPool::Shared::Begin(Questions questions) {
  if (questions != questions_) late_.clear();
  questions_ = std::move(questions);
  answers_.assign(questions_->size(), {});
  is_taken_.assign(questions_->size(), false);
  for (const Worker& worker : workers_) {
    if (worker.in_call) MarkAsHanging(worker.path);
  }
  next_ = 0;
  SkipTaken();
}

void StatfsPool::Shared::MarkAsHanging(const std::string& path) {
  const auto found = std::ranges::find(*questions_, path, &MountQuestion::path);
  if (found == questions_->end()) return;
  const auto question = static_cast<std::size_t>(found - questions_->begin());
  answers_[question].kind = MountAnswer::Kind::kHangs;
  is_taken_[question] = true;
}

std::vector<MountAnswer> StatfsPool::Shared::Ask(const std::shared_ptr<Shared>& self,
                                                 Questions questions) {
  Shared& pool = *self;
  const BootTime begin = pool.clock_.Boot();
  std::unique_lock lock(pool.mutex_);
  pool.Begin(std::move(questions));
  while (!pool.IsOver()) {
    if (pool.HasNobody() && !Hire(self)) pool.next_ = pool.questions_->size();
    if (pool.over_.wait_for(lock, kLook, [&pool] { return pool.IsOver(); })) break;
    pool.LookAtTheClock(begin);
    if (pool.clock_.Boot() - pool.last_taken_ >= kStep && !pool.IsHandedOut()) Hire(self);
  }
  pool.wanted_ = 0;
  return std::move(pool.answers_);
}

// False if nobody can be had.
bool StatfsPool::Shared::Hire(const std::shared_ptr<Shared>& self) {
  Shared& pool = *self;
  if (pool.idle_ <= pool.wanted_ && !Spawn(self)) return false;
  ++pool.wanted_;
  pool.last_taken_ = pool.clock_.Boot();
  pool.work_.notify_one();
  return true;
}

// A further worker; false if there are as many as there may be.
bool StatfsPool::Shared::Spawn(const std::shared_ptr<Shared>& self) {
  std::list<Worker>& workers = self->workers_;
  if (workers.size() == kMostThreads) return false;
  Worker& worker = workers.emplace_back();
  try {
    worker.thread = std::thread(&Work, self, std::ref(worker));
  } catch (const std::system_error&) {  // too many threads of this user or unit
    workers.pop_back();
    return false;
  }
  return true;
}

void StatfsPool::Shared::LookAtTheClock(BootTime begin) {
  const BootTime now = clock_.Boot();
  const bool is_late = now - begin >= kLongest;
  if (is_late) next_ = questions_->size();
  for (Worker& worker : workers_) {
    if (worker.in_call && !worker.is_given_up && (is_late || HasHadItsTime(worker, now))) {
      GiveUp(worker);
    }
  }
}

bool StatfsPool::Shared::HasHadItsTime(const Worker& worker, BootTime now) const {
  return now - worker.since >= (late_.contains(worker.path) ? kShortPatience : kPatience);
}

void StatfsPool::Shared::GiveUp(Worker& worker) {
  worker.is_given_up = true;
  late_.insert(worker.path);
  answers_[worker.question].kind = MountAnswer::Kind::kHangs;
  --open_calls_;
}

void StatfsPool::Shared::Work(const std::shared_ptr<Shared>& self, Worker& worker) {
  Shared& pool = *self;
  std::unique_lock lock(pool.mutex_);
  while (true) {
    ++pool.idle_;
    pool.work_.wait(lock, [&pool] { return pool.is_stopping_ || pool.wanted_ > 0; });
    --pool.idle_;
    if (pool.is_stopping_) return;
    --pool.wanted_;
    while (const auto question = pool.Take()) pool.AskOne(lock, worker, *question);
    if (pool.IsOver()) pool.over_.notify_one();
  }
}

// The next question that is for this worker. What the last one may not ask waits for one that comes
// back from a call of this round; when there is none, nobody will ask it.
std::optional<std::size_t> StatfsPool::Shared::Take() {
  if (is_stopping_) return std::nullopt;
  const auto in_call = std::ranges::count(workers_, true, &Worker::in_call);
  const bool is_last = static_cast<std::size_t>(in_call) + 1 == kMostThreads;
  for (std::size_t question = next_; question < questions_->size(); ++question) {
    if (!MayTake(question, is_last)) continue;
    is_taken_[question] = true;
    SkipTaken();
    return question;
  }
  if (open_calls_ == 0) next_ = questions_->size();
  return std::nullopt;
}

bool StatfsPool::Shared::MayTake(std::size_t question, bool is_last) const {
  return !is_taken_[question] && (!is_last || (*questions_)[question].is_local);
}

void StatfsPool::Shared::SkipTaken() {
  while (!IsHandedOut() && is_taken_[next_]) ++next_;
}

void StatfsPool::Shared::AskOne(std::unique_lock<std::mutex>& lock, Worker& worker,
                                std::size_t question) {
  worker.in_call = true;
  worker.question = question;
  worker.path = (*questions_)[question].path;
  worker.since = last_taken_ = clock_.Boot();
  ++open_calls_;
  lock.unlock();
  MountAnswer answer;
  answer.error = call_(worker.path, answer.stats);
  answer.kind = answer.error == 0 ? MountAnswer::Kind::kAnswered : MountAnswer::Kind::kFailed;
  lock.lock();
  worker.in_call = false;
  if (std::exchange(worker.is_given_up, false)) {
    ForgiveIfQuick(worker);
    return;
  }
  answers_[question] = answer;
  late_.erase(worker.path);
  --open_calls_;
}

// Only slow, the server gets its full time again. After the end there may be no clock.
void StatfsPool::Shared::ForgiveIfQuick(const Worker& worker) {
  if (!is_stopping_ && clock_.Boot() - worker.since < kPatience) late_.erase(worker.path);
}

void StatfsPool::Shared::Stop() {
  for (std::thread& thread : LetGo()) thread.join();
}

// Leaves the threads that hang to themselves, and returns those that will end at once.
std::vector<std::thread> StatfsPool::Shared::LetGo() {
  std::vector<std::thread> ending;
  const std::lock_guard lock(mutex_);
  is_stopping_ = true;
  for (Worker& worker : workers_) {
    if (!worker.in_call) ending.push_back(std::move(worker.thread));
    if (worker.in_call) worker.thread.detach();
  }
  work_.notify_all();
  return ending;
}

StatfsPool::StatfsPool(const Clock& clock, Call call)
    : shared_(std::make_shared<Shared>(clock, std::move(call))) {}

StatfsPool::~StatfsPool() {
  shared_->Stop();
}

std::vector<MountAnswer> StatfsPool::Ask(Questions questions) {
  return Shared::Ask(shared_, std::move(questions));
}

}  // namespace procmarshal
