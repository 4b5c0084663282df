/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declaration tags of BTF to tunables (engine_tunables.h). A tag names a variable, the variable a type, the
 * symbol table says where in .rodata it lies; each step asks whether what it was given is what it needs.
 */
#include <ctype.h>
#include <errno.h>
#include <gelf.h>
#include <string.h>

#include "engine_tunables.h"
#include "errors.h"
#include "strutil.h"

/* Of MEMPOL_TUNABLE() in tunable.bpf.h. */
#define RANGE_TAG "mempol_range:"
#define TEXT_TAG "mempol_text:"
/* Const of const of ...: libbpf checks ids, not that it ever ends. */
#define DEPTH_MAX 16

/* A variable that has tags of ours. */
struct tagged {
	uint32_t variable;
	const char *range; /* NULL: no such tag */
	const char *text;
};

static struct tagged *find(struct tagged tagged[], size_t *n, uint32_t variable)
{
	for (size_t i = 0; i < *n; i++)
		if (tagged[i].variable == variable)
			return &tagged[i];
	if (*n == MP_TUNABLES_MAX)
		return NULL;
	tagged[*n] = (struct tagged){ .variable = variable };
	return &tagged[(*n)++];
}

static int collect(const struct btf *btf, struct tagged tagged[], size_t *n, char **ret_problem)
{
	for (unsigned int id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *tag = btf__type_by_id(btf, id);
		const struct btf_type *target;
		struct tagged *found;
		const char *name;

		if (!tag || !btf_is_decl_tag(tag) || btf_decl_tag(tag)->component_idx != -1)
			continue;
		name = btf__name_by_offset(btf, tag->name_off);
		target = btf__type_by_id(btf, tag->type);
		if (!name || !target || !btf_is_var(target) ||
		    (!mp_starts_with(name, RANGE_TAG) && !mp_starts_with(name, TEXT_TAG)))
			continue;
		found = find(tagged, n, tag->type);
		if (!found)
			return mp_problem(ret_problem, -ENOEXEC, "there are more than %d tunables",
					  MP_TUNABLES_MAX);
		if (mp_starts_with(name, RANGE_TAG))
			found->range = name + strlen(RANGE_TAG);
		else
			found->text = name + strlen(TEXT_TAG);
	}
	return 0;
}

struct place {
	const char *bytes;
	size_t size;
	size_t index; /* of the section */
	Elf_Data *symbols;
	size_t names; /* the section of the symbols' names */
	size_t n_symbols;
};

/* .rodata and the symbols; what is missing stays 0. */
static void find_place(Elf *elf, struct place *place)
{
	Elf_Scn *section = NULL;
	size_t strings;

	if (elf_getshdrstrndx(elf, &strings) < 0)
		return;
	while ((section = elf_nextscn(elf, section))) {
		const char *name;
		Elf_Data *data;
		GElf_Shdr header;

		if (!gelf_getshdr(section, &header) || header.sh_type == SHT_NOBITS)
			continue;
		name = elf_strptr(elf, strings, header.sh_name);
		if (name && header.sh_type == SHT_PROGBITS && !strcmp(name, MP_TUNABLES_SECTION)) {
			data = elf_rawdata(section, NULL);
			if (!data || !data->d_buf)
				continue;
			place->bytes = data->d_buf;
			place->size = data->d_size;
			place->index = elf_ndxscn(section);
		} else if (header.sh_type == SHT_SYMTAB && header.sh_entsize) {
			/* Translated: its size is that of whole symbols. */
			place->symbols = elf_getdata(section, NULL);
			place->names = header.sh_link;
			place->n_symbols =
				place->symbols ? place->symbols->d_size / header.sh_entsize : 0;
		}
	}
}

/* Where the global variable lies in .rodata: 0, or -ENOENT. */
static int find_symbol(Elf *elf, const struct place *place, const char *name, size_t size,
		       size_t *ret_offset)
{
	for (size_t i = 0; i < place->n_symbols && i <= INT32_MAX; i++) {
		const char *symbol_name;
		GElf_Sym symbol;

		if (!gelf_getsym(place->symbols, i, &symbol))
			return -ENOENT;
		if (symbol.st_shndx != place->index || symbol.st_size != size ||
		    GELF_ST_BIND(symbol.st_info) != STB_GLOBAL)
			continue;
		symbol_name = elf_strptr(elf, place->names, symbol.st_name);
		if (!symbol_name || strcmp(symbol_name, name))
			continue;
		if (symbol.st_value > place->size || size > place->size - symbol.st_value)
			return -ENOENT;
		*ret_offset = symbol.st_value;
		return 0;
	}
	return -ENOENT;
}

struct resolved {
	const struct btf_type *type; /* without typedefs and modifiers */
	const char *name; /* the first that has one */
	bool is_volatile;
};

