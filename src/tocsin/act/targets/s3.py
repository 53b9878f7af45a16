"""A bucket in S3, R2 or what speaks like them, as it is named: kind s3 with bucket, access_key and secret_key."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tocsin.act.targets.target import TargetSettings
from tocsin.ground.kernel.secret import SecretOrText


class S3Target(TargetSettings):
    """One bucket."""

    kind: Literal["s3"] = "s3"
    bucket: SecretOrText = Field(description="Its name.")
    access_key: SecretOrText = Field(description="Id of the access key, best as env:S3_ACCESS_KEY.")
    secret_key: SecretOrText = Field(description="The key itself, best as env:S3_SECRET_KEY.")
    session_token: SecretOrText | None = Field(default=None, description="Of a key for a short time.")
    region: SecretOrText | None = Field(default=None, description="us-east-1 if unset.")
    endpoint: SecretOrText | None = Field(default=None, description="Without it: Amazon's own of the region.")
