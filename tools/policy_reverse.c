/* d4-policy reverse: which address a partner's pseudonym stands for. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sanitizers/reverse.h"
#include "tools/policy_tool.h"

/* stable: of a pipeline without the step `epoch`. */
struct reverse_epoch {
	bool stable;
	uint64_t number;
	char text[24];
};

static int
reverse_fails(const char *what, const char *remedy)
{
	(void)fprintf(stderr, "d4-policy: %s%s%s\n", what,
	    remedy[0] != '\0' ? "; " : "", remedy);
	return EX_FAILED;
}

/*
 * Nothing is said before this is on disk. The original is not written down:
 * the log would become the table that the key protects.
 */
static enum d4_status
reverse_audit(const struct policy_args *a, const char *epoch)
{
	json_t *o = json_object();

	(void)json_object_set_new(o, "pipeline", json_string(a->pipeline));
	(void)json_object_set_new(o, "epoch", json_string(epoch));
	(void)json_object_set_new(o, "mapped", json_string(a->file));
	return policy_audit(a, "reverse", o);
}

static int
reverse_print(const struct policy_args *a, const struct san_originals *found)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < found->n; i++) {
		char text[D4_ADDR_TEXT];

		d4_addr_text(&found->addr[i], text);
		if (!a->json)
			(void)printf("%s\n", text);
		(void)json_array_append_new(list, json_string(text));
	}
	if (a->json) {
		json_t *o = json_pack(
		    "{s:s, s:o}", "mapped", a->file, "originals", list);

		(void)json_dumpf(o, stdout, JSON_COMPACT);
		(void)putchar('\n');
		json_decref(o);
	} else {
		json_decref(list);
	}
	if (found->n != 0)
		return EX_OK;
	return reverse_fails("no address gives this one under that pipeline",
	    "is it the right partner and pipeline?");
}

/*
 * The number of the epoch: as written, or that of the record's time (--at).
 * A pipeline without the step `epoch` has one, 0.
 */
static bool
reverse_epoch(const struct policy_args *a, const struct san_chain *c,
    struct reverse_epoch *out)
{
	uint64_t unit_s = san_chain_epoch_s(c), t = 0;
	char *end = NULL;

	out->stable = unit_s == 0;
	if (a->epoch != NULL && a->epoch[0] >= '0' && a->epoch[0] <= '9') {
		errno = 0;
		out->number = strtoull(a->epoch, &end, 10);
		if (*end != '\0' || errno != 0)
			return false;
	} else if (a->epoch == NULL && a->at != NULL && unit_s != 0) {
		if (pol_time_read(a->at, &t) != D4_OK)
			return false;
		out->number = t / unit_s;
	} else if (a->epoch != NULL || !out->stable) {
		return false;
	}
	(void)snprintf(out->text, sizeof(out->text), "%llu",
	    (unsigned long long)out->number);
	return !out->stable || out->number == 0;
}

/* The keys of that epoch; NULL when they are not there. */
static const struct san_keys *
reverse_keys(struct gate *g, const char *partner, const struct reverse_epoch *e,
    struct san_keys *room)
{
	const struct san_keys *base = gate_keys(g, partner);

	if (base == NULL || e->stable)
		return base;
	return san_keys_epoch(base, e->number, room) == D4_OK ? room : NULL;
}

/* The keys, and what is asked for, checked before anything is written. */
static int
reverse_in(const struct policy_args *a, struct gate *g)
{
	const struct san_chain *c = gate_chain(g, a->pipeline);
	struct d4_diag diag = {.file = a->policy};
	struct reverse_epoch epoch = {.number = 0};
	struct san_originals found;
	const struct san_keys *keys;
	struct san_keys room;
	struct d4_addr mapped;
	enum d4_status st;

	if (c == NULL)
		return reverse_fails("no such pipeline", "see d4-policy show");
	if (pol_partner_find(gate_policy(g), a->partner) == NULL)
		return reverse_fails("no such partner", "see d4-policy show");
	if (d4_addr_parse(d4_slice_str(a->file), &mapped) != D4_OK)
		return reverse_fails("not an IP address", "");
	if (!reverse_epoch(a, c, &epoch))
		return reverse_fails("which epoch?",
		    san_chain_epoch_s(c) != 0
			? "--epoch NUMBER, or --at the record's time"
			: "the pipeline has epoch 0 only");
	if (gate_keys_load(g, &diag) != D4_OK) {
		policy_complain(&diag);
		return EX_FAILED;
	}
	keys = reverse_keys(g, a->partner, &epoch, &room);
	if (keys == NULL)
		return reverse_fails(
		    "there are no keys for that epoch", "were they destroyed?");
	if (reverse_audit(a, epoch.text) != D4_OK)
		return reverse_fails("the audit log cannot be written",
		    "name another folder by --audit");
	st = san_chain_reverse(c, keys, &mapped, &found);
	san_keys_wipe(&room);
	if (st == D4_ENOTSUP)
		return reverse_fails(
		    "the pipeline's addresses have no way back", "");
	if (st != D4_OK)
		return reverse_fails(d4_status_text(st), "");
	return reverse_print(a, &found);
}

int
policy_reverse(const struct policy_args *a)
{
	struct gate *g;
	int rc;

	if (a->file == NULL || a->partner == NULL || a->pipeline == NULL ||
	    a->because == NULL || a->because[0] == '\0') {
		(void)reverse_fails("reverse needs an address, --partner, "
				    "--pipeline and --because",
		    "see d4-policy --help");
		return EX_USAGE;
	}
	g = policy_load(a->policy);
	if (g == NULL)
		return EX_FAILED;
	rc = reverse_in(a, g);
	gate_free(g);
	return rc;
}
