import { isObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'

type Fields = Readonly<Record<string, unknown>>

/** Labels that the API server gives to a Job and its pods. */
const jobLabels = ['controller-uid', 'job-name', 'batch.kubernetes.io/controller-uid', 'batch.kubernetes.io/job-name']
const claimAnnotations = [
  'pv.kubernetes.io/bind-completed',
  'pv.kubernetes.io/bound-by-controller',
  'volume.beta.kubernetes.io/storage-provisioner',
  'volume.kubernetes.io/storage-provisioner',
  'volume.kubernetes.io/selected-node',
]

/**
 * An object without what the hub's API server and controllers have allotted to the hub's own copy: every cluster allots its own.
 * `source` is the object as it stands on the hub, by which allotted node ports are told from those that somebody asked for.
 */
export function stripAllotted(object: KubeObject, source: KubeObject): KubeObject {
  const spec = isObject(object['spec']) ? object['spec'] : undefined
  switch (`${object.apiVersion}/${object.kind}`) {
    case 'v1/Service':
      return spec === undefined ? object : { ...object, spec: stripService(spec, source) }
    case 'batch/v1/Job':
      return spec === undefined ? object : withoutKeysIn(object, 'labels', jobLabels, { spec: stripJob(spec) })
    case 'v1/PersistentVolumeClaim':
      return withoutKeysIn(
        object,
        'annotations',
        claimAnnotations,
        spec === undefined ? {} : { spec: without(spec, ['volumeName']) },
      )
    case 'v1/ServiceAccount': {
      const { secrets: _made, ...rest } = object
      return rest as KubeObject
    }
    case 'v1/Secret':
      // The token is the hub's; a cluster fills in its own.
      return object['type'] === 'kubernetes.io/service-account-token' ? (without(object, ['data']) as KubeObject) : object
    default:
      return object
  }
}

function stripService(spec: Fields, source: KubeObject): Fields {
  const headless = spec['clusterIP'] === 'None'
  const kept = without(spec, headless ? ['healthCheckNodePort'] : ['clusterIP', 'clusterIPs', 'healthCheckNodePort'])
  if (asksForNodePorts(source)) return kept
  const ports = Array.isArray(spec['ports']) ? spec['ports'].filter(isObject) : []
  return { ...kept, ports: ports.map((port) => without(port, ['nodePort'])) }
}

/** Node ports that somebody asked for stand in what was applied, or have an owner (where caches keep owners); those that were allotted do not. */
function asksForNodePorts({ metadata: { annotations, managedFields } }: KubeObject): boolean {
  const applied = annotations?.['kubectl.kubernetes.io/last-applied-configuration'] ?? ''
  return applied.includes('"nodePort"') || JSON.stringify(managedFields ?? []).includes('f:nodePort')
}

/** Without a time to live: a Job that is gone from a cluster would be made again there. */
function stripJob(spec: Fields): Fields {
  const kept = without(spec, ['ttlSecondsAfterFinished'])
  if (spec['manualSelector'] === true) return kept
  const template = isObject(spec['template']) ? spec['template'] : {}
  const metadata = isObject(template['metadata']) ? template['metadata'] : {}
  const labels = without(isObject(metadata['labels']) ? metadata['labels'] : {}, jobLabels)
  return { ...without(kept, ['selector']), template: { ...template, metadata: { ...metadata, labels } } }
}

function withoutKeysIn(object: KubeObject, map: 'labels' | 'annotations', keys: readonly string[], more: Fields): KubeObject {
  const { [map]: values, ...metadata } = object.metadata
  const kept = without(values ?? {}, keys) as Record<string, string>
  return { ...object, ...more, metadata: { ...metadata, ...(Object.keys(kept).length === 0 ? {} : { [map]: kept }) } }
}

function without(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)))
}
