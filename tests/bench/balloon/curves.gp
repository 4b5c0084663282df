# SPDX-License-Identifier: GPL-2.0-only
#
# Draws what the host holds for a guest over time, a curve a mode; called by tests/bench/run with data and picture set.
# data: blocks of mode, seconds, MiB. Every curve has a colour, a dash and a marker of its own. It only draws.

set terminal pngcairo size 1280,640 font "sans,11"
set output picture
set datafile separator "\t"
set title "Memory of the virtual machine while its demand comes and goes"
set xlabel "seconds"
set ylabel "MiB resident on the host"
set grid lc rgb "#dddddd"
set key outside right top noenhanced
set yrange [0:*]
colours = "#222222 #0072b2 #d55e00 #009e73 #cc79a7 #e69f00"
do for [i=1:words(colours)] {
	set linetype i linecolor rgb word(colours, i) dashtype i pointtype 2 * i + 3 pointsize 1.2 pointinterval 20 linewidth 2
}
stats data using 2 nooutput
if (STATS_blocks > words(colours)) exit error sprintf("%d curves, but colours for %d only", STATS_blocks, words(colours))
plot for [i=0:STATS_blocks-1] data index i using 2:3 with linespoints linetype i + 1 title system(sprintf("awk -F'\\t' 'NF == 0 && last { n++ } NF && n == %d { print $1; exit } { last = NF }' %s", i, data))
