import { isObject } from '../../../../base/json.js'
import { parseClusterSecret } from '../../../../dialects/argo-cd/cluster-secret/parse-cluster-secret.js'
import { defineCheck } from '../../contract.js'

export const clusterSecretRefused = defineCheck({
  id: 'cluster-secret-refused',
  topic: 'gitops',
  severity: 'error',
  title: 'Argo CD cannot read a cluster Secret',
  why: 'A Secret that does not parse is no cluster: everything that is deployed to it is Unknown. ApplicationSets read only its name, server and labels, and generate Applications for it all the same, which then cannot sync.',
  evidence: ['argo-cd: util/db/cluster.go, SecretToCluster', 'argo-cd: applicationset/generators/cluster.go'],
  fix: 'Write what the message wants; certificates in `config` are base64 of the whole PEM text.',
  *run(model) {
    for (const secret of model.kinds('', 'Secret')) {
      if (secret.label('argocd.argoproj.io/secret-type') !== 'cluster') continue
      // Without data there is nothing that could be wrong: metadata of a running cluster, or filled in by another tool.
      if (!isObject(secret.get('stringData')) && !isObject(secret.get('data'))) continue
      const problem = problemOf(secret.value)
      if (problem === undefined) continue
      const member = secret.has('stringData', 'config') ? 'stringData' : 'data'
      yield {
        message: `${secret.subject}: ${problem.message}`,
        at: [secret.has(member, 'config') ? secret.atKey(member, 'config') : secret.at('metadata', 'name')],
        ...(problem.fix === undefined ? {} : { fix: problem.fix }),
      }
    }
  },
})

/** The reader wants what an API server has stored: a namespace, text as base64 in `data` or plain in `stringData`. */
function problemOf(value: unknown): { message: string; fix?: string | undefined } | undefined {
  const { problem } = parseClusterSecret(value as Parameters<typeof parseClusterSecret>[0])
  return problem === undefined ? undefined : { message: problem.message, fix: problem.fix }
}
