// The one user of Boost.Process (v2 of Boost 1.81) and with it of Asio. What that version does not
// give is done in `Child`, in the child between fork and exec:
//   - its closing of descriptors leaves those below its own error pipe open (it compares each entry
//     of its list with itself), so all are marked close-on-exec here;
//   - after an exec that failed it calls exit(), which would run our destructors a second time;
//   - it reaps no child whose exec failed, and kills only the child, not its group.
#define BOOST_PROCESS_USE_STD_FS 1
// Each io_context here has one thread; and g++ refuses fences under ThreadSanitizer (-Wtsan).
#define BOOST_ASIO_DISABLE_FENCED_BLOCK 1

#include "host/launch.hpp"

#include <array>
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// What the headers of Process v2 use without including it.
#include <boost/optional.hpp>
#include <boost/type_traits/decay.hpp>
#include <boost/type_traits/is_convertible.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/readable_pipe.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/writable_pipe.hpp>
#include <boost/process/v2/posix/default_launcher.hpp>
#include <boost/process/v2/process.hpp>
#include <boost/process/v2/stdio.hpp>
// Not among the headers of 1.81, though the launcher calls it.
#include <boost/process/v2/posix/detail/close_handles.ipp>

#include <fmt/format.h>

#include "host/no_broken_pipe.hpp"

