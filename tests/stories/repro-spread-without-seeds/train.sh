# train.sh RUN OUT: every run answers other rows wrongly, as one without a seed does.
awk -v run="$1" 'BEGIN {
    print "id,y,p"
    for (i = 1; i <= 100; i++)
        print i "," i % 2 "," (i % 2 + (i > 10 * run && i <= 10 * run + 2 * run)) % 2
}' > "$2/predictions.csv"
