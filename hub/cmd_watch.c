/* d4-hub watch: looks at a hub every so often, by its control socket. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include "hub/commands.h"
#include "hub/page.h"
#include "hub/watch.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/ctl.h"
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "libd4/kit/sandbox.h"

#define STEP_MS  100 /* while a command runs, or the hub is away */
#define REST_MS  5000u
#define FILE_MAX (4u << 20)

static const char usage[] =
    "usage: d4-hub watch [-n] [-c CONF]\n"
    "  raises and clears events of a hub: log, syslog, a local command\n"
    "  -c, --conf CONF  configuration (default " HUB_CONF ")\n"
    "  -n, --check      check it and exit\n"
    "\noptions under `events`, with defaults:\n";

/*
 * struct watch -- Shape: path: of the file of what is raised; up: the hub has
 * the same list. dirty: the file has not. page_said: metrics not written.
 */
struct watch {
	struct hub_options *opt;
	struct watch_conf conf;
	struct events *events;
	struct watch_act *act;
	char *path;
	bool up, dirty, page_said;
	int signals;
};

/* ---- what the hub is told ---- */

/* The answer; NULL: none, or not ok. */
static json_t *
watch_ask(const struct watch *w, json_t *request)
{
	json_t *answer = NULL;
	enum d4_status st = d4_ctl_ask(w->opt->ctl, request, &answer);

	json_decref(request);
	if (st != D4_OK)
		return NULL;
	if (json_is_true(json_object_get(answer, "ok")))
		return answer;
	json_decref(answer);
	return NULL;
}

static bool
watch_tell(const struct watch *w, json_t *request)
{
	json_t *answer = watch_ask(w, request);

	json_decref(answer);
	return answer != NULL;
}

static void
tell_put(void *arg, const struct event *e)
{
	struct watch *w = arg;
	json_t *event = event_json(e, "raised");
	char *text = json_dumps(event, JSON_COMPACT | JSON_ENSURE_ASCII);
	char key[EVENT_KEY];

	json_decref(event);
	event_key(e, key);
	if (w->up && text != NULL)
		w->up =
		    watch_tell(w, json_pack("{s:s,s:s,s:s}", "cmd",
				      "events.put", "key", key, "event", text));
	free(text);
}

static void
tell_drop(struct watch *w, const struct event *e)
{
	char key[EVENT_KEY];

	event_key(e, key);
	if (w->up)
		w->up = watch_tell(w,
		    json_pack("{s:s,s:s}", "cmd", "events.drop", "key", key));
}

/* A hub that came, or came back, has an old list, or none. */
static void
tell_all(struct watch *w)
{
	w->up = watch_tell(w, json_pack("{s:s}", "cmd", "events.reset"));
	events_each(w->events, tell_put, w);
}

/* ---- events ---- */

static void
on_event(struct watch *w, const struct event *e, const char *state)
{
	json_t *o = event_json(e, state);

	if (o != NULL)
		act_event(w->act, o);
	json_decref(o);
	w->dirty = true;
}

static void
on_raised(void *arg, const struct event *e)
{
	on_event(arg, e, "raised");
	tell_put(arg, e);
}

static void
on_cleared(void *arg, const struct event *e)
{
	on_event(arg, e, "cleared");
	tell_drop(arg, e);
}

/* What was raised, for the next process. */
static void
watch_save(struct watch *w)
{
	json_t *list = events_json(w->events);
	char *text = json_dumps(list, JSON_INDENT(1) | JSON_ENSURE_ASCII);
	enum d4_status st = D4_ENOMEM;

	json_decref(list);
	if (text != NULL)
		st = d4_file_replace(w->path, d4_slice_str(text), 0640);
	free(text);
	if (st != D4_OK)
		d4_warn("events file=%s", w->path);
	w->dirty = st != D4_OK;
}

static void
watch_load(struct watch *w)
{
	struct d4_buf text;
	json_t *list = NULL;

	d4_buf_init(&text, FILE_MAX);
	if (d4_file_read(w->path, &text) == D4_OK)
		list = json_loadb((const char *)text.p, text.n, 0, NULL);
	events_load(w->events, list);
	json_decref(list);
	d4_buf_fini(&text);
}

/* ---- a look ---- */

/* Our own files: seconds until the certificate ends. */
static bool
cert_left(const char *path, int64_t *left)
{
	BIO *in = BIO_new_file(path, "r");
	X509 *x = in != NULL ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
	int days = 0, seconds = 0;
	bool ok = x != NULL && ASN1_TIME_diff(&days, &seconds, NULL,
				   X509_get0_notAfter(x)) == 1;

	if (ok)
		*left = (int64_t)days * 86400 + seconds;
	X509_free(x);
	BIO_free(in);
	return ok;
}

static void
look_certs(struct watch *w)
{
	const char *const path[] = {
	    w->opt->cert, w->opt->client_ca, w->opt->tee_ca};
	int64_t left;

	for (size_t i = 0; i < sizeof(path) / sizeof(path[0]); i++) {
		if (path[i] == NULL)
			continue;
		if (cert_left(path[i], &left))
			watch_cert(w->events, &w->conf, path[i], left);
		else
			events_blind(w->events, EVENT_CERT_EXPIRING);
	}
}

