/* The least lock over a futex, with no thought of death: 0 is free, 1 held, and
 * 2 held while somebody may sleep. */
#include <linux/futex.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef atomic_int lock_t;

static void make_lock(lock_t *l) { atomic_store(l, 0); }

static inline void lock(lock_t *l) {
	int free = 0;
	if (atomic_compare_exchange_strong(l, &free, 1))
		return;
	while (atomic_exchange(l, 2))
		syscall(SYS_futex, l, FUTEX_WAIT, 2, NULL);
}

static inline void unlock(lock_t *l) {
	if (atomic_exchange(l, 0) == 2)
		syscall(SYS_futex, l, FUTEX_WAKE, 1);
}

#include "player.h"
