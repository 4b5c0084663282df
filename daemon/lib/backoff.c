// SPDX-License-Identifier: GPL-2.0-only
/*
 * Back-off and quarantine of ejected engines; see backoff.h.
 */
#include "backoff.h"

#define SEC_USEC (1000 * 1000ULL)
/* A refault storm or a burst of dirty pages is over by then, so the next one is another. */
#define FORGIVEN_USEC (600 * SEC_USEC)

void mp_backoff_attached(struct mp_backoff *b, uint64_t now_usec)
{
	b->attached_usec = now_usec;
}

uint64_t mp_backoff_ejected(struct mp_backoff *b, uint64_t now_usec)
{
	static const uint64_t waits_usec[] = { 1 * SEC_USEC, 5 * SEC_USEC, 30 * SEC_USEC };
	unsigned int step = b->ejections;

	if (now_usec - b->attached_usec >= FORGIVEN_USEC)
		b->strikes = 0;
	b->ejections++;
	b->strikes++;
	if (mp_backoff_is_quarantined(b))
		return UINT64_MAX;
	return now_usec +
	       waits_usec[step < ARRAY_SIZE(waits_usec) ? step : ARRAY_SIZE(waits_usec) - 1];
}

bool mp_backoff_is_quarantined(const struct mp_backoff *b)
{
	return b->strikes >= MP_BACKOFF_STRIKES;
}
