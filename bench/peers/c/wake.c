/* wake futex|pipe TIMES PAUSE: one process wakes another so many times, with so
 * many microseconds of pause before each, and prints for each the microseconds
 * from before the waking call to after the waiting one. */
#include "clock.h"
#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THERE, BACK };

static struct {
	atomic_int flag[2];
	atomic_llong sent;
} *shared;
static int ends[2][2];
static int by_pipe;

static void set(int way) {
	if (by_pipe) {
		if (write(ends[way][1], "", 1) != 1)
			die("write");
		return;
	}
	atomic_store(&shared->flag[way], 1);
	syscall(SYS_futex, &shared->flag[way], FUTEX_WAKE, 1);
}

static void await(int way) {
	char byte;
	if (by_pipe) {
		if (read(ends[way][0], &byte, 1) != 1)
			die("read");
		return;
	}
	while (!atomic_exchange(&shared->flag[way], 0))
		syscall(SYS_futex, &shared->flag[way], FUTEX_WAIT, 0, NULL);
}

static void sleeper(int times) {
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (times-- > 0) {
		await(THERE);
		printf("%f\n", (now() - atomic_load(&shared->sent)) / 1e3);
		set(BACK);
	}
	exit(0);
}

int main(int argc, char **argv) {
	if (argc != 4)
		return 2;
	by_pipe = !strcmp(argv[1], "pipe");
	int times = atoi(argv[2]), pause = atoi(argv[3]);
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || pipe(ends[THERE]) || pipe(ends[BACK]))
		die("prepare");
	pid_t child = fork();
	if (child < 0)
		die("fork");
	if (child == 0)
		sleeper(times);
	for (; times > 0; times--) {
		if (pause)
			usleep(pause);
		atomic_store(&shared->sent, now());
		set(THERE);
		await(BACK);
	}
	return waitpid(child, NULL, 0) == child ? 0 : 1;
}
