/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verifier's log, read backwards (verifier.h). The words in the table are those of Linux 6.12; those of
 * other versions that are not found only lack an advice.
 */
#include <errno.h>
#include <string.h>

#include "strutil.h"
#include "utf8.h"
#include "verifier.h"

#define LINE_MAX_BYTES 300
/* Line information: "; source text @ file.c:12". */
#define SOURCE_MARK "; "
#define PLACE_MARK " @ "

/* The first row whose words all occur counts: special ones stand before general ones. */
static const struct {
	const char *words;
	const char *also; /* may be NULL */
	const char *advice;
} table[] = {
	{ "is not allowed", "calling kernel function",
	  "this callback may not call that function: batches, looks and verdicts belong into evict(), "
	  "not into added() or removed()" },
	{ "not found in kernel or module BTFs", NULL,
	  "this kernel has no such function or type: load the module (modprobe mempol) if the kernel has "
	  "it, which mempolctl features tells; or the engine was written for a newer one" },
	{ "is not found in kernel BTF", NULL,
	  "this kernel has no such function or type: load the module (modprobe mempol) if the kernel has "
	  "it, which mempolctl features tells; or the engine was written for a newer one" },
	{ "BPF program is too large", NULL,
	  "the verifier follows every path: loop with bpf_for(), not with a plain for, and keep the "
	  "state that a loop carries along small" },
	{ "infinite loop detected", NULL,
	  "the verifier cannot see that this loop ends: loop with bpf_for() and a constant bound" },
	{ "back-edge", NULL,
	  "the verifier cannot see that this loop ends: loop with bpf_for() and a constant bound" },
	{ "jumps is too complex", NULL,
	  "too many branches on one path: put the body of the loop into a function that is not "
	  "inlined, or loop with bpf_for()" },
	{ "invalid access to map value", NULL,
	  "an index may lie outside its array: mask it right before the access, as in "
	  "array[i & (SIZE - 1)] with SIZE a power of two" },
	{ "unbounded", NULL,
	  "nothing bounds this number where it is added to a pointer: mask it right before the access, "
	  "as in array[i & (SIZE - 1)]" },
	{ "write into map", "forbidden",
	  "constants and tunables cannot be written by the engine: copy the value into a variable" },
	{ "invalid mem access 'map_value_or_null'", NULL,
	  "a lookup may find nothing: test the pointer for NULL before it is used" },
	{ "invalid mem access 'scalar'", NULL,
	  "this number is used as a pointer: arguments keep being pointers only as they are, and "
	  "members of kernel structures are read through them one at a time" },
	{ "combined stack size", NULL,
	  "a program and what it calls share 512 bytes of stack: make arrays global or smaller" },
	{ "stack", "invalid read from",
	  "a variable on the stack is read before all of it was written: initialise it with = {}" },
	{ "invalid indirect", "stack",
	  "a structure is handed over before all of it was written: initialise it with = {}" },
	{ "stack", "invalid write to",
	  "an index may lie outside an array on the stack, or the stack is over its 512 bytes: mask "
	  "the index, make the array smaller" },
	{ "At program exit the register R0", NULL,
	  "added() returns a list from 0 to 7, with or without MEMPOL_CACHE_TAIL, or "
	  "MEMPOL_CACHE_TO_KERNEL, and nothing else" },
	{ "!read_ok", NULL,
	  "a variable is used before it has a value on some path, or a path returns nothing" },
	{ "arg#", "pointer",
	  "an argument of the function is not what it wants: hand the context on as the callback got "
	  "it, and the address of a variable of the very type" },
	{ "cannot call GPL-restricted function", NULL,
	  "the functions of the kernel are for engines under the GPL: char LICENSE[] SEC(\"license\") "
	  "= \"GPL\", as MEMPOL_CACHE_ENGINE() has it" },
	{ "invalid bpf_context access", NULL,
	  "the callback has fewer arguments than are named here: compare it with the table of "
	  "callbacks" },
};

