"""The container images: built with any engine that speaks Docker's API, measured, and named by what they are.

infra/locks/{tabular,serving}.txt ─▶ wheels ─▶ libraries ─┐
node_containers/ ─────────────────────────────▶ code ─────┴─▶ node (function) · task (Fargate) · serving (function)
"""
