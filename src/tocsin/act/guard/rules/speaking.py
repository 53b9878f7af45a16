"""Of which programs do the words themselves say what they do? `tool backups list`, `tool server delete`.

Their read words only look and their delete words delete; everything else is *change*. A program that is named
nowhere is *change* even where it says `list`.
"""

from __future__ import annotations

from tocsin.act.guard.names import names

SPEAKING = names(
    """
    acme.sh aliyun amplify ansible-galaxy ansible-inventory ansible-vault apisix argo argocd atlas auditctl axiom
    b2 barman boundary borg buildah buildkite-agent bundletool bw calicoctl cdk cdktf ceph checkov chezmoi
    cilium circleci civo cloudflared cmctl cockroach conda confluent copilot coredumpctl crane crm
    datadog-ci dagster dapr dbt dokku doctl drbdadm drone eb eksctl elasticsearch-keystore esxcli exo
    fail2ban-client faas-cli firebase firewall-cmd flarectl fly flyctl flux gh glab gluster gopass govc
    grafana-cli hcloud helmfile hub ibmcloud incus influx infisical ipmitool istioctl jf journalbeat k0s k3d k3s
    kafkactl kamal kind kn knife kompose kops kopia kubeadm kubecm kubeseal kustomize launchctl lerna linkerd
    linode-cli localectl logcli loginctl lxc machinectl mc meshctl metricbeat microk8s minikube mimirtool mongocli
    multipass nats neon neonctl netlify networkctl newrelic nerdctl ngrok nomad nova nsc nvme oci octo okta omnictl
    op opensearch-cli openstack operator-sdk oras ory packer pass patronictl pcs pct pd pgbackrest pnpm podman-machine
    prefect pscale pulsar-admin puppet qm railway rados rancher rbd rclone regctl render restic
    rabbitmq-plugins rke rke2 rpk s3cmd s5cmd salt-key sam scw sentry-cli serverless skaffold skopeo sls
    snapper snyk sops spacectl step stripe supabase systemd-analyze swift talosctl tanka tempo
    temporal terragrunt thanos tk tkn tower-cli trivy tsh turso twilio udevadm upctl vagrant vault vcluster velero
    vercel virsh volta vtctlclient vultr-cli wal-g waypoint wp xe yc zappa zkCli
    """
)
"""Programs whose words are believed, also where they say that they only look."""

ONLY_DESTROYING = names(
    """
    make just task rake rails bundle composer mix npm yarn pnpm gradle mvn cargo invoke fab nx turbo lerna
    alembic flyway liquibase knex prisma sequelize typeorm django-admin artisan symfony drush
    """
)
"""Programs that run what others wrote under names: a name that deletes is believed, one that looks is not."""
