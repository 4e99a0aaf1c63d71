// The worker's side of spawned_worker.hpp.
#include <signal.h>

#include <atomic>
#include <mutex>

#include "host/fd.hpp"
#include "host/frame.hpp"
#include "load/loop_worker.hpp"
#include "load/spawned_worker.hpp"

namespace gunflint {
namespace {

class Server {
 public:
  Server(int in, int out, int loops, MakeCurlWire curl) : in_(in), out_(out) {
    worker_ = loop_worker([this](Slice slice) { say(std::move(slice)); },
                          [this](std::string why) { say_lost(std::move(why)); }, loops, curl);
  }

  int run() {
    while (left_ != 0) {
      auto document = read_frame(in_, frames_, 1s);
      if (!document && document.error().cause == Cause::TimedOut) continue;
      // The coordinator is gone: nobody wants this load any more.
      if (!document) return document.error().cause == Cause::Unreachable ? 0 : 2;
      const auto kind = document->text_or("kind");
      if (kind == "prepare") {
        if (!answer(prepare(*document))) return 0;
      } else if (kind == "begin") {
        const Time at{Duration(document->integer_or("at"))};
        if (auto begun = worker_->begin(at); !begun) say_lost(begun.error().message);
      } else if (kind == "stop") {
        worker_->stop();
      } else {
        return 2;
      }
    }
    return 0;
  }

 private:
  Result<void> prepare(const Value& ask) {
    const Value* written = ask.find("loads");
    if (!written) return fail(Cause::BadInput, "`prepare` without loads arrived");
    GF_TRY_AS(std::vector<LoadSpec> loads, decode<std::vector<LoadSpec>>(*written));
    left_ = static_cast<int>(loads.size());
    const WorkShare share{static_cast<int>(ask.integer_or("i")),
                          static_cast<int>(ask.integer_or("n", 1))};
    if (share.n < 1 || share.i < 0 || share.i >= share.n)
      return fail(Cause::BadInput, "`prepare` with a share that does not exist arrived");
    return worker_->prepare(loads, static_cast<std::uint64_t>(ask.integer_or("seed")), share);
  }
  bool answer(const Result<void>& result) {
    Value document = Value::map();
    document.set("kind", result ? "ready" : "failed");
    if (!result) {
      document.set("cause", static_cast<int>(result.error().cause));
      document.set("message", result.error().message);
    }
    return write(document);
  }
  void say(Slice slice) {
    Value document = Value::map();
    document.set("kind", "slice");
    document.set("slice", encode(slice));
    write(document);
    if (slice.last) --left_;
  }
  void say_lost(std::string why) {
    Value document = Value::map();
    document.set("kind", "lost");
    document.set("why", std::move(why));
    write(document);
    left_ = 0;
  }
  bool write(const Value& document) {
    const std::lock_guard lock(writing_);
    const bool written = write_frame(out_, document, 10s).has_value();
    if (!written) left_ = 0;
    return written;
  }

  int in_, out_;
  FrameReader frames_;
  std::mutex writing_;
  std::atomic<int> left_{-1};  ///< loads that have not said their last; -1 before prepare
  std::unique_ptr<Worker> worker_;
};

}  // namespace

int serve_worker(int in, int out, int loops, MakeCurlWire curl) {
  signal(SIGPIPE, SIG_IGN);
  return Server(in, out, loops, curl).run();
}

}  // namespace gunflint
