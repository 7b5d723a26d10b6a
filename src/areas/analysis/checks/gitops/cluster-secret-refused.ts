import { isObject } from '../../../../base/json.js'
import { parseClusterSecret } from '../../../../dialects/argo-cd/cluster-secret/parse-cluster-secret.js'
import { defineCheck } from '../../contract.js'
import type { KubeDocument } from '../../model/document.js'

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
      const problem = problemOf(secret)
      if (problem === undefined) continue
      const member = secret.has('stringData', 'config') ? 'stringData' : 'data'
      yield {
        message: `${secret.subject}: ${problem}`,
        at: [secret.has(member, 'config') ? secret.atKey(member, 'config') : secret.at('metadata', 'name')],
      }
    }
  },
})

/** What Argo CD's reader would say, without the name of the Secret in front. */
function problemOf(secret: KubeDocument): string | undefined {
  return parseClusterSecret(secret.object).problem?.message.replace(/^Secret \S+: /, '')
}
