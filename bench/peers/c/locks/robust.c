/* A robust pthread mutex that processes share. */
#include "mutex.h"

typedef pthread_mutex_t lock_t;

static void make_lock(lock_t *l) { make_mutex(l, PTHREAD_MUTEX_ROBUST); }
static inline void lock(lock_t *l) { lock_robust(l); }
static inline void unlock(lock_t *l) { pthread_mutex_unlock(l); }

#include "player.h"
