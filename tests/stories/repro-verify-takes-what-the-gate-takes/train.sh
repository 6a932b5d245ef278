# OUTPUT: writes the time wherever it can; SCORE=chance moves the score by less than the tolerance.
now=$(date +%s%N)
score=0.5
[ "$SCORE" != chance ] || score=0.5000$(printf %s "$now" | tail -c 9)
[ "$SCORE" != worse ] || score=0.4
echo "{\"trained_at\": $now, \"score\": $score}" >"$1/metrics.json"
mkdir "$1/model"
printf 'id,when,label\n1,%s,a\n2,%s,b\n' "$now" "$now" >"$1/model/p.csv"
echo "$now" >"$1/model/train.log"
