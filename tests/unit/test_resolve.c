#include "test.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <unistd.h>
#include "libd4/kit/resolve.h"

static void
literals_of_both_families_need_no_resolver(void **state)
{
	static const struct {
		const char *host;
		int family;
	} cases[] = {{"127.0.0.1", AF_INET}, {"::1", AF_INET6},
	    {"2001:db8::7", AF_INET6}};
	static const char *const names[] = {
	    "localhost", "1.2.3", "[::1]", "", "1.2.3.4.example"};
	struct d4_addresses a;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const void *p = &a.at[0];
		const struct sockaddr_in *v4 = p;
		const struct sockaddr_in6 *v6 = p;

		assert_int_equal(
		    d4_resolve_numeric(cases[i].host, 4443, &a), D4_OK);
		assert_int_equal(a.n, 1);
		assert_int_equal(a.at[0].ss_family, cases[i].family);
		assert_int_equal(
		    ntohs(cases[i].family == AF_INET ? v4->sin_port
						     : v6->sin6_port),
		    4443);
	}
	for (size_t i = 0; i < COUNT(names); i++)
		assert_int_equal(
		    d4_resolve_numeric(names[i], 1, &a), D4_EINVAL);
}

struct answer {
	struct event_base *base;
	struct d4_addresses a;
	unsigned n;
};

static void
on_answer(void *arg, const struct d4_addresses *a, const char *why)
{
	struct answer *to = arg;

	assert_non_null(why);
	to->a = *a;
	to->n++;
	(void)event_base_loopbreak(to->base);
}

static void
a_name_of_the_hosts_file_is_found_once_and_later(void **state)
{
	struct answer got = {.base = event_base_new()};
	struct d4_answer to = {.done = on_answer, .arg = &got};
	struct timeval deadline = {10, 0};
	struct d4_resolver *r = NULL;
	struct d4_query *q = NULL;

	(void)state;
	assert_int_equal(d4_resolver_new(got.base, &r), D4_OK);
	assert_int_equal(d4_resolve(r, "localhost", 4443, &to, &q), D4_OK);
	assert_int_equal(got.n, 0);
	(void)event_base_loopexit(got.base, &deadline);
	(void)event_base_dispatch(got.base);
	assert_int_equal(got.n, 1);
	assert_true(got.a.n >= 1);
	d4_resolver_free(r);
	event_base_free(got.base);
}

static void
a_cancelled_query_never_answers(void **state)
{
	struct answer got = {.base = event_base_new()};
	struct d4_answer to = {.done = on_answer, .arg = &got};
	struct d4_resolver *r = NULL;
	struct d4_query *q = NULL;

	(void)state;
	assert_int_equal(d4_resolver_new(got.base, &r), D4_OK);
	assert_int_equal(d4_resolve(r, "localhost", 1, &to, &q), D4_OK);
	d4_resolve_cancel(q);
	assert_int_equal(
	    d4_resolve(r, "no-such-host.invalid", 1, &to, &q), D4_OK);
	d4_resolve_cancel(q);
	for (int i = 0; i < 20; i++)
		(void)event_base_loop(got.base, EVLOOP_NONBLOCK);
	assert_int_equal(got.n, 0);
	d4_resolver_free(r);
	for (int i = 0; i < 20; i++)
		(void)event_base_loop(got.base, EVLOOP_NONBLOCK);
	assert_int_equal(got.n, 0);
	event_base_free(got.base);
	d4_resolve_cancel(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(literals_of_both_families_need_no_resolver),
	    cmocka_unit_test(a_name_of_the_hosts_file_is_found_once_and_later),
	    cmocka_unit_test(a_cancelled_query_never_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
