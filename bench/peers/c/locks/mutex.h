/* A pthread mutex that processes share, robust or stalled when its holder dies. */
#include <errno.h>
#include <pthread.h>

static inline void make_mutex(pthread_mutex_t *m, int robustness) {
	pthread_mutexattr_t shared;
	pthread_mutexattr_init(&shared);
	pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&shared, robustness);
	pthread_mutex_init(m, &shared);
}

static inline void lock_robust(pthread_mutex_t *m) {
	if (pthread_mutex_lock(m) == EOWNERDEAD)
		pthread_mutex_consistent(m);
}
