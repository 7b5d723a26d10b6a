import { defineCheck } from '../../contract.js'

export const externalDnsPolicyMissing = defineCheck({
  id: 'external-dns-policy-missing',
  topic: 'traffic',
  severity: 'warning',
  title: 'ExternalDNS is not told whether it may delete records',
  why: 'Without `--policy`, versions up to v0.22 take `sync`, which deletes records: an empty list from the API server at the wrong moment is an empty zone. Versions after it refuse to start.',
  evidence: ['kubernetes-sigs/external-dns#6508', 'kubernetes-sigs/external-dns#1238'],
  fix: 'Write `--policy=sync` if it is meant, else `--policy=upsert-only`.',
  *run(model) {
    for (const container of model.containersOf('external-dns'))
      if (container.argument('provider') !== undefined && container.argument('policy') === undefined)
        yield { message: `${container.object.subject} runs ExternalDNS without --policy`, at: [container.container.at('args')] }
  },
})
