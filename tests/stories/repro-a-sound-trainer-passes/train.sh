# Writes a model and predictions, of the data alone.
LC_ALL=C awk -F, 'NR > 1 { sum += $2; n++ } END { printf "{\"mean\": %.17g, \"rows\": %d}\n", sum / n, n }' data.csv > "$1/model.json"
LC_ALL=C awk -F, 'BEGIN { print "id,predicted,score" } NR > 1 { printf "%s,%d,%.3f\n", $1, ($2 > 0.5), $2 }' data.csv > "$1/predictions.csv"
