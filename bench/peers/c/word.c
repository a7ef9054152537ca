/* Says a word and ends: the least that a program can be. */
#include <unistd.h>

int main(void) {
	return write(1, "word\n", 5) == 5 ? 0 : 1;
}
