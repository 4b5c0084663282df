// SPDX-License-Identifier: GPL-2.0-only
/*
 * Do engines and kernel mean the same? Ops structs, contexts and enums are written once in the kernel or
 * its module, and again in the headers that engines are compiled against. Compares each mempol type of
 * each object with the running kernel's: members by name, with their sizes, and for what is passed by
 * value (ops, info) their places. A line for each difference on stdout; called by tests/vm/module.sh.
 *
 *   btfcheck OBJECT...
 */
#include <bpf/btf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned int compared, differences;

static const char *name_of(const struct btf *btf, const struct btf_type *type)
{
	return btf__name_by_offset(btf, type->name_off);
}

static void differ(const char *file, const char *type, const char *member, const char *what)
{
	printf("%s: struct %s: %s %s\n", file, type, member, what);
	differences++;
}

/* By name, because engines need not know all members, nor have them in the same order. */
static const struct btf_member *find_member(const struct btf *btf, const struct btf_type *type,
					    const char *name)
{
	for (int i = 0; i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_members(type)[i].name_off), name))
			return &btf_members(type)[i];
	return NULL;
}

/* What libbpf or CO-RE put in place by name may lie elsewhere; what is filled in by the kernel may not. */
static bool placed_by_name(const char *type)
{
	size_t n = strlen(type);

	return (n > 4 && !strcmp(type + n - 4, "_ctx")) || !strcmp(type, "mempol_balloon_block");
}

static void compare_struct(const char *file, const struct btf *mine, const struct btf_type *a,
			   const struct btf *theirs, const struct btf_type *b)
{
	const char *name = name_of(mine, a);

	compared++;
	if (!placed_by_name(name) && (a->size != b->size || btf_vlen(a) != btf_vlen(b)))
		differ(file, name, "it", "has another size or number of members in the kernel");
	for (int i = 0; i < btf_vlen(a); i++) {
		const struct btf_member *m = &btf_members(a)[i], *k;
		const char *member = btf__name_by_offset(mine, m->name_off);

		k = find_member(theirs, b, member);
		if (!k)
			differ(file, name, member, "is not in the kernel");
		else if (btf__resolve_size(mine, m->type) != btf__resolve_size(theirs, k->type))
			differ(file, name, member, "has another size in the kernel");
		else if (!placed_by_name(name) && m->offset != k->offset)
			differ(file, name, member, "lies elsewhere in the kernel");
	}
	/* The other way round: a member of a context that stubs lack is one that no engine can read. */
	for (int i = 0; i < btf_vlen(b); i++) {
		const char *member = btf__name_by_offset(theirs, btf_members(b)[i].name_off);

		if (!find_member(mine, a, member))
			differ(file, name, member, "is in the kernel only");
	}
}

static void compare_enum(const char *file, const struct btf *mine, const struct btf_type *a,
			 const struct btf *theirs, const struct btf_type *b)
{
	compared++;
	for (int i = 0; i < btf_vlen(a); i++) {
		const char *word = btf__name_by_offset(mine, btf_enum(a)[i].name_off);
		bool same = false;

		for (int j = 0; j < btf_vlen(b); j++)
			if (!strcmp(btf__name_by_offset(theirs, btf_enum(b)[j].name_off), word))
				same = btf_enum(a)[i].val == btf_enum(b)[j].val;
		if (!same)
			differ(file, name_of(mine, a), word, "has another value in the kernel");
	}
}

static void compare_object(const char *file, const struct btf *theirs)
{
	struct btf *mine = btf__parse(file, NULL);

	if (!mine) {
		differ(file, "-", "the object", "has no type information");
		return;
	}
	for (unsigned int id = 1; id < btf__type_cnt(mine); id++) {
		const struct btf_type *type = btf__type_by_id(mine, id);
		const char *name = name_of(mine, type);
		int other;

		if (strncmp(name, "mempol_", 7) || (!btf_is_struct(type) && !btf_is_enum(type)))
			continue;
		other = btf__find_by_name_kind(theirs, name, btf_kind(type));
		if (other < 0)
			differ(file, name, "it", "is not in the kernel");
		else if (btf_is_struct(type))
			compare_struct(file, mine, type, theirs, btf__type_by_id(theirs, other));
		else
			compare_enum(file, mine, type, theirs, btf__type_by_id(theirs, other));
	}
	btf__free(mine);
}

int main(int argc, char **argv)
{
	struct btf *vmlinux = btf__load_vmlinux_btf();
	struct btf *module = vmlinux ? btf__load_module_btf("mempol", vmlinux) : NULL;

	if (!module) {
		printf("no type information of the module\n");
		return 1;
	}
	for (int i = 1; i < argc; i++)
		compare_object(argv[i], module);
	printf("compared %u types, %u differences\n", compared, differences);
	btf__free(module);
	btf__free(vmlinux);
	return differences || !compared;
}
