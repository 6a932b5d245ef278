echo "$PWD $HOME $1" >"$1/model.txt"
