/* A pthread condition that processes share, and its mutex. */
#include "../locks/mutex.h"

static inline void make_cond(pthread_cond_t *c) {
	pthread_condattr_t shared;
	pthread_condattr_init(&shared);
	pthread_condattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
	pthread_cond_init(c, &shared);
}
