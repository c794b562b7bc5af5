#include <signal.h>
#include <unistd.h>
#include "test.h"
#include "libd4/kit/signals.h"

static unsigned stops, reloads, dumps;

static void
on_stop(void *arg)
{
	(void)arg;
	stops++;
}

static void
on_reload(void *arg)
{
	(void)arg;
	reloads++;
}

static void
on_dump(void *arg)
{
	(void)arg;
	dumps++;
}

static const struct d4_signals_events events = {
    .stop = on_stop, .reload = on_reload, .dump = on_dump};

static void
each_signal_calls_its_function(void **state)
{
	struct event_base *base = event_base_new();
	struct d4_signals *s = NULL;
	static const int sigs[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGPIPE};

	(void)state;
	assert_int_equal(d4_signals_new(base, &events, NULL, &s), D4_OK);
	for (size_t i = 0; i < COUNT(sigs); i++)
		assert_int_equal(kill(getpid(), sigs[i]), 0);
	while (stops < 2 || reloads < 1 || dumps < 1)
		assert_true(event_base_loop(base, EVLOOP_ONCE) >= 0);
	assert_int_equal(stops, 2);
	d4_signals_free(s);
	d4_signals_free(NULL);
	event_base_free(base);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_signal_calls_its_function),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
