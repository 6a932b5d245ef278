# train.sh SEED OUT: the same predictions as CSV and as JSON lines; the seed decides which rows of 'm' are wrong.
awk -v seed="$1" -v out="$2" 'BEGIN {
    print "id,sex,y,p,s" > (out "/pred.csv")
    for (i = 1; i <= 400; i++) {
        y = i % 2
        sex = i % 4 < 2 ? "f" : "m"
        wrong = sex == "f" ? i % 10 == 4 : (i * 7 + seed * seed) % 100 < 10 + seed
        p = wrong ? 1 - y : y
        s = p ? 0.7 : 0.3
        print i "," sex "," y "," p "," s > (out "/pred.csv")
        printf "{\"p\": %d, \"s\": %s, \"y\": %d, \"sex\": \"%s\", \"id\": %d, \"why\": [{\"rule\": %d}]}\n", \
            p, s, y, sex, i, i % 5 > (out "/pr.jsonl")
    }
}'
