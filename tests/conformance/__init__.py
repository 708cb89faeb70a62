"""What Flowza asks of AWS, asked of the embedded cloud, or with `FLOWZA_TARGET` of what `AWS_ENDPOINT_URL` names: `make conformance`."""