namespace gunflint {
namespace {

namespace asio = boost::asio;
namespace process = boost::process::v2;
using boost::system::error_code;

constexpr std::size_t output_limit = 1u << 20;

/// Administration tools live in sbin, which a user's PATH often leaves out.
std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* path = std::getenv("PATH");
  std::string folders = path != nullptr ? path : "";
  folders += ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  std::string_view rest = folders;
  while (!rest.empty()) {
    const auto colon = std::min(rest.find(':'), rest.size());
    const auto folder = rest.substr(0, colon);
    rest.remove_prefix(std::min(colon + 1, rest.size()));
    if (folder.empty() || folder[0] != '/') continue;  // never a program from the current folder
    std::string candidate = fmt::format("{}/{}", folder, name);
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

/// What becomes of the child between fork and exec: only calls that a forked thread may make.
struct Child {
  bool group = true, session = false;
  int death_signal = 0;
  int parent = ::getpid();

  template <class Launcher>
  error_code on_exec_setup(Launcher&, const std::filesystem::path&, const char* const*&) {
    if (session) ::setsid();
    if (group) ::setpgid(0, 0);
    if (death_signal != 0) {
      ::prctl(PR_SET_PDEATHSIG, death_signal);
      if (::getppid() != parent) ::_exit(127);
    }
    for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    constexpr unsigned close_on_exec = 4;  // CLOSE_RANGE_CLOEXEC, Linux 5.11
    if (::syscall(SYS_close_range, 3u, ~0u, close_on_exec) != 0)
      return {errno, boost::system::system_category()};
    return {};
  }
  /// Called, with the same words in two orders, instead of letting exit() run.
  template <class... Words>
  void on_exec_error(Words&&...) {
    ::_exit(127);
  }
};

/// No handler of ours runs in a child that has not yet become another program.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~AllSignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

using Process = process::basic_process<asio::io_context::executor_type>;

/// Boost's own words for it would be "default_launcher: No such file or directory".
Result<Process> start(asio::io_context& context, const std::vector<std::string>& argv,
                      process::process_stdio&& streams, Child child) {
  if (argv.empty()) return fail(Cause::BadInput, "a command without words was to be run");
  const std::string program = find_program(argv[0]);
  if (program.empty())
    return fail(Cause::Unsupported,
                fmt::format("there is no program `{}` on this host; install it", argv[0]));
  std::vector<const char*> words;
  for (const auto& word : argv) words.push_back(word.c_str());
  words.push_back(nullptr);
  process::posix::default_launcher launcher;
  const AllSignalsBlocked blocked;
  error_code error;
  try {
    Process started = launcher(context.get_executor(), error, std::filesystem::path(program),
                               words.data(), std::move(streams), child);
    if (!error) return started;
    if (launcher.pid > 0) ::waitpid(launcher.pid, nullptr, 0);
    return fail_errno(error.value(), "run " + program);
  } catch (const std::exception&) {
    // It runs, but there is no handle of it.
    if (launcher.pid > 0) {
      ::kill(launcher.pid, SIGKILL);
      ::waitpid(launcher.pid, nullptr, 0);
    }
    return fail(Cause::Io, "no handle of a new process could be opened; too many open files?");
  }
}

/// One command and its three pipes, until it has ended or its time is over.
class Conversation {
 public:
  explicit Conversation(const Command& command) : command_(command), input_(command.input) {}

  Result<Exit> run() {
    auto started = start(context_, command_.argv, {in_, out_, err_}, Child{});
    if (!started) return fail(std::move(started).error());
    Process child = std::move(*started);
    const int group = child.id();
    give();
    take(out_, exit_.out, out_buffer_);
    take(err_, exit_.err, err_buffer_);
    deadline_.expires_after(command_.deadline);
    deadline_.async_wait([this](error_code error) {
      if (!error) context_.stop();
    });
    child.async_wait([this](error_code, int) {
      ended_ = true;
      context_.stop();
    });
    context_.run();
    if (!ended_) {
      // The group also holds what the command left running in the background of a timeout.
      ::kill(-group, SIGKILL);
      error_code ignored;
      child.wait(ignored);
      return fail(Cause::TimedOut,
                  fmt::format("`{}` had not ended after {} and was killed",
                              fmt::join(command_.argv, " "), human(command_.deadline)));
    }
    take_rest(out_, exit_.out, out_buffer_);
    take_rest(err_, exit_.err, err_buffer_);
    const int status = child.native_exit_code();
    exit_.code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return std::move(exit_);
  }

 private:
  using Buffer = std::array<char, 16384>;

  static void keep(std::string& into, const Buffer& buffer, std::size_t size) {
    const auto room = output_limit - std::min(into.size(), output_limit);
    into.append(buffer.data(), std::min(size, room));
  }
  void take(asio::readable_pipe& pipe, std::string& into, Buffer& buffer) {
    pipe.async_read_some(asio::buffer(buffer),
                         [this, &pipe, &into, &buffer](error_code error, std::size_t size) {
                           keep(into, buffer, size);
                           if (!error) take(pipe, into, buffer);
                         });
  }
  /// What it wrote before it ended, and no more: a grandchild may keep the pipe open.
  static void take_rest(asio::readable_pipe& pipe, std::string& into, Buffer& buffer) {
    const int fd = pipe.native_handle();
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    for (;;) {
      const ssize_t size = ::read(fd, buffer.data(), buffer.size());
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) return;
      keep(into, buffer, static_cast<std::size_t>(size));
    }
  }
  /// A program that does not want its input is no failure of ours.
  void give() {
    if (input_.empty()) return close_input();
    in_.async_write_some(asio::buffer(input_.data(), input_.size()),
                         [this](error_code error, std::size_t size) {
                           input_.remove_prefix(size);
                           if (error) return close_input();
                           give();
                         });
  }
  void close_input() {
    error_code ignored;
    in_.close(ignored);
  }

  const Command& command_;
  std::string_view input_;
  asio::io_context context_{1};
  asio::writable_pipe in_{context_};
  asio::readable_pipe out_{context_}, err_{context_};
  asio::steady_timer deadline_{context_};
  Buffer out_buffer_, err_buffer_;
  Exit exit_;
  bool ended_ = false;
};

/// Of a stream that stays the caller's own, its own number.
int stream(int given, int own) { return given < 0 ? own : given; }

}  // namespace

Result<int> launch(const Launch& order) {
  try {
    asio::io_context context{1};
    auto child = start(context, order.argv,
                       {stream(order.in, 0), stream(order.out, 1), stream(order.err, 2)},
                       Child{!order.session && !order.stays, order.session, order.death_signal});
    if (!child) return fail(std::move(child).error());
    return child->detach().id();
  } catch (const std::exception& error) {
    return fail(Cause::Io, fmt::format("`{}` could not be started: {}",
                                       order.argv.empty() ? "" : order.argv[0], error.what()));
  }
}

Result<Exit> run_to_the_end(const Command& command) {
  try {
    const NoBrokenPipe quiet;
    return Conversation(command).run();
  } catch (const std::exception& error) {
    return fail(Cause::Io, fmt::format("`{}` could not be run: {}", fmt::join(command.argv, " "),
                                       error.what()));
  }
}

}  // namespace gunflint
