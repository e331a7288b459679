#include "collectors/statfs_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "tests/support/manual_clock.h"

namespace procmarshal::testing {
namespace {

using std::chrono::milliseconds;

// A host whose file systems answer, fail, or hang until they are released. Time passes only while
// a call begins to hang.
class Mounts {
 public:
  ~Mounts() { ReleaseAll(); }

  void LetFail(const std::string& path, int error) { errors_[path] = error; }
  void LetHang(const std::string& path, milliseconds passing = StatfsPool::kPatience) {
    const std::lock_guard lock(state_->mutex);
    state_->hanging[path] = passing;
  }
  void Release(const std::string& path) {
    {
      const std::lock_guard lock(state_->mutex);
      state_->hanging.erase(path);
    }
    state_->changed.notify_all();
  }
  void ReleaseAll() {
    {
      const std::lock_guard lock(state_->mutex);
      state_->hanging.clear();
    }
    state_->changed.notify_all();
  }

  // Returns when so many calls of this path have ended.
  void AwaitCalls(const std::string& path, int calls) {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait(lock, [&] { return state_->ended[path] == calls; });
  }
  // Returns when so many calls of `slow` have begun, and another thread has asked `other` since.
  void AwaitHelp(const std::string& slow, int calls, const std::string& other) {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait(
        lock, [&] { return state_->begun[slow] == calls && state_->last_ended == other; });
  }
  int Calls(const std::string& path) {
    const std::lock_guard lock(state_->mutex);
    return state_->begun[path];
  }
  std::size_t Threads() {
    const std::lock_guard lock(state_->mutex);
    return state_->threads.size();
  }

  // Calls may outlive this object.
  StatfsPool::Call Call() {
    return [state = state_, errors = errors_](const std::string& path, struct statfs& stats) {
      state->Enter(path);
      stats.f_blocks = path.size();
      const auto error = errors.find(path);
      return error == errors.end() ? 0 : error->second;
    };
  }
  const ManualClock& Clock() { return state_->clock; }

 private:
  struct State {
    void Enter(const std::string& path) {
      std::unique_lock lock(mutex);
      threads.insert(std::this_thread::get_id());
      ++begun[path];
      last_ended.clear();
      if (const auto found = hanging.find(path); found != hanging.end()) {
        clock.Advance(found->second);
        changed.wait(lock, [&] { return !hanging.contains(path); });
      }
      ++ended[path];
      last_ended = path;
      changed.notify_all();
    }

