/// One command: metrics `status` (exit code), `value` (its output as a number), `body` (its
/// output).
#include "probe/kinds.hpp"
#include "probe/source.hpp"

namespace gunflint {
namespace {

class ExecProbe final : public Probe {
 public:
  ExecProbe(std::vector<std::string> argv, std::string metric, Processes& processes)
      : argv_(std::move(argv)), metric_(std::move(metric)), processes_(processes) {}

  Result<Reading> read() override {
    Command command;
    command.argv = argv_;
    command.deadline = 5s;
    GF_TRY_AS(const Exit exit, processes_.run(command));
    Reading reading;
    reading.text = exit.out;
    while (!reading.text.empty() && (reading.text.back() == '\n' || reading.text.back() == '\r'))
      reading.text.pop_back();
    if (metric_ == "status") {
      reading.series[""] = exit.code;
    } else if (metric_ == "value") {
      if (exit.code != 0)
        return fail(Cause::Io, "`" + argv_.front() + "` ended with " + std::to_string(exit.code) +
                                   (exit.err.empty() ? "" : ": " + first_line(exit.err)));
      const auto begin = reading.text.find_first_not_of(" \t");
      const auto value =
          sample_value(begin == std::string::npos ? std::string_view()
                                                  : std::string_view(reading.text).substr(begin));
      if (!value)
        return fail(Cause::BadInput,
                    "`" + argv_.front() + "` printed no number: " + first_line(reading.text));
      reading.series[""] = *value;
    }
    return reading;
  }

 private:
  static std::string first_line(const std::string& text) {
    return text.substr(0, std::min<std::size_t>(text.find('\n'), 120));
  }
  std::vector<std::string> argv_;
  std::string metric_;
  Processes& processes_;
};

}  // namespace

MadeProbe make_exec_probe(const OfExec& of, const std::string& metric, const ProbeHost& host) {
  if (of.argv.empty() || of.argv.front().empty())
    return fail(Cause::BadInput, "exec names no command; write a list of words");
  return std::make_unique<ExecProbe>(of.argv, metric, host.processes);
}

}  // namespace gunflint