const char *mp_verifier_advice_at(size_t index, const char **ret_words)
{
	if (index >= ARRAY_SIZE(table))
		return NULL;
	*ret_words = table[index].words;
	return table[index].advice;
}

void mp_verdict_done(struct mp_verdict *verdict)
{
	free(verdict->reason);
	free(verdict->source);
	free(verdict->file);
	*verdict = (struct mp_verdict){};
}

static char *copy_line(const char *begin, size_t length)
{
	char *copy = strndup(begin, length < LINE_MAX_BYTES ? length : LINE_MAX_BYTES);

	if (copy)
		mp_text_clean(copy);
	return copy;
}

/* About the verifier's work, or the trace of a register's state. */
static bool is_boring(const char *line, size_t length)
{
	static const char *const beginnings[] = {
		"processed ",
		"verification time ",
		"stack depth ",
		"max_states_per_insn ",
		"max states ",
		"insns processed",
		"-- END PROG LOAD LOG",
		"-- BEGIN PROG LOAD LOG",
		SOURCE_MARK,
		"libbpf: ",
		"mark_precise",
		"peak_states",
	};

	if (!length)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(beginnings); i++)
		if (!strncmp(line, beginnings[i], strlen(beginnings[i])))
			return true;
	return false;
}

/* "; text @ file.c:12" between @line and @line + @length. */
static int take_source(const char *line, size_t length, struct mp_verdict *verdict)
{
	_cleanup_free_ char *copy = mp_owned(copy_line(line, length));
	char *place = NULL, *colon;

	if (!copy)
		return -ENOMEM;
	for (char *s = copy; (s = strstr(s, PLACE_MARK)); s += strlen(PLACE_MARK))
		place = s;
	if (place) {
		*place = '\0';
		place += strlen(PLACE_MARK);
		colon = strrchr(place, ':');
		verdict->line = colon ? strtoul(colon + 1, NULL, 10) : 0;
		if (colon)
			*colon = '\0';
		verdict->file = strdup(place);
	}
	verdict->source = strdup(mp_trim(copy + strlen(SOURCE_MARK)));
	return verdict->source && (verdict->file || !place) ? 0 : -ENOMEM;
}

static const char *advice_for(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (strstr(text, table[i].words) && (!table[i].also || strstr(text, table[i].also)))
			return table[i].advice;
	return NULL;
}

/* libbpf speaks where the verifier was not reached: its first line names the cause. */
static int read_libbpf(const char *log, struct mp_verdict *verdict)
{
	static const char prefix[] = "libbpf: ";

	if (!strncmp(log, prefix, strlen(prefix)))
		log += strlen(prefix);
	if (!*log)
		return 0;
	verdict->reason = copy_line(log, strcspn(log, "\n"));
	return verdict->reason ? 0 : -ENOMEM;
}

int mp_verifier_read(const char *log, struct mp_verdict *ret)
{
	_cleanup_verdict_ struct mp_verdict verdict = {};
	const char *end = log + strlen(log), *words = log;
	int r = 0;

	while (r >= 0 && !verdict.source && end > log) {
		const char *line = end;

		while (line > log && line[-1] != '\n')
			line--;
		if (!verdict.reason && !is_boring(line, end - line)) {
			verdict.reason = copy_line(line, end - line);
			r = verdict.reason ? 0 : -ENOMEM;
		} else if (verdict.reason && mp_starts_with(line, SOURCE_MARK)) {
			r = take_source(line, end - line, &verdict);
			words = end;
		}
		end = line > log ? line - 1 : log;
	}
	if (r >= 0 && !verdict.reason)
		r = read_libbpf(log, &verdict);
	if (r < 0)
		return r;
	/* The words often have two lines: what is wrong, and about which register. */
	if (verdict.reason)
		verdict.advice = advice_for(words);
	*ret = TAKE(verdict, (struct mp_verdict){});
	return 0;
}
