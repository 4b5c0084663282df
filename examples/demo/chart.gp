# SPDX-License-Identifier: GPL-2.0-only
#
# Draws the bar chart of `make demo`; called by examples/demo/run with data and picture set. It only draws.

set terminal pngcairo size 960,540 font "sans,11"
set output picture
set datafile separator "\t"
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.9 border -1
set boxwidth 0.9
set title "Page reads under each policy (fewer is better)"
set ylabel "4 KiB pages read from the disk"
set yrange [0:*]
set format y "%.0f"
set grid ytics lc rgb "#dddddd"
set key outside right top
plot for [i=2:6] data using i:xtic(1) title columnheader(i)
