# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # from engines.sh and hostile.sh
#
# Kills the owner of an engine at random moments of load, attachment and replacement, and measures how long
# after that the engine is still called; the owner is the loader or the daemon. A part of hostile.sh.

# watch WHAT PREFIX PID MS: kills it after that long; notes how late the last callback of PREFIX's map was
declare -A worst=() maps=() calls=()
watch() {
	local line late
	line=$(./deathwatch "$2" "$3" "$4" $((1500 * slow)))
	note "$1, after $4 ms: $line"
	late=$(value_of late_ms "$line")
	worst[$1]=$((${worst[$1]:-0} > late ? ${worst[$1]:-0} : late))
	maps[$1]=$((${maps[$1]:-0} + $(value_of maps "$line")))
	calls[$1]=$((${calls[$1]:-0} + $(value_of calls "$line")))
}
value_of() { sed -E "s/(^|.* )$1=([0-9]+).*/\2/" <<<"$2"; }

# Loading takes most of the time until it is attached; the rest of the moments is the attachment's own and
# the first callbacks'.
die_in_attach() {
	./loader ./agent.bpf.o ./pulse.bpf.o "$cgroot/d" <&"$idle" >/dev/null 2>&1 &
	watch attachment pulse $! $((attach_ms * 7 / 10 + RANDOM % (attach_ms * 6 / 10 + 1)))
	wait $! 2>/dev/null
}

die_in_load() {
	engine_start e pulse d || fail "pulse attaches: $answer"
	watch load pulse "${engine_pid[e]}" $((RANDOM % 1000))
	engine_forget e
}

die_in_replacement() {
	local i
	engine_start e pulse d || fail "pulse attaches: $answer"
	for ((i = 0; i < 200; i++)); do echo "replace ./pulse.bpf.o"; done >&"${engine_in[e]}"
	watch replacement pulse "${engine_pid[e]}" $((RANDOM % (1000 * slow)))
	engine_forget e
}

# The daemon calls every engine's object mempol_engine.
die_as_daemon() {
	# Restarted, it would attach again: that engine is another map.
	mkdir -p /run/systemd/system/mempolicyd.service.d
	printf '[Service]\nRestart=no\n' >/run/systemd/system/mempolicyd.service.d/once.conf
	systemctl daemon-reload
	start_daemon
	policy d /mnt/share/pulse.bpf.o Cgroup=/d
	check "the daemon attaches" wait_for 5 state_is d active
	sleep 0.$((RANDOM % 10))
	if ((RANDOM % 2)); then
		for _ in 1 2 3 4 5 6; do policy d /mnt/share/pulse.bpf.o Cgroup=/d "Description=$RANDOM"; done
	fi
	watch daemon mempol_e "$(systemctl show -P MainPID mempolicyd)" $((RANDOM % 500))
	rm -f "$policy_dir/d.mempolicy"
	systemctl reset-failed mempolicyd
	rm -r /run/systemd/system/mempolicyd.service.d
	systemctl daemon-reload
}

# run_moments NR: under a reader that never stops
run_moments() {
	local kinds=(attach daemon load replacement load attach replacement) lap start what reader
	cg_new d 8M
	drop_caches # it is the root's so far
	mkfifo /tmp/idle
	exec {idle}<>/tmp/idle # nothing ever comes out of it
	start=$(now_ms)
	engine_start e pulse d || fail "pulse attaches: $answer"
	attach_ms=$(($(now_ms) - start))
	engine_end e
	touch busy
	while [[ -e busy ]]; do in_cg d dd if="$file" of=/dev/null bs=64k status=none || touch /tmp/read-failed; done &
	reader=$!
	for ((lap = 0; lap < $1; lap++)); do
		if ((lap % 2)); then mglru on d; else mglru off d; fi
		case ${kinds[lap % ${#kinds[@]}]} in
		attach) die_in_attach ;;
		load) die_in_load ;;
		replacement) die_in_replacement ;;
		daemon) die_as_daemon ;;
		esac
		wait_for 1 no_governed || fail "moment $lap: pages are still governed"
	done
	rm busy
	wait $reader
	check "reads went on" test ! -e /tmp/read-failed
	for what in "${!worst[@]}"; do
		at_most "no callback later than 1 s after its owner's death in $what, ms" "${worst[$what]}" $((1000 * slow))
		# Killed while it attaches, it may not have got as far.
		[[ $what != attachment ]] || continue
		at_least "its engines had been seen" "${maps[$what]}" 1
		at_least "and called" "${calls[$what]}" 1
	done
	at_least "owners died at moments of each kind" ${#worst[@]} $(($1 < 4 ? $1 : 4))
	wait_for 5 rmdir "$cgroot/d"
}
