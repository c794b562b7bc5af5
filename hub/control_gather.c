/* Answers that are made of what all workers say. */
#include <stdlib.h>
#include "hub/control_parts.h"
#include "hub/merge.h"
#include "hub/metrics.h"

/* Our own part of an answer, while the others are asked. */
struct control_gather {
	struct d4_ctl_call *call;
	json_t *answer;
	json_t *(*finish)(json_t *answer);
};

static void
gather_answer(
    struct d4_ctl_call *call, json_t *answer, json_t *(*finish)(json_t *answer))
{
	if (finish != NULL && answer != NULL)
		answer = finish(answer);
	d4_ctl_answer(call, answer);
}

static void
on_gathered(void *arg, const json_t *answers)
{
	struct control_gather *g = arg;
	size_t i;
	json_t *one;

	json_array_foreach(answers, i, one)
	{
		merge_answer(g->answer, one);
	}
	gather_answer(g->call, g->answer, g->finish);
	free(g);
}

void
control_gather(struct peers *peers, struct d4_ctl_call *call,
    const json_t *request, json_t *answer, json_t *(*finish)(json_t *answer))
{
	struct control_gather *g = NULL;

	if (peers != NULL && peers_any(peers))
		g = malloc(sizeof(*g));
	if (g == NULL || answer == NULL) {
		free(g);
		gather_answer(call, answer, finish);
		return;
	}
	*g = (struct control_gather){call, answer, finish};
	peers_ask(peers, request, on_gathered, g);
}

/* Events and archives are in Redis: whoever asks puts them behind it. */
json_t *
control_metrics(json_t *status)
{
	struct d4_buf page;
	json_t *o = NULL;

	d4_buf_init(&page, METRICS_MAX);
	if (metrics_hub(status, &page) == D4_OK)
		o = json_pack("{s:s%}", "page", page.p, page.n);
	d4_buf_fini(&page);
	json_decref(status);
	return o;
}
