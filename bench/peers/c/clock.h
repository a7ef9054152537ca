/* What all programs here want of the system. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline void die(const char *what) {
	perror(what);
	exit(1);
}

/* now is CLOCK_MONOTONIC, in nanoseconds. */
static inline long long now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}
