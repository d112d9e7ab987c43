#pragma once

#include <sys/types.h>

namespace portd::client {

// By proc(5); 0 where it is not to be known.
pid_t parent_of(pid_t pid);

// Whether `ancestor` is `pid` or one that it comes from; where the system does not tell: whether it lives.
bool descends_from(pid_t pid, pid_t ancestor);

}  // namespace portd::client
