#include "collectors/slow_files.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <mutex>

#include "tests/support/manual_clock.h"

namespace procmarshal::testing {
namespace {

using std::chrono::seconds;

// A driver that answers "1", "2", ... at once, or hangs until it is released. Time passes only
// while it begins to hang. Reads may outlive it.
class Driver {
 public:
  ~Driver() { Release(); }

  void LetHang() { Set(true); }
  void Release() { Set(false); }
  int Reads() {
    const std::lock_guard lock(state_->mutex);
    return state_->begun;
  }
  ManualClock& Clock() { return state_->clock; }
  SlowFiles::Read Read() {
    return [state = state_](const std::string& path) { return state->Answer(path); };
  }

 private:
  struct State {
    std::optional<std::string> Answer(const std::string& path) {
      std::unique_lock lock(mutex);
      const int number = ++begun;
      if (hangs) clock.Advance(SlowFiles::kPatience);
      changed.wait(lock, [&] { return !hangs; });
      if (path == "absent") return std::nullopt;
      return std::to_string(number);
    }
    ManualClock clock;
    std::mutex mutex;
    std::condition_variable changed;
    bool hangs = false;
    int begun = 0;
  };
  void Set(bool hangs) {
    {
      const std::lock_guard lock(state_->mutex);
      state_->hangs = hangs;
    }
    state_->changed.notify_all();
  }
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

class SlowFilesTest : public ::testing::Test {
 protected:
  std::map<std::string, std::string> Get(const std::vector<std::string>& paths) {
    const auto contents = files_.Get(paths);
    if (!contents) return {{"error", contents.error().message}};
    return {(*contents)->begin(), (*contents)->end()};
  }
  using Map = std::map<std::string, std::string>;

  Driver driver_;
  ManualClock& clock_ = driver_.Clock();
  SlowFiles files_{clock_, seconds(10), driver_.Read()};
};

TEST_F(SlowFilesTest, ReadsWhatAnswersAtOnce) {
  EXPECT_EQ(Get({"a", "absent", "b"}), (Map{{"a", "1"}, {"b", "3"}}));
}

TEST_F(SlowFilesTest, ReadsAgainWhenItIsTime) {
  (void)Get({"a"});
  clock_.Advance(seconds(9));
  EXPECT_EQ(Get({"a"}), (Map{{"a", "1"}}));
  clock_.Advance(seconds(1));
  EXPECT_EQ(Get({"a"}), (Map{{"a", "2"}}));
}

TEST_F(SlowFilesTest, ReadsOtherFilesAtOnce) {
  (void)Get({"a"});
  EXPECT_EQ(Get({"b"}), (Map{{"b", "2"}}));
  EXPECT_EQ(Get({}), Map{});
}

TEST_F(SlowFilesTest, ShowsWhatItReadBeforeWhileADriverHangs) {
  (void)Get({"a"});
  driver_.LetHang();
  clock_.Advance(seconds(10));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Get({"a"}), (Map{{"a", "1"}}));
  EXPECT_EQ(driver_.Reads(), 2);
}

TEST_F(SlowFilesTest, ForgetsWhatItReadBeforeWhenADriverHangsForLong) {
  (void)Get({"a"});
  driver_.LetHang();
  clock_.Advance(seconds(10));
  (void)Get({"a"});
  clock_.Advance(SlowFiles::kLongest - SlowFiles::kPatience);
  EXPECT_EQ(Get({"a"}), (Map{{"a", "1"}}));
  clock_.Advance(seconds(1));
  EXPECT_EQ(Get({"a"}), Map{});
}

TEST_F(SlowFilesTest, ShowsALateAnswerHoweverLateItIsAskedFor) {
  driver_.LetHang();
  (void)Get({"a"});
  driver_.Release();
  while (Get({"a"}).empty()) {
  }
  clock_.Advance(std::chrono::hours(1));
  EXPECT_EQ(Get({"a"}), (Map{{"a", "1"}}));
}

TEST_F(SlowFilesTest, ShowsALateAnswerTheNextTime) {
  driver_.LetHang();
  EXPECT_EQ(Get({"a"}), Map{});
  driver_.Release();
  Map found;
  while (found.empty()) found = Get({"a"});  // the thread has yet to notice
  EXPECT_EQ(found, (Map{{"a", "1"}}));
}

// Who waited would see the second answer.
TEST_F(SlowFilesTest, DoesNotWaitForADriverThatTookLongTheLastTime) {
  driver_.LetHang();
  (void)Get({"a"});
  driver_.Release();
  while (Get({"a"}).empty()) {
  }
  clock_.Advance(seconds(10));
  EXPECT_EQ(Get({"a"}), (Map{{"a", "1"}}));
  while (Get({"a"}) == Map{{"a", "1"}}) {
  }
  clock_.Advance(seconds(10));
  EXPECT_EQ(Get({"a"}), (Map{{"a", "3"}}));  // it was quick again
}

TEST_F(SlowFilesTest, EndsWhileADriverHangs) {
  driver_.LetHang();
  {
    SlowFiles files(clock_, seconds(1), driver_.Read());
    (void)files.Get({"a"});
  }
  EXPECT_EQ(driver_.Reads(), 1);
}

}  // namespace
}  // namespace procmarshal::testing
