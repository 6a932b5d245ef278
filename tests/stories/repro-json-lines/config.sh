# config.sh FILE: the suite on that file.
cat <<END
version: 1
data:
  test: {path: $1, label: "y", prediction: p, score: s, id: id}
gates:
  - gate: accuracy
    data: test
    slices: [sex]
    checks: [accuracy >= 0.85]
  - gate: repro
    run: [sh, train.sh, "{seed}", "{output}"]
    inputs: [train.sh]
    outputs: [$1]
    seeds: [1, 2, 5, 8, 13]
    sources: {test: $1}
    id: id
    prediction: p
    checks:
      - metric_spread($1, accuracy) <= 0.03
      - metric_spread($1, roc_auc) <= 0.005
      - group_spread($1, accuracy, sex) <= 0.02
      - verdict_stable
  - gate: repro
    name: twice
    run: [sh, train.sh, "{run}", "{output}"]
    inputs: [train.sh]
    outputs: [$1]
    id: id
    prediction: p
    score: s
    checks:
      - flips($1) <= 50%
      - max_score_change($1) <= 0.1
END
