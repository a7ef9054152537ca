#define PERMITS 2
#include "../locks/semaphore.c"
