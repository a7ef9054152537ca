/* One process wakes all others as soon as all of them wait. */
#include "cond.h"

typedef struct {
	pthread_mutex_t mutex;
	pthread_cond_t all_wait, go;
	int waiting, round;
} shared_t;

static void make(shared_t *s, int parties) {
	make_mutex(&s->mutex, PTHREAD_MUTEX_STALLED);
	make_cond(&s->all_wait);
	make_cond(&s->go);
}

static void lead(shared_t *s, int others) {
	while (s->waiting < others)
		pthread_cond_wait(&s->all_wait, &s->mutex);
	s->waiting = 0;
	s->round++;
	pthread_cond_broadcast(&s->go);
}

static void follow(shared_t *s, int others) {
	int round = s->round;
	if (++s->waiting == others)
		pthread_cond_signal(&s->all_wait);
	while (s->round == round)
		pthread_cond_wait(&s->go, &s->mutex);
}

static void turn(shared_t *s, int index, int parties) {
	pthread_mutex_lock(&s->mutex);
	if (index == 0)
		lead(s, parties - 1);
	else
		follow(s, parties - 1);
	pthread_mutex_unlock(&s->mutex);
}

#include "../ensemble.h"
