/* A POSIX semaphore that processes share. */
#include <semaphore.h>

typedef sem_t lock_t;

static void make_lock(lock_t *l) { sem_init(l, 1, 1); }

static inline void lock(lock_t *l) {
	while (sem_wait(l)) // but for a signal, it does not fail
		;
}

static inline void unlock(lock_t *l) { sem_post(l); }

#include "player.h"
