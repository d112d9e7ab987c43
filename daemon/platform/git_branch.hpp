#pragma once

#include <string>

namespace portd::platform {

// The git branch of a folder: the nearest `.git` above it, or in it, tells; of a linked worktree and of a submodule
// that is a file. No program is run and nothing is followed but that file. Empty: no repository, no branch, or a HEAD
// that is none (too long, with control characters, no plain file).
//
// `folder`: a descriptor of the folder (O_PATH will do), which stays the caller's. So the folder is the one that a
// process really has, also in a mount namespace of its own.
std::string git_branch(int folder);

}  // namespace portd::platform
