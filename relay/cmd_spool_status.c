/* How full each partner's airlock is, and what waits in it; only reads. */
#include <dirent.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "gate/gate.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/file.h"
#include "relay/commands.h"
#include "relay/journal_load.h"
#include "relay/spool_sums.h"

#define SUM(member)                                          \
	{                                                    \
#member, offsetof(struct spool_sums, member) \
	}

static const struct {
	const char *name;
	size_t at;
} members[] = {
    SUM(lanes),
    SUM(segments),
    SUM(bytes),
    SUM(entries),
    SUM(records),
    SUM(damages),
    SUM(packed_entries),
    SUM(packed_bytes),
    SUM(plain_bytes),
    SUM(waiting_entries),
    SUM(waiting_records),
    SUM(oldest),
    SUM(held_entries),
    SUM(held_records),
    SUM(held_until),
    SUM(unreleased_records),
    SUM(expires_next),
};

/* ---- what the configuration, the policy and the journals say ---- */

/* The share of a partner without a budget; 0: the policy cannot be read. */
static uint64_t
fair_share(const struct relay_conf *c)
{
	struct d4_diag diag = {.file = NULL};
	struct gate *g = NULL;
	size_t n;

	if (gate_load(c->policy, &diag, &g) != D4_OK)
		return 0;
	n = pol_n_partners(gate_policy(g));
	gate_free(g);
	return n > 1 ? c->budget / n : c->budget;
}

static void
put_limits(const struct relay_conf *c, json_t *o, const char *partner)
{
	uint64_t budget = 0;
	const char *full = "park";

	for (size_t i = 0; i < c->n_partners; i++) {
		if (strcmp(c->partner[i].id, partner) != 0)
			continue;
		budget = c->file[i].budget;
		full = c->file[i].on_full;
	}
	if (budget == 0)
		budget = fair_share(c);
	(void)json_object_set_new(o, "budget",
	    budget != 0 ? json_integer((json_int_t)budget) : json_null());
	(void)json_object_set_new(o, "on_full", json_string(full));
	(void)json_object_set_new(o, "parked", json_object());
}

/* One shard: from where on the partners that are parked there go on. */
static int
put_parked(const struct relay_conf *c, const char *id, json_t *list)
{
	struct journal *j = NULL;
	char text[STREAM_ID_TEXT];
	json_t *o, *parked;
	size_t i;

	if (journal_look(c->state, id, &j) != D4_OK)
		return 1;
	json_array_foreach(list, i, o)
	{
		const struct park *p = parks_find(&j->parks,
		    json_string_value(json_object_get(o, "partner")));

		if (p == NULL)
			continue;
		parked = json_object_get(o, "parked");
		stream_id_text(&p->upto, text);
		(void)json_object_set_new(
		    parked, j->key != NULL ? j->key : id, json_string(text));
	}
	journal_close(j);
	return 0;
}

static int
put_all_parked(const struct relay_conf *c, json_t *list)
{
	char *top = d4_path(c->state, JOURNAL_FOLDER);
	DIR *d = top != NULL ? opendir(top) : NULL;
	struct dirent *e;
	int code = 0;

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (d4_spool_name_lane(e->d_name) &&
		    put_parked(c, e->d_name, list) != 0) {
			(void)fprintf(stderr,
			    "d4-relay: %s/%s cannot be read: who is parked "
			    "there is not known\n",
			    top, e->d_name);
			code = 1;
		}
	}
	if (d != NULL)
		(void)closedir(d);
	free(top);
	return code;
}

static int
put_partner(const struct relay_conf *c, const char *partner, json_t *list)
{
	struct spool_sums sums;
	json_t *o = json_object();
	int code = spool_sums_read(c, partner, &sums) ? 0 : 1;

	(void)json_object_set_new(o, "partner", json_string(partner));
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		uint64_t n;

		memcpy(&n, (const char *)&sums + members[i].at, sizeof(n));
		(void)json_object_set_new(
		    o, members[i].name, json_integer((json_int_t)n));
	}
	put_limits(c, o, partner);
	(void)json_array_append_new(list, o);
	return code;
}

/* ---- */

static void
print_time(const char *what, const json_t *o, const char *name)
{
	json_int_t s = json_integer_value(json_object_get(o, name));
	char t[D4_TIME_TEXT];

	if (s == 0)
		return;
	d4_time_text((uint64_t)s * 1000000, t);
	(void)printf("    %s %s\n", what, t);
}

static void
print_partner(const json_t *o)
{
	const char *shard;
	json_t *id;

	(void)printf("%s\n", json_string_value(json_object_get(o, "partner")));
	(void)printf("    on_full %s budget %lld\n",
	    json_string_value(json_object_get(o, "on_full")),
	    json_integer_value(json_object_get(o, "budget")));
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const char *name = members[i].name;

		if (strcmp(name, "oldest") == 0 ||
		    strcmp(name, "held_until") == 0 ||
		    strcmp(name, "expires_next") == 0)
			print_time(name, o, name);
		else
			(void)printf("    %s %lld\n", name,
			    json_integer_value(json_object_get(o, name)));
	}
	json_object_foreach(json_object_get(o, "parked"), shard, id)(void)
	    printf("    parked %s %s\n", shard, json_string_value(id));
}

/* Those of relay.yaml, and those that only have lanes any more. */
static int
all_partners(const struct relay_conf *c, const char *only, json_t *list)
{
	struct dirent **e = NULL;
	json_t *names = json_object();
	int n = scandir(c->spool, &e, NULL, alphasort), code = 0;
	const char *name;
	json_t *v;

	for (size_t i = 0; i < c->n_partners; i++)
		(void)json_object_set_new(names, c->partner[i].id, json_true());
	for (int i = 0; i < n; i++) {
		if (e[i]->d_name[0] != '.')
			(void)json_object_set_new(
			    names, e[i]->d_name, json_true());
		free((void *)e[i]);
	}
	free((void *)e);
	json_object_foreach(names, name, v)
	{
		if (only == NULL || strcmp(only, name) == 0)
			code |= put_partner(c, name, list);
	}
	json_decref(names);
	if (only != NULL && json_array_size(list) == 0) {
		(void)fprintf(stderr, "d4-relay: no partner %s\n", only);
		return 1;
	}
	return code;
}

int
cmd_spool_status(const struct relay_conf *c, int argc, char **argv)
{
	const char *partner = NULL;
	json_t *list = json_array();
	bool json = false;
	int code;

	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			json = true;
		} else if (argv[i][0] != '-' && partner == NULL) {
			partner = argv[i];
		} else {
			(void)fprintf(stderr, "usage: d4-relay spool status "
					      "[--json] [PARTNER]\n");
			json_decref(list);
			return 64;
		}
	}
	code = all_partners(c, partner, list);
	code |= put_all_parked(c, list);
	if (json)
		(void)json_dumpf(list, stdout, JSON_INDENT(1));
	for (size_t i = 0; !json && i < json_array_size(list); i++)
		print_partner(json_array_get(list, i));
	json_decref(list);
	return code != 0 || fflush(stdout) != 0 ? 1 : 0;
}
