#define WRITE_EVERY 100
#define WRITERS_FIRST
#include "rwlock.h"
