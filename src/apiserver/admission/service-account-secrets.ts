import { isObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { AdmissionRequest } from './contract.js'
import { admissionForbidden } from './forbidden.js'

type Members = Record<string, unknown>

function structs(value: unknown): Members[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function at(value: unknown, ...path: string[]): unknown {
  return path.reduce((found, key) => (isObject(found) ? found[key] : undefined), value)
}

/** A pod that a kubelet shows for a file of its own may not reach for what the API holds. */
export function checkMirrorPod(request: AdmissionRequest, spec: Members): void {
  if (spec['serviceAccountName']) throw admissionForbidden(request, 'a mirror pod may not reference service accounts')
  const volumes = structs(spec['volumes'])
  const containers = [...structs(spec['initContainers']), ...structs(spec['containers'])]
  const hasSecret =
    structs(spec['imagePullSecrets']).length > 0 ||
    volumes.some((volume) => volume['secret'] !== undefined || projections(volume).some(({ secret }) => secret !== undefined)) ||
    containers.some((container) => secretsOf(container).length > 0)
  if (hasSecret) throw admissionForbidden(request, 'a mirror pod may not reference secrets')
  if (volumes.some((volume) => projections(volume).some(({ serviceAccountToken }) => serviceAccountToken !== undefined))) {
    throw admissionForbidden(request, 'a mirror pod may not use ServiceAccountToken volume projections')
  }
}

function projections(volume: Members): Members[] {
  return structs(at(volume, 'projected', 'sources'))
}

/** The Secrets that the environment of a container names, and where. */
function secretsOf(container: Members): { name: string; where: string }[] {
  const found: { name: string; where: string }[] = []
  for (const variable of structs(container['env'])) {
    const name = at(variable, 'valueFrom', 'secretKeyRef', 'name')
    if (typeof name === 'string') found.push({ name, where: `envVar ${String(variable['name'])}` })
  }
  for (const source of structs(container['envFrom'])) {
    const name = at(source, 'secretRef', 'name')
    if (typeof name === 'string') found.push({ name, where: 'envFrom' })
  }
  return found
}

/** For accounts with the annotation that only the Secrets which they list may be used. */
export function checkSecretReferences(request: AdmissionRequest, account: KubeObject, spec: Members): void {
  const { name: owner } = account.metadata
  const mountable = new Set(structs(account['secrets']).map(({ name }) => name))
  const because = `is not allowed because service account ${owner} does not reference that`
  const checkEnvironment = (kind: string, containers: Members[]) => {
    for (const container of containers) {
      for (const { name, where } of secretsOf(container)) {
        if (mountable.has(name)) continue
        const who = `${kind} ${String(container['name'])} with ${where}`
        throw admissionForbidden(request, `${who} referencing secret.secretName="${name}" ${because} secret`)
      }
    }
  }
  if (request.subresource === 'ephemeralcontainers') {
    checkEnvironment('ephemeral container', structs(spec['ephemeralContainers']))
    return
  }
  for (const volume of structs(spec['volumes'])) {
    const name = at(volume, 'secret', 'secretName')
    if (typeof name !== 'string' || mountable.has(name)) continue
    throw admissionForbidden(request, `volume with secret.secretName="${name}" ${because} secret`)
  }
  checkEnvironment('init container', structs(spec['initContainers']))
  checkEnvironment('container', structs(spec['containers']))
  const pullable = new Set(structs(account['imagePullSecrets']).map(({ name }) => name))
  for (const [index, { name }] of structs(spec['imagePullSecrets']).entries()) {
    if (pullable.has(name)) continue
    throw admissionForbidden(request, `imagePullSecrets[${index}].name="${String(name)}" ${because} imagePullSecret`)
  }
}
