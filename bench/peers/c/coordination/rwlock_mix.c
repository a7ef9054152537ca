#define WRITE_EVERY 100
#include "rwlock.h"
