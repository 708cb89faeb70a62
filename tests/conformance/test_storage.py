"""S3: objects, lists, conditional writes, parts, addresses that expire."""

import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError

MEGABYTE = 2**20


def test_what_is_put_is_got(client, bucket):
    client("s3").put_object(Bucket=bucket, Key="o/a/é", Body=b"\x00\xff", ContentType="application/json")
    found = client("s3").get_object(Bucket=bucket, Key="o/a/é")
    assert (found["Body"].read(), found["ContentType"]) == (b"\x00\xff", "application/json")


def test_what_is_not_there_is_said(client, bucket):
    with pytest.raises(ClientError) as missing:
        client("s3").get_object(Bucket=bucket, Key="none")
    assert missing.value.response["Error"]["Code"] == "NoSuchKey"


def test_a_list_ends_and_goes_on(client, bucket):
    for number in range(5):
        client("s3").put_object(Bucket=bucket, Key=f"o/{number}", Body=b"")
    pages = client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="o/", PaginationConfig={"PageSize": 2})
    assert [entry["Key"] for page in pages for entry in page.get("Contents", [])] == [f"o/{number}" for number in range(5)]


def test_only_the_first_of_two_writes(client, bucket):
    client("s3").put_object(Bucket=bucket, Key="once", Body=b"1", IfNoneMatch="*")
    with pytest.raises(ClientError) as second:
        client("s3").put_object(Bucket=bucket, Key="once", Body=b"2", IfNoneMatch="*")
    assert second.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412


def test_parts_become_one_object(client, bucket):
    s3 = client("s3")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="big")["UploadId"]
    parts = []
    for number, body in enumerate((b"a" * 5 * MEGABYTE, b"b"), 1):
        etag = s3.upload_part(Bucket=bucket, Key="big", UploadId=upload, PartNumber=number, Body=body)["ETag"]
        parts.append({"PartNumber": number, "ETag": etag})
    s3.complete_multipart_upload(Bucket=bucket, Key="big", UploadId=upload, MultipartUpload={"Parts": parts})
    assert s3.head_object(Bucket=bucket, Key="big")["ContentLength"] == 5 * MEGABYTE + 1


def test_an_upload_can_be_given_up(client, bucket):
    s3 = client("s3")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="big")["UploadId"]
    assert [one["UploadId"] for one in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == [upload]
    s3.abort_multipart_upload(Bucket=bucket, Key="big", UploadId=upload)
    assert not s3.list_multipart_uploads(Bucket=bucket).get("Uploads")


def test_an_address_gives_the_object(client, bucket):
    client("s3").put_object(Bucket=bucket, Key="a", Body=b"x")
    url = client("s3").generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a"}, ExpiresIn=60)
    assert urllib.request.urlopen(url, timeout=30).read() == b"x"  # noqa: S310


def test_an_altered_address_gives_nothing(client, bucket):
    for key in ("a", "b"):
        client("s3").put_object(Bucket=bucket, Key=key, Body=b"x")
    url = client("s3").generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a"}, ExpiresIn=60)
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(url.replace("/a?", "/b?"), timeout=30)  # noqa: S310
