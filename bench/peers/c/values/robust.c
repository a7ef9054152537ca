/* PROGRAM load|store|mix SIZE FILE WORK [ARGUMENT...]: a player that copies so
 * many bytes out of shared memory or into it, under a robust pthread mutex. In the
 * mix the player of index 0 stores and the others load. */
#include "../locks/mutex.h"
#include <string.h>

typedef struct {
	pthread_mutex_t mutex;
	_Alignas(64) char bytes[];
} shared_t;

static int stores;
static size_t size;
static char *own;

static inline void pass(shared_t *s) {
	lock_robust(&s->mutex);
	if (stores)
		memcpy(s->bytes, own, size);
	else
		memcpy(own, s->bytes, size);
	pthread_mutex_unlock(&s->mutex);
	__asm__ volatile("" : : "r"(own) : "memory"); // whoever loads looks at it
}

#include "../passes.h"

int main(int argc, char **argv) {
	if (argc < 5)
		return 2;
	const char *which = argv[1];
	size = atoi(argv[2]);
	own = calloc(1, size);
	if (!own)
		die("calloc");
	shared_t *s = map(argv[3], sizeof *s + size);
	argc -= 4, argv += 4;
	if (!strcmp(argv[0], "make")) {
		make_mutex(&s->mutex, PTHREAD_MUTEX_ROBUST);
		return 0;
	}
	stores = !strcmp(which, "store") || (!strcmp(which, "mix") && argc > 1 && !strcmp(argv[1], "0"));
	return play(s, argc, argv);
}
