/* PROGRAM PARTIES FILE WORK [ARGUMENT...]: a player that takes turns with others.
 * The file that includes this one says before what they share and what a turn is:
 * shared_t, make and turn. */
#include "stage.h"

static void join(shared_t *s, int parties, int index, int times, int rest) {
	double *took = malloc((times + 1) * sizeof *took);
	if (!took)
		die("malloc");
	say("ready");
	for (int i = 0; i <= times; i++) { // the first one waits for all to be there
		if (index == 0 && rest)
			usleep(rest);
		long long start = now();
		turn(s, index, parties);
		took[i] = (now() - start) / 1e3;
	}
	for (int i = 1; index == 0 && i <= times; i++)
		printf("%f\n", took[i]);
}

int main(int argc, char **argv) {
	if (argc < 4)
		return 2;
	int parties = atoi(argv[1]);
	shared_t *s = map(argv[2], sizeof *s);
	if (!strcmp(argv[3], "make"))
		make(s, parties);
	else if (!strcmp(argv[3], "join") && argc >= 6)
		join(s, parties, atoi(argv[4]), atoi(argv[5]), argc > 6 ? atoi(argv[6]) : 0);
	else
		return 2;
	return 0;
}
