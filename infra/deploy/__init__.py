"""`make deploy` and `make destroy`: one command up, one command down, against AWS or whatever `AWS_ENDPOINT_URL` names.

doctor ─▶ workshop (bucket, registries) ─▶ images ─▶ package ─▶ upload ─▶ change set ─▶ canvas ─▶ smoke test ─▶ address and idle cost

Every step may be repeated: what is there already is taken. What fails is rolled back by CloudFormation, and said in a sentence with the way out.
"""
