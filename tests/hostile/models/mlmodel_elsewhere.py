"""An MLmodel file whose code lies outside the model, where another user may have put it."""

CHECK = "load"
WORDS = "during load"
NEEDS = ("files",)
MLMODEL = """\
flavors:
  python_function: {loader_module: keep, code: ../../../../../../../../<guarded>, data: data, env: null, python_version: 3.11.7}
mlflow_version: 3.0.0
signature:
  inputs: '[{"name": "income", "type": "double", "required": true}, {"name": "debt", "type": "double", "required": true}]'
  outputs: null
  params: null
"""
