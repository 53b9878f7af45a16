"""What do the programs of cloud providers and hosters do?"""

from __future__ import annotations

from tocsin.act.guard.rules.pattern import Rule, rules

CLOUD: tuple[Rule, ...] = (
    # Clouds
    *rules(
        "read",
        "only looks",
        """aws * describe-*|list-*|get-*|head-*|lookup-*|search-*|batch-get-*|filter-*|view-*|check-*|wait|scan|query
        aws s3 ls|presign
        aws logs tail|start-query
        aws sts *
        aws configure list|get
        aws cloudformation validate-template|detect-*
        gcloud ... list|describe|read|get-value|info|tail|get-iam-policy|get-credentials
        gsutil ls|cat|stat|du|version
        bq ls|show|head
        az ... list|show|tail|get-*|list-*
        doctl ... list|get|logs
        terraform|tofu plan|show|output|validate|graph|version|providers|fmt
        terraform|tofu state list|show|pull
        terraform|tofu workspace list|show
        pulumi preview|stack|logs|about
        heroku ps|logs|releases|apps|config|addons|status|domains|info
        heroku pg:info|pg:ps|pg:locks|pg:diagnose|pg:outliers|pg:long-running-queries
        fly|flyctl status|logs|info|releases|doctor|checks|ips|regions
        vercel ls|list|logs|inspect|whoami
        netlify status
        wrangler tail|whoami|types
        wrangler deployments|versions|queues|secret|d1|r2|kv list|view|info|status
        wrangler ... list|info
        render services|deploys|logs|workspaces
        sentry-cli info|releases|projects""",
    ),
    *rules(
        "destroy",
        "deletes things in the cloud",
        """aws * delete-*|terminate-*|purge-*|deregister-*|destroy-*|batch-delete-*|schedule-key-deletion
        aws s3 rm|rb
        gcloud ... delete|destroy|remove|purge|reset
        gsutil rm|rb
        bq rm
        az ... delete|purge|remove
        doctl ... delete
        terraform|tofu destroy
        terraform|tofu state rm|push
        terraform|tofu force-unlock
        pulumi destroy
        heroku apps:destroy|pg:reset|addons:destroy|pg:kill|pg:killall
        fly|flyctl destroy
        fly|flyctl ... destroy
        vercel rm|remove
        wrangler delete
        wrangler ... delete|purge""",
        "list what it would touch first",
    ),
    *rules(
        "destroy",
        "removes what the source lacks",
        """aws s3 sync --delete
        gsutil rsync -d""",
        "--dryrun first",
    ),
    *rules(
        "destroy",
        "destroys the infrastructure",
        "terraform|tofu apply -destroy|--destroy",
        "terraform plan -destroy",
    ),
    *rules(
        "change",
        "applies without showing the plan",
        "terraform|tofu apply -auto-approve",
        "terraform plan -out",
    ),
    *rules(
        "change",
        "changes things in the cloud",
        "aws|gcloud|gsutil|az|doctl|terraform|tofu|pulumi|heroku|wrangler|vercel",
    ),
)
