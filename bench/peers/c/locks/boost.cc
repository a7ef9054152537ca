/* Boost.Interprocess' mutex. */
#include <boost/interprocess/sync/interprocess_mutex.hpp>
#include <new>

typedef boost::interprocess::interprocess_mutex lock_t;

static void make_lock(lock_t *l) { new (l) lock_t; }
static inline void lock(lock_t *l) { l->lock(); }
static inline void unlock(lock_t *l) { l->unlock(); }

#include "player.h"
