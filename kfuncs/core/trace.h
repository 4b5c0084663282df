/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one tracepoint of mempol.ko. The daemon's agent program hangs on it and
 * copies the event to the ring buffer; perf and tracefs see the head of it.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM mempol

#if !defined(_MEMPOL_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _MEMPOL_TRACE_H

#include <linux/tracepoint.h>
#include <mempol/abi.h>

/* The macros are no C that clang-format knows. */
/* clang-format off */
TRACE_EVENT(mempol_event,
	    TP_PROTO(const struct mempol_event *event),
	    TP_ARGS(event),

	    TP_STRUCT__entry(__field(u16, type)
			     __field(u64, policy_id)
			     __field(u64, cgroup_id)
	    ),

	    TP_fast_assign(__entry->type = event->type;
			   __entry->policy_id = event->policy_id;
			   __entry->cgroup_id = event->cgroup_id;
	    ),

	    TP_printk("type=%u policy=%llu cgroup=%llu", __entry->type,
		      __entry->policy_id, __entry->cgroup_id)
);
/* clang-format on */

#endif /* _MEMPOL_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
