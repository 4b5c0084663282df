#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# without.sh OPTION: on a kernel that was built without that option the module loads, features and list say what is
# missing, and an engine of each other mechanism attaches and does something. Without verbs no mechanism is missing, and
# an engine that wants pins is refused. Runs inside the guest, called by tests/vm/without.

# shellcheck disable=SC2154 # from lib.sh
# shellcheck disable=SC2016 # programs for an inner shell

cd /mnt/share || exit 1
for part in lib cgroup; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

option=$1
check "without $option the module loads" modprobe mempol
start_daemon
mempolctl features | sed 's/^/# /'
missing=$(mempolctl features --json | tr '{' '\n' | grep -F "this is a kernel without $option" | sed -nE 's/.*"name":"([a-z]+)".*/\1/p')
if [[ $option == CONFIG_MEMPOL_VERBS ]]; then
	mkdir -p "$cgroot/pins"
	attach_with() { LOADER_SET=$1 ./loader ./agent.bpf.o ./fifo.bpf.o "$cgroot/pins" </dev/null 2>&1; }
	check "an engine that wants no pins is attached" bash -c '[[ $0 == attached* ]]' "$(attach_with pin_permyriad=0)"
	check "one that wants some is not" bash -c '[[ $0 != *attached* && $0 == *"not supported"* ]]' "$(attach_with pin_permyriad=1000)"
	check "nor one that wants a number of pages" bash -c '[[ $0 != *attached* ]]' "$(attach_with pin_pages=1)"
else
	check "without $option one mechanism is missing for that reason" test "$(wc -w <<<"$missing")" = 1
	check "the module has no line for it" bash -c '! grep -q "^$0 " /sys/module/mempol/parameters/mechanisms' "$missing"
fi
check "and all others are available" bash -c '! grep -v " 0$" /sys/module/mempol/parameters/mechanisms'

file=/mnt/data/file
head -c 16M /dev/zero >"$file"
sync
cg_new t 8M
# section NAME LINE...: a policy file
section() {
	local name=$1
	shift
	printf '%s\n' "$@" >"$policy_dir/.$name.tmp"
	mv "$policy_dir/.$name.tmp" "$policy_dir/$name.mempolicy"
}
counter() { mempolctl stats "$1" --json | sed -nE "s/.*\"$2\": *([0-9]+).*/\1/p"; }
has() { (($(counter "$1" "$2") >= $3)); }

section cache '[Match]' Cgroup=/t '[Cache]' Engine=s3fifo
section balloon '[Balloon]' Engine=balloon-free Keep=300M Period=100ms
section refcount '[Match]' Cgroup=/t '[Refcount]' Engine=files "FilePath=$file" Period=1s
if [[ -n $missing ]]; then
	check "the policy of what is missing waits" wait_for 10 state_is "$missing" waiting
	check "and says for what" reason_has "$missing" "this is a kernel without $option"
fi
for name in cache balloon refcount; do
	[[ $name == "$missing" ]] || check "$name is active without $option" wait_for 20 state_is $name active
done
if [[ $missing != cache ]]; then
	in_cg t dd if="$file" of=/dev/null bs=64K status=none
	check "cache governs pages" has cache governed_pages 256
	check "and evicts some" has cache evicted 1024
fi
[[ $missing == balloon ]] || check "balloon gives memory to the host" wait_for 20 has balloon held_pages 16384
if [[ $missing != refcount ]]; then
	check "refcount has the file" wait_for 10 has refcount files 1
	in_cg t ./reread x200 0,1 "$file" >/tmp/read
	check "reads are counted in cells" has refcount reads 1
	check "and bring the right bytes" grep -q wrong=0 /tmp/read
fi
mempolctl list | sed 's/^/# /'
rm "$policy_dir"/*.mempolicy
for name in cache balloon refcount; do check "$name goes" wait_for 20 gone $name; done
systemctl stop mempolicyd
check "everything is the kernel's again" wait_for 10 bash -c '[[ $(awk "\$1 == \"nr_mempol_file\" { print \$2 }" /proc/vmstat) == @(|0) ]]'
check "the module unloads" wait_for 20 rmmod mempol
rmdir "$cgroot/t"
complaints=$(kernel_complaints)
check "the kernel has no complaint" test -z "$complaints"
[[ -z $complaints ]] || note "$complaints"
finish
