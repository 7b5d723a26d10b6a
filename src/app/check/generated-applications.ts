import type { GenerationProblem } from '../../areas/analysis/load/input-text.js'
import { isObject } from '../../base/json.js'
import { generateApplications } from '../../dialects/argo-cd/application-set/generate-applications.js'
import { parseClusterSecret } from '../../dialects/argo-cd/cluster-secret/parse-cluster-secret.js'
import type { ApplicationSet } from '../../dialects/argo-cd/kinds/application-set.js'
import { applicationSetProfile } from '../../formats/go-template/profiles.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { systemClock, systemRandom } from '../system/system-ports.js'
import { treeOfRoot } from './inputs-tree.js'

type Fields = Readonly<Record<string, unknown>>

export interface GeneratedApplications {
  readonly applications: readonly { readonly path: string; readonly value: Fields }[]
  readonly problems: readonly GenerationProblem[]
}

/** Sets of a fleet are large: so many Applications are looked at, and no more. */
const most = 500
/** A set that may make more sets of parameters than this is left alone. */
const mostSets = 20_000
/** What a generator may find in files: it is not known before. */
const filesGuess = 100

/**
 * The Applications that the ApplicationSets among the inputs make of the cluster Secrets and the files among them, by the controller's
 * own code. Every repository is taken for the directory that is checked: of another one nothing is known, and what needs it makes
 * nothing here.
 */
export async function generatedApplications(
  documents: readonly { readonly path: string; readonly value: Fields }[],
  roots: readonly string[],
): Promise<GeneratedApplications> {
  const sets = documents.filter(
    ({ value }) => value['kind'] === 'ApplicationSet' && isObject(value['spec']) && isObject(value['metadata']),
  )
  if (sets.length === 0) return { applications: [], problems: [] }
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
  const undecided = () => Promise.reject(new Error('what schedulers decide is known on the hub alone'))
  const decisions = { settings: undecided, list: undecided }
  const functions = applicationSetProfile({ clock: systemClock, random: systemRandom })
  const found: { path: string; value: Fields }[] = []
  const problems: GenerationProblem[] = []
  for (const { path, value } of sets) {
    const set = value as unknown as ApplicationSet
    if (sizeOf({ merge: set.spec }, clusters.length) > mostSets) continue
    const generated = await generateApplications(set, { clusters, repositories, decisions, functions }).catch(() => undefined)
    const namespace = set.metadata.namespace
    const say = (message: string) => problems.push({ file: path, name: set.metadata.name, namespace, message })
    // What is read for it and is not here is missing only here.
    for (const { message } of generated?.problems ?? []) if (message.includes('found duplicate key')) say(message)
    const names = new Set<string>()
    for (const { metadata } of generated?.applications ?? []) {
      if (names.has(metadata.name)) {
        say(`ApplicationSet ${set.metadata.name} contains applications with duplicate name: ${metadata.name}`)
        break
      }
      names.add(metadata.name)
    }
    for (const application of generated?.applications ?? []) {
      if (found.length >= most) break
      const metadata = { ...application.metadata, ...(namespace === undefined ? {} : { namespace }) }
      found.push({
        path,
        value: { ...application, apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', metadata } as unknown as Fields,
      })
    }
  }
  return { applications: found, problems }
}

/** How many sets of parameters generators make at most, as far as can be told before they run: a matrix multiplies. */
function sizeOf(generator: unknown, clusters: number, depth = 0): number {
  if (!isObject(generator) || depth > 4) return 1
  const nested = (combining: unknown): number[] => {
    const list = isObject(combining) ? combining['generators'] : undefined
    return Array.isArray(list) ? list.map((each) => sizeOf(each, clusters, depth + 1)) : []
  }
  if (isObject(generator['matrix'])) return nested(generator['matrix']).reduce((product, size) => product * size, 1)
  if (isObject(generator['merge'])) return nested(generator['merge']).reduce((sum, size) => sum + size, 0)
  if (isObject(generator['list'])) {
    const { elements } = generator['list']
    return Array.isArray(elements) ? elements.length : filesGuess
  }
  if (generator['clusters'] !== undefined) return clusters + 1
  return generator['git'] === undefined ? 1 : filesGuess
}
