// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of a process' page tables by hand; see translation.h. Each reply is a part, for the daemon has others to
 * answer.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "kernel.h"
#include "translation.h"

#define _cleanup_json_ _cleanup_(sd_json_variant_unrefp)

/* Of one reply. A call moves some hundred tables at most. */
#define CALLS_MAX 8

static int explain(const struct mp_translation_process *process, const struct mempol_call *call,
		   bool begun, char **ret_problem, int error)
{
	if (error == -EOPNOTSUPP && !*ret_problem)
		return mp_problem(
			ret_problem, error,
			"This kernel does not move page tables: it is built without "
			"CONFIG_MEMPOL_TRANSLATION, or a device shares the tables of process %d",
			process->pid);
	if (error == -EINVAL && call->op == MEMPOL_CALL_TEA &&
	    call->body.tea.op == MEMPOL_TEA_OP_NODE && call->body.tea.process.start_ns)
		return mp_problem(ret_problem, error, "There is no node %d with memory (%s)",
				  call->body.tea.nid, strerror(-error));
	return mp_translation_explain(process, begun, ret_problem, error);
}

static int ask(struct mp_manager *m, const struct mp_translation_process *process,
	       struct mempol_call *call, bool begun, char **ret_problem)
{
	int r = mp_kernel_call(m, call, ret_problem);

	if (r >= 0 && !mp_translation_is_there(process))
		r = -ESRCH;
	return r < 0 ? explain(process, call, begun, ret_problem, r) : 0;
}

static struct mempol_process identify(const struct mp_translation_process *process,
				      const struct mp_translation_part *part)
{
	return (struct mempol_process){ .pid = process->pid,
					.start_ns = part->began_ns,
					.program = part->program };
}

/* What several calls have come to. */
struct sum {
	uint64_t done, held_ns;
	uint64_t refused[MEMPOL_TEA_NR_WHY];
};

static void add(struct sum *sum, const struct mempol_tea_request *tea)
{
	sum->done += tea->done;
	if (tea->held_ns > sum->held_ns)
		sum->held_ns = tea->held_ns;
	for (size_t i = 0; i < MEMPOL_TEA_NR_WHY; i++)
		sum->refused[i] += tea->refused[i];
}