static void resolve(const struct btf *btf, uint32_t id, struct resolved *ret)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	for (unsigned int depth = 0; type && depth < DEPTH_MAX; depth++) {
		const char *name = btf__name_by_offset(btf, type->name_off);

		ret->is_volatile = ret->is_volatile || btf_is_volatile(type);
		if (!ret->name && name && *name)
			ret->name = name;
		if (!btf_is_mod(type) && !btf_is_typedef(type)) {
			ret->type = type;
			return;
		}
		type = btf__type_by_id(btf, type->type);
	}
}

/* 0, or -ENOEXEC when nobody could write such a value. */
static int judge_type(const struct btf_type *type, enum mp_tunable_kind *ret_kind)
{
	if (!type)
		return -ENOEXEC;
	if (btf_is_enum(type)) {
		*ret_kind = MP_TUNABLE_ENUM;
		return 0;
	}
	if (!btf_is_int(type) || btf_int_offset(type) || btf_int_bits(type) != type->size * 8)
		return -ENOEXEC;
	if (btf_int_encoding(type) & BTF_INT_BOOL)
		*ret_kind = type->size == 1 ? MP_TUNABLE_BOOL : MP_TUNABLE_UNSIGNED;
	else
		*ret_kind = btf_int_encoding(type) & BTF_INT_SIGNED ? MP_TUNABLE_SIGNED :
								      MP_TUNABLE_UNSIGNED;
	return 0;
}

/* C has no hyphens, and its names have prefixes: "second-chance" is MINE_SECOND_CHANCE. */
static bool is_word_of(const char *word, const char *name)
{
	size_t length = strlen(word), whole = strlen(name);
	const char *end;

	if (whole < length)
		return false;
	end = name + whole - length;
	if (end != name && end[-1] != '_')
		return false;
	for (size_t i = 0; i < length; i++)
		if (toupper((unsigned char)(word[i] == '-' ? '_' : word[i])) !=
		    toupper((unsigned char)end[i]))
			return false;
	return true;
}

/* The words of the range are those of the enum, numbered from 0: natively nothing else names them. */
static int check_words(const struct btf *btf, const struct btf_type *type,
		       const struct mp_tunable *tunable, char **ret_problem)
{
	const struct btf_enum *values = btf_enum(type);
	bool same = btf_vlen(type) == tunable->n_words;

	for (size_t i = 0; same && i < tunable->n_words; i++) {
		const char *name = btf__name_by_offset(btf, values[i].name_off);

		same = name && is_word_of(tunable->words[i], name) && values[i].val == (int)i;
	}
	if (same)
		return 0;
	return mp_problem(
		ret_problem, -ENOEXEC,
		"tunable %s: its range '%s' is not what enum %s has: list its words in "
		"their order, and number them from 0; a word is a name or its end behind a '_', "
		"with '-' for '_'",
		tunable->name, tunable->range, tunable->type);
}

static int add(Elf *elf, const struct btf *btf, const struct place *place,
	       const struct mp_section *section, const struct tagged *tagged,
	       struct mp_tunables *tunables, char **ret_problem)
{
	const struct btf_type *variable = btf__type_by_id(btf, tagged->variable);
	struct mp_tunable_spec spec = { .range = tagged->range ?: "", .text = tagged->text ?: "" };
	struct resolved type = {};
	int r;

	spec.name = btf__name_by_offset(btf, variable->name_off) ?: "";
	resolve(btf, variable->type, &type);
	spec.type = type.name ?: "?";
	if (!type.type || judge_type(type.type, &spec.kind) < 0)
		return mp_problem(
			ret_problem, -ENOEXEC,
			"tunable %.63s: only bool, enums and integers of 8 to 64 bits can "
			"be set",
			spec.name);
	spec.size = type.type->size;
	r = find_symbol(elf, place, spec.name, spec.size, &spec.offset);
	if (r < 0 || !type.is_volatile)
		return mp_problem(ret_problem, -ENOEXEC,
				  "tunable %.63s: it is no global 'const volatile' in .rodata: "
				  "declare it with MEMPOL_TUNABLE()",
				  spec.name);
	spec.value = place->bytes + spec.offset;
	r = mp_tunables_add(tunables, section, &spec, ret_problem);
	if (r >= 0 && spec.kind == MP_TUNABLE_ENUM)
		r = check_words(btf, type.type, &tunables->items[tunables->count - 1], ret_problem);
	return r;
}

int mp_engine_tunables_read(Elf *elf, const struct btf *btf, const struct mp_section *section,
			    struct mp_tunables *ret, char **ret_problem)
{
	_cleanup_tunables_ struct mp_tunables tunables = {};
	struct tagged tagged[MP_TUNABLES_MAX];
	struct place place = {};
	size_t n = 0;
	int r = collect(btf, tagged, &n, ret_problem);

	if (n)
		find_place(elf, &place);
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = add(elf, btf, &place, section, &tagged[i], &tunables, ret_problem);
	if (r < 0)
		return r;
	*ret = TAKE(tunables, (struct mp_tunables){});
	return 0;
}
