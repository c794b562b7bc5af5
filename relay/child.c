#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <openssl/crypto.h>
#include "libd4/kit/log.h"
#include "relay/child.h"
#include "relay/master.h"
#include "relay/profile.h"
#include "relay/wash.h"

/* Lanes keep their segments open. */
static void
child_files(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) != 0)
		return;
	lim.rlim_cur = lim.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &lim) != 0)
		d4_warn("files limit");
}

/* The policy and its key, read while they can be. */
static void
wash_prepare(const struct relay_conf *c, struct wash_setup *w)
{
	struct d4_diag diag = {.file = NULL};
	char text[1280];
	enum d4_status st;
	char *key;

	if (gate_load(c->policy, &diag, &w->gate) != D4_OK) {
		d4_diag_format(&diag, text, sizeof(text));
		(void)snprintf(w->error, sizeof(w->error), "%.*s",
		    (int)sizeof(w->error) - 1, text);
		w->gate = NULL;
		return;
	}
	key = wash_key_path(c->policy, w->gate);
	st = key == NULL ? D4_ENOENT : d4_master_read(key, w->master);
	w->have_master = st == D4_OK;
	if (st != D4_OK)
		(void)snprintf(w->error, sizeof(w->error),
		    "master key %.256s: %s", key != NULL ? key : "not set",
		    d4_status_text(st));
	else if ((st = gate_vault_read(key, &w->vault)) != D4_OK)
		d4_warnx("alarm ring=unreadable error=\"%s\" (nothing goes to "
			 "forgettable partners)",
		    d4_status_text(st));
	free(key);
}

/* The airlock's limits; the list is the caller's to free. */
static struct lanes_limits
wash_limits(const struct relay_conf *c)
{
	struct lanes_limits out = {.total = c->budget,
	    .behind = c->compress,
	    .idle_s = c->unused_us / 1000000};
	struct lanes_limit *list = calloc(c->n_partners + 1, sizeof(*list));

	for (size_t i = 0; list != NULL && i < c->n_partners; i++)
		list[i] = (struct lanes_limit){.id = c->partner[i].id,
		    .budget = c->file[i].budget,
		    .drop_oldest =
			strcmp(c->file[i].on_full, "drop-oldest") == 0};
	out.list = list;
	out.n = list != NULL ? c->n_partners : 0;
	return out;
}

int
child_wash(const struct child_setup *setup)
{
	const struct relay_conf *c = setup->conf;
	struct wash_setup w = {.group = c->group,
	    .consumer = c->instance,
	    .policy = c->policy,
	    .source = c->source,
	    .n_sources = c->n_sources,
	    .life = setup->life,
	    .queues = c->redis != NULL,
	    .dirs = {.spool = c->spool,
		.state = c->state,
		.cursors = c->cursors,
		.findings = c->findings},
	    .overflow = c->overflow,
	    .limits = wash_limits(c),
	    .quarantine = c->quarantine,
	    .channel = setup->channel,
	    .nudge = setup->nudge};
	struct profile p;
	int code = 1;

	child_files();
	wash_prepare(c, &w);
	master_tell(setup->channel, w.have_master ? w.master : NULL, w.vault);
	if (profile_wash(c, &p) == D4_OK &&
	    profile_enter(c->wash_user, setup->supervisor, &p))
		code = wash_run(&w); /* the gate is wash's then */
	else
		gate_free(w.gate);
	OPENSSL_cleanse(w.master, sizeof(w.master));
	gate_vault_free(w.vault);
	free((void *)(uintptr_t)w.limits.list);
	profile_fini(&p);
	return code;
}
