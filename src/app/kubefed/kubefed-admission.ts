import type { AdmissionPlugin, AdmissionRequest } from '../../apiserver/admission/contract.js'
import type { ClusterStorage } from '../../apiserver/storage/contract.js'
import { messageOf } from '../../base/errors.js'
import { equalJson, isObject } from '../../base/json.js'
import type { HubFacts } from '../../delivery/federation/contract.js'
import type { ClusterFacts } from '../../delivery/placement/contract.js'
import { clusterSecretLabel, parseClusterSecret } from '../../dialects/argo-cd/cluster-secret/parse-cluster-secret.js'
import { kubeFedClusterType, kubeFedNamespace } from '../../dialects/kubefed/resource-types.js'
import { warnFederated } from '../../dialects/kubefed/warn-federated.js'
import { apiVersionOf, type KubeObject } from '../../kube/object/kube-object.js'
import { groupResourceOf, type ResourceType } from '../../kube/object/resource-type.js'
import { isAlreadyExists } from '../../kube/object/status-error.js'
import { namespaceType } from '../system/core-types.js'

export interface KubeFedAdmissionOptions {
  /** The logical cluster that is the hub; others are left alone. */
  readonly cluster: string
  /** Where cluster Secrets count. */
  readonly namespace: string
  /** Whose writes nobody reads warnings of: our own controllers'. */
  readonly quietUsers: readonly string[]
}

const serviceKinds = new Set(['serviceexports.multicluster.x-k8s.io', 'serviceimports.multicluster.x-k8s.io'])

/**
 * Tells people who apply federated objects to the hub what is wrong with them and how it is understood, once: when it is
 * written. A FederatedNamespace that lies elsewhere has its namespace made at once, so that what follows it in the same file
 * finds it; on an API server that is not ours, that takes the time of a pass, and the file is to be applied again.
 */
export function createKubeFedAdmission(options: KubeFedAdmissionOptions): AdmissionPlugin {
  const quiet = new Set(options.quietUsers)
  return {
    name: 'KubeFedWarnings',
    handles: ({ type, groupResource, operation, subresource, storage, user }) =>
      (operation === 'CREATE' || operation === 'UPDATE') &&
      subresource === '' &&
      (type.kind.startsWith('Federated') || serviceKinds.has(groupResource)) &&
      storage.cluster === options.cluster &&
      !quiet.has(user.name),
    validate(request) {
      const { object, previous, storage, ports } = request
      if (object === undefined || object.metadata.deletionTimestamp !== undefined) return
      if (previous !== undefined && equalJson(previous['spec'], object['spec'])) return
      try {
        const { warnings, namespaceToMake } = warnFederated(object, factsFrom(request, options.namespace), {
          has: (resource, key) => storage.get(resource, key) !== undefined,
        })
        for (const text of warnings) request.warn(text)
        if (namespaceToMake !== undefined && !request.dryRun) makeNamespace(request, namespaceToMake)
      } catch (error) {
        ports.log.warn('warnings for federated objects failed', { object: request.name, error: messageOf(error) })
      }
    },
  }
}

/** Not by this request, as a plugin writes nothing: as a request of its own, which is done before the next one comes in. */
function makeNamespace({ cluster, user, ports }: AdmissionRequest, name: string): void {
  const object: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
  cluster
    .client({ user })
    .create(namespaceType, object, { fieldManager: 'flotilla' })
    .catch((error: unknown) => {
      if (!isAlreadyExists(error))
        ports.log.warn('cannot make a federated namespace', { namespace: name, error: messageOf(error) })
    })
}

/** The hub as its storage has it now. */
function factsFrom(request: AdmissionRequest, namespace: string): HubFacts {
  const { storage, ports, type } = request
  const own = (apiVersion: string, kind: string) => apiVersion === apiVersionOf(type.group, type.version) && kind === type.kind
  return {
    objects: (wanted, where = {}) => [...find(storage, wanted, where)],
    clusters: clustersIn(storage, namespace),
    typeOf: (apiVersion, kind) => {
      if (own(apiVersion, kind)) return type
      const slash = apiVersion.indexOf('/')
      return (
        request.findKind(apiVersion, kind) && {
          group: slash < 0 ? '' : apiVersion.slice(0, slash),
          version: apiVersion.slice(slash + 1),
          kind,
          plural: '',
          namespaced: true,
        }
      )
    },
    typeNamed: (group, plural) => (group === type.group && plural === type.plural ? type : undefined),
    nowMs: ports.clock.now(),
  }
}

function* find(
  storage: ClusterStorage,
  type: ResourceType,
  { namespace, name }: { namespace?: string; name?: string },
): Iterable<KubeObject> {
  const resource = groupResourceOf(type)
  if (name !== undefined && (namespace !== undefined || !type.namespaced)) {
    const found = storage.get(resource, namespace === undefined ? name : `${namespace}/${name}`)
    if (found !== undefined) yield found
    return
  }
  for (const object of storage.scan(resource, namespace === undefined ? '' : `${namespace}/`))
    if (name === undefined || object.metadata.name === name) yield object
}

function clustersIn(storage: ClusterStorage, namespace: string): ClusterFacts[] {
  const clusters = new Map<string, ClusterFacts>()
  for (const secret of storage.scan('secrets', `${namespace}/`)) {
    if (secret.metadata.labels?.[clusterSecretLabel] !== 'cluster') continue
    const { name, labels } = parseClusterSecret(secret)
    clusters.set(name, { name, labels })
  }
  for (const { metadata } of storage.scan(groupResourceOf(kubeFedClusterType), `${kubeFedNamespace}/`))
    clusters.set(metadata.name, { name: metadata.name, labels: metadata.labels ?? {} })
  // Those that came in otherwise: by an agent, by Karmada, by another manager's inventory.
  for (const { spec, metadata } of storage.scan('clusterprofiles.multicluster.x-k8s.io', '')) {
    const shown = isObject(spec) ? spec['displayName'] : undefined
    const name = typeof shown === 'string' && shown !== '' ? shown : metadata.name
    if (!clusters.has(name)) clusters.set(name, { name, labels: metadata.labels ?? {} })
  }
  return [...clusters.values()]
}
