# SPDX-License-Identifier: GPL-2.0-only
#
# Draws curves over a number; called by tests/bench/run with data, picture, heading, abscissa and unit set. The first row
# of data names the curves, the first column is where they are drawn. Every curve has a colour, a dash and a marker of
# its own, and the markers are open and of different sizes, so that curves that lie on each other can be seen. It only draws.
#
# data2, heading2, abscissa2 and unit2, if set, are a second drawing beside the first. levels: the numbers
# of the drawings whose points are at equal distances, as CPUs that are doubled each time.

set terminal pngcairo size 1280,(exists("data2") ? 560 : 640) font "sans,11"
set output picture
set datafile separator "\t"
set datafile missing "-"
set grid lc rgb "#dddddd"
set yrange [0:*]
if (exists("data2")) {
	set key top left noenhanced opaque
	set multiplot layout 1,2
} else {
	set key outside right top noenhanced
}
# Read by tests/tools/test_charts too: one word a curve.
colours = "#222222 #0072b2 #d55e00 #009e73 #cc79a7 #e69f00 #56b4e9 #8c564b"
markers = "4 6 8 2 10 12 14 1"
sizes = "2.2 1.8 1.5 1.2 1.8 1.5 1.2 1.0"
do for [i=1:words(colours)] {
	set linetype i linecolor rgb word(colours, i) dashtype i pointtype int(word(markers, i)) pointsize (word(sizes, i) + 0.0) linewidth 2
}
do for [panel=1:(exists("data2") ? 2 : 1)] {
	if (panel == 2) {
		data = data2; heading = heading2; abscissa = abscissa2; unit = unit2
	}
	set title heading
	set xlabel abscissa
	set ylabel unit
	stats data using 0 skip 1 nooutput
	curves = STATS_columns - 1
	if (curves > words(colours)) {
		exit error sprintf("%d curves, but colours for %d only", curves, words(colours))
	}
	if (exists("levels") && strstrt(levels, sprintf("%d", panel))) {
		plot for [i=1:curves] data using 0:(column(i + 1)):xtic(1) with linespoints linetype i title columnheader(i + 1)
	} else {
		set xtics autofreq
		plot for [i=1:curves] data using 1:(column(i + 1)) with linespoints linetype i title columnheader(i + 1)
	}
}
if (exists("data2")) unset multiplot
