import { isObject } from '../../base/json.js'
import { generateApplications } from '../../dialects/argo-cd/application-set/generate-applications.js'
import { parseClusterSecret } from '../../dialects/argo-cd/cluster-secret/parse-cluster-secret.js'
import type { ApplicationSet } from '../../dialects/argo-cd/kinds/application-set.js'
import { applicationSetProfile } from '../../formats/go-template/profiles.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { systemClock, systemRandom } from '../system/system-ports.js'
import { treeOfRoot } from './inputs-tree.js'

type Fields = Readonly<Record<string, unknown>>

/** Sets of a fleet are large: so many Applications are looked at, and no more. */
const most = 500

/**
 * The Applications that the ApplicationSets among the inputs make of the cluster Secrets and the files among them, by the controller's
 * own code. Every repository is taken for the directory that is checked: of another one nothing is known, and what needs it makes
 * nothing here.
 */
export async function generatedApplications(
  documents: readonly { readonly path: string; readonly value: Fields }[],
  roots: readonly string[],
): Promise<{ path: string; value: Fields }[]> {
  const sets = documents.filter(
    ({ value }) => value['kind'] === 'ApplicationSet' && isObject(value['spec']) && isObject(value['metadata']),
  )
  if (sets.length === 0) return []
  const clusters = documents.flatMap(({ value }) => {
    const metadata = value['metadata']
    const labels = isObject(metadata) && isObject(metadata['labels']) ? metadata['labels'] : {}
    if (value['kind'] !== 'Secret' || labels['argocd.argoproj.io/secret-type'] !== 'cluster') return []
    try {
      return [parseClusterSecret(value as unknown as KubeObject)]
    } catch {
      return []
    }
  })
  const [root] = roots
  const repositories = {
    resolve: async () => (root === undefined ? Promise.reject(new Error('nothing was read')) : 'inputs'),
    tree: () => treeOfRoot(root ?? '.'),
  }
  const functions = applicationSetProfile({ clock: systemClock, random: systemRandom })
  const found: { path: string; value: Fields }[] = []
  for (const { path, value } of sets) {
    const set = value as unknown as ApplicationSet
    const generated = await generateApplications(set, { clusters, repositories, functions }).catch(() => undefined)
    const namespace = set.metadata.namespace
    for (const application of generated?.applications ?? []) {
      if (found.length >= most) return found
      const metadata = { ...application.metadata, ...(namespace === undefined ? {} : { namespace }) }
      found.push({
        path,
        value: { ...application, apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', metadata } as unknown as Fields,
      })
    }
  }
  return found
}
