/* What is said of an event to syslog; the C library's calls are ours here. */
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>
#include <jansson.h>
#include "hub/watch.h"
#include "test.h"

static struct {
	unsigned opened, n;
	int facility, priority;
	char ident[16], text[256];
} said;

void __wrap_openlog(const char *ident, int option, int facility);
void __wrap_syslog(int priority, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* With _FORTIFY_SOURCE syslog() is this. */
void __wrap___syslog_chk(int priority, int flag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void
__wrap_openlog(const char *ident, int option, int facility)
{
	(void)option;
	said.opened++;
	said.facility = facility;
	(void)snprintf(said.ident, sizeof(said.ident), "%s", ident);
}

void
__wrap_syslog(int priority, const char *format, ...)
{
	va_list ap;

	said.n++;
	said.priority = priority;
	va_start(ap, format);
	(void)vsnprintf(said.text, sizeof(said.text), format, ap);
	va_end(ap);
}

void
__wrap___syslog_chk(int priority, int flag, const char *format, ...)
{
	va_list ap;

	(void)flag;
	said.n++;
	said.priority = priority;
	va_start(ap, format);
	(void)vsnprintf(said.text, sizeof(said.text), format, ap);
	va_end(ap);
}

static int
setup(void **state)
{
	(void)state;
	memset(&said, 0, sizeof(said));
	return 0;
}

/* An event of a subject that a sensor chose. */
static void
tell(const struct watch_conf *conf, const char *state)
{
	struct watch_act *a = NULL;
	json_t *event = json_pack("{s:s, s:s, s:s, s:s, s:s}", "event",
	    "queue.full", "subject", "%s%n", "state", state, "about",
	    "a queue is full", "text", "100 entries");

	assert_non_null(event);
	assert_int_equal(act_new(conf, &a), D4_OK);
	act_event(a, event);
	act_free(a);
	json_decref(event);
}

static void
what_is_raised_is_a_warning_and_what_is_over_a_notice(void **state)
{
	const struct watch_conf conf = {.syslog = true};

	(void)state;
	tell(&conf, "raised");
	assert_int_equal(said.opened, 1);
	assert_string_equal(said.ident, "d4-hub");
	assert_int_equal(said.facility, LOG_DAEMON);
	assert_int_equal(said.n, 1);
	assert_int_equal(said.priority, LOG_WARNING);
	assert_string_equal(said.text,
	    "event=queue.full subject=%s%n state=raised text=\"100 entries\"");
	tell(&conf, "cleared");
	assert_int_equal(said.n, 2);
	assert_int_equal(said.priority, LOG_NOTICE);
	assert_non_null(strstr(said.text, " state=cleared "));
}

static void
nothing_is_said_unless_it_is_asked_for(void **state)
{
	const struct watch_conf conf = {.syslog = false};

	(void)state;
	tell(&conf, "raised");
	tell(&conf, "cleared");
	assert_int_equal(said.opened, 0);
	assert_int_equal(said.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(
		what_is_raised_is_a_warning_and_what_is_over_a_notice, setup),
	    cmocka_unit_test_setup(
		nothing_is_said_unless_it_is_asked_for, setup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