static int refused_json(const struct sum *sum, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *v = NULL;
	int r = 0;

#define MEMPOL_X(upper, lower, text)                               \
	r = r < 0 ? r :                                            \
		    sd_json_variant_set_field_unsigned(&v, #lower, \
						       sum->refused[MEMPOL_TEA_WHY_##upper]);
	MEMPOL_TEA_REFUSALS(MEMPOL_X)
#undef MEMPOL_X
	if (r >= 0)
		*ret = TAKE_PTR(v);
	return r;
}

static int change_json(const struct mp_translation_process *process,
		       const struct mempol_tea_request *tea, const struct sum *sum,
		       sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *refused = NULL;
	int r = refused_json(sum, &refused);

	if (r < 0)
		return r;
	return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_UNSIGNED("pid", (uint64_t)process->pid),
			      SD_JSON_BUILD_PAIR_STRING("command", process->comm),
			      SD_JSON_BUILD_PAIR_UNSIGNED("began_ns", tea->process.start_ns),
			      SD_JSON_BUILD_PAIR_UNSIGNED("program", tea->process.program),
			      SD_JSON_BUILD_PAIR_UNSIGNED("tables", sum->done),
			      SD_JSON_BUILD_PAIR_UNSIGNED("held_ns", sum->held_ns),
			      SD_JSON_BUILD_PAIR_VARIANT("refused", refused),
			      SD_JSON_BUILD_PAIR_CONDITION(tea->next < tea->end, "next",
							   SD_JSON_BUILD_UNSIGNED(tea->next)));
}

static int change(struct mp_manager *m, const struct mp_translation_process *process,
		  const struct mp_translation_part *part, enum mempol_tea_op op,
		  sd_json_variant **ret, char **ret_problem)
{
	struct mempol_call call = { .op = MEMPOL_CALL_TEA,
				    .body.tea = { .process = identify(process, part),
						  .op = op,
						  .nid = (int32_t)part->node,
						  .next = part->from &
							  ~(MEMPOL_TEA_WINDOW_BYTES - 1) } };
	struct mempol_tea_request *tea = &call.body.tea;
	struct sum sum = {};
	int r;

	*ret_problem = NULL;
	for (unsigned int calls = 0; calls < CALLS_MAX && (!calls || tea->next < tea->end);
	     calls++) {
		tea->start = tea->next;
		r = ask(m, process, &call, part->began_ns || calls, ret_problem);
		if (r < 0)
			return r;
		add(&sum, tea);
	}
	return change_json(process, tea, &sum, ret);
}

int mp_translation_trim(struct mp_manager *m, const struct mp_translation_process *process,
			const struct mp_translation_part *part, sd_json_variant **ret,
			char **ret_problem)
{
	return change(m, process, part, MEMPOL_TEA_OP_TRIM, ret, ret_problem);
}

int mp_translation_move(struct mp_manager *m, const struct mp_translation_process *process,
			const struct mp_translation_part *part, sd_json_variant **ret,
			char **ret_problem)
{
	return change(m, process, part, MEMPOL_TEA_OP_NODE, ret, ret_problem);
}

static int add_area(sd_json_variant **array, const struct mempol_tea_entry *tea)
{
	return sd_json_variant_append_arraybo(
		array, SD_JSON_BUILD_PAIR_UNSIGNED("start", tea->start),
		SD_JSON_BUILD_PAIR_UNSIGNED("end",
					    tea->start + tea->windows * MEMPOL_TEA_WINDOW_BYTES),
		SD_JSON_BUILD_PAIR_UNSIGNED("pfn", tea->pfn),
		SD_JSON_BUILD_PAIR_UNSIGNED("node", (uint64_t)tea->nid),
		SD_JSON_BUILD_PAIR_UNSIGNED("windows", tea->windows),
		SD_JSON_BUILD_PAIR_UNSIGNED("frames", tea->frames),
		SD_JSON_BUILD_PAIR_UNSIGNED("placed", tea->placed),
		SD_JSON_BUILD_PAIR_UNSIGNED("elsewhere", tea->elsewhere),
		SD_JSON_BUILD_PAIR_UNSIGNED("huge", tea->huge),
		SD_JSON_BUILD_PAIR_UNSIGNED("idle", tea->idle));
}

int mp_translation_areas(struct mp_manager *m, const struct mp_translation_process *process,
			 const struct mp_translation_part *part, sd_json_variant **ret,
			 char **ret_problem)
{
	struct mempol_call call = { .op = MEMPOL_CALL_TEAS,
				    .body.teas = { .process = identify(process, part),
						   .from = part->from } };
	const struct mempol_tea_list *list = &call.body.teas;
	_cleanup_json_ sd_json_variant *areas = NULL;
	int r = sd_json_variant_new_array(&areas, NULL, 0);

	*ret_problem = NULL;
	r = r < 0 ? r : ask(m, process, &call, part->began_ns, ret_problem);
	for (uint32_t i = 0; r >= 0 && i < list->nr && i < MEMPOL_TEA_ENTRIES; i++)
		r = add_area(&areas, &list->entries[i]);
	if (r < 0)
		return r;
	return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_UNSIGNED("pid", (uint64_t)process->pid),
			      SD_JSON_BUILD_PAIR_STRING("command", process->comm),
			      SD_JSON_BUILD_PAIR_UNSIGNED("began_ns", list->process.start_ns),
			      SD_JSON_BUILD_PAIR_UNSIGNED("program", list->process.program),
			      SD_JSON_BUILD_PAIR_VARIANT("areas", areas),
			      SD_JSON_BUILD_PAIR_CONDITION(list->nr == MEMPOL_TEA_ENTRIES, "next",
							   SD_JSON_BUILD_UNSIGNED(list->from)));
}
