# OUT; the variable HOW says how it is written
tensors() { # FILE HEADER BYTES
    { printf "\\$(printf %o ${#2})\\0\\0\\0\\0\\0\\0\\0"; printf '%s' "$2"; printf "$3"; } >"$1"
}
one='"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}' two='"b":{"dtype":"I8","shape":[1,1],"data_offsets":[2,3]}'
meta='"__metadata__":{"format":"pt","run":"x"}'
json='{"a": 1, "b": {"x": [1, {"p": "q", "r": null}], "y": true}}'
lines='{"a": 1, "b": "x"}\n\n{"a": 2}\n'
bytes='\1\2\3' text=words
case ${HOW-} in
order)
    one='"b":{"dtype":"I8","shape":[1,1],"data_offsets":[0,1]}' two='"a":{"shape":[2],"dtype":"U8","data_offsets":[1,3]}'
    meta='"__metadata__":{"run":"x","format":"pt"}'
    json='{"b":{"y":true,"x":[1,{"r":null,"p":"q"}]},"a":1}'
    lines='{"b":"x","a":1}\r\n\n{"a":2}\r\n' bytes='\3\1\2'
    ;;
number) bytes='\1\2\4' json='{"a": 1, "b": {"x": [1, {"p": "q", "r": null}], "y": false}}' lines='{"a": 1, "b": "x"}\n\n{"a": 3}\n' ;;
type)
    two='"b":{"dtype":"U8","shape":[1,1],"data_offsets":[2,3]}' json='{"a": "1", "b": {"x": [1, {"p": "q", "r": null}], "y": true}}'
    lines='{"a": 1, "b": "x"}\n\n{"a": "2"}\n'
    ;;
shape)
    two='"b":{"dtype":"I8","shape":[1],"data_offsets":[2,3]}' json='{"a": 1, "b": {"x": [{"p": "q", "r": null}, 1], "y": true}}'
    lines='{"a": 2}\n\n{"a": 1, "b": "x"}\n'
    ;;
name) meta='"__metadata__":{"format":"pt","run":"y"}' json='{"b": 1, "a": {"x": [1, {"p": "q", "r": null}], "y": true}}' lines='{"b": 1, "a": "x"}\n\n{"a": 2}\n' ;;
damage) one='"a":{"dtype":"U8","shape":[3],"data_offsets":[0,2]}' json='{"a": 1' lines='{"a": 1, "b": "x"\n' ;;
esac
tensors "$1/t.safetensors" "{$one,$two,$meta}" "$bytes"
printf '%s' "$json" >"$1/c.json"
printf "$lines" >"$1/l.jsonl"
mkdir "$1/model"
cp "$1/t.safetensors" "$1/c.json" "$1/model"
(cd "$1" && tar --owner=0 --group=0 --mtime=@0 -cf a.tar c.json l.jsonl)
