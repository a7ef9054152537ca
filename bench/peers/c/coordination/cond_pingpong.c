/* Two processes hand a ball to and fro: a turn of the first is a round trip. */
#include "cond.h"

typedef struct {
	pthread_mutex_t mutex;
	pthread_cond_t has_ball[2];
	int ball; // whose it is
} shared_t;

static void make(shared_t *s, int parties) {
	make_mutex(&s->mutex, PTHREAD_MUTEX_STALLED);
	make_cond(&s->has_ball[0]);
	make_cond(&s->has_ball[1]);
}

static void hand_over(shared_t *s, int to) {
	s->ball = to;
	pthread_cond_signal(&s->has_ball[to]);
}

static void await(shared_t *s, int who) {
	while (s->ball != who)
		pthread_cond_wait(&s->has_ball[who], &s->mutex);
}

static void turn(shared_t *s, int index, int parties) {
	pthread_mutex_lock(&s->mutex);
	if (index == 0) {
		hand_over(s, 1);
		await(s, 0);
	} else {
		await(s, 1);
		hand_over(s, 0);
	}
	pthread_mutex_unlock(&s->mutex);
}

#include "../ensemble.h"
