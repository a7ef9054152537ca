/* The works of a player that are about passes. The file that includes this one
 * says before what is shared and what a pass is: shared_t and pass. */
#include "stage.h"

#define BATCH 16

static void uncontended(shared_t *s, int times, int n) {
	while (times-- > 0) {
		long long start = now();
		for (int i = 0; i < n; i++)
			pass(s);
		printf("%f\n", (double)(now() - start) / n);
	}
}

static void contend(shared_t *s) {
	long long begin, end, count = 0, longest = 0;
	say("ready");
	if (scanf("%lld %lld", &begin, &end) != 2)
		exit(1);
	struct timespec start = {begin / 1000000000, begin % 1000000000};
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &start, NULL);
	for (long long before = now(), after; before < end; before = after) {
		for (int i = 0; i < BATCH; i++)
			pass(s);
		count += BATCH;
		after = now();
		if (after - before > longest)
			longest = after - before;
	}
	printf("%lld %lld\n", count, longest);
}

/* play does the work that is the first of so many words, and returns the status
 * to exit with. */
static int play(shared_t *s, int words, char **work) {
	if (words == 3 && !strcmp(work[0], "uncontended"))
		uncontended(s, atoi(work[1]), atoi(work[2]));
	else if (words == 2 && !strcmp(work[0], "contend"))
		contend(s);
	else
		return 2;
	return 0;
}
