#include "hub/admit.h"
#include "test.h"

static const struct d4_uuid v4 = {{0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x47,
    0x77, 0x88, 0x88, 1, 2, 3, 4, 5, 6}};
static const struct d4_uuid other_v4 = {{0x12, 0x22, 0x33, 0x44, 0x55, 0x66,
    0x47, 0x77, 0x88, 0x88, 1, 2, 3, 4, 5, 6}};
static const struct d4_uuid v1 = {{0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x17,
    0x77, 0x88, 0x88, 1, 2, 3, 4, 5, 6}};

static struct admit_rules
usual_rules(void)
{
	struct admit_rules r = {.any_uuid = false};
	static const uint8_t types[] = {1, 2, 3, 6, 8, 254};

	for (size_t i = 0; i < COUNT(types); i++)
		r.accepted[types[i]] = true;
	return r;
}

/*
 * A session as a script of types: "8 8", "2 2 m 254" (m: the meta header is
 * whole now). The verdict of the last frame is what counts; all before it
 * must be let in.
 */
static enum d4_reason
run_script(const struct admit_rules *rules, const char *script)
{
	struct admit_state state = {.stage = ADMIT_FIRST};
	enum d4_reason why = D4_R_NONE;

	while (*script != '\0') {
		struct d4_header h = {.version = 1, .uuid = v4};
		char *end;

		if (*script == 'm') {
			state.meta_done = true;
			script += script[1] == ' ' ? 2 : 1;
			continue;
		}
		assert_int_equal(why, D4_R_NONE);
		h.type = (uint8_t)strtoul(script, &end, 10);
		why = admit_header(rules, &state, &h);
		if (why == D4_R_NONE)
			admit_advance(&state, &h);
		script = *end == ' ' ? end + 1 : end;
	}
	return why;
}

static void
the_grammar_of_wire_md_section_2_holds(void **unused)
{
	static const struct {
		const char *script;
		enum d4_reason why;
	} cases[] = {
	    {"1", D4_R_NONE},
	    {"8 8 8", D4_R_NONE},
	    {"3 8", D4_R_TYPE_CHANGE},
	    {"8 2", D4_R_TYPE_CHANGE},
	    {"8 254", D4_R_TYPE_CHANGE},
	    {"254", D4_R_META_FIRST},
	    {"2", D4_R_NONE},
	    {"2 2 2", D4_R_NONE},
	    {"2 254", D4_R_META_FIRST},
	    {"2 m 254", D4_R_NONE},
	    {"2 m 2 254 254", D4_R_NONE},
	    {"2 m 254 2", D4_R_TYPE_CHANGE},
	    {"2 m 254 8", D4_R_TYPE_CHANGE},
	    {"2 8", D4_R_TYPE_CHANGE},
	    {"4", D4_R_HDR_TYPE},
	    {"7", D4_R_HDR_TYPE},
	    {"0", D4_R_HDR_TYPE},
	    {"255", D4_R_HDR_TYPE},
	};
	struct admit_rules rules = usual_rules();

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (run_script(&rules, cases[i].script) != cases[i].why)
			fail_msg("%s", cases[i].script);
	}
}

static void
only_accepted_types_begin_a_session(void **unused)
{
	struct admit_rules rules = usual_rules();

	(void)unused;
	rules.accepted[8] = false;
	assert_int_equal(run_script(&rules, "8"), D4_R_HDR_TYPE);
	rules.accepted[254] = false;
	assert_int_equal(run_script(&rules, "254"), D4_R_HDR_TYPE);
	assert_int_equal(run_script(&rules, "2 m 254"), D4_R_HDR_TYPE);
	rules.accepted[2] = false;
	assert_int_equal(run_script(&rules, "2"), D4_R_HDR_TYPE);
}

static void
a_uuid_stays_and_is_version_4(void **unused)
{
	struct admit_rules rules = usual_rules();
	struct admit_state state = {.stage = ADMIT_FIRST};
	struct d4_header h = {.version = 1, .type = 8, .uuid = v1};

	(void)unused;
	assert_int_equal(admit_header(&rules, &state, &h), D4_R_HDR_UUID);
	rules.any_uuid = true;
	assert_int_equal(admit_header(&rules, &state, &h), D4_R_NONE);
	h.uuid = v4;
	admit_advance(&state, &h);
	h.uuid = other_v4;
	assert_int_equal(admit_header(&rules, &state, &h), D4_R_UUID_CHANGE);
}

static void
a_sensor_needs_registration_key_and_no_block(void **unused)
{
#define GOOD .registered = true, .has_key = true
	static const struct {
		struct admit_sensor s;
		enum d4_reason why;
	} cases[] = {
	    {{GOOD}, D4_R_NONE},
	    {{.has_key = true}, D4_R_UNREGISTERED},
	    {{.has_key = true, .pending = true}, D4_R_PENDING},
	    {{GOOD, .pending = true}, D4_R_NONE},
	    {{.registered = true}, D4_R_NO_KEY},
	    {{GOOD, .revoked = true}, D4_R_REVOKED},
	    {{GOOD, .blocked = true}, D4_R_BLOCKED_UUID},
	    {{GOOD, .trap = true, .blocked = true}, D4_R_BLOCKED_TRAP},
	    {{GOOD, .address_blocked = true}, D4_R_BLOCKED_IP},
	    {{.blocked = true, .address_blocked = true}, D4_R_BLOCKED_IP},
	    {{GOOD, .kicked = true}, D4_R_KICKED},
	    {{GOOD, .foreign = true}, D4_R_ADDRESS},
	    {{GOOD, .cloned = true}, D4_R_CLONE},
	    {{GOOD, .foreign = true, .cloned = true}, D4_R_ADDRESS},
	    {{GOOD, .overdue = true}, D4_R_QUARANTINE},
	    {{GOOD, .broken = true}, D4_R_SENSOR_BROKEN},
	    {{.shared = true, .has_key = true}, D4_R_NONE},
	    {{.shared = true, .has_key = true, .revoked = true}, D4_R_REVOKED},
	    {{.shared = true}, D4_R_NO_KEY},
	};
#undef GOOD

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(admit_sensor(&cases[i].s), cases[i].why);
}

static void
errors_of_the_parser_have_their_reason(void **unused)
{
	(void)unused;
	assert_int_equal(admit_status(D4_EVERSION), D4_R_HDR_VERSION);
	assert_int_equal(admit_status(D4_EMALFORMED), D4_R_HDR_TYPE);
	assert_int_equal(admit_status(D4_ETOOBIG), D4_R_HDR_SIZE);
	assert_int_equal(admit_status(D4_EIO), D4_R_INTERNAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_grammar_of_wire_md_section_2_holds),
	    cmocka_unit_test(only_accepted_types_begin_a_session),
	    cmocka_unit_test(a_uuid_stays_and_is_version_4),
	    cmocka_unit_test(a_sensor_needs_registration_key_and_no_block),
	    cmocka_unit_test(errors_of_the_parser_have_their_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
