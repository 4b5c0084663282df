#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The guest's side of tests/bench/balloon: runs what the host writes to /mnt/share/todo, and leaves what it said
# and its status in /mnt/share/said; ends with the VM. It decides nothing.

cd /mnt/share || exit 1
touch ready
while :; do
	if [[ -e todo ]]; then
		mv todo doing
		bash ./doing >said.new 2>&1
		echo "status $?" >>said.new
		mv said.new said
	fi
	sleep 0.05
done
