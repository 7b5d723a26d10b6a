import { cloneJson, isObject } from '../../base/json.js'
import { nameSuffix } from '../../base/random.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { AdmissionPlugin, AdmissionRequest } from './contract.js'
import { admissionForbidden } from './forbidden.js'
import { checkMirrorPod, checkSecretReferences } from './service-account-secrets.js'

type Members = Record<string, unknown>

const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount'
const mirror = 'kubernetes.io/config.mirror'
const enforceSecrets = 'kubernetes.io/enforce-mountable-secrets'

/**
 * Pods run as the ServiceAccount `default` unless they say otherwise, take over its image pull secrets, and find its token in a
 * volume unless pod or account forbid it. The account must be there; that of the name `default` is on its way in a new
 * namespace (upstream waits for it) and taken for granted.
 */
export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  handles: ({ groupResource, operation, subresource }) =>
    groupResource === 'pods' &&
    ((operation === 'CREATE' && subresource === '') || (operation === 'UPDATE' && subresource === 'ephemeralcontainers')),
  mutate(request) {
    const spec = request.object?.['spec']
    if (!isObject(spec) || request.operation !== 'CREATE' || isMirror(request.object)) return
    spec['serviceAccountName'] ||= spec['serviceAccount'] || 'default'
    spec['serviceAccount'] = spec['serviceAccountName']
    const account = findAccount(request, String(spec['serviceAccountName']))
    const automount = spec['automountServiceAccountToken'] ?? account?.['automountServiceAccountToken'] ?? true
    if (automount === true) mountToken(request, spec)
    const secrets = account?.['imagePullSecrets']
    const own = spec['imagePullSecrets']
    if (Array.isArray(secrets) && secrets.length > 0 && !(Array.isArray(own) && own.length > 0)) {
      spec['imagePullSecrets'] = secrets.map((secret: unknown) => (isObject(secret) ? { ...secret } : secret))
    }
  },
  validate(request) {
    const spec = request.object?.['spec']
    if (!isObject(spec)) return
    if (isMirror(request.object)) {
      if (request.operation === 'CREATE') checkMirrorPod(request, spec)
      return
    }
    const account = findAccount(request, String(spec['serviceAccountName'] ?? ''))
    if (account?.metadata.annotations?.[enforceSecrets] === 'true') checkSecretReferences(request, account, spec)
  },
}

function isMirror(pod: KubeObject | undefined): boolean {
  return pod?.metadata.annotations?.[mirror] !== undefined
}

function findAccount(request: AdmissionRequest, name: string): KubeObject | undefined {
  const { storage, namespace } = request
  const account = storage.get('serviceaccounts', `${namespace}/${name}`)
  if (account !== undefined || name === 'default') return account
  throw admissionForbidden(
    request,
    `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`,
  )
}

/** In every container that has nothing at its place yet. */
function mountToken(request: AdmissionRequest, spec: Members): void {
  const volumes = structs(spec['volumes'])
  const known = volumes.find(({ name }) => typeof name === 'string' && name.startsWith('kube-api-access-'))
  const name = known === undefined ? `kube-api-access-${nameSuffix(request.ports.random)}` : known['name']
  let needed = false
  for (const container of [...structs(spec['initContainers']), ...structs(spec['containers'])]) {
    const mounts = structs(container['volumeMounts'])
    if (mounts.some(({ mountPath }) => mountPath === tokenPath)) continue
    container['volumeMounts'] = [...mounts, { name, readOnly: true, mountPath: tokenPath }]
    needed = true
  }
  if (needed && known === undefined) spec['volumes'] = [...volumes, { name, projected: cloneJson(projected) }]
}

const projected = {
  sources: [
    // A second more than an hour marks tokens that were not asked for.
    { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
  ],
  defaultMode: 420,
}

function structs(value: unknown): Members[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}
