# SPDX-License-Identifier: GPL-2.0-only
#
# Draws one bar chart of `make bench`; called by tests/bench/run with data, picture, heading, unit and columns set. The
# first row of data names the bars, the others are a group each. No two bars of a group have the same colour, and
# those after the sixth are hatched. from_zero, if set: the axis begins there. It only draws.

set terminal pngcairo size 1280,640 font "sans,11"
set output picture
set datafile separator "\t"
set datafile missing "-"
set style data histograms
set style histogram clustered gap 1
# Read by tests/tools/test_charts too: one word a bar.
colours = "#222222 #999999 #0072b2 #d55e00 #009e73 #e69f00 #56b4e9 #cc79a7 #8c564b #b8b000 #5e3c99 #e31a1c #00ced1 #7f4f24 #a6cee3 #4d9221"
hatches = "3 3 3 3 3 3 1 2 4 5 6 7 1 2 4 5"
if (columns - 1 > words(colours)) exit error sprintf("%d bars in a group, but colours for %d only", columns - 1, words(colours))
if (exists("from_zero")) set yrange [0:*]
set style fill solid 0.9 border -1
set boxwidth 0.9
set title heading
set ylabel unit
set grid ytics lc rgb "#dddddd"
set key outside right top noenhanced
set xtics noenhanced
plot for [i=2:columns] data using i:xtic(1) title columnheader(i) \
	fillstyle pattern int(word(hatches, i - 1)) border -1 linecolor rgb word(colours, i - 1)
