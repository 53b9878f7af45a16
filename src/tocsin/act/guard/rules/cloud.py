"""What do the programs of cloud providers and hosters do?"""

from __future__ import annotations

from tocsin.act.guard.rules.pattern import Rule, rules

CLOUD: tuple[Rule, ...] = (
    # Clouds
    *rules(
        "read",
        "only looks",
        """aws * describe-*|list-*|get-*|head-*|lookup-*|search-*|batch-get-*|filter-*|view-*|check-*|wait|scan|query
        aws * download-*|test-*|simulate-*|validate-*|estimate-*|preview-*|detect-*|select-*|admin-get-*|admin-list-*
        aws s3 ls|presign
        aws logs tail|start-query
        aws sts *
        aws configure list|get|list-profiles
        aws help
        gcloud ... list|describe|read|get-value|info|tail|get-iam-policy|get-credentials|list-tags|ls|cat|du|check
        gcloud auth print-access-token|print-identity-token
        gcloud version|help
        gcloud ... get-server-config|get-serial-port-output|get-health|get-status|search-all-resources
        gsutil ls|cat|stat|du|version
        bq ls|show|head
        az ... list|show|tail|get-*|list-*|download-*|show-*|check-*|exists|whoami
        az version|graph
        az monitor log-analytics query
        az ... query|what-if|validate
        doctl ... list|get|logs
        terraform|tofu plan|show|output|validate|graph|version|console
        terraform|tofu providers $
        terraform|tofu state list|show|pull
        terraform|tofu workspace list|show
        terraform|tofu fmt -check|-diff
        pulumi preview|logs|about|whoami
        pulumi stack output|ls|history|graph
        pulumi config get
        heroku ps|logs|releases|apps|config|addons|status|domains|info|access|features|maintenance|pipelines|regions
        heroku apps:info|config:get|releases:info|addons:info|logs:drains
        heroku pg|redis|pg:info|pg:ps|pg:locks|pg:diagnose|pg:outliers|pg:long-running-queries|pg:bloat|pg:blocking
        heroku pg:cache-hit|pg:index-usage|redis:info|pg:backups|pg:settings|pg:credentials
        wrangler tail|whoami|types
        wrangler deployments|versions|queues|secret|d1|r2|kv list|view|info|status
        wrangler ... list|info|get
        wrangler d1 insights
        render services|deploys|workspaces $
        sentry-cli info""",
    ),
    *rules(
        "destroy",
        "deletes things in the cloud",
        """aws * delete-*|terminate-*|purge-*|deregister-*|destroy-*|batch-delete-*|schedule-key-deletion|remove-*
        aws * release-*|reset-*|reboot-*|abort-*|bulk-delete-*|disassociate-*|revoke-*|promote-*|admin-delete-*
        aws s3 rm|rb
        gcloud ... delete|destroy|remove|purge|reset|rm|delete-*|remove-*|abandon|clear-*
        gcloud sql instances promote-replica|failover
        gsutil rm|rb
        bq rm
        az ... delete|purge|remove|delete-*|remove-*|purge-*|reimage|redeploy
        doctl ... delete|rm
        terraform|tofu destroy
        terraform|tofu state rm|push|replace-provider
        terraform|tofu force-unlock
        terraform|tofu workspace delete
        pulumi destroy
        pulumi stack rm
        heroku apps:destroy|pg:reset|addons:destroy|pg:kill|pg:killall|pg:backups:delete|ps:kill|domains:remove
        fly|flyctl ... destroy|remove
        vercel rm|remove
        wrangler delete
        wrangler ... delete|purge
        wrangler kv:*|r2:*|d1:* delete""",
        "list what it would touch first",
    ),
    *rules(
        "destroy",
        "removes what the source lacks",
        """aws s3 sync --delete
        gsutil rsync -d
        gcloud storage rsync --delete-unmatched-destination-objects""",
        "--dryrun first",
    ),
    *rules(
        "destroy",
        "destroys the infrastructure",
        """terraform|tofu apply -destroy|--destroy
        terraform|tofu apply -replace""",
        "terraform plan -destroy",
    ),
    *rules(
        "change",
        "applies without showing the plan",
        "terraform|tofu apply -auto-approve|--auto-approve",
        "terraform plan -out",
    ),
    *rules("change", "writes files in another form", "terraform|tofu fmt", "terraform fmt -check"),
    *rules(
        "change",
        "changes things in the cloud",
        "aws|gcloud|gsutil|az|terraform|tofu|pulumi|heroku|wrangler|bq",
    ),
    *rules(
        "change",
        "runs a text on machines in the cloud that is not looked into",
        """aws ssm send-command
        aws ssm start-session
        az vm|vmss run-command""",
        "ask about the command itself: tocsin guard 'COMMAND'",
    ),
)
