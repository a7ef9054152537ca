/* named_semaphores NUMBER TIMES: makes so many POSIX semaphores with names, opens
 * and closes some of them by name, and prints for each the microseconds of opening. */
#include "clock.h"
#include <fcntl.h>
#include <semaphore.h>
#include <unistd.h>

static const char *name(int i) {
	static char text[64];
	snprintf(text, sizeof text, "/bench-%d-%d", getpid(), i);
	return text;
}

int main(int argc, char **argv) {
	if (argc != 3)
		return 2;
	int number = atoi(argv[1]), status = 0;
	for (int i = 0; i < number; i++) {
		sem_t *s = sem_open(name(i), O_CREAT | O_EXCL, 0600, 1);
		if (s == SEM_FAILED) {
			perror("sem_open");
			number = i;
			status = 1;
			break;
		}
		sem_close(s);
	}
	for (int n = atoi(argv[2]); n > 0 && status == 0; n--) {
		const char *one = name(rand() % number);
		long long start = now();
		sem_t *s = sem_open(one, 0);
		printf("%f\n", (now() - start) / 1e3);
		sem_close(s);
	}
	while (number-- > 0)
		sem_unlink(name(number));
	return status;
}
