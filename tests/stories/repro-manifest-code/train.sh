echo 1 >"$1/model.txt"
