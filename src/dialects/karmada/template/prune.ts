import { isObject } from '../../../base/json.js'
import type { KubeObject, ObjectMeta } from '../../../kube/object/kube-object.js'
import { fieldAt, objectsAt, textAt } from '../fields.js'
import { templateMark } from '../names.js'

type Members = Record<string, unknown>

const jobLabels = ['controller-uid', 'job-name', 'batch.kubernetes.io/controller-uid', 'batch.kubernetes.io/job-name'] as const

const droppedAnnotations = new Set([
  'flotilla.dev/publish-decision',
  'flotilla.dev/decision-from',
  'kubectl.kubernetes.io/last-applied-configuration',
  'deployment.kubernetes.io/revision',
  'deployment.kubernetes.io/revision-history',
  'volume.kubernetes.io/selected-node',
  templateMark,
])

/** A template as it goes out: without what the hub's API server has filled in for the hub alone. */
export function pruneTemplate(template: KubeObject): KubeObject {
  const { apiVersion, kind, metadata, status: _status, ...rest } = template
  const { name, namespace, labels, annotations } = metadata
  const meta: ObjectMeta = { name }
  if (namespace !== undefined) meta.namespace = namespace
  const keptLabels = Object.entries(labels ?? {}).filter(([key]) => key !== templateMark)
  const keptAnnotations = Object.entries(annotations ?? {}).filter(([key]) => !droppedAnnotations.has(key))
  if (keptLabels.length > 0) meta.labels = Object.fromEntries(keptLabels)
  if (keptAnnotations.length > 0) meta.annotations = Object.fromEntries(keptAnnotations)
  const pruned: KubeObject = { apiVersion, kind, metadata: meta, ...rest }
  return prunersByKind[`${apiVersion}/${kind}`]?.(pruned) ?? pruned
}

const prunersByKind: Readonly<Record<string, ((object: KubeObject) => KubeObject) | undefined>> = {
  __proto__: null as never,
  'batch/v1/Job': pruneJob,
  'v1/Service': (service) =>
    ['', 'None'].includes(textAt(service, 'spec', 'clusterIP'))
      ? service
      : { ...service, spec: without(service['spec'], ['clusterIP', 'clusterIPs']) },
  'v1/ServiceAccount': (account) => {
    const secrets = objectsAt(account, 'secrets').filter(
      (secret) => !textAt(secret, 'name').startsWith(`${account.metadata.name}-token-`),
    )
    const { secrets: _secrets, ...rest } = account
    return { ...rest, ...(secrets.length > 0 ? { secrets } : {}) } as KubeObject
  },
  'v1/Secret': (secret) =>
    secret['type'] === 'kubernetes.io/service-account-token' ? (without(secret, ['data']) as KubeObject) : secret,
}

/** Selectors and labels that each cluster's API server makes; and no time to live, as a Job that is gone would come again. */
function pruneJob(job: KubeObject): KubeObject {
  const spec = without(job['spec'], ['ttlSecondsAfterFinished'])
  if (spec['manualSelector'] === true) return { ...job, spec }
  const matchLabels = without(fieldAt(spec, 'selector', 'matchLabels'), jobLabels)
  const { selector: _selector, template, ...rest } = spec
  const podMeta = without(fieldAt(template, 'metadata'), ['creationTimestamp'])
  const podLabels = without(podMeta['labels'], jobLabels)
  return {
    ...job,
    spec: {
      ...rest,
      ...(Object.keys(matchLabels).length > 0 ? { selector: { matchLabels } } : {}),
      template: {
        ...(isObject(template) ? template : {}),
        metadata: {
          ...without(podMeta, ['labels']),
          ...(Object.keys(podLabels).length > 0 ? { labels: podLabels } : {}),
        },
      },
    },
  }
}

function without(value: unknown, names: readonly string[]): Members {
  if (!isObject(value)) return {}
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)))
}
