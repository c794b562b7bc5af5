/* Replays a corpus folder through a fuzz target, for ctest. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
replay_file(const char *dir, const char *name)
{
	char path[4096];
	uint8_t *data;
	size_t n;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	if (f == NULL) {
		perror(path);
		exit(1);
	}
	/* An exact allocation: an over-read of one byte is seen by ASan. */
	(void)fseek(f, 0, SEEK_END);
	n = (size_t)ftell(f);
	rewind(f);
	data = malloc(n == 0 ? 1 : n);
	if (data == NULL || fread(data, 1, n, f) != n) {
		perror(path);
		exit(1);
	}
	(void)fclose(f);
	(void)LLVMFuzzerTestOneInput(data, n);
	free(data);
}

int
main(int argc, char **argv)
{
	struct dirent *e;
	unsigned n = 0;
	DIR *d;

	if (argc != 2 || (d = opendir(argv[1])) == NULL) {
		fprintf(stderr, "usage: %s CORPUS-DIR\n", argv[0]);
		return 1;
	}
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		replay_file(argv[1], e->d_name);
		n++;
	}
	(void)closedir(d);
	printf("%u inputs replayed\n", n);
	return n == 0; /* an empty corpus tests nothing */
}
