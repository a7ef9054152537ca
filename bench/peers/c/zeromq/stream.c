/* ZeroMQ's PUSH and PULL, over its ipc transport: a Unix socket. */
#include <zmq.h>

#include "../queues/player.h"

static void *context, *sock;

static void make(void) {}
static void unlink_it(void) {}

static void finish(void) {
	zmq_close(sock);
	zmq_ctx_term(context); /* once all has been sent */
}

static void open_socket(int type, int (*attach)(void *sock, const char *where)) {
	char where[256];
	snprintf(where, sizeof where, "ipc://%s", design.file);
	context = zmq_ctx_new();
	sock = zmq_socket(context, type);
	zmq_setsockopt(sock, ZMQ_SNDHWM, &design.room, sizeof design.room);
	zmq_setsockopt(sock, ZMQ_RCVHWM, &design.room, sizeof design.room);
	if (attach(sock, where))
		die("zmq");
	atexit(finish);
}

static void open_to_put(void) { open_socket(ZMQ_PUSH, zmq_bind); }
static void open_to_get(void) { open_socket(ZMQ_PULL, zmq_connect); }

static void put(const char *message) {
	if (zmq_send(sock, message, design.size, 0) != design.size)
		die("zmq_send");
}

static void get(char *message) {
	if (zmq_recv(sock, message, design.size, 0) != design.size)
		die("zmq_recv");
}
