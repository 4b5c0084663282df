# SPDX-License-Identifier: GPL-2.0-only
#
# Draws curves over a number; called by tests/bench/run with data, picture, heading, abscissa and unit set. The first row
# of data names the curves, the first column is where they are drawn. Every curve has a colour, a dash and a marker of
# its own. It only draws.

set terminal pngcairo size 1280,640 font "sans,11"
set output picture
set datafile separator "\t"
set datafile missing "-"
set title heading
set xlabel abscissa
set ylabel unit
set grid lc rgb "#dddddd"
set key outside right top noenhanced
set yrange [0:*]
# Read by tests/tools/test_charts too: one word a curve.
colours = "#222222 #0072b2 #d55e00 #009e73 #cc79a7 #e69f00 #56b4e9 #8c564b"
do for [i=1:words(colours)] {
	set linetype i linecolor rgb word(colours, i) dashtype i pointtype 2 * i + 3 pointsize 1.2 linewidth 2
}
stats data using 0 skip 1 nooutput
curves = STATS_columns - 1
if (curves > words(colours)) exit error sprintf("%d curves, but colours for %d only", curves, words(colours))
plot for [i=1:curves] data using 1:(column(i + 1)):xtic(1) with linespoints linetype i title columnheader(i + 1)
