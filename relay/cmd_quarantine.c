/*
 * Looks at what wash keeps of records in quarantine. Raw data: whoever runs
 * this needs wash's account, and each look at records is in the books.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/file.h"
#include "relay/cmd_words.h"
#include "relay/commands.h"
#include "relay/quarantine.h"

/* word: show, drop or NULL; w: what follows. */
struct ring_args {
	const char *word;
	struct cmd_words w;
};

static bool
parse(int argc, char **argv, struct ring_args *out)
{
	struct cmd_words *w = &out->w;

	if (!cmd_words(argc, argv, "jab", w))
		return false;
	if (w->n == 0 ||
	    (strcmp(w->arg[0], "show") != 0 && strcmp(w->arg[0], "drop") != 0))
		return true;
	out->word = *w->arg++;
	w->n--;
	return true;
}

static int
usage(void)
{
	(void)fputs("usage: d4-relay quarantine [--json] [RING]\n"
		    "       d4-relay quarantine show RING [NUMBER] "
		    "[--because TEXT] > FILE\n"
		    "       d4-relay quarantine drop RING ... | --all "
		    "[--because TEXT]\n",
	    stderr);
	return 64;
}

static bool
no_more(void *arg, const struct quarantine_entry *e)
{
	(void)arg;
	(void)e;
	return false;
}

/* The books are of rings that there are; one that is damaged may be dropped. */
static bool
there(const char *folder, const char *id)
{
	const struct quarantine_reader r = {no_more, NULL};
	struct quarantine_head head;
	enum d4_status st = quarantine_read(folder, id, &head, &r);

	if (st != D4_EINVAL && st != D4_ENOENT)
		return true;
	(void)fprintf(stderr,
	    "d4-relay: %s: no such ring; see d4-relay quarantine\n", id);
	return false;
}

/* What is looked at, or goes, is in the books first. */
static enum d4_status
noted(const struct relay_conf *c, const struct ring_args *a, const char *what,
    json_t *fields)
{
	return cmd_noted(c, "quarantine", what, a->w.because, fields);
}

/* ---- which there are ---- */

static const char *
text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL ? s : "?";
}

static long long
number(const json_t *o, const char *key)
{
	return (long long)json_integer_value(json_object_get(o, key));
}

static void
print_ring(const json_t *o)
{
	const char *ext = text(o, "ext");

	(void)printf("%s sensor %s type %lld%s%s\n"
		     "    %lld records, %lld bytes, %s to %s; %lld before "
		     "them are gone\n",
	    text(o, "id"), text(o, "sensor"), number(o, "type"),
	    ext[0] != '\0' ? "/" : "", ext, number(o, "records"),
	    number(o, "bytes"), text(o, "first"), text(o, "last"),
	    number(o, "gone"));
}

static int
list_rings(const char *folder, bool json)
{
	json_t *list = quarantine_list(folder);

	if (list == NULL && errno == ENOENT)
		list = json_array(); /* nothing is kept, or nothing was yet */
	if (list == NULL)
		return cmd_fails(folder, NULL, D4_EIO);
	if (json) {
		(void)json_dumpf(list, stdout, JSON_INDENT(1));
		(void)putchar('\n');
	}
	for (size_t i = 0; !json && i < json_array_size(list); i++)
		print_ring(json_array_get(list, i));
	json_decref(list);
	return 0;
}

/* ---- one of them ---- */

static bool
list_entry(void *arg, const struct quarantine_entry *e)
{
	json_t *list = arg;
	char when[D4_TIME_TEXT];

	d4_time_text(e->t_us, when);
	return json_array_append_new(list,
		   json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:I}", "number",
		       (json_int_t)e->number, "t", when, "reason", e->reason,
		       "partner", e->partner, "rule", e->rule, "pipeline",
		       e->pipeline, "bytes", (json_int_t)e->record.n)) == 0;
}

static int
list_ring(const char *folder, const char *id, bool json)
{
	json_t *list = json_array();
	const struct quarantine_reader r = {list_entry, list};
	struct quarantine_head head;
	enum d4_status st = quarantine_read(folder, id, &head, &r);

	if (st != D4_OK) {
		json_decref(list);
		return there(folder, id) ? cmd_fails(id, NULL, st) : 1;
	}
	if (json) {
		(void)json_dumpf(list, stdout, JSON_INDENT(1));
		(void)putchar('\n');
	}
	for (size_t i = 0; !json && i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i);

		(void)printf("%lld %s %s to %s by rule %s, pipeline %s, %lld "
			     "bytes\n",
		    number(o, "number"), text(o, "t"), text(o, "reason"),
		    text(o, "partner"), text(o, "rule"), text(o, "pipeline"),
		    number(o, "bytes"));
	}
	json_decref(list);
	return 0;
}

/* ---- its records ---- */

/* A file is being written: records that stand under one opening. */
struct show {
	uint64_t number; /* 0: all */
	bool begun, failed;
	struct d4_buf opening;
	uint64_t n, others;
};

