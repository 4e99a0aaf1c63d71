#pragma once
/// The agent's side of holders: starts them inert, lets them act when the ledger knows them,
/// watches their heartbeats, ends them. Never blocks: answers come through callbacks, from `poll`.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <poll.h>

#include "agent/ledger.hpp"
#include "gunflint/host/host.hpp"
#include "host/frame.hpp"
#include "host/holder_board.hpp"

namespace gunflint {

class HolderKeeper {
 public:
  /// `program`: this binary, by descriptor. `arguments`: its argv up to the holder's kind.
  /// `record`: makes a HOLDER line durable; called before the holder may act.
  HolderKeeper(int program, std::vector<std::string> arguments,
               std::function<Result<void>(const HolderLine&)> record)
      : program_(program), arguments_(std::move(arguments)), record_(std::move(record)) {}
  ~HolderKeeper();
  HolderKeeper(const HolderKeeper&) = delete;
  HolderKeeper& operator=(const HolderKeeper&) = delete;

  using Reply = std::function<void(Result<void>)>;
  void start(const std::string& kind, const Value& config, const Tag& tag, Reply reply);
  void stop(const Tag& tag, Reply reply);
  Result<Value> stats(const Tag& tag) const;
  bool running(const Tag& tag) const;

  void add_polls(std::vector<pollfd>& into) const;
  /// Takes what has happened, and kills what is overdue. `late`: how much later than planned this
  /// loop came round; a holder is not blamed for the agent's own stall.
  void poll(Duration late);

 private:
  struct Holder {
    std::string kind;
    Value config;
    int pid = 0;
    Fd handle, control;
    FrameReader words;
    HolderBoardMap board;
    Time started{}, stop_by{};
    bool ready = false, stopping = false;
    Reply on_ready;
    std::vector<Reply> on_stopped;
  };
  Result<Holder> launch(const std::string& kind, const Value& config, const Tag& tag);
  void hear(Holder& holder);
  void check_time(Holder& holder, Duration late);
  void ended(const std::string& tag);

  int program_;
  std::vector<std::string> arguments_;
  std::function<Result<void>(const HolderLine&)> record_;
  std::map<std::string, Holder> holders_;  ///< by tag
};

/// Holders of an agent that is no more, known from its ledger: they can be asked about and ended,
/// not started.
class OrphanHolders final : public Holders {
 public:
  /// Those of other pid namespaces are left out.
  explicit OrphanHolders(std::vector<HolderLine> known);
  Result<void> start(const std::string& kind, const Value&, const Tag& tag) override;
  Result<Value> stats(const Tag& tag) override;
  /// They end by themselves at the end of their agent; who has not after 300 ms is killed.
  Result<void> stop(const Tag& tag) override;
  Result<bool> running(const Tag& tag) override;

 private:
  std::vector<HolderLine> known_;
};

}  // namespace gunflint
