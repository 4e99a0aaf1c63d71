#pragma once
/// The coordinator's end of the pipe to one agent: frames, beats every third of the lease for as
/// long as the coordinator's pulse is felt, and a thread that reads. What the agent says unasked,
/// and answers to injections, go to `on_answer`.

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/agent_process.hpp"
#include "engine/heartbeat.hpp"
#include "gunflint/model/message.hpp"
#include "host/frame.hpp"

namespace gunflint {

class AgentLink {
 public:
  using OnAnswer = std::function<void(Answer)>;
  using OnGone = std::function<void(std::string why)>;

  /// Whose beats they are: `pulse` must outlive the link; none: it is always well. It is beaten
  /// three times in each lease, also in the shortest that one of its faults has.
  struct Beats {
    const JudgePulse* pulse = nullptr;
    Duration shortest_lease = 1h;
  };
  /// Starts the agent and greets it. `on_answer` and `on_gone` are called from the link's thread;
  /// `on_gone` at most once, and not after `farewell`.
  static Result<std::unique_ptr<AgentLink>> open(const std::vector<std::string>& argv,
                                                 const Hello& hello, OnAnswer on_answer,
                                                 OnGone on_gone, Beats beats);
  static Result<std::unique_ptr<AgentLink>> open(const std::vector<std::string>& argv,
                                                 const Hello& hello, OnAnswer on_answer = nullptr,
                                                 OnGone on_gone = nullptr) {
    return open(argv, hello, std::move(on_answer), std::move(on_gone), Beats{});
  }
  ~AgentLink();

  const Welcome& welcome() const { return welcome_; }
  /// SIGKILL to guardian, agent and their children if the link was lost by silence: what is
  /// stopped must not wake up in the middle of somebody else's undo.
  void fence();
  /// Sends and waits for the answer with the same id; a `Failed` becomes an Error.
  Result<Answer> call(const AgentRequest& request, Duration deadline);
  /// Sends; the answer goes to `on_answer`. What cannot be written breaks the link: it is lost.
  Result<void> send(const AgentRequest& request);
  /// Bye, and what the agent said to it. The link is over afterwards.
  Result<Closed> farewell(Duration deadline);
  /// The same without waiting: `on_closed` is called from the link's thread.
  void farewell_later(std::function<void(Closed)> on_closed);

 private:
  AgentLink(AgentProcess child, Duration lease, Beats beats, OnAnswer on_answer, OnGone on_gone);
  Result<Answer> wait_for(std::uint64_t id, Duration deadline);
  Result<std::uint64_t> write(const AgentRequest& request, bool awaited);
  void read_on(const std::stop_token& stop);
  bool take(FrameReader& frames, bool* heard);
  std::string what_is_broken();
  void deliver(std::uint64_t id, Answer answer);
  void lose(std::string why);

  AgentProcess child_;
  Duration lease_;
  Beats beats_;
  OnAnswer on_answer_;
  OnGone on_gone_;
  std::function<void(Closed)> on_closed_;
  Welcome welcome_;
  std::atomic<bool> greeted_ = false;  ///< set after welcome_, which then stays as it is
  std::mutex mutex_;                   ///< guards all below, and writing
  std::condition_variable changed_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, std::optional<Answer>> awaited_;
  bool gone_ = false, leaving_ = false, silent_ = false;
  std::string why_gone_;
  std::string broken_;   ///< why a write failed; the reader then loses the link
  std::jthread reader_;  ///< last: ends before the rest
};

}  // namespace gunflint
