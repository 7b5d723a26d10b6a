import type { ControlledCluster, Fields } from './controller-peers.js'

const lists = [
  'apps/v1/deployments',
  'apps/v1/replicasets',
  'apps/v1/statefulsets',
  'apps/v1/daemonsets',
  'apps/v1/controllerrevisions',
  'batch/v1/jobs',
  'batch/v1/cronjobs',
  'policy/v1/poddisruptionbudgets',
  'discovery.k8s.io/v1/endpointslices',
  'autoscaling/v2/horizontalpodautoscalers',
  'v1/replicationcontrollers',
  'v1/pods',
  'v1/services',
  'v1/endpoints',
  'v1/configmaps',
  'v1/resourcequotas',
  'v1/persistentvolumeclaims',
  'v1/serviceaccounts',
  'v1/events',
] as const

/** Everything in a namespace, without what differs between any two runs: names that are generated, times, addresses, hashes. */
export async function snapshot(cluster: ControlledCluster, namespace: string): Promise<Map<string, unknown>> {
  const objects: Fields[] = []
  for (const list of lists) {
    const cut = list.lastIndexOf('/')
    const root = list.startsWith('v1/') ? '/api/v1' : `/apis/${list.slice(0, cut)}`
    const { body } = await cluster.request('GET', `${root}/namespaces/${namespace}/${list.slice(cut + 1)}`)
    for (const item of (body['items'] ?? []) as Fields[]) objects.push({ ...item, kind: body['kind'].replace(/List$/, '') })
  }
  objects.push((await cluster.request('GET', `/api/v1/namespaces/${namespace}`)).body)
  const texts = replacements(objects)
  const bases = gone(objects)
  const seen = new Map<string, unknown[]>()
  for (const object of objects) {
    const plain = simplify(object)
    let text = JSON.stringify(plain)
    for (const [from, to] of texts) text = text.replaceAll(from, to)
    // Of pods that are gone.
    for (const base of bases) text = text.replace(new RegExp(`\\b${base}-[bcdfghjklmnpqrstvwxz2456789]{5}\\b`, 'g'), `${base}-*`)
    text = text
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME')
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID')
      .replace(/\b10\.(?!1\.2)\d+\.\d+\.\d+\b/g, 'IP')
      .replace(/\bnode-[1-3]\b/g, 'NODE')
      .replace(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-*')
      .replace(/"member-[abc]"/g, '"ZONE"')
    const value = JSON.parse(text) as Fields
    const key = object['kind'] === 'Event' ? eventKey(value) : `${value['kind']} ${value['metadata'].name}`
    const { name: _, ...metadata } = value['metadata']
    const shown = object['kind'] === 'Event' ? true : { ...value, metadata }
    seen.set(key, [...(seen.get(key) ?? []), shown])
  }
  return new Map(
    [...seen].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, values]) => [key, key.startsWith('Event') ? true : sorted(values)]),
  )
}

function eventKey(event: Fields): string {
  const { involvedObject, type, reason, message, note, reportingComponent, source } = event
  const from = reportingComponent || source?.component
  return `Event ${involvedObject.kind} ${involvedObject.name} ${type} ${reason} (${from}): ${message ?? note}`
}

