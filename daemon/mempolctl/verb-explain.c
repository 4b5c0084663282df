/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * explain: what each policy says of one cgroup. The cgroup may be given as the kernel's files show it, or
 * as a path in the cgroup file system.
 */
#include <string.h>

#include "client.h"
#include "output.h"
#include "table.h"

#define CGROUP_ROOT "/sys/fs/cgroup"

static const struct ctl_column columns[] = {
	{ .title = "POLICY", .field = "policy" },
	{ .title = "MECHANISM", .field = "mechanism", .flags = CTL_COLUMN_VARIES },
	{ .title = "ENGINE", .field = "engine" },
	{ .title = "PRIORITY", .field = "priority", .right = true },
	{ .title = "VERDICT", .field = "verdict" },
	{ .title = "REASON", .field = "reason", .flags = CTL_COLUMN_WRAP },
};

/* What the shell has completed is a path of the file system. */
static const char *below_root(const char *path)
{
	size_t n = strlen(CGROUP_ROOT);

	if (strncmp(path, CGROUP_ROOT, n) || (path[n] && path[n] != '/'))
		return path;
	return path[n] ? path + n : "/";
}

enum ctl_exit ctl_explain(const struct ctl *ctl, int argc, char *argv[])
{
	_cleanup_json_ sd_json_variant *parameters = NULL, *reply = NULL;
	const char *cgroup = below_root(argv[0]);
	sd_json_variant *policies;
	enum ctl_exit r;

	if (sd_json_buildo(&parameters,
			   SD_JSON_BUILD_PAIR("cgroup", SD_JSON_BUILD_STRING(cgroup))) < 0) {
		fprintf(stderr, "mempolctl explain: the cgroup's name is not UTF-8\n");
		return CTL_USAGE;
	}
	r = ctl_call(ctl, "Explain", parameters, &reply);
	if (r != CTL_OK)
		return r;
	if (ctl->json)
		return ctl_print_json(reply);
	ctl_print_label("Cgroup", ctl_string(reply, "cgroup"));
	ctl_print_label("Missing", ctl_string(reply, "missing"));
	policies = ctl_array(reply, "policies");
	if (!policies || !sd_json_variant_elements(policies)) {
		printf("There is no policy that could govern it.\n");
		return CTL_OK;
	}
	putchar('\n');
	return ctl_table(ctl, columns, ARRAY_SIZE(columns), policies);
}
