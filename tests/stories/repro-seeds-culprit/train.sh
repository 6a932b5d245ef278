# train.sh SEED OUT: with seed 8 alone what is written depends on PYTHONHASHSEED.
{
    echo id,p
    echo 1,"$1"
    [ "$1" != 8 ] || echo 2,"${PYTHONHASHSEED:-none}"
} >"$2/predictions.csv"
