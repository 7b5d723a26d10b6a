import type { KubeObject } from '../../../kube/object/kube-object.js'
import { configMapValues, type ReadObject, secretValues } from '../environment.js'
import { fieldValue, type PodFacts, resourceValue } from '../field-values.js'
import type { FieldReference, ResourceReference, Volume } from '../pod-types.js'
import { MountProblem } from './mount-problem.js'

/** Files by their path in the volume. */
export type Payload = Map<string, { readonly data: Buffer; readonly mode: number }>

export type IssueToken = (
  audience: string | undefined,
  expirationSeconds: number,
) => Promise<{ token: string; expiresAtMs: number }>

interface Item {
  readonly key: string
  readonly path: string
  readonly mode?: number
}

interface Source {
  readonly name?: string
  readonly secretName?: string
  readonly items?: readonly Item[]
  readonly optional?: boolean
  readonly defaultMode?: number
}

interface DownwardItem {
  readonly path: string
  readonly mode?: number
  readonly fieldRef?: FieldReference
  readonly resourceFieldRef?: ResourceReference
}

const defaultFileMode = 0o644

/** The files of a configMap, secret, downwardAPI or projected volume; undefined for volumes of other kinds. */
export async function volumePayload(
  volume: Volume,
  facts: PodFacts,
  read: ReadObject,
  issue: IssueToken,
): Promise<{ files: Payload; renewAtMs?: number } | undefined> {
  const namespace = facts.pod.metadata.namespace ?? ''
  const configMap = volume['configMap'] as Source | undefined
  const secret = volume['secret'] as Source | undefined
  const downward = volume['downwardAPI'] as { items?: readonly DownwardItem[]; defaultMode?: number } | undefined
  const projected = volume['projected'] as { sources?: readonly Record<string, unknown>[]; defaultMode?: number } | undefined
  const files: Payload = new Map()
  const add = (more: Payload) => {
    for (const [path, file] of more) files.set(path, file)
  }
  if (configMap)
    return { files: objectFiles('configmap', configMap.name ?? '', namespace, configMap, configMap.defaultMode, read) }
  if (secret) return { files: objectFiles('secret', secret.secretName ?? '', namespace, secret, secret.defaultMode, read) }
  if (downward) return { files: downwardFiles(downward.items ?? [], downward.defaultMode, facts) }
  if (projected === undefined) return undefined
  let renewAtMs: number | undefined
  for (const source of projected.sources ?? []) {
    const map = source['configMap'] as Source | undefined
    const hidden = source['secret'] as Source | undefined
    const fields = source['downwardAPI'] as { items?: readonly DownwardItem[] } | undefined
    const account = source['serviceAccountToken'] as { path: string; audience?: string; expirationSeconds?: number } | undefined
    const mode = projected.defaultMode
    if (map) add(objectFiles('configmap', map.name ?? '', namespace, map, mode, read))
    else if (hidden) add(objectFiles('secret', hidden.name ?? '', namespace, hidden, mode, read))
    else if (fields) add(downwardFiles(fields.items ?? [], mode, facts))
    else if (account) {
      const seconds = account.expirationSeconds ?? 3600
      const { token, expiresAtMs } = await issue(account.audience || undefined, seconds)
      files.set(checkedPath(account.path), { data: Buffer.from(token), mode: mode ?? defaultFileMode })
      // As a kubelet: once 80 % of its time has passed.
      const renew = expiresAtMs - seconds * 200
      renewAtMs = Math.min(renewAtMs ?? renew, renew)
    } else
      throw new MountProblem(
        `projected volume source ${Object.keys(source)[0] ?? ''} is not supported for pods that run as processes`,
      )
  }
  return { files, ...(renewAtMs === undefined ? {} : { renewAtMs }) }
}

function objectFiles(
  kind: 'configmap' | 'secret',
  name: string,
  namespace: string,
  source: Source,
  defaultMode: number | undefined,
  read: ReadObject,
): Payload {
  const object: KubeObject | undefined = read(`${kind}s`, `${namespace}/${name}`)
  const files: Payload = new Map()
  if (object === undefined) {
    if (source.optional) return files
    throw new MountProblem(`${kind} "${name}" not found`)
  }
  const values = kind === 'configmap' ? configMapValues(object) : secretValues(object)
  const mode = defaultMode ?? defaultFileMode
  if (source.items === undefined || source.items.length === 0) {
    for (const [key, data] of Object.entries(values)) files.set(checkedPath(key), { data, mode })
    return files
  }
  for (const item of source.items) {
    const data = values[item.key]
    if (data === undefined) {
      if (source.optional) continue
      throw new MountProblem(`references non-existent ${kind === 'configmap' ? 'config' : 'secret'} key: ${item.key}`)
    }
    files.set(checkedPath(item.path), { data, mode: item.mode ?? mode })
  }
  return files
}

function downwardFiles(items: readonly DownwardItem[], defaultMode: number | undefined, facts: PodFacts): Payload {
  const files: Payload = new Map()
  for (const item of items) {
    const text = item.fieldRef
      ? fieldValue(item.fieldRef, facts)
      : item.resourceFieldRef
        ? resourceValue(item.resourceFieldRef, '', facts)
        : undefined
    if (text === undefined) throw new MountProblem(`cannot tell the value of downwardAPI item ${item.path}`)
    files.set(checkedPath(item.path), { data: Buffer.from(text), mode: item.mode ?? defaultMode ?? defaultFileMode })
  }
  return files
}

/** Paths come from users' objects: nothing that leaves the volume or gets in the way of its own links. */
function checkedPath(path: string): string {
  const parts = path.split('/')
  if (
    path === '' ||
    path.includes('\0') ||
    path.startsWith('/') ||
    parts.some((part) => part === '' || part === '.' || part === '..') ||
    path.startsWith('..')
  )
    throw new MountProblem(`invalid path: ${JSON.stringify(path)} must stay inside the volume`)
  return path
}