    ManualClock clock;
    std::mutex mutex;
    std::condition_variable changed;
    std::map<std::string, milliseconds> hanging;
    std::map<std::string, int> begun;
    std::map<std::string, int> ended;
    std::string last_ended;
    std::set<std::thread::id> threads;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
  std::map<std::string, int> errors_;
};

StatfsPool::Questions Remote(const std::vector<std::string>& paths) {
  std::vector<MountQuestion> questions;
  questions.reserve(paths.size());
  for (const std::string& path : paths) questions.push_back({.path = path, .is_local = false});
  return std::make_shared<const std::vector<MountQuestion>>(std::move(questions));
}

std::string Ask(StatfsPool& pool, const StatfsPool::Questions& questions) {
  std::string text;
  const auto answers = pool.Ask(questions);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    text += (*questions)[i].path;
    switch (answers[i].kind) {
      case MountAnswer::Kind::kNotAsked:
        text += " not asked\n";
        break;
      case MountAnswer::Kind::kHangs:
        text += " hangs\n";
        break;
      case MountAnswer::Kind::kFailed:
        text += " failed: " + std::to_string(answers[i].error) + "\n";
        break;
      case MountAnswer::Kind::kAnswered:
        text += " has " + std::to_string(answers[i].stats.f_blocks) + "\n";
        break;
    }
  }
  return text;
}

TEST(StatfsPool, AnswersInTheOrderOfTheQuestions) {
  Mounts mounts;
  mounts.LetFail("/bb", EACCES);
  StatfsPool pool(mounts.Clock(), mounts.Call());
  EXPECT_EQ(Ask(pool, Remote({"/", "/bb", "/ccc"})), "/ has 1\n/bb failed: 13\n/ccc has 4\n");
}

TEST(StatfsPool, NeedsOneThreadAsLongAsAllAnswer) {
  Mounts mounts;
  StatfsPool pool(mounts.Clock(), mounts.Call());
  for (int i = 0; i < 10; ++i) (void)Ask(pool, Remote({"/a", "/b", "/c"}));
  EXPECT_EQ(mounts.Threads(), 1U);
}

TEST(StatfsPool, HasNothingToDoWithoutQuestions) {
  Mounts mounts;
  StatfsPool pool(mounts.Clock(), mounts.Call());
  EXPECT_EQ(Ask(pool, Remote({})), "");
  EXPECT_EQ(mounts.Threads(), 0U);
}

TEST(StatfsPool, GivesUpOnWhatHangsAndAsksTheOthers) {
  Mounts mounts;
  mounts.LetHang("/dead");
  StatfsPool pool(mounts.Clock(), mounts.Call());
  EXPECT_EQ(Ask(pool, Remote({"/", "/dead", "/b"})), "/ has 1\n/dead hangs\n/b has 2\n");
}

TEST(StatfsPool, NeitherAsksNorWaitsAgainWhileItHangs) {
  Mounts mounts;
  mounts.LetHang("/dead");
  StatfsPool pool(mounts.Clock(), mounts.Call());
  (void)Ask(pool, Remote({"/dead", "/b"}));
  const BootTime before = mounts.Clock().Boot();
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(Ask(pool, Remote({"/dead", "/b"})), "/dead hangs\n/b has 2\n");
  EXPECT_EQ(mounts.Clock().Boot(), before);
  EXPECT_EQ(mounts.Calls("/dead"), 1);
  EXPECT_EQ(mounts.Threads(), 2U);
}

TEST(StatfsPool, AsksAgainWhenTheCallHasReturned) {
  Mounts mounts;
  mounts.LetHang("/dead");
  StatfsPool pool(mounts.Clock(), mounts.Call());
  const auto questions = Remote({"/dead", "/b"});
  (void)Ask(pool, questions);
  mounts.Release("/dead");
  mounts.AwaitCalls("/dead", 1);
  while (mounts.Calls("/dead") == 1) (void)Ask(pool, questions);  // the thread has yet to notice
  EXPECT_EQ(Ask(pool, questions), "/dead has 5\n/b has 2\n");
}

TEST(StatfsPool, WaitsLessForWhatHungTheLastTime) {
  Mounts mounts;
  mounts.LetHang("/slow");
  StatfsPool pool(mounts.Clock(), mounts.Call());
  const auto questions = Remote({"/slow", "/b"});
  (void)Ask(pool, questions);
  mounts.Release("/slow");
  mounts.AwaitCalls("/slow", 1);
  mounts.LetHang("/slow", milliseconds(40));
  while (mounts.Calls("/slow") == 1) (void)Ask(pool, questions);
  EXPECT_EQ(Ask(pool, questions), "/slow hangs\n/b has 2\n");
}

TEST(StatfsPool, GivesASlowServerItsTimeAgain) {
  Mounts mounts;
  StatfsPool pool(mounts.Clock(), mounts.Call());
  const auto questions = Remote({"/slow", "/b"});
  mounts.LetHang("/slow");
  (void)Ask(pool, questions);
  mounts.Release("/slow");
  mounts.AwaitCalls("/slow", 1);
  mounts.LetHang("/slow", milliseconds(40));
  while (mounts.Calls("/slow") == 1) (void)Ask(pool, questions);  // which waits less, in vain
  mounts.Release("/slow");
  mounts.AwaitCalls("/slow", 2);
  mounts.LetHang("/slow", milliseconds(40));
  std::string answers;
  std::thread asking([&] {
    while (mounts.Calls("/slow") == 2) answers = Ask(pool, questions);
  });
  mounts.AwaitHelp("/slow", 3, "/b");
  mounts.Release("/slow");
  asking.join();
  EXPECT_EQ(answers, "/slow has 5\n/b has 2\n");
}

TEST(StatfsPool, GetsHelpBeforeItGivesUp) {
  Mounts mounts;
  mounts.LetHang("/slow", milliseconds(40));
  StatfsPool pool(mounts.Clock(), mounts.Call());
  std::string answers;
  std::thread asking([&] { answers = Ask(pool, Remote({"/slow", "/b"})); });
  mounts.AwaitCalls("/b", 1);
  mounts.Release("/slow");
  asking.join();
  EXPECT_EQ(answers, "/slow has 5\n/b has 2\n");
}

// Nine servers die at once: their calls take kPatience together, not one after the other.
StatfsPool::Questions NineDeadOnes(Mounts& mounts) {
  std::vector<std::string> paths;
  for (char name = 'a'; name <= 'i'; ++name) {
    paths.push_back(std::string("/dead/") + name);
    mounts.LetHang(paths.back(), milliseconds(40));
  }
  mounts.LetHang("/dead/g", StatfsPool::kPatience);  // the seventh
  return Remote(paths);
}

TEST(StatfsPool, TakesAtMostSevenThreadsForServersThatHang) {
  Mounts mounts;
  const auto questions = NineDeadOnes(mounts);
  StatfsPool pool(mounts.Clock(), mounts.Call());
  const std::string expected =
      "/dead/a hangs\n/dead/b hangs\n/dead/c hangs\n/dead/d hangs\n/dead/e hangs\n/dead/f hangs\n"
      "/dead/g hangs\n/dead/h not asked\n/dead/i not asked\n";
  EXPECT_EQ(Ask(pool, questions), expected);
  EXPECT_EQ(Ask(pool, questions), expected);
  EXPECT_EQ(mounts.Threads(), 7U);
}

TEST(StatfsPool, AsksLocalFileSystemsWhenAllServersHang) {
  Mounts mounts;
  auto questions = *NineDeadOnes(mounts);
  questions.push_back({.path = "/", .is_local = true});
  const auto all = std::make_shared<const std::vector<MountQuestion>>(questions);
  StatfsPool pool(mounts.Clock(), mounts.Call());
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Ask(pool, all).ends_with("not asked\n/ has 1\n"));
}

TEST(StatfsPool, AsksTenSlowServersAndTheLocalOneMeanwhile) {
  Mounts mounts;
  std::vector<MountQuestion> questions;
  std::string expected;
  for (char name = 'a'; name <= 'j'; ++name) {
    questions.push_back({.path = std::string("/slow/") + name});
    mounts.LetHang(questions.back().path, milliseconds(40));
    expected += questions.back().path + " has 7\n";
  }
  questions.push_back({.path = "/", .is_local = true});
  const auto all = std::make_shared<const std::vector<MountQuestion>>(questions);
  StatfsPool pool(mounts.Clock(), mounts.Call());
  std::string answers;
  std::thread asking([&] { answers = Ask(pool, all); });
  mounts.AwaitCalls("/", 1);
  mounts.ReleaseAll();
  asking.join();
  EXPECT_EQ(answers, expected + "/ has 1\n");
}

TEST(StatfsPool, AsksNobodyWhenALocalFileSystemHangsToo) {
  Mounts mounts;
  auto questions = *NineDeadOnes(mounts);
  questions.push_back({.path = "/stuck", .is_local = true});
  questions.push_back({.path = "/", .is_local = true});
  mounts.LetHang("/stuck");
  const auto all = std::make_shared<const std::vector<MountQuestion>>(questions);
  StatfsPool pool(mounts.Clock(), mounts.Call());
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Ask(pool, all).ends_with("/stuck hangs\n/ not asked\n"));
}

TEST(StatfsPool, ForgetsWhatIsNotMountedAnyMore) {
  Mounts mounts;
  mounts.LetHang("/dead");
  StatfsPool pool(mounts.Clock(), mounts.Call());
  (void)Ask(pool, Remote({"/dead", "/b"}));
  EXPECT_EQ(Ask(pool, Remote({"/b", "/c"})), "/b has 2\n/c has 2\n");
}

TEST(StatfsPool, EndsWhileACallHangs) {
  Mounts mounts;
  mounts.LetHang("/dead");
  {
    StatfsPool pool(mounts.Clock(), mounts.Call());
    (void)Ask(pool, Remote({"/dead", "/b"}));
  }
  EXPECT_EQ(mounts.Calls("/dead"), 1);
}

}  // namespace
}  // namespace procmarshal::testing
