import { defineCheck } from '../../contract.js'

const annotation = 'nginx.ingress.kubernetes.io/upstream-hash-by'

export const ingressHashLiteral = defineCheck({
  id: 'ingress-hash-literal',
  topic: 'traffic',
  severity: 'warning',
  title: 'Requests are hashed by a text that is the same for all',
  why: 'The value is what is hashed. Without a variable of nginx in it every request has the same hash, so every request goes to one and the same pod.',
  evidence: ['ingress-nginx: docs/user-guide/nginx-configuration/annotations.md, custom NGINX upstream hashing'],
  fix: 'Name a variable: `$binary_remote_addr` for the address of the client, `$request_uri` for the path.',
  *run(model) {
    for (const ingress of model.kinds('networking.k8s.io', 'Ingress')) {
      const value = ingress.annotation(annotation)
      if (value === undefined || value === '' || value.includes('$')) continue
      yield {
        message: `upstream-hash-by is "${value}", which is the same for every request`,
        at: [ingress.at('metadata', 'annotations', annotation)],
        ...(value === 'ip_hash'
          ? {
              edits: [
                {
                  kind: 'set' as const,
                  view: ingress,
                  path: ['metadata', 'annotations', annotation],
                  value: '$binary_remote_addr',
                },
              ],
            }
          : {}),
      }
    }
  },
})
