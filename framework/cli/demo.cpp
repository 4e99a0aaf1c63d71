// gunflint demo: the founding incident on this machine. It opens a small shop (gunflint-shop,
// haproxy), runs the experiments of experiments/shop against it, one after the other, and says what
// each one shows.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/child.hpp"
#include "cli/commands.hpp"
#include "cli/complain.hpp"
#include "demo_experiments.hpp"

namespace gunflint {
namespace {

namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;

struct Act {
  std::string title, file, fleet, surge, lesson;
  Outcome expected;
};

/// What the incident was, in four acts. `fleet`: how the shop stands when the act begins.
const std::vector<Act>& acts() {
  static const std::vector<Act> all{
      {"A surge meets a worker limit that is too small", "1-surge.yaml", "plain", "50/s",
       "Two instances with two workers each serve 22 journeys a second; 50 came. The balancer is "
       "fine, the\n"
       "machines are idle: people wait for a worker.",
       Outcome::Failed},
      {"The autoscaler doubles the fleet", "2-surge-autoscaled.yaml", "autoscaled", "50/s",
       "Scaling worked, and did not help enough: every new instance inherits the same limit.",
       Outcome::Failed},
      {"The limit is raised", "3-limit-raised.yaml", "plain", "50/s",
       "The same machines, the same surge, one setting changed: everybody buys. (It was put back "
       "afterwards.)",
       Outcome::Held},
      {"One instance is killed under load", "4-lose-one.yaml", "tuned", "20/s",
       "The balancer routes around it, the fleet replaces it, few notice: a recovery plan that has "
       "been tried.",
       Outcome::Held},
  };
  return all;
}

class Shop {
 public:
  Shop(std::string program, fs::path dir, int port, const std::string& fleet)
      : dir_(std::move(dir)), port_(port) {
    fs::create_directories(dir_);
    fs::remove(dir_ / "shop.json");
    std::vector<std::string> argv{std::move(program), "fleet",  "--dir",
                                  dir_.string(),      "--port", std::to_string(port_)};
    if (fleet == "autoscaled") argv.insert(argv.end(), {"--autoscale", "--max", "4"});
    if (fleet == "tuned") argv.insert(argv.end(), {"--workers", "16"});
    child_ = Child::start(argv, (dir_ / "fleet.log").string());
  }
  bool open(Duration patience) {
    for (const auto end = Steady::now() + patience; Steady::now() < end;
         std::this_thread::sleep_for(20ms))
      if (fs::exists(dir_ / "shop.json")) return true;
    return false;
  }
  void close() { child_.end(SIGTERM, 4s); }

 private:
  fs::path dir_;
  int port_;
  Child child_;
};

bool is_taken(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const bool taken = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0;
  ::close(fd);
  return taken;
}

/// First of 400 ports in a row that look free: the shop spreads its instances over them.
int free_ports() {
  std::mt19937 random(std::random_device{}());
  for (int attempt = 0; attempt < 200; ++attempt) {
    const int first = 20000 + static_cast<int>(random() % 10000);
    // Balancer, database, admin and page ports of up to four instances.
    const int offsets[] = {0, 1, 100, 101, 102, 103, 200, 201, 202, 203};
    if (std::none_of(std::begin(offsets), std::end(offsets),
                     [&](int offset) { return is_taken(first + offset); }))
      return first;
  }
  return 18400;
}

fs::path write_experiments(const fs::path& dir) {
  fs::create_directories(dir);
  for (const auto& [name, text] : demo_experiments())
    std::ofstream(dir / std::string(name)) << text;
  return dir;
}

void say(const std::string& text) {
  fmt::print("{}\n", text);
  std::fflush(stdout);
}

std::string heading(const std::string& text) {
  const bool plain = !::isatty(STDOUT_FILENO) || std::getenv("NO_COLOR");
  return plain ? text : "\033[1m" + text + "\033[0m";
}

struct Played {
  int exit = 0;
  fs::path html;
};

Played play(const Act& act, int number, const fs::path& experiments, const fs::path& out,
            const fs::path& shop_dir, const std::string& programs) {
  say(heading(fmt::format("\nAct {} of {}: {}", number, acts().size(), act.title)));
  const int port = free_ports();
  Shop shop(programs + "/gunflint-shop", shop_dir, port, act.fleet);
  Played played;
  played.html = out / fmt::format("act-{}.html", number);
  if (!shop.open(10s)) {
    say(fmt::format("The shop did not open; its log is {}", (shop_dir / "fleet.log").string()));
    played.exit = exit_code(Outcome::ToolError);
    return played;
  }
  const auto url = fmt::format("http://127.0.0.1:{}", port);
  Child run =
      Child::start({programs + "/gunflint", "run", (experiments / act.file).string(), "--set",
                    "url=" + url, "--set", "dir=" + shop_dir.string(), "--set",
                    "surge=" + act.surge, "--out", out.string(), "--html", played.html.string()},
                   "");
  played.exit = run.wait();
  shop.close();
  if (played.exit == exit_code(act.expected)) say(act.lesson);
  return played;
}

}  // namespace

int demo_command(const DemoOptions& options) {
  const std::string programs = fs::read_symlink("/proc/self/exe").parent_path().string();
  if (!fs::exists(programs + "/gunflint-shop"))
    return complain("demo",
                    "the shop of the demo is not beside " + programs +
                        "/gunflint; `./dev demo` in the source tree builds both, and `gunflint "
                        "init` begins without it",
                    Outcome::ToolError);
  const auto begin = Steady::now();
  const fs::path out = fs::absolute(options.out);
  const auto experiments = write_experiments(out / "experiments");
  say("An online shop got a sudden surge. Pages crawled, and one user in five could not buy, for "
      "two hours.\n"
      "The balancers were suspected; more servers did not help. This is that day, on your "
      "machine.");
  std::vector<Played> played;
  bool as_expected = true;
  for (std::size_t i = 0; i < acts().size(); ++i) {
    const Act& act = acts()[i];
    // Socket paths are at most 107 characters: the shop gets a short folder of its own.
    const fs::path shop_dir =
        fs::temp_directory_path() / fmt::format("gf-shop-{}-{}", ::getpid(), i + 1);
    played.push_back(play(act, static_cast<int>(i + 1), experiments, out, shop_dir, programs));
    const int code = played.back().exit;
    as_expected = as_expected && code == exit_code(act.expected);
    if (code == exit_code(act.expected)) fs::remove_all(shop_dir);
    if (code == exit_code(Outcome::Interrupted) || code == exit_code(Outcome::Terminated))
      return code;
  }
  say(heading("\nThe day in four lines"));
  for (std::size_t i = 0; i < acts().size(); ++i)
    say(fmt::format(
        "  {} {:<48} {}{}", i + 1, acts()[i].title, name_of(static_cast<Outcome>(played[i].exit)),
        played[i].exit == exit_code(acts()[i].expected) ? "" : "   (not what the demo expects)"));
  const double took = std::chrono::duration<double>(Steady::now() - begin).count();
  say(fmt::format(
      "\nTook {:.0f} s. The report of the last act: {}\nThe experiments to read, change and "
      "run again: {}",
      took, played.back().html.string(), experiments.string()));
  return as_expected ? exit_code(Outcome::Held) : exit_code(Outcome::Failed);
}

}  // namespace gunflint
