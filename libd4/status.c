#include "libd4/status.h"

const char *
d4_status_text(enum d4_status st)
{
#define D4_STATUS_CASE(name, code, text) \
	case name:                       \
		return text;
	switch (st) {
		D4_STATUSES(D4_STATUS_CASE)
	}
#undef D4_STATUS_CASE
	return "unknown status";
}
