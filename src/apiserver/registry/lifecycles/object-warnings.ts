import { isObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { parseQuantity } from '../../../kube/object/quantity.js'
import { quote } from '../../../kube/schema/field-cause.js'
import { valueAt } from './strategy.js'

/** Where the Pods of a kind are described; empty: it is one itself. */
const podPlaces: Readonly<Record<string, string>> = {
  pods: '',
  podtemplates: 'template',
  replicationcontrollers: 'spec.template',
  'deployments.apps': 'spec.template',
  'replicasets.apps': 'spec.template',
  'statefulsets.apps': 'spec.template',
  'daemonsets.apps': 'spec.template',
  'jobs.batch': 'spec.template',
  'cronjobs.batch': 'spec.jobTemplate.spec.template',
}

/**
 * What a writer of a built-in object is warned of, without refusing it.
 * Reference: the WarningsOn* of the strategies in k8s.io/kubernetes/pkg/registry, pkg/api/pod/warnings.go.
 */
export function objectWarnings(resource: string, object: KubeObject): string[] {
  const warnings: string[] = []
  const spec = membersOf(object['spec'])
  if (resource === 'services' && spec['type'] !== 'ExternalName' && spec['externalName']) {
    warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"')
  }
  if (resource === 'services' && spec['type'] === 'ExternalName' && listOf(spec['externalIPs']).length > 0) {
    warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"')
  }
  if (resource === 'nodes' && spec['externalID']) {
    warnings.push('spec.externalID: this field is deprecated, and is unused by Kubernetes')
  }
  const place = podPlaces[resource]
  if (place !== undefined) warnOfPods(membersOf(place === '' ? object : valueAt(object, place)), place, warnings)
  const history = spec['revisionHistoryLimit']
  if (resource === 'statefulsets.apps' && typeof history === 'number' && history < 0) {
    warnings.push('spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended')
  }
  return warnings
}

const deprecatedLabels: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'kubernetes.io/arch',
  'beta.kubernetes.io/os': 'kubernetes.io/os',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'beta.kubernetes.io/instance-type': 'node.kubernetes.io/instance-type',
}

function warnOfPods(template: Members, place: string, warnings: string[]): void {
  const spec = membersOf(template['spec'])
  const at = place === '' ? 'spec' : `${place}.spec`
  for (const key of Object.keys(membersOf(spec['nodeSelector']))) {
    const better = Object.hasOwn(deprecatedLabels, key) ? deprecatedLabels[key] : undefined
    const since = key.startsWith('beta.kubernetes.io/arch') || key.startsWith('beta.kubernetes.io/os') ? 'v1.14' : 'v1.17'
    if (better !== undefined) warnings.push(`${at}.nodeSelector[${key}]: deprecated since ${since}; use "${better}" instead`)
  }
  for (const [index, secret] of listOf(spec['imagePullSecrets']).entries()) {
    const name = membersOf(secret)['name'] ?? ''
    if (name === '') warnings.push(`${at}.imagePullSecrets[${index}].name: invalid empty name ""`)
  }
  for (const key of ['initContainers', 'containers']) {
    for (const [index, container] of listOf(spec[key]).entries()) {
      warnOfBytes(membersOf(membersOf(container)['resources']), `${at}.${key}[${index}].resources`, warnings)
    }
  }
}

/** Parts of a byte. */
function warnOfBytes(resources: Members, at: string, warnings: string[]): void {
  for (const name of ['memory', 'ephemeral-storage']) {
    for (const list of ['limits', 'requests']) {
      const value = membersOf(resources[list])[name]
      // Most quantities have no suffix that could make parts.
      if (typeof value !== 'string' || !/[mun.]/.test(value)) continue
      const { unscaled, exponent } = parseQuantity(value)
      if (exponent >= 0 || unscaled % 10n ** BigInt(-exponent) === 0n) continue
      warnings.push(`${at}.${list}[${name}]: fractional byte value ${quote(value)} is invalid, must be an integer`)
    }
  }
}

type Members = Readonly<Record<string, unknown>>

function membersOf(value: unknown): Members {
  return isObject(value) ? value : {}
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
