import { cloneJson, equalJson, isObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { Lifecycle } from './lifecycle.js'

const ownUid = 'batch.kubernetes.io/controller-uid'

/**
 * A job that brings no selector of its own (`manualSelector`) gets one that selects its pods alone, and they the labels for it.
 * Reference: generateSelector of pkg/registry/batch/job.
 */
export const jobLifecycle: Lifecycle = {
  beforeCreate(_scope, object) {
    const spec = memberOf(object, 'spec')
    if (spec === undefined || spec['manualSelector'] === true) return
    const template = memberOf(spec, 'template') ?? {}
    const metadata = memberOf(template, 'metadata') ?? {}
    const before = memberOf(metadata, 'labels')
    const { name, uid } = object.metadata
    const labels: Record<string, unknown> = { ...before }
    for (const key of ['job-name', 'batch.kubernetes.io/job-name']) labels[key] ??= name
    for (const key of ['controller-uid', ownUid]) labels[key] = uid
    // Upstream's default shares the labels of the template with the job that has none, unless it copies the job to try names.
    const { generateName } = object.metadata
    const generated = generateName !== undefined && generateName !== '' && name.length === generateName.length + 5
    if (!generated && before !== undefined && equalJson(before, object.metadata.labels)) {
      object.metadata.labels = cloneJson(labels) as Record<string, string>
    }
    const selector = memberOf(spec, 'selector') ?? {}
    const wanted = memberOf(selector, 'matchLabels') ?? {}
    spec['template'] = { ...template, metadata: { ...metadata, labels } }
    spec['selector'] = { ...selector, matchLabels: { ...wanted, [ownUid]: wanted[ownUid] ?? uid } }
  },
}

function memberOf(of: Record<string, unknown> | KubeObject, key: string): Record<string, unknown> | undefined {
  const value = (of as Record<string, unknown>)[key]
  return isObject(value) ? value : undefined
}
