#pragma once

#include <functional>
#include <string>

namespace portd::platform {

// Where a process is. The descriptors (O_PATH will do) stay the caller's. So the folders are those that the process
// really has, also in a mount namespace of its own.
struct ProcessPlace {
  int folder;
  int root;
  std::string path;  // of the folder, absolute, without links
};

// Whether what is at an absolute path may be opened: whoever opens it waits for no server that may be gone.
using MayRead = std::function<bool(const std::string&)>;

// The git branch of a folder: the nearest `.git` above it, or in it, tells; of a linked worktree and of a submodule
// that is a file. No program is run and nothing is followed but that file. Empty: no repository, no branch, a HEAD that
// is none (too long, with control characters, no plain file), or one that may not be read.
std::string git_branch(const ProcessPlace& place, const MayRead& may_read);

}  // namespace portd::platform