static bool
show_entry(void *arg, const struct quarantine_entry *e)
{
	struct show *s = arg;

	if (s->number != 0 && e->number != s->number)
		return true;
	if (s->begun && !d4_slice_eq(d4_buf_slice(&s->opening), e->opening)) {
		s->others++;
		return true;
	}
	if (!s->begun) {
		s->failed = d4_buf_add(&s->opening, e->opening.p,
				e->opening.n) != D4_OK ||
		            fwrite(e->opening.p, 1, e->opening.n, stdout) !=
		                e->opening.n;
		s->begun = true;
	}
	s->failed = s->failed ||
	            fwrite(e->record.p, 1, e->record.n, stdout) != e->record.n;
	s->n++;
	return !s->failed;
}

static int
show_end(const struct show *s)
{
	if (s->others != 0)
		(void)fprintf(stderr,
		    "d4-relay: %llu more stand under another opening: name "
		    "their numbers\n",
		    (unsigned long long)s->others);
	if (s->n == 0)
		(void)fputs("d4-relay: no such record\n", stderr);
	if (s->failed || fflush(stdout) != 0) {
		(void)fputs("d4-relay: not all of it was written\n", stderr);
		return 1;
	}
	return s->n != 0 ? 0 : 1;
}

static int
show(const struct relay_conf *c, const struct ring_args *a, const char *folder)
{
	struct show s = {.number = 0};
	const struct quarantine_reader r = {show_entry, &s};
	struct quarantine_head head;
	enum d4_status st;
	char *end = "";
	int code;

	if (a->w.n == 2)
		s.number = strtoull(a->w.arg[1], &end, 10);
	if (*end != '\0' || (a->w.n == 2 && s.number == 0))
		return usage();
	if (isatty(STDOUT_FILENO) != 0) {
		(void)fputs("d4-relay: these are raw records, no text for a "
			    "terminal: write > FILE\n",
		    stderr);
		return 1;
	}
	if (!there(folder, a->w.arg[0]))
		return 1;
	st = noted(c, a, "quarantine.show",
	    json_pack("{s:o, s:I}", "ring",
		quarantine_about(folder, a->w.arg[0]), "number",
		(json_int_t)s.number));
	if (st != D4_OK)
		return cmd_fails("nothing is shown", NULL, st);
	d4_buf_init(&s.opening, QUARANTINE_ENTRY);
	st = quarantine_read(folder, a->w.arg[0], &head, &r);
	code = st == D4_OK ? show_end(&s) : cmd_fails(a->w.arg[0], NULL, st);
	d4_buf_fini(&s.opening);
	return code;
}

/* ---- away with it ---- */

static int
drop_one(const struct relay_conf *c, const struct ring_args *a,
    const char *folder, const char *id)
{
	enum d4_status st;

	if (!there(folder, id))
		return 1;
	st = noted(c, a, "quarantine.drop",
	    json_pack("{s:o}", "ring", quarantine_about(folder, id)));
	if (st == D4_OK)
		st = quarantine_drop(folder, id);
	if (st != D4_OK)
		return cmd_fails(id, NULL, st);
	(void)printf("dropped: %s\n", id);
	return 0;
}

static int
drop(const struct relay_conf *c, const struct ring_args *a, const char *folder)
{
	json_t *list = a->w.all ? quarantine_list(folder) : NULL;
	int code = 0;

	if (a->w.all && list == NULL && errno != ENOENT)
		return cmd_fails(folder, NULL, D4_EIO);
	for (size_t i = 0; i < a->w.n; i++)
		code |= drop_one(c, a, folder, a->w.arg[i]);
	for (size_t i = 0; i < json_array_size(list); i++)
		code |=
		    drop_one(c, a, folder, text(json_array_get(list, i), "id"));
	json_decref(list);
	return code;
}

static bool
sound(const struct ring_args *a)
{
	if (a->word == NULL)
		return !a->w.all && a->w.because == NULL && a->w.n <= 1;
	if (strcmp(a->word, "show") == 0)
		return !a->w.all && !a->w.json && (a->w.n == 1 || a->w.n == 2);
	return !a->w.json && a->w.all == (a->w.n == 0);
}

int
cmd_quarantine(const struct relay_conf *c, int argc, char **argv)
{
	struct ring_args a = {.word = NULL};
	char *folder;
	int code;

	if (!parse(argc, argv, &a) || !sound(&a))
		return usage();
	folder = d4_path(c->state, QUARANTINE_FOLDER);
	if (folder == NULL)
		return cmd_fails(c->state, NULL, D4_ENOMEM);
	if (a.word == NULL)
		code = a.w.n == 0 ? list_rings(folder, a.w.json)
		                  : list_ring(folder, a.w.arg[0], a.w.json);
	else if (strcmp(a.word, "show") == 0)
		code = show(c, &a, folder);
	else
		code = drop(c, &a, folder);
	free(folder);
	return code;
}
