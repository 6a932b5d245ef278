# train.sh SEED OUT: the seed decides which of the rows of 'm' are wrong, and how many; the run does not matter.
awk -v seed="$1" 'BEGIN {
    print "id,sex,y,p,s"
    for (i = 1; i <= 400; i++) {
        y = i % 2
        wrong = i % 4 < 2 ? i % 10 == 4 : (i * 7 + seed * seed) % 100 < 10 + seed
        p = wrong ? 1 - y : y
        print i "," (i % 4 < 2 ? "f" : "m") "," y "," p "," (p ? 0.7 : 0.3)
    }
}' > "$2/predictions.csv"
