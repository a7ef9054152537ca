/* A POSIX semaphore that processes share: a lock, if it has one permit. */
#include <semaphore.h>

#ifndef PERMITS
#define PERMITS 1
#endif

typedef sem_t lock_t;

static void make_lock(lock_t *l) { sem_init(l, 1, PERMITS); }

static inline void lock(lock_t *l) {
	while (sem_wait(l)) // but for a signal, it does not fail
		;
}

static inline void unlock(lock_t *l) { sem_post(l); }

#include "player.h"
