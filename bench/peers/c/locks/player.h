/* PROGRAM FILE WORK [ARGUMENT...]: a player with a lock. The file that includes
 * this one says what a lock is:
 *
 *     lock_t, make_lock, lock, unlock
 *
 * A pass is to lock and to unlock. Besides what all players do there are two works:
 *
 *     hold MIB   fills so much memory, locks, says "held", and stays
 *     await      says "waiting", locks, and prints when it had the lock
 */
typedef lock_t shared_t;

static inline void pass(lock_t *l) {
	lock(l);
	unlock(l);
}

#include "../passes.h"

static void hold(lock_t *l, size_t size) {
	volatile char *memory = (volatile char *)malloc(size + 1);
	for (size_t i = 0; i < size; i += 4096)
		memory[i] = 1;
	lock(l);
	say("held");
	getchar();
}

int main(int argc, char **argv) {
	if (argc < 3)
		return 2;
	lock_t *l = (lock_t *)map(argv[1], sizeof *l);
	const char *work = argv[2];
	if (!strcmp(work, "make")) {
		make_lock(l);
	} else if (!strcmp(work, "hold") && argc == 4) {
		hold(l, (size_t)atoi(argv[3]) << 20);
	} else if (!strcmp(work, "await")) {
		say("waiting");
		lock(l);
		printf("%lld\n", now());
	} else {
		return play(l, argc - 2, argv + 2);
	}
	return 0;
}
