/* Values of a sensor's configuration directory: bounded, and no surprises. */
#include <assert.h>
#include <string.h>
#include "sensor/conf_value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[CONF_VALUE], host[CONF_HOST], port[CONF_PORT];
	char url[CONF_REDIS], password[CONF_HOST];
	uint32_t v = 0;

	if (conf_value_text(d4_slice_of(data, size), text, sizeof(text)) !=
	    D4_OK)
		return 0;
	assert(strlen(text) <= size && strlen(text) < sizeof(text));
	if (conf_value_number(text, 255, &v) == D4_OK)
		assert(v >= 1 && v <= 255);
	if (conf_value_address(text, host, port) == D4_OK) {
		assert(host[0] != '\0' && strlen(host) < sizeof(host));
		if (conf_value_number(port, 65535, &v) != D4_OK)
			assert(0);
		assert(strpbrk(host, " []/\"") == NULL);
	}
	if (conf_value_redis(text, url, &v) == D4_OK)
		assert(strlen(url) < sizeof(url) && v <= 65535);
	if (conf_value_login(text, host, password) == D4_OK)
		assert(host[0] != '\0' && password[0] != '\0');
	return 0;
}
