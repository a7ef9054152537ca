/* Two processes hand 64 bytes to and fro through shared memory. Who waits spins for
 * so many rounds, a few dozen microseconds, and then sleeps on a futex. */
#include <linux/futex.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SIZE 64
#define ROUNDS 2000

typedef struct {
	_Alignas(64) atomic_int turn; // which is there
	atomic_int sleeper;
	_Alignas(64) char message[SIZE];
} box;

typedef struct {
	box way[2];
} shared_t;

static void make(shared_t *s, int parties) {}

static void put(box *b, char *message) {
	message[0]++;
	message[SIZE - 1] = message[0];
	memcpy(b->message, message, SIZE);
	atomic_store(&b->turn, 1);
	if (atomic_load(&b->sleeper))
		syscall(SYS_futex, &b->turn, FUTEX_WAKE, 1);
}

static void get(box *b, char *message) {
	for (int i = 0; i < ROUNDS && !atomic_load_explicit(&b->turn, memory_order_acquire); i++)
		__builtin_ia32_pause();
	while (!atomic_load(&b->turn)) {
		atomic_store(&b->sleeper, 1);
		syscall(SYS_futex, &b->turn, FUTEX_WAIT, 0, NULL);
		atomic_store(&b->sleeper, 0);
	}
	memcpy(message, b->message, SIZE);
	atomic_store(&b->turn, 0);
}

static void turn(shared_t *s, int index, int parties) {
	static char out[SIZE], in[SIZE];
	if (index == 0)
		put(&s->way[0], out);
	get(&s->way[1 - index], in);
	if (in[0] != in[SIZE - 1])
		_Exit(1);
	if (index == 1)
		put(&s->way[1], out);
}

#include "../ensemble.h"
