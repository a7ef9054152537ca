/* A POSIX message queue, within the limits that it has unless root raises them: 10
 * messages, of 8 KiB. */
#include <mqueue.h>

#include "player.h"

static mqd_t queue;

static void make(void) {
	struct mq_attr attr = {.mq_maxmsg = design.room < 10 ? design.room : 10, .mq_msgsize = design.size};
	mq_unlink(design.name);
	if (mq_open(design.name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr) < 0)
		die("mq_open");
}

static void open_to_put(void) {
	queue = mq_open(design.name, O_RDWR);
	if (queue < 0)
		die("mq_open");
}

static void open_to_get(void) { open_to_put(); }
static void unlink_it(void) { mq_unlink(design.name); }

static void put(const char *message) {
	if (mq_send(queue, message, design.size, 0))
		die("mq_send");
}

static void get(char *message) {
	if (mq_receive(queue, message, design.size, NULL) != design.size)
		die("mq_receive");
}
