/* PROGRAM FILE WORK [ARGUMENT...]: a player of the locks table. The file that
 * includes this one says what a lock is:
 *
 *     lock_t, make_lock, lock, unlock
 *
 * FILE holds one. The works, and what the players written in Go do, too:
 *
 *     make                 makes the lock
 *     uncontended TIMES N  prints the ns of a lock and unlock, the mean of N, so often
 *     contend              says "ready", reads two times, locks and unlocks from the
 *                          one to the other, and prints how often and the longest
 *                          that BATCH of them took, in ns
 *     hold MIB             fills so much memory, locks, says "held", and stays
 *     await                says "waiting", locks, and prints when it had the lock
 *
 * Times are ns of CLOCK_MONOTONIC. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define BATCH 16

static void die(const char *what) {
	perror(what);
	exit(1);
}

static long long now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void say(const char *word) {
	puts(word);
	fflush(stdout);
}

static lock_t *map(const char *file) {
	int fd = open(file, O_RDWR | O_CREAT, 0600);
	if (fd < 0 || ftruncate(fd, 4096))
		die(file);
	void *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (shared == MAP_FAILED)
		die("mmap");
	return (lock_t *)shared;
}

static void uncontended(lock_t *l, int times, int n) {
	while (times-- > 0) {
		long long start = now();
		for (int i = 0; i < n; i++) {
			lock(l);
			unlock(l);
		}
		printf("%f\n", (double)(now() - start) / n);
	}
}

static void contend(lock_t *l) {
	long long begin, end, count = 0, longest = 0;
	say("ready");
	if (scanf("%lld %lld", &begin, &end) != 2)
		exit(1);
	struct timespec start = {begin / 1000000000, begin % 1000000000};
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &start, NULL);
	for (long long before = now(), after; before < end; before = after) {
		for (int i = 0; i < BATCH; i++) {
			lock(l);
			unlock(l);
		}
		count += BATCH;
		after = now();
		if (after - before > longest)
			longest = after - before;
	}
	printf("%lld %lld\n", count, longest);
}

int main(int argc, char **argv) {
	if (argc < 3)
		return 2;
	lock_t *l = map(argv[1]);
	const char *work = argv[2];
	if (!strcmp(work, "make")) {
		make_lock(l);
	} else if (!strcmp(work, "uncontended") && argc == 5) {
		uncontended(l, atoi(argv[3]), atoi(argv[4]));
	} else if (!strcmp(work, "contend")) {
		contend(l);
	} else if (!strcmp(work, "hold") && argc == 4) {
		size_t size = (size_t)atoi(argv[3]) << 20;
		volatile char *memory = (volatile char *)malloc(size + 1);
		for (size_t i = 0; i < size; i += 4096)
			memory[i] = 1;
		lock(l);
		say("held");
		getchar();
	} else if (!strcmp(work, "await")) {
		say("waiting");
		lock(l);
		printf("%lld\n", now());
	} else {
		return 2;
	}
	return 0;
}
