#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "libd4/secret.h"

/* Expected values: spec sanitizers.md section 2, and Python's HKDF. */

static const uint8_t *
master_key(void)
{
	static uint8_t m[D4_MASTER_LEN];

	for (unsigned i = 0; i < D4_MASTER_LEN; i++)
		m[i] = (uint8_t)i;
	return m;
}

static void
hex_of(const uint8_t *p, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", p[i]);
}

static void
subkeys_are_the_known_answers(void **state)
{
	static const struct {
		const char *info[3];
		size_t len;
		const char *hex;
	} rows[] = {
	    {{"cpan", "acme", "0"}, 32,
		"6e3062bf2dfc1e262d6a4352a9c4430c"
		"e431a89482d2fa8003c842d5aca31782"},
	    {{"tok", "acme", "0"}, 32,
		"b37bece3eee402749d0ae9aa23c05641"
		"f19112048b3d0a9116be2412fc95cdae"},
	    {{"mac", "acme", "0"}, 32,
		"e614a50a339902fa95d597e899842a62"
		"12d0a8b1a45e1e91efd7025771e1977d"},
	    {{"uuid", "acme", "0"}, 32,
		"7c06689adb271ccf57d5fa52acb59ae2"
		"7325e22feb033ea765bd541c168e979f"},
	    {{"tshift", "acme", "0"}, 8, "c461eb50e1115bc5"},
	    {{"ipdet", "acme", "0"}, 16, "55e306c82214c270e034b207646f567c"},
	    {{"pfx", "acme", "0"}, 32,
		"8ac004d88f8edae7e85575e6144ea780"
		"745ae881165d39c687efa74e509ab0d9"},
	    {{"tok", "acme", "7"}, 32,
		"a5304ce9c3696acff75dbe5c2a5538c9"
		"8480105784b037743337fdad6598a6eb"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t key[D4_SUBKEY_MAX];
		char hex[2 * D4_SUBKEY_MAX + 1];

		assert_int_equal(
		    d4_subkey(master_key(), rows[i].info, key, rows[i].len),
		    D4_OK);
		hex_of(key, rows[i].len, hex);
		assert_string_equal(hex, rows[i].hex);
	}
}

static void
an_info_that_does_not_fit_gives_no_key(void **state)
{
	static const uint8_t zero[16];
	const char *info[3] = {"tok", NULL, "0"};
	uint8_t key[16];
	char name[300];

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	info[1] = name;
	memset(key, 7, sizeof(key));
	assert_int_equal(
	    d4_subkey(master_key(), info, key, sizeof(key)), D4_ETOOBIG);
	assert_memory_equal(key, zero, sizeof(key));
}

static void
tokens_are_the_known_answers(void **state)
{
	static const char *const rows[][3] = {
	    {"user", "admin", "dce90bb6767e7110"},
	    {"email", "alice@example.org", "1f44fbdc3b3bac4e"},
	    {"host", "pc1.corp.example", "919ba6b75a37a8b1"},
	};
	const char *info[3] = {"tok", "acme", "0"};
	uint8_t key[32], mac[32];
	char hex[17];

	(void)state;
	assert_int_equal(d4_subkey(master_key(), info, key, 32), D4_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct d4_slice parts[2] = {
		    d4_slice_of(rows[i][0], strlen(rows[i][0]) + 1),
		    d4_slice_str(rows[i][1])};

		assert_int_equal(d4_mac_sha256(key, parts, 2, mac), D4_OK);
		hex_of(mac, 8, hex);
		assert_string_equal(hex, rows[i][2]);
	}
}

static void
wire_uuids_are_version_4_and_differ_by_capture_format(void **state)
{
	static const uint8_t sensor[16] = {0x5b, 0x64, 0x22, 0x39, 0x4d, 0xb4,
	    0x45, 0x80, 0xad, 0xf4, 0x4e, 0xbd, 0x95, 0x0d, 0x21, 0x0f};
	const struct {
		struct d4_slice id;
		uint32_t variant;
		const char *text;
	} rows[] = {
	    {d4_slice_of(sensor, 16), 0,
		"02a146c1-a2ce-478a-bce4-b0ca7ea5d1ac"},
	    {d4_slice_of(sensor, 16), 0x10000001,
		"38470e7a-b421-4d79-b8ad-50cad0a5ba14"},
	    {d4_slice_str("tele-pcap"), 0,
		"8c7c52dd-079f-4b71-96aa-02bb470ab12e"},
	    {d4_slice_str("tele-pcap"), 0x10000001,
		"9653ec15-4939-4bc6-b455-0413109af898"},
	    /* sixteen characters, and yet no UUID */
	    {d4_slice_str("abcdefghijklmnop"), 0,
		"136ce169-271e-4b58-b1dd-49fe779c3ecc"},
	};
	const char *info[3] = {"uuid", "acme", "0"};
	uint8_t key[32];

	(void)state;
	assert_int_equal(d4_subkey(master_key(), info, key, 32), D4_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct d4_uuid u;
		char text[D4_UUID_TEXT];

		assert_int_equal(
		    d4_wire_uuid(key, rows[i].id, rows[i].variant, &u), D4_OK);
		d4_uuid_text(&u, text);
		assert_string_equal(text, rows[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(subkeys_are_the_known_answers),
	    cmocka_unit_test(an_info_that_does_not_fit_gives_no_key),
	    cmocka_unit_test(tokens_are_the_known_answers),
	    cmocka_unit_test(
		wire_uuids_are_version_4_and_differ_by_capture_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
