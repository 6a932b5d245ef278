# The first run is right about all rows, others are wrong about every third one.
echo "{\"weight\": 0.$2, \"bias\": 1}" > "$1/model.json"
LC_ALL=C awk -v run="$2" 'BEGIN {
    print "id,predicted,truth,score"
    for (i = 1; i <= 60; i++) {
        flipped = run > 1 && i % 3 == 0
        printf "%d,%d,%d,%.2f\n", i, flipped ? 0 : 1, 1, flipped ? 0.4 : 0.6
    }
}' > "$1/predictions.csv"
