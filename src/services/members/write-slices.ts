import { equalJson } from '../../base/json.js'
import type { OwnerReference } from '../../kube/object/kube-object.js'
import { sourceOf } from '../catalogue/source-of-slice.js'
import { type EndpointSlice, endpointSliceType } from '../model/kube-kinds.js'
import { multiClusterNames } from '../model/multi-cluster-names.js'
import { shortHash } from './derived-name.js'
import type { MemberWriter } from './member-writer.js'
import { planSlices } from './plan-slices.js'
import { standby } from './standby.js'
import type { Bucket } from './wanted-slices.js'

export interface SliceWishes {
  readonly buckets: readonly Bucket[]
  /** Slices that are there now. */
  readonly present: readonly EndpointSlice[]
  readonly owner: OwnerReference
  /** Tells the slices of different uses of one service apart by name. */
  readonly prefix: string
  /** Labels and annotations of every slice of a bucket, beside those of priority and weight. */
  labelsOf(bucket: Bucket): Record<string, string>
  readonly annotations?: Readonly<Record<string, string>>
  idOf(source: string): string
  /** True for the name of a cluster that was never read: its slices stay. */
  isUnread(source: string): boolean
  /** True for such a cluster that has not answered for so long that it counts as lost: its slices stand by. */
  isAway(source: string): boolean
  /** Whether there are endpoints to use without these slices (default: whether a bucket is in use). */
  readonly hasOthers?: boolean
}

/** Brings the slices to what is wanted, with as few writes as possible. */
export async function writeSlices(writer: MemberWriter, wishes: SliceWishes): Promise<void> {
  const sources = new Map<string, { present: EndpointSlice[]; buckets: Bucket[] }>()
  const of = (source: string) => {
    let known = sources.get(source)
    if (known === undefined) sources.set(source, (known = { present: [], buckets: [] }))
    return known
  }
  for (const slice of wishes.present) of(sourceOf(slice)).present.push(slice)
  for (const bucket of wishes.buckets) of(bucket.source).buckets.push(bucket)
  const writes: Promise<unknown>[] = []
  for (const [source, { present, buckets }] of sources) {
    if (buckets.length === 0 && wishes.isUnread(source)) {
      // What others still give is used without waiting for a cluster that does not answer.
      const others = wishes.hasOthers ?? wishes.buckets.some(({ priority }) => priority === 0)
      if (others && wishes.isAway(source)) {
        for (const slice of present) {
          const change = standby(slice)
          if (change !== undefined) writes.push(writer.patch(endpointSliceType, slice, change))
        }
      }
      continue
    }
    const plan = planSlices(present, buckets)
    const taken = new Set(present.map((slice) => slice.metadata.name))
    for (const { now, bucket, endpoints } of plan.keep) {
      const labels = wishes.labelsOf(bucket)
      const annotations = annotationsOf(wishes, bucket)
      const ports = bucket.ports.map((port) => ({ ...port }))
      if (now === undefined) {
        const name = nameFor(wishes, source, taken)
        taken.add(name)
        const metadata = { name, namespace: writer.service.namespace, labels, annotations, ownerReferences: [wishes.owner] }
        writes.push(
          writer.create<EndpointSlice>(endpointSliceType, {
            apiVersion: 'discovery.k8s.io/v1',
            kind: 'EndpointSlice',
            metadata,
            addressType: bucket.addressType,
            endpoints: [...endpoints],
            ports,
          }),
        )
        continue
      }
      const change = changeOf(now, { labels, annotations, owner: wishes.owner, endpoints: [...endpoints], ports })
      if (change !== undefined) writes.push(writer.patch(endpointSliceType, now, change))
    }
    for (const slice of plan.remove) writes.push(writer.remove(endpointSliceType, slice))
  }
  const failed = (await Promise.allSettled(writes)).find((each) => each.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

function annotationsOf(wishes: SliceWishes, bucket: Bucket): Record<string, string> {
  const { priorityAnnotation, sliceWeightAnnotation, sourceNameAnnotation } = multiClusterNames
  return {
    ...wishes.annotations,
    ...(bucket.priority === 0 ? {} : { [priorityAnnotation]: String(bucket.priority) }),
    ...(bucket.weight === undefined ? {} : { [sliceWeightAnnotation]: String(bucket.weight) }),
    ...(wishes.idOf(bucket.source) === bucket.source ? {} : { [sourceNameAnnotation]: bucket.source }),
  }
}

/** The first name that no slice of the source has. */
function nameFor(wishes: SliceWishes, source: string, taken: ReadonlySet<string>): string {
  const base = `${wishes.prefix.slice(0, 200)}-${shortHash(source)}`
  for (let number = 0; ; number++) {
    const name = number === 0 ? base : `${base}-${number}`
    if (!taken.has(name)) return name
  }
}

function changeOf(
  now: EndpointSlice,
  wanted: {
    labels: Record<string, string>
    annotations: Record<string, string>
    owner: OwnerReference
    endpoints: unknown[]
    ports: unknown[]
  },
): Record<string, unknown> | undefined {
  const labels = mapChange(now.metadata.labels, wanted.labels)
  const annotations = mapChange(now.metadata.annotations, wanted.annotations)
  const owned = now.metadata.ownerReferences?.some((reference) => reference.uid === wanted.owner.uid)
  const metadata = {
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(owned ? {} : { ownerReferences: [wanted.owner] }),
  }
  const change = {
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    ...(equalJson(now.endpoints ?? [], wanted.endpoints) ? {} : { endpoints: wanted.endpoints }),
    ...(equalJson(now.ports ?? [], wanted.ports) ? {} : { ports: wanted.ports }),
  }
  return Object.keys(change).length === 0 ? undefined : change
}

/** What to merge into a map that is wholly ours. */
function mapChange(
  now: Readonly<Record<string, string>> = {},
  wanted: Readonly<Record<string, string>>,
): Record<string, string | null> | undefined {
  const change: Record<string, string | null> = {}
  for (const [key, value] of Object.entries(wanted)) if (now[key] !== value) change[key] = value
  for (const key of Object.keys(now)) if (wanted[key] === undefined) change[key] = null
  return Object.keys(change).length === 0 ? undefined : change
}
