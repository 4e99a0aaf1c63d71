#pragma once
/// Where ledgers lie, and which of them may be believed.

#include <cstdint>
#include <string>
#include <vector>

#include "gunflint/base/result.hpp"

namespace gunflint {

/// root: /var/lib/gunflint/ledger; a user: $XDG_STATE_HOME/gunflint/ledger, else
/// $HOME/.local/state/gunflint/ledger. BadInput when a user has neither.
Result<std::string> ledger_folder();
/// The same for another user, without looking at this process's environment.
std::string ledger_folder_of(const std::string& home);

/// Makes the folder (mode 0700) with its parents where absent, then checks it.
Result<void> prepare_ledger_folder(const std::string& folder);
/// NotPermitted when anybody but this user or root could put a file there: every folder on the way
/// must belong to root or to this user and be writable by nobody else (a sticky folder is fine).
/// Gone when it does not exist.
Result<void> check_ledger_folder(const std::string& folder);
/// An open ledger: an ordinary file with one name, owned by this user, writable by nobody else.
Result<void> check_ledger_file(int fd, const std::string& path);

/// Paths of all ledgers in the folder, sorted. Empty when the folder does not exist.
Result<std::vector<std::string>> list_ledgers(const std::string& folder);

/// Removes drafts of ledgers (".ID.new") whose agent died before the first line: nothing was done
/// by them. Those of the last hour stay: their agent may be about to lock them.
void remove_dead_drafts(const std::string& folder);

/// A user of this machine who may have ledgers.
struct LocalUser {
  std::string name, home;
  std::uint32_t uid = 0, gid = 0;
};
/// From the text of /etc/passwd (a static program asks no name service).
std::vector<LocalUser> parse_passwd(std::string_view text);
std::vector<LocalUser> local_users();

}  // namespace gunflint
