import type { KubeObject } from '../../kube/object/kube-object.js'
import { fieldValue, type PodFacts, resourceValue } from './field-values.js'
import type { Container, EnvironmentVariable } from './pod-types.js'
import { expandVariables } from './variables.js'

/** What a container needs is missing: it waits as CreateContainerConfigError. */
export class ConfigProblem extends Error {}

/** Reads objects of the pod's cluster: `configmaps`, `default/settings`. */
export type ReadObject = (resource: string, key: string) => KubeObject | undefined

/** The variables of a container as a kubelet builds them: of services, of `envFrom`, of `env` in order. */
export function buildEnvironment(
  container: Container,
  facts: PodFacts,
  services: Readonly<Record<string, string>>,
  read: ReadObject,
): Record<string, string> {
  const namespace = facts.pod.metadata.namespace ?? ''
  const found = new Map<string, string>()
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const source = configMapRef
      ? read('configmaps', `${namespace}/${configMapRef.name}`)
      : read('secrets', `${namespace}/${secretRef?.name}`)
    const reference = configMapRef ?? secretRef
    if (source === undefined) {
      if (reference?.optional) continue
      throw new ConfigProblem(`${configMapRef ? 'configmap' : 'secret'} "${reference?.name ?? ''}" not found`)
    }
    const values = configMapRef ? configMapValues(source) : secretValues(source)
    for (const key of Object.keys(values).sort()) found.set(prefix + key, (values[key] as Buffer).toString())
  }
  for (const variable of container.env ?? []) {
    const lookUp = (name: string) => found.get(name) ?? services[name]
    const value =
      variable.valueFrom === undefined
        ? expandVariables(variable.value ?? '', lookUp)
        : referenced(variable, container, facts, read)
    if (value !== undefined) found.set(variable.name, value)
  }
  return { ...services, ...Object.fromEntries(found) }
}

function referenced(variable: EnvironmentVariable, container: Container, facts: PodFacts, read: ReadObject): string | undefined {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = variable.valueFrom ?? {}
  const namespace = facts.pod.metadata.namespace ?? ''
  if (fieldRef) {
    const value = fieldValue(fieldRef, facts)
    if (value === undefined) throw new ConfigProblem(`unsupported fieldPath: ${fieldRef.fieldPath}`)
    return value
  }
  if (resourceFieldRef) {
    const value = resourceValue(resourceFieldRef, container.name, facts)
    if (value === undefined) throw new ConfigProblem(`unsupported container resource : ${resourceFieldRef.resource}`)
    return value
  }
  const reference = configMapKeyRef ?? secretKeyRef
  if (reference === undefined) return undefined
  const kind = configMapKeyRef ? 'ConfigMap' : 'Secret'
  const object = read(`${kind.toLowerCase()}s`, `${namespace}/${reference.name}`)
  if (object === undefined) {
    if (reference.optional) return undefined
    throw new ConfigProblem(`${kind.toLowerCase()} "${reference.name ?? ''}" not found`)
  }
  const value = (configMapKeyRef ? configMapValues(object) : secretValues(object))[reference.key]
  if (value === undefined) {
    if (reference.optional) return undefined
    throw new ConfigProblem(`couldn't find key ${reference.key} in ${kind} ${namespace}/${reference.name ?? ''}`)
  }
  return value.toString()
}

export function configMapValues(object: KubeObject): Record<string, Buffer> {
  const values: Record<string, Buffer> = Object.create(null)
  for (const [key, text] of Object.entries((object['data'] ?? {}) as Record<string, string>)) values[key] = Buffer.from(text)
  for (const [key, text] of Object.entries((object['binaryData'] ?? {}) as Record<string, string>))
    values[key] = Buffer.from(text, 'base64')
  return values
}

export function secretValues(object: KubeObject): Record<string, Buffer> {
  const values: Record<string, Buffer> = Object.create(null)
  for (const [key, text] of Object.entries((object['data'] ?? {}) as Record<string, string>))
    values[key] = Buffer.from(text, 'base64')
  return values
}
