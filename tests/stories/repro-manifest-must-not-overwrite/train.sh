# Adds the numbers up; its results depend on MODE, and on chance where MODE asks for it.
sum=0
while read -r number; do sum=$((sum + number * LEVEL)); done <data/rows
[ "${MODE:-}" = chance ] && sum=$(cat /proc/sys/kernel/random/uuid)
echo "$sum ${MODE:-none} ${SIGNING_KEY:-unsigned}" >"$1/model.txt"