static json_t *
ask_sensors(const struct watch *w)
{
	char silent[32], skew[32];

	(void)snprintf(silent, sizeof(silent), "%llus",
	    (unsigned long long)(w->conf.silent_us / 1000000));
	(void)snprintf(skew, sizeof(skew), "%llus",
	    (unsigned long long)(w->conf.skew_us / 1000000));
	return watch_ask(w, json_pack("{s:s,s:s,s:s}", "cmd", "events.look",
				"silent", silent, "skew", skew));
}

/* What it cannot write is said once, until it could again. */
static void
watch_page(struct watch *w)
{
	bool ok = page_write(w->opt->ctl, w->conf.metrics) == D4_OK;

	if (!ok && !w->page_said)
		d4_warn("alarm metrics=%s", w->conf.metrics);
	w->page_said = !ok;
}

static void
watch_look(struct watch *w)
{
	json_t *status = watch_ask(w, json_pack("{s:s}", "cmd", "status"));
	json_t *look = status != NULL ? ask_sensors(w) : NULL;

	w->up = w->up && look != NULL;
	if (!w->up && look != NULL)
		tell_all(w);
	events_begin(w->events);
	watch_status(w->events, &w->conf, status);
	watch_sensors(w->events, look);
	look_certs(w);
	events_end(w->events, d4_now_us() / 1000000);
	if (events_more(w->events) != 0)
		d4_warnx("events more=%llu are not held: too many",
		    (unsigned long long)events_more(w->events));
	json_decref(status);
	json_decref(look);
	if (w->dirty)
		watch_save(w);
	if (w->conf.metrics != NULL)
		watch_page(w);
}

/* ---- the process ---- */

static void
watch_signals(struct watch *w)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	w->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (w->signals < 0)
		d4_fatal("signalfd");
}

static void
watch_loop(struct watch *w)
{
	struct pollfd p = {.fd = w->signals, .events = POLLIN};
	uint64_t next = 0;

	while (poll(&p, 1, 0) == 0) {
		uint64_t now = d4_mono_ms();
		size_t busy;
		int wait;

		if (now >= next) {
			watch_look(w);
			now = d4_mono_ms();
			next = now + w->conf.every_us / 1000;
		}
		busy = act_step(w->act, now);
		wait = busy != 0 || next - now < STEP_MS ? STEP_MS
		                                         : (int)(next - now);
		(void)poll(&p, 1, wait);
	}
}

/* Commands that wait are run, for a while. */
static void
watch_rest(struct watch *w)
{
	uint64_t now = d4_mono_ms(), end = now + REST_MS;

	while (now < end && act_step(w->act, now) != 0) {
		(void)poll(NULL, 0, STEP_MS);
		now = d4_mono_ms();
	}
}

static void
watch_open(struct watch *w)
{
	static const struct events_ops ops = {on_raised, on_cleared};
	char *dir;

	if (d4_user_drop(w->opt->user) != D4_OK)
		d4_fatal("user=%s", w->opt->user);
	dir = d4_path(w->opt->state, "watch");
	if (dir == NULL || d4_dir_make(dir, 0750) != D4_OK)
		d4_fatal("state=%s", w->opt->state);
	w->path = d4_path(dir, "events.json");
	free(dir);
	if (w->path == NULL || events_new(&ops, w, &w->events) != D4_OK ||
	    act_new(&w->conf, &w->act) != D4_OK)
		d4_fatalx("out of memory");
	watch_load(w);
	watch_signals(w);
}

static int
watch_main(struct watch *w, const char *path, bool check)
{
	struct d4_diag diag = {.file = path};
	char text[1024];
	enum d4_status st = hub_options_load(path, &diag, &w->opt);

	if (st == D4_OK)
		st = watch_conf_read(w->opt->events, &diag, &w->conf);
	if (st != D4_OK) {
		d4_diag_format(&diag, text, sizeof(text));
		(void)fprintf(stderr, "%s\n", text);
		return 1;
	}
	if (check) {
		(void)printf("%s: ok\n", path);
		return 0;
	}
	d4_log_open("d4-hub[watch]", hub_options_log(w->opt), w->opt->log_json);
	watch_open(w);
	d4_info("watch ready ctl=%s", w->opt->ctl);
	watch_loop(w);
	watch_rest(w);
	act_free(w->act);
	events_free(w->events);
	free(w->path);
	d4_info("watch stopped");
	return 0;
}

int
cmd_watch(int argc, char **argv)
{
	static const struct option longs[] = {
	    {"conf", required_argument, NULL, 'c'},
	    {"check", no_argument, NULL, 'n'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	struct watch w = {.signals = -1};
	const char *path = HUB_CONF;
	bool check = false;
	int c, rc;

	while ((c = getopt_long(argc, argv, "c:nh", longs, NULL)) != -1) {
		if (c == 'h') {
			(void)fputs(usage, stdout);
			watch_conf_help(stdout);
			return 0;
		}
		if (c == '?')
			break;
		path = c == 'c' ? optarg : path;
		check = check || c == 'n';
	}
	if (optind != argc || c == '?') {
		(void)fputs(usage, stderr);
		return EXIT_USAGE;
	}
	rc = watch_main(&w, path, check);
	watch_conf_fini(&w.conf);
	hub_options_free(w.opt);
	return rc;
}
