/* Any bytes as a YAML file: never a crash, and the tree keeps its promises. */
#include <assert.h>
#include <stdint.h>
#include <string.h>
#include "libd4/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct d4_yaml *n, unsigned depth)
{
	size_t i;

	assert(depth <= D4_YAML_DEPTH);
	assert(n->at.line > 0 && n->at.column > 0);
	if (n->kind == D4_YAML_SCALAR) {
		assert(n->text != NULL && n->n == 0);
		return;
	}
	for (i = 0; i < n->n; i++)
		check(n->item[i], depth + 1);
	for (i = 0; n->kind == D4_YAML_MAP && i < n->n; i++)
		assert(d4_yaml_get(n, n->key[i]->text) == n->item[i]);
}

static void
read_scalars(const struct d4_yaml *n)
{
	const uint64_t all[2] = {0, UINT64_MAX};
	struct d4_diag diag = {.file = NULL};
	uint64_t v;
	bool b;

	if (d4_yaml_bool(n, &diag, &b) != D4_OK)
		assert(diag.what[0] != '\0');
	if (d4_yaml_u64(n, all, &diag, &v) != D4_OK)
		assert(diag.what[0] != '\0');
	if (d4_yaml_duration_us(n, &diag, &v) != D4_OK)
		assert(diag.what[0] != '\0');
	if (d4_yaml_bytes(n, &diag, &v) != D4_OK)
		assert(diag.what[0] != '\0');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct d4_diag diag = {.file = "fuzz"};
	struct d4_yaml *root = NULL;
	char text[1024];
	enum d4_status st;

	st = d4_yaml_parse(d4_slice_of(data, size), &diag, &root);
	if (st == D4_OK) {
		check(root, 0);
		read_scalars(root->n != 0 ? root->item[0] : root);
	} else {
		assert(root == NULL);
		assert(st == D4_ENOMEM || diag.what[0] != '\0');
		d4_diag_format(&diag, text, sizeof(text));
		assert(strlen(text) < sizeof(text));
	}
	d4_yaml_free(root);
	return 0;
}
