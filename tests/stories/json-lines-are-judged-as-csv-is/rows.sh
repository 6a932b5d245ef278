# rows.sh FORMAT SEED: 3,000 rows; in some of them a score is missing, and names have commas, quotes and line ends in them.
awk -v format="$1" -v seed="$2" 'BEGIN {
    lines = format == "lines"
    if (!lines) print "id,label,score,predicted,team"
    for (i = 1; i <= 3000; i++) {
        y = (i * 7919 + seed) % 11 < 5
        s = ((i * 104729 + seed * 31) % 1000 / 1000 + y) / 2
        p = s >= 0.5
        k = i % 3
        if (lines) {
            score = i % 500 == 0 ? (i % 1000 == 0 ? "" : ", \"score\": null") : ", \"score\": " s
            team = k == 0 ? "a, b" : k == 1 ? "the \\\"\\u00e9lite\\\"" : "two\\nlines"
            printf "{\"team\": \"%s\"%s, \"label\": %s, \"id\": %d, \"tokens\": [%d, {\"x\": []}], \"predicted\": \"%d\"}\n", \
                team, score, y, i, i, p
        } else {
            team = k == 0 ? "\"a, b\"" : k == 1 ? "\"the \"\"élite\"\"\"" : "\"two\nlines\""
            print i "," y "," (i % 500 == 0 ? "" : s) "," p "," team
        }
    }
}'
