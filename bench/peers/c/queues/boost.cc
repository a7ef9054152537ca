/* Boost.Interprocess' message_queue. */
#include <boost/interprocess/ipc/message_queue.hpp>

#include "player.h"

using boost::interprocess::message_queue;

static message_queue *queue;

static void make() {
	message_queue::remove(design.name + 1);
	message_queue(boost::interprocess::create_only, design.name + 1, design.room, design.size);
}

static void open_to_put() { queue = new message_queue(boost::interprocess::open_only, design.name + 1); }
static void open_to_get() { open_to_put(); }
static void put(const char *message) { queue->send(message, design.size, 0); }
static void unlink_it() { message_queue::remove(design.name + 1); }

static void get(char *message) {
	message_queue::size_type size;
	unsigned priority;
	queue->receive(message, design.size, size, priority);
}
