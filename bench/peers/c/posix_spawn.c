/* posix_spawn TIMES: starts the program "word" beside it so many times, one after
 * the other, and prints for each the milliseconds until its first byte. */
#include "clock.h"
#include <limits.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void race(char *program) {
	int ends[2];
	posix_spawn_file_actions_t actions;
	char *args[] = {program, NULL};
	char first;
	pid_t pid;

	long long start = now();
	if (pipe(ends))
		die("pipe");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
	posix_spawn_file_actions_addclose(&actions, ends[0]);
	if (posix_spawn(&pid, program, &actions, NULL, args, environ))
		die("posix_spawn");
	close(ends[1]);
	if (read(ends[0], &first, 1) != 1)
		die("read");
	printf("%f\n", (now() - start) / 1e6);

	waitpid(pid, NULL, 0);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[0]);
}

int main(int argc, char **argv) {
	char program[PATH_MAX];
	if (argc != 2 || strlen(argv[0]) > sizeof program - sizeof "/word")
		return 2;
	strcpy(program, argv[0]);
	char *name = strrchr(program, '/');
	strcpy(name ? name + 1 : program, "word");
	for (int n = atoi(argv[1]); n > 0; n--)
		race(program);
	return 0;
}
