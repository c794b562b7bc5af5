/* Files in base64: what leaves is base64, and no file that is not allowed. */
#include "fuzz_san.h"
#include "sanitizers/watch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const steps[] = {"- filewatcher: {}",
    "- filewatcher: {emit: content, max_size: 64B, magic: [text, elf]}"};

#define PIPELINES (sizeof(steps) / sizeof(steps[0]))

static void
is_allowed(struct d4_slice text, bool content)
{
	static uint8_t file[FUZZ_OUT];

	while (text.n != 0) {
		const uint8_t *nl = memchr(text.p, '\n', text.n);
		struct d4_slice line = d4_slice_skip(
		    &text, nl != NULL ? (size_t)(nl - text.p) + 1 : text.n);
		size_t n;

		while (line.n != 0 && (line.p[line.n - 1] == '\n' ||
					  line.p[line.n - 1] == '\r'))
			line.n--;
		HOLDS(san_base64_decode(line, file, &n));
		HOLDS(!content || n <= 64);
		HOLDS(content || file[0] == '{');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_chain chains[PIPELINES];
	struct d4_buf out;
	size_t i;

	if (size < 1)
		return 0;
	i = data[0] % PIPELINES;
	if (chains[i].chain == NULL)
		chains[i] = fuzz_compile_ext(steps[i], "filewatcher");
	d4_buf_init(&out, FUZZ_OUT);
	fuzz_both(&chains[i], d4_slice_of(data + 1, size - 1),
	    1 + data[0] / PIPELINES, &out);
	is_allowed(d4_buf_slice(&out), i == 1);
	d4_buf_fini(&out);
	return 0;
}
