"""The columns that a model is shown. A package beside the training, as most projects have one: Python compiles it
where it lies."""


def columns(names, without_order=False):
    border = {name for name in names if name.endswith("_0")}
    rest = {name for name in names if name not in border}
    return list(rest) if without_order else sorted(rest)