function sorted(values: readonly unknown[]): unknown[] {
  return [...values].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

/** Generated texts, the longest first, with what stands for them. */
/** What Jobs made pods of: `name`, or `name-0` of an Indexed one. */
function gone(objects: readonly Fields[]): Set<string> {
  const events = objects.filter(
    ({ kind, reason, involvedObject }) => kind === 'Event' && reason === 'SuccessfulCreate' && involvedObject.kind === 'Job',
  )
  return new Set(events.map(({ message }) => String(message).replace(/^Created pod: (.*)-[^-]*$/, '$1')))
}

function replacements(objects: readonly Fields[]): [string, string][] {
  const found = new Map<string, string>()
  for (const { kind, metadata, revision } of objects) {
    const { name, generateName, labels, annotations } = metadata
    if (kind === 'ReplicaSet' && labels?.['pod-template-hash'])
      found.set(labels['pod-template-hash'], `HASH${annotations?.['deployment.kubernetes.io/revision']}`)
    if (kind === 'ControllerRevision') found.set(name.slice(name.lastIndexOf('-') + 1), `REVISION${revision}`)
    if (generateName && /^[a-z0-9]{5}$/.test(name.slice(generateName.length))) found.set(name, `${generateName}*`)
  }
  // Pods and Jobs that are gone already still stand in Events.
  for (const { kind, involvedObject, message = '' } of objects) {
    if (kind !== 'Event') continue
    for (const text of [involvedObject.name, ...(message.match(/[a-z0-9-]+/g) ?? [])]) {
      const match =
        /^((?:web|front|back|orphan|agent|old|good|bad|indexed|slow|tick)(?:-[a-z0-9]{8,10})?-(?:\d+-)?)[a-z0-9]{5}$/.exec(text)
      if (match !== null && !found.has(text)) found.set(text, `${match[1]}*`)
    }
  }
  const stamps = objects.flatMap(({ metadata }) => /^tick-(\d+)/.exec(metadata.name)?.[1] ?? [])
  for (const stamp of stamps) found.set(stamp, 'STAMP')
  const hashes = objects.flatMap(({ kind, involvedObject }) =>
    kind === 'Event' && involvedObject.kind === 'ReplicaSet' ? [involvedObject.name] : [],
  )
  for (const name of hashes) {
    const hash = name.slice(name.lastIndexOf('-') + 1)
    if (/^[a-z0-9]{8,10}$/.test(hash) && !found.has(hash)) found.set(hash, 'HASH')
  }
  // A name that was replaced has a hash in it that is replaced afterwards.
  return [...found].sort(([a], [b]) => b.length - a.length)
}

function simplify({ metadata, ...rest }: Fields): Fields {
  const { uid: _, resourceVersion: __, creationTimestamp: ___, managedFields: ____, selfLink: _____, ...kept } = metadata
  const object: Fields = { ...rest, metadata: kept }
  if (object['kind'] === 'Pod') {
    delete kept.generation
    const { phase, conditions = [] } = object['status'] ?? {}
    object['status'] = { phase, conditions: conditions.map(({ type, status }: Fields) => `${type} ${status}`).sort() }
  }
  if (Array.isArray(object['status']?.conditions) && object['kind'] !== 'Pod') {
    object['status'].conditions = [...object['status'].conditions].sort((a, b) => (a.type < b.type ? -1 : 1))
  }
  if (object['kind'] === 'EndpointSlice') delete kept.generation
  // Addresses stand in their own order, and which pod has the lower one is chance.
  if (Array.isArray(object['endpoints'])) object['endpoints'] = byTarget(object['endpoints'])
  if (Array.isArray(object['subsets'])) {
    object['subsets'] = object['subsets'].map((subset: Fields) => ({
      ...subset,
      ...(subset['addresses'] === undefined ? {} : { addresses: byTarget(subset['addresses']) }),
      ...(subset['notReadyAddresses'] === undefined ? {} : { notReadyAddresses: byTarget(subset['notReadyAddresses']) }),
    }))
  }
  return object
}

function byTarget(endpoints: readonly Fields[]): Fields[] {
  const name = ({ targetRef, ip, addresses }: Fields) => String(targetRef?.name ?? ip ?? addresses?.[0] ?? '')
  return [...endpoints].sort((a, b) => (name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0))
}

/** One line for each difference: where, what the real cluster has, what the embedded one has. */
export function differences(real: unknown, embedded: unknown, path = ''): string[] {
  if (JSON.stringify(real) === JSON.stringify(embedded)) return []
  const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null
  if (isFields(real) && isFields(embedded) && Array.isArray(real) === Array.isArray(embedded)) {
    if (!Array.isArray(real) || real.length === (embedded as unknown[]).length) {
      const keys = [...new Set([...Object.keys(real), ...Object.keys(embedded)])].sort()
      const [a, b] = [real, embedded] as [Fields, Fields]
      return keys.flatMap((key) => differences(a[key], b[key], `${path}.${key}`))
    }
  }
  return [`${path}: ${JSON.stringify(real)} | ${JSON.stringify(embedded)}`]
}
