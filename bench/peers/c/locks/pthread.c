/* A pthread mutex that processes share. */
#include <pthread.h>

typedef pthread_mutex_t lock_t;

static void make_lock(lock_t *l) {
	pthread_mutexattr_t shared;
	pthread_mutexattr_init(&shared);
	pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(l, &shared);
}

static inline void lock(lock_t *l) { pthread_mutex_lock(l); }
static inline void unlock(lock_t *l) { pthread_mutex_unlock(l); }

#include "player.h"
