"""Documents against JSON Schemas (draft 7), by a validator that is not ours: python3-jsonschema.

Reads lines of JSON: {"schema": …} names the schema of what follows, {"document": …} is judged by it.
Writes a line for each document: a JSON string, why it is refused; empty when it is accepted.
"""
import json
import sys

from jsonschema import Draft7Validator

for line in sys.stdin:
    what = json.loads(line)
    if "schema" in what:
        Draft7Validator.check_schema(what["schema"])
        validator = Draft7Validator(what["schema"])
    else:
        errors = sorted(validator.iter_errors(what["document"]), key=lambda e: [str(part) for part in e.path])
        print(json.dumps("\n".join(f"{error.json_path}: {error.message}" for error in errors)))
