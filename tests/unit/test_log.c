#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>
#include <cmocka.h>
#include <jansson.h>
#include "libd4/kit/log.h"

static int saved_stderr = -1;
static FILE *caught;

/* stderr goes to a file until release(). */
static void
catch_stderr(void)
{
	caught = tmpfile();
	assert_non_null(caught);
	saved_stderr = dup(2);
	assert_int_equal(dup2(fileno(caught), 2), 2);
}

static void
release(char *out, size_t n)
{
	size_t got;

	assert_int_equal(dup2(saved_stderr, 2), 2);
	(void)close(saved_stderr);
	rewind(caught);
	got = fread(out, 1, n - 1, caught);
	out[got] = '\0';
	(void)fclose(caught);
}

static void
a_line_has_time_level_program_and_text(void **state)
{
	char out[1024];

	(void)state;
	d4_log_open("d4-test", D4_LOG_INFO, false);
	catch_stderr();
	d4_debug("not shown");
	d4_info("session closed reason=%s", "timeout");
	errno = ENOENT;
	d4_warn("file missing");
	assert_int_equal(errno, ENOENT);
	release(out, sizeof(out));
	assert_null(strstr(out, "not shown"));
	assert_non_null(
	    strstr(out, "Z info d4-test: session closed reason=timeout\n"));
	assert_non_null(strstr(out, "Z warn d4-test: file missing "
				    "error=\"No such file or directory\"\n"));
}

static void
control_characters_cannot_forge_a_line(void **state)
{
	char out[1024];

	(void)state;
	d4_log_open("d4-test", D4_LOG_INFO, false);
	catch_stderr();
	d4_info("a=%s", "x\n2024 warn forged");
	release(out, sizeof(out));
	assert_int_equal(strchr(out, '\n') - out, (long)strlen(out) - 1);
}

static json_t *
one_json(const char *text)
{
	char out[32768];
	json_t *o;

	d4_log_open("d4-test", D4_LOG_INFO, true);
	catch_stderr();
	d4_info("%s", text);
	release(out, sizeof(out));
	assert_int_equal(out[strlen(out) - 1], '\n');
	o = json_loads(out, 0, NULL);
	assert_non_null(o);
	return o;
}

static void
json_has_the_event_and_its_pairs(void **state)
{
	static const char *const want[][2] = {{"prog", "d4-test"},
	    {"level", "info"}, {"event", "session closed"}, {"session", "12"},
	    {"why", "a \"b\"\n\\c"}, {"last", ""}};
	json_t *o = one_json("session closed session=12 "
			     "why=\"a \\\"b\\\"\\x0a\\\\c\" last=");

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		const char *v;

		v = json_string_value(json_object_get(o, want[i][0]));
		assert_non_null(v);
		assert_string_equal(v, want[i][1]);
	}
	json_decref(o);
}

static void
json_stays_json_whatever_is_said(void **state)
{
	char text[6000];

	(void)state;
	for (unsigned c = 1; c < 256; c++) {
		memset(text, (int)c, sizeof(text) - 1);
		text[sizeof(text) - 1] = '\0';
		json_decref(one_json(text));
		memcpy(text, "a=\"\\", 4);
		json_decref(one_json(text));
	}
}

static void
quote_never_writes_behind_its_room(void **state)
{
	const char *in = "a\"\\\n\xff z";
	char out[64];

	(void)state;
	for (size_t n = 0; n < 40; n++) {
		memset(out, '~', sizeof(out));
		(void)d4_log_quote(in, strlen(in), out, n);
		for (size_t i = n; i < sizeof(out); i++)
			assert_int_equal(out[i], '~');
		if (n != 0)
			assert_true(strlen(out) < n);
	}
	assert_string_equal(d4_log_quote(in, strlen(in), out, sizeof(out)),
	    "\"a\\\"\\\\\\x0a\\xff z\"");
}

static void
fatal_ends_with_status_1(void **state)
{
	int status = 0;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0) {
		(void)close(2);
		d4_fatalx("the end");
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_line_has_time_level_program_and_text),
	    cmocka_unit_test(control_characters_cannot_forge_a_line),
	    cmocka_unit_test(json_has_the_event_and_its_pairs),
	    cmocka_unit_test(json_stays_json_whatever_is_said),
	    cmocka_unit_test(quote_never_writes_behind_its_room),
	    cmocka_unit_test(fatal_ends_with_status_1),
	};

	(void)unsetenv("JOURNAL_STREAM");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
