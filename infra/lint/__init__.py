"""Linting what goes to AWS: the template by cfn-lint and checkov, every policy by parliament. What is left standing has its reason here."""
