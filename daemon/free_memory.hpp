#pragma once

namespace portd {

// Gives pages that malloc keeps free back to the system, from the midst of the heap, too: what a burst of grants or the
// start took for a moment (docs/performance.md). Below a millisecond with 9,000 leases. Any thread. Nothing where the C
// library has no malloc_trim(3).
void give_back_free_memory();

}  // namespace portd
