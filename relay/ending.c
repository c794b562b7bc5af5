#include <event2/event.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"
#include "relay/commands.h"
#include "relay/ending.h"

static const struct timeval ending_look = {0, 300000};

/* Records that were released and not sent; -1: nobody can say now. */
static json_int_t
ending_waiting(struct ending *e)
{
	const json_t *wash = process_ask(e->wash);
	const json_t *post = process_ask(e->post);
	json_t *both, *merged, *lanes;
	json_int_t sum = 0;

	if (wash == NULL || post == NULL)
		return -1;
	both = json_pack("{s:O, s:O}", "wash", wash, "post", post);
	merged = status_merge(both);
	lanes = json_object_get(merged, "lanes");
	for (size_t i = 0; i < json_array_size(lanes); i++)
		sum += json_integer_value(
		    json_object_get(json_array_get(lanes, i), "waiting"));
	json_decref(merged);
	json_decref(both);
	return sum;
}

static void
on_look(evutil_socket_t fd, short what, void *arg)
{
	struct ending *e = arg;
	json_int_t waiting = ending_waiting(e);

	(void)fd;
	(void)what;
	if (waiting != 0 && d4_mono_ms() < e->end_ms) {
		(void)evtimer_add(e->timer, &ending_look);
		return;
	}
	if (waiting != 0) {
		d4_warnx("end=input waiting=%lld then=\"sent by the next run\"",
		    (long long)waiting);
		e->code = e->code == 0 ? ENDING_LATER : e->code;
	}
	e->stop(e->arg);
}

static bool
ending_only_stdin(const struct relay_conf *c)
{
	for (size_t i = 0; i < c->n_sources; i++) {
		if (c->source[i].what != SOURCE_STDIN)
			return false;
	}
	return c->redis == NULL;
}

void
ending_word(struct ending *e, struct d4_slice word)
{
	const struct relay_conf *c = e->wash->conf;
	bool lost = d4_slice_eqs(word, "end lost");

	if (!lost && !d4_slice_eqs(word, "end"))
		return;
	if (e->timer != NULL || !ending_only_stdin(c))
		return;
	e->code = lost ? 1 : 0;
	e->end_ms = d4_mono_ms() + c->drain_us / 1000;
	e->timer = evtimer_new(e->wash->base, on_look, e);
	if (e->timer == NULL || evtimer_add(e->timer, &ending_look) != 0)
		e->stop(e->arg);
}

void
ending_fini(struct ending *e)
{
	if (e->timer != NULL)
		event_free(e->timer);
	e->timer = NULL;
}
