/* PROGRAM SIZE ROOM FILE WORK [ARGUMENT...]: a player that puts or gets messages of
 * so many bytes, of which so many may be under way. The file that includes this one
 * says what carries them, of a file's name:
 *
 *     make, open_to_put, open_to_get, put, get, unlink_it
 */
#include "../stage.h"
#include <libgen.h>

/* design is what the messages are. */
static struct {
	const char *file;
	char name[64]; /* as good as the file, without a path */
	int size, room;
} design;

static void make(void);
static void open_to_put(void);
static void open_to_get(void);
static void put(const char *message);
static void get(char *message);
static void unlink_it(void); /* while it is used */

static void put_all(char *message, int n) {
	for (int i = 0; i < n; i++) {
		message[0] = message[design.size - 1] = (char)i;
		put(message);
	}
}

static void get_all(char *message, int n) {
	while (n-- > 0) {
		get(message);
		if (message[0] != message[design.size - 1]) {
			fprintf(stderr, "what came is no message\n");
			exit(1);
		}
	}
}

int main(int argc, char **argv) {
	if (argc < 5)
		return 2;
	design.size = atoi(argv[1]);
	design.room = atoi(argv[2]);
	design.file = argv[3];
	snprintf(design.name, sizeof design.name, "/queue-%s", basename(dirname(strdup(argv[3]))));
	const char *work = argv[4];
	if (!strcmp(work, "make")) {
		make();
		return 0;
	}
	if (argc != 6)
		return 2;
	int putting = !strcmp(work, "put");
	char *message = (char *)calloc(1, design.size);
	if (putting)
		open_to_put();
	else
		open_to_get();
	say("ready");
	long long begin;
	if (scanf("%lld", &begin) != 1)
		return 1;
	unlink_it();
	struct timespec start = {begin / 1000000000, begin % 1000000000};
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &start, NULL);
	if (putting)
		put_all(message, atoi(argv[5]));
	else
		get_all(message, atoi(argv[5]));
	printf("%lld\n", now());
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}
