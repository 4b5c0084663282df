# SPDX-License-Identifier: GPL-2.0-only
#
# Draws what the host holds for a guest over time, a curve a mode; called by tests/bench/run with data and picture set.
# data: blocks of mode, seconds, MiB. It only draws.

set terminal pngcairo size 1280,640 font "sans,11"
set output picture
set datafile separator "\t"
set title "Memory of the virtual machine while its demand comes and goes"
set xlabel "seconds"
set ylabel "MiB resident on the host"
set grid lc rgb "#dddddd"
set key outside right top noenhanced
set yrange [0:*]
stats data using 2 nooutput
plot for [i=0:STATS_blocks-1] data index i using 2:3 with lines lw 2 title system(sprintf("awk -F'\\t' 'NF == 0 && last { n++ } NF && n == %d { print $1; exit } { last = NF }' %s", i, data))
