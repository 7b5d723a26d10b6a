import { compareText } from '../../../../base/compare-text.js'
import { messageOf } from '../../../../base/errors.js'
import { isObject } from '../../../../base/json.js'
import { kindRank } from '../../../../kube/object/kind-order.js'
import { jsonType, scalarText } from '../chart/metadata.js'
import { readYaml } from '../chart/yaml.js'
import { HelmError } from '../helm-error.js'
import type { HelmMajor } from '../helm-major.js'
import { splitDocuments, splitManifests } from './split-manifests.js'

/** One document of a template's output. */
export interface Manifest {
  /** The template's name. */
  readonly path: string
  /** As rendered, without white space around it. */
  readonly content: string
  readonly kind: string
  /** What the document holds. */
  readonly value: unknown
}

export interface Hook extends Manifest {
  /** `pre-install`, `test` ... */
  readonly events: readonly string[]
}

const events = new Map([
  ...[
    'pre-install',
    'post-install',
    'pre-delete',
    'post-delete',
    'pre-upgrade',
    'post-upgrade',
    'pre-rollback',
    'post-rollback',
    'test',
  ].map((name) => [name, name] as const),
  ['test-success', 'test'],
])

/**
 * Splits the output of templates into documents, and those into hooks and plain manifests, each in install order. Throws
 * HelmError for a document that is no YAML, or whose head has the wrong types.
 */
export function sortManifests(
  files: ReadonlyMap<string, string>,
  warn: (message: string) => void,
  helmMajor: HelmMajor = 3,
): { readonly hooks: readonly Hook[]; readonly manifests: readonly Manifest[] } {
  const hooks: Hook[] = []
  const manifests: Manifest[] = []
  const split = helmMajor === 4 ? splitDocuments : splitManifests
  for (const path of [...files.keys()].sort(compareText)) {
    const text = files.get(path)!
    if (path.slice(path.lastIndexOf('/') + 1).startsWith('_') || text.trim() === '') continue
    for (const content of split(text)) {
      const { value, kind, hook } = readHead(path, content)
      const manifest = { path, content, kind, value }
      if (hook === undefined) {
        manifests.push(manifest)
        continue
      }
      const types = hook.split(',').map((type) => events.get(type.trim().toLowerCase()))
      if (types.includes(undefined)) warn(`info: skipping unknown hook: ${JSON.stringify(hook)}`)
      else hooks.push({ ...manifest, events: types as string[] })
    }
  }
  const compareKinds = (a: Manifest, b: Manifest) =>
    installRank(a.kind, helmMajor) - installRank(b.kind, helmMajor) || compareText(a.kind, b.kind)
  hooks.sort(compareKinds)
  manifests.sort(compareKinds)
  return { hooks, manifests }
}

function readHead(path: string, content: string): { value: unknown; kind: string; hook: string | undefined } {
  const fail = (reason: string, cause?: unknown) =>
    new HelmError(`YAML parse error on ${path}: ${reason}`, { cause, code: 'helm-invalid-manifest' })
  const wrongType = (found: unknown, field: string, type: string) =>
    fail(
      `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${jsonType(found)} into Go ${field === '' ? 'value' : `struct field ${field}`} of type ${type}`,
    )
  let value: unknown
  try {
    value = readYaml(content)
  } catch (error) {
    throw fail(messageOf(error), error)
  }
  if (value === null) return { value, kind: '', hook: undefined }
  if (!isObject(value)) throw wrongType(value, '', 'releaseutil.SimpleHead')
  const text = (from: Record<string, unknown>, key: string, field: string) => {
    const found = from[key]
    if (found === undefined || found === null) return ''
    const read = scalarText(found)
    if (read === undefined) throw wrongType(found, `SimpleHead.${field}`, 'string')
    return read
  }
  // encoding/json reads members in the order of sorted keys, since the YAML came through a sorted JSON text.
  text(value, 'apiVersion', 'apiVersion')
  const kind = text(value, 'kind', 'kind')
  const metadata = value['metadata']
  if (metadata === undefined || metadata === null) return { value, kind, hook: undefined }
  if (!isObject(metadata))
    throw wrongType(
      metadata,
      'SimpleHead.metadata',
      'struct { Name string "json:\\"name\\""; Annotations map[string]string "json:\\"annotations\\"" }',
    )
  const annotations = metadata['annotations']
  let hook: string | undefined
  if (isObject(annotations)) {
    for (const key of Object.keys(annotations).sort(compareText)) text(annotations, key, 'metadata.annotations')
    hook = Object.hasOwn(annotations, 'helm.sh/hook') ? text(annotations, 'helm.sh/hook', '') : undefined
  } else if (annotations !== undefined && annotations !== null)
    throw wrongType(annotations, 'SimpleHead.metadata.annotations', 'map[string]string')
  text(metadata, 'name', 'metadata.name')
  return { value, kind, hook }
}

const webhooks = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']

/**
 * Helm's place for a kind: PriorityClass before all others (Argo CD's order, which kindRank gives, does not know it), in Helm 4
 * webhooks behind them; kinds that are in no order come last, by name.
 */
function installRank(kind: string, helmMajor: HelmMajor): number {
  if (kind === 'PriorityClass') return -1
  const rank = kindRank(kind)
  if (helmMajor === 3) return rank
  const webhook = webhooks.indexOf(kind)
  if (webhook !== -1) return rank + webhook
  return rank === kindRank('') ? rank + webhooks.length : rank
}
