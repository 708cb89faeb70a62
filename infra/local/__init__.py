"""The embedded cloud: one process tree on loopback that answers like AWS, so that the one implementation runs without an account.

supervisor ─┬─ emulator   DynamoDB, S3, Step Functions, EventBridge (MiniStack), its DynamoDB writes journalled before they are acknowledged
            ├─ pool       Lambda: the containers' own handlers in processes forked from a parent that has imported the science stack
            └─ server     API Gateway and CloudFront: the Chalice app, the canvas, presigned addresses, predictions
"""
