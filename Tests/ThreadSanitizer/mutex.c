// Tells the thread sanitizer what it cannot see of Swift's `Mutex`.
//
// A mutex that is free is taken and given back by atomic instructions that are compiled into the caller, where the
// sanitizer sees them. One that somebody waits for goes through three functions of the standard library, which was built
// without the sanitizer: it misses that what was done under the mutex happened before, and reports races where there are
// none. The functions below stand in for those three, and say so to the sanitizer. Nothing is silenced: whoever touches
// without the mutex what others touch under it is still reported.
//
// It works by the order in which the dynamic linker looks for names: the program first, then the libraries. Without the
// sanitizer there is nothing here.

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)

#define _GNU_SOURCE
#include "thread_sanitizer.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

void __tsan_acquire(void *address);
void __tsan_release(void *address);

// `_MutexHandle._lockSlow(UInt32)`, `._tryLockSlow() -> Bool`, `._unlockSlow()`, of the module `Synchronization`.
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

static SWIFT void (*next_lock)(uint32_t thread, SELF void *handle);
static SWIFT bool (*next_try_lock)(SELF void *handle);
static SWIFT void (*next_unlock)(SELF void *handle);

// Before there are threads.
__attribute__((constructor)) static void find_next(void) {
  next_lock = dlsym(RTLD_NEXT, LOCK);
  next_try_lock = dlsym(RTLD_NEXT, TRY_LOCK);
  next_unlock = dlsym(RTLD_NEXT, UNLOCK);
  if (!next_lock || !next_try_lock || !next_unlock) abort();
}

SWIFT void lock_slow(uint32_t thread, SELF void *handle) __asm__(LOCK);
SWIFT void lock_slow(uint32_t thread, SELF void *handle) {
  next_lock(thread, handle);
  __tsan_acquire(handle);
}

SWIFT bool try_lock_slow(SELF void *handle) __asm__(TRY_LOCK);
SWIFT bool try_lock_slow(SELF void *handle) {
  bool taken = next_try_lock(handle);
  if (taken) __tsan_acquire(handle);
  return taken;
}

SWIFT void unlock_slow(SELF void *handle) __asm__(UNLOCK);
SWIFT void unlock_slow(SELF void *handle) {
  __tsan_release(handle);
  next_unlock(handle);
}

#endif
#endif
