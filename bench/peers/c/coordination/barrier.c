/* A pthread_barrier that processes share: a turn is a round. */
#include <pthread.h>

typedef pthread_barrier_t shared_t;

static void make(shared_t *b, int parties) {
	pthread_barrierattr_t shared;
	pthread_barrierattr_init(&shared);
	pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(b, &shared, parties);
}

static void turn(shared_t *b, int index, int parties) { pthread_barrier_wait(b); }

#include "../ensemble.h"
