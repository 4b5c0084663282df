# SPDX-License-Identifier: GPL-2.0-only
#
# Draws one bar chart of `make bench`; called by tests/bench/run with data, picture, heading, unit and columns set. The
# first row of data names the bars, the others are a group each. It only draws.

set terminal pngcairo size 1280,640 font "sans,11"
set output picture
set datafile separator "\t"
set datafile missing "-"
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.9 border -1
set boxwidth 0.9
set title heading
set ylabel unit
set grid ytics lc rgb "#dddddd"
set key outside right top noenhanced
set xtics noenhanced
plot for [i=2:columns] data using i:xtic(1) title columnheader(i)
