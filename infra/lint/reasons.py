"""Why a finding stands. Everything that is not on these lists fails `make lint-aws`; a reason that no finding needs any more fails it too."""

# checkov's checks, by id.
CHECKOV = {
    "CKV_AWS_18": "Access logs of buckets would be a second bucket that fills while nobody looks; who did what is in CloudTrail, and everything that reads is a role of ours.",
    "CKV_AWS_21": "The site bucket holds the built canvas only: every file comes again from the repository with the next deploy. The bucket with people's data is versioned.",
    "CKV_AWS_26": "CloudWatch alarms cannot publish to a topic that AWS's own key encrypts, and a key of our own costs a dollar a month while idle. Alarms carry no data of people; the topic that does is encrypted.",
    "CKV_AWS_27": "The queue is encrypted (SqsManagedSseEnabled); the check only knows keys of KMS.",
    "CKV_AWS_65": "Container insights bill for every metric of every task. What a task used stands in its node run, what it said in its log group.",
    "CKV_AWS_68": "A web application firewall costs five dollars a month and more while idle. The gateway throttles, and every route is denied by default.",
    "CKV_AWS_76": "Access logs of API Gateway need a setting of the whole account (a CloudWatch role), which one stage must not make for all others. Requests are in the function's own log.",
    "CKV_AWS_86": "Logs of CloudFront would be a bucket that fills while nobody looks; API requests are in the function's own log.",
    "CKV_AWS_115": "A reserved concurrency takes its share from the whole account, also from other stages: new accounts have ten in all. The account's limit holds, and an alarm tells of throttling.",
    "CKV_AWS_116": "These functions are invoked by somebody who waits for the answer: a failure is theirs to see. All that is invoked without waiting has the queue.",
    "CKV_AWS_117": "Functions in a VPC reach AWS only through a NAT gateway or endpoints, which bill while idle. What they talk to is public, encrypted and guarded by roles.",
    "CKV_AWS_119": "A key of our own costs a dollar a month while idle. Tables are encrypted with AWS's key.",
    "CKV_AWS_120": "The API's answers belong to one person each and change by the second: a cache of the gateway would bill by the hour for nothing.",
    "CKV_AWS_158": "A key of our own costs a dollar a month while idle. Log groups are encrypted with AWS's key.",
    "CKV_AWS_173": "Variables hold names and addresses, never secrets; they are encrypted with AWS's key.",
    "CKV_AWS_174": "With CloudFront's own certificate the minimum cannot be set; a domain of one's own brings its certificate and TLS 1.2.",
}

# parliament wants a resource of every kind an action knows; these kinds do not occur here.
PARLIAMENT = {
    "ecs:ListTasks": "It knows container instances, which Fargate has none of: the list is kept to the stage's cluster by a condition.",
    "states:DescribeExecution": "It also knows express executions, of which there are none: runs are standard ones.",
    "states:ListExecutions": "It knows machines and runs of distributed Maps: the platform lists those of machines, everybody who closes a run those of Maps.",
}

# Statements that name no resource, by their Sid: the actions know none.
WILDCARDS = {
    "Trace": "X-Ray's two actions know no resource.",
    "AnswerApprovals": "SendTaskSuccess and SendTaskFailure are addressed by the task's token, which only the stage's own table holds.",
    "AnswerMachine": "SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat are addressed by the token that the machine gave the task.",
    "SignIn": "Signing in to the registry knows no resource; what may be pulled is the stage's one repository.",
    "ListTasks": "Fargate tasks are listed without a container instance, the only resource this action knows; the condition keeps it to this stage's cluster.",
    "ListMachines": "ListStateMachines is of account and region; what is then deleted must carry the stage's name.",
}
# Deny statements and trust in a service name everybody, and that is their point.
DENIES = {"OnlyEncryptedConnections"}
