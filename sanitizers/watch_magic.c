/* Kinds of files by their first bytes, and base64. */
#include <string.h>
#include "sanitizers/base64.h"
#include "sanitizers/utf8.h"
#include "sanitizers/watch.h"

#define MAGIC(word, at, text)                    \
	{                                        \
		word, at, sizeof(text) - 1, text \
	}

/* The first that fits; text and data stand for all that no row knows. */
static const struct san_magic magic_rows[] = {
    MAGIC("elf", 0,
	"\x7f"
	"ELF"),
    MAGIC("pe", 0, "MZ"),
    MAGIC("macho", 0, "\xfe\xed\xfa\xce"),
    MAGIC("macho64", 0, "\xfe\xed\xfa\xcf"),
    MAGIC("macho-le", 0, "\xce\xfa\xed\xfe"),
    MAGIC("macho64-le", 0, "\xcf\xfa\xed\xfe"),
    MAGIC("java", 0, "\xca\xfe\xba\xbe"),
    MAGIC("dex", 0, "dex\n"),
    MAGIC("wasm", 0, "\0asm"),
    MAGIC("gzip", 0, "\x1f\x8b"),
    MAGIC("bzip2", 0, "BZh"),
    MAGIC("xz", 0,
	"\xfd"
	"7zXZ\0"),
    MAGIC("zstd", 0, "\x28\xb5\x2f\xfd"),
    MAGIC("zip", 0, "PK\3\4"),
    MAGIC("rar", 0, "Rar!\x1a\7"),
    MAGIC("7z", 0, "7z\xbc\xaf\x27\x1c"),
    MAGIC("tar", 257, "ustar"),
    MAGIC("pdf", 0, "%PDF-"),
    MAGIC("ole", 0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    MAGIC("rtf", 0, "{\\rtf"),
    MAGIC("png", 0, "\x89PNG\r\n\x1a\n"),
    MAGIC("jpeg", 0, "\xff\xd8\xff"),
    MAGIC("gif", 0, "GIF8"),
    MAGIC("pcap", 0, "\xd4\xc3\xb2\xa1"),
    MAGIC("pcapng", 0, "\x0a\x0d\x0d\x0a"),
    MAGIC("sqlite", 0, "SQLite format 3"),
    MAGIC("script", 0, "#!"),
    MAGIC("text", 0, ""),
    MAGIC("data", 0, ""),
};

#define MAGIC_ROWS ((unsigned)(sizeof(magic_rows) / sizeof(magic_rows[0])))
_Static_assert(MAGIC_ROWS <= 64, "one bit each");

const struct san_magic *
san_magic_at(unsigned i)
{
	return i < MAGIC_ROWS ? &magic_rows[i] : NULL;
}

static bool
magic_text(struct d4_slice file)
{
	for (size_t i = 0; i < file.n; i++) {
		uint8_t c = file.p[i];

		if (c == 0x7f ||
		    (c < 0x20 && c != '\t' && c != '\n' && c != '\r'))
			return false;
	}
	return file.n != 0 && san_utf8_ok(file);
}

unsigned
san_magic_of(struct d4_slice file)
{
	unsigned i = 0;

	for (; i + 2 < MAGIC_ROWS; i++) {
		const struct san_magic *m = &magic_rows[i];

		if (file.n >= m->offset + m->n &&
		    memcmp(file.p + m->offset, m->bytes, m->n) == 0)
			return i;
	}
	return magic_text(file) ? i : i + 1;
}

/* Four characters, of which the last `pad` are padding, to 3 - pad bytes. */
static bool
base64_four(const uint8_t *p, unsigned pad, uint8_t *out)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < 4 - pad; i++) {
		int six = san_base64_value(p[i]);

		if (six < 0)
			return false;
		v = v << 6 | (uint32_t)six;
	}
	v <<= 6 * pad;
	for (unsigned i = 0; i < 3 - pad; i++)
		out[i] = (uint8_t)(v >> (16 - 8 * i));
	/* Bits that no byte takes are zero, or one file had two texts. */
	return (v & (pad == 1 ? 0xffu : pad == 2 ? 0xffffu : 0)) == 0;
}

bool
san_base64_decode(struct d4_slice in, uint8_t *out, size_t *n)
{
	unsigned pad = 0;

	*n = 0;
	if (in.n == 0 || in.n % 4 != 0)
		return false;
	while (pad < 2 && in.p[in.n - 1 - pad] == '=')
		pad++;
	for (size_t i = 0; i < in.n; i += 4) {
		unsigned here = i + 4 == in.n ? pad : 0;

		if (!base64_four(in.p + i, here, out + *n))
			return false;
		*n += 3 - here;
	}
	return true;
}

enum d4_status
san_base64_encode(struct d4_slice in, struct d4_buf *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	enum d4_status st = D4_OK;

	while (st == D4_OK && in.n != 0) {
		size_t n = in.n < 3 ? in.n : 3;
		uint8_t b[3] = {0}, text[4];
		uint32_t v;

		memcpy(b, d4_slice_skip(&in, n).p, n);
		v = (uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2];
		for (unsigned i = 0; i < 4; i++)
			text[i] =
			    (uint8_t)(i > n ? '='
					    : digits[v >> (18 - 6 * i) & 63]);
		st = d4_buf_add(out, text, sizeof(text));
	}
	return st;
}
