/* A pthread_rwlock that processes share: a player's pass is one reading, or with
 * WRITE_EVERY defined one writing in so many. WRITERS_FIRST makes it of the kind
 * that does not let new readers pass a waiting writer. */
#include <pthread.h>

typedef pthread_rwlock_t lock_t;

static void make_lock(lock_t *l) {
	pthread_rwlockattr_t shared;
	pthread_rwlockattr_init(&shared);
	pthread_rwlockattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
#ifdef WRITERS_FIRST
	pthread_rwlockattr_setkind_np(&shared, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
#endif
	pthread_rwlock_init(l, &shared);
}

static inline void lock(lock_t *l) {
#ifdef WRITE_EVERY
	static int n;
	if (++n == WRITE_EVERY) {
		n = 0;
		pthread_rwlock_wrlock(l);
		return;
	}
#endif
	pthread_rwlock_rdlock(l);
}

static inline void unlock(lock_t *l) { pthread_rwlock_unlock(l); }

#include "../locks/player.h"
