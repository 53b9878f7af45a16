"""What does the configuration say about mail that comes in? `email:`; without it, nobody listens."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from tocsin.ground.kernel.settings import Section, Settings


def _small(value: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(each.lower() for each in value)


class EmailSettings(Settings):
    """Where mail comes in."""

    host: str = Field(
        default="127.0.0.1",
        description="The address to listen on. Any other than loopback is open to strangers.",
    )
    port: int = Field(description="The port, such as 2525.", ge=0, le=65_535)
    domains: Annotated[tuple[str, ...], AfterValidator(_small)] = Field(
        default=(),
        description="The domains whose mail is taken, such as alerts.example.com; without any, all.",
    )
    size: int = Field(
        default=1_048_576, ge=10_000, le=5_242_880, description="How many bytes a mail may have."
    )
    certificate: str | None = Field(
        default=None, description="The file with the certificate, in PEM, for STARTTLS; from this folder."
    )
    key: str | None = Field(default=None, description="The file with its private key, if that is another.")
    require_tls: bool = Field(default=False, description="Whether mail is taken over STARTTLS alone.")

    @model_validator(mode="after")
    def _whole(self) -> EmailSettings:
        if self.require_tls and self.certificate is None:
            raise ValueError("require_tls needs a certificate")
        return self


class EmailSection(Section):
    email: EmailSettings | None = Field(
        default=None, description="Takes mail as alerts over SMTP; without it nobody listens."
    )
