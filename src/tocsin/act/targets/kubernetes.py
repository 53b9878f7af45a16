"""How is a Kubernetes cluster spoken to? Through kubectl, which knows every way to sign in.

    targets: {cluster: {kind: kubernetes, context: production, namespace: shop}}

Or with nothing but a server and the token of a service account:

    targets: {cluster: {kind: kubernetes, server: "https://10.0.0.1:6443", token: "file:/run/k8s/token",
      ca: /run/k8s/ca.crt, namespace: shop}}

Inside a pod neither is needed: kubectl finds its service account.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from tocsin.act.targets.docker import NoOption
from tocsin.act.targets.target import TargetSettings
from tocsin.ground.kernel.secret import Secret

_KUBECONFIG = "kubeconfig"


class KubernetesTarget(TargetSettings):
    """One namespace of a cluster."""

    kind: Literal["kubernetes"] = "kubernetes"
    namespace: NoOption | None = Field(
        default=None, description="Where the objects of the service are. Without it: as the context says."
    )
    name: NoOption | None = Field(
        default=None, description="The deployment that the service is: what a diagnosis asks about."
    )
    kubeconfig: NoOption | None = Field(default=None, description="A kubeconfig file.")
    context: NoOption | None = Field(default=None, description="A context of that file.")
    server: NoOption | None = Field(default=None, description="Address of the API, instead of a kubeconfig.")
    token: Secret | None = Field(default=None, description="Token of a service account, for server.")
    ca: NoOption | None = Field(
        default=None, description="File of the authority that signed the server's certificate."
    )
    server_name: NoOption | None = Field(
        default=None, description="Name in the server's certificate, where the address is another one."
    )
    program: NoOption = Field(default="kubectl", description="How kubectl is called here.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.server and (self.kubeconfig or self.context):
            raise ValueError("give either a kubeconfig (and a context) or a server (with token and ca)")
        if (self.token or self.ca or self.server_name) and not self.server:
            raise ValueError("token, ca and server_name belong to a server")
        return self


def kubectl_words(target: KubernetesTarget, folder: Path) -> list[str]:
    """The command up to the verb. What signs in stands in a file of `folder` that only we read, never in the words."""
    words = [target.program]
    if target.namespace:
        words += ["--namespace", target.namespace]
    if target.kubeconfig:
        words += ["--kubeconfig", str(Path(target.kubeconfig).absolute())]
    if target.context:
        words += ["--context", target.context]
    if target.server:
        words += ["--kubeconfig", str(_write_kubeconfig(target, folder))]
    return words


def forget_sign_in(folder: Path) -> None:
    """Takes away what `kubectl_words` left in the folder."""
    (folder / _KUBECONFIG).unlink(missing_ok=True)


def _write_kubeconfig(target: KubernetesTarget, folder: Path) -> Path:
    cluster: dict[str, str] = {"server": target.server or ""}
    if target.ca:
        cluster["certificate-authority"] = str(Path(target.ca).absolute())
    if target.server_name:
        cluster["tls-server-name"] = target.server_name
    told = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "it", "cluster": cluster}],
        "users": [{"name": "we", "user": {"token": target.token.reveal()} if target.token else {}}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "we"}}],
        "current-context": "it",
    }
    path = folder / _KUBECONFIG
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(told, file)
    return path
