import { equalJson } from '../../../base/json.js'
import { explainDns1035Label, explainDns1123Label, explainDns1123Subdomain, explainQualifiedName } from '../../object/names.js'
import { GoText } from '../field-cause.js'
import { type Findings, isSet, listOf, type Members, membersOf, numberOf, structsOf, textOf } from './findings.js'
import { canonicalAddress, ipAddressText, isIpAddress } from './ip-address.js'
import { checkAnnotations, checkLabels, goStrings } from './labels.js'

type ExplainName = (name: string) => string[]

/** Names that only have to fit into a path. */
function explainPathSegment(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`]
  return ['/', '%'].filter((character) => name.includes(character)).map((character) => `may not contain '${character}'`)
}

/** The address itself, as it is usually written. */
function explainAddress(name: string): string[] {
  if (!isIpAddress(name)) return [ipAddressText]
  const canonical = canonicalAddress(name)
  return name === canonical ? [] : [`must be in canonical form (${JSON.stringify(canonical)})`]
}

const nameRules: Readonly<Record<string, ExplainName>> = {
  Service: explainDns1035Label,
  Namespace: explainDns1123Label,
  StatefulSet: explainDns1123Label,
  Role: explainPathSegment,
  ClusterRole: explainPathSegment,
  RoleBinding: explainPathSegment,
  ClusterRoleBinding: explainPathSegment,
  PodDisruptionBudget: explainPathSegment,
  CertificateSigningRequest: explainPathSegment,
  Event: explainPathSegment,
  IPAddress: explainAddress,
}

/** Kinds whose finalizers need no domain. */
const anyFinalizerKinds: ReadonlySet<string> = new Set([
  'Event',
  'Lease',
  'MutatingWebhookConfiguration',
  'PodDisruptionBudget',
  'RuntimeClass',
  'ValidatingWebhookConfiguration',
])

export interface MetadataOptions {
  /** Undefined when it is not known: the namespace is not checked then. */
  readonly namespaced?: boolean | undefined
  /** Finalizers need no domain: custom resources, their definitions, and API services, which Kubernetes' core does not check. */
  readonly anyFinalizer?: boolean | undefined
  /** Any name that fits into a path will do: objects inside of others, whose kinds are not known. */
  readonly anyName?: boolean | undefined
}

/** What an object's own metadata must be, on create and on update. Reference: ValidateObjectMeta of apimachinery. */
export function checkMetadata(kind: string, metadata: Members, options: MetadataOptions, to: Findings): void {
  const { namespaced } = options
  const rule = options.anyName === true ? explainPathSegment : (nameRules[kind] ?? explainDns1123Subdomain)
  const generateName = textOf(metadata['generateName'])
  if (generateName !== '') {
    const masked = generateName.length > 1 && generateName.endsWith('-') ? `${generateName.slice(0, -2)}a` : generateName
    to.explain('metadata.generateName', generateName, rule(masked))
  }
  const name = textOf(metadata['name'])
  if (name === '') {
    if (generateName === '') to.required('metadata.name', 'name or generateName is required')
  } else to.explain('metadata.name', name, rule(name))
  const namespace = textOf(metadata['namespace'])
  if (namespaced === true) {
    if (namespace === '') to.required('metadata.namespace')
    else to.explain('metadata.namespace', namespace, explainDns1123Label(namespace))
  } else if (namespaced === false && namespace !== '') to.forbidden('metadata.namespace', 'not allowed on this type')
  to.notNegative('metadata.generation', metadata['generation'])
  checkLabels(metadata['labels'], 'metadata.labels', to)
  checkAnnotations(metadata['annotations'], 'metadata.annotations', to)
  checkOwners(metadata['ownerReferences'], to)
  checkFinalizers(metadata['finalizers'], options.anyFinalizer === true || anyFinalizerKinds.has(kind), to)
}

function checkOwners(references: unknown, to: Findings): void {
  const field = 'metadata.ownerReferences'
  let controller: Members | undefined
  for (const reference of structsOf(references)) {
    const apiVersion = textOf(reference['apiVersion'])
    const parts = apiVersion.split('/')
    if (apiVersion === '' || parts.length > 2 || parts.at(-1) === '') {
      to.invalid(`${field}.apiVersion`, apiVersion, 'version must not be empty')
    }
    for (const key of ['kind', 'name', 'uid']) {
      if (textOf(reference[key]) === '') to.invalid(`${field}.${key}`, '', `${key} must not be empty`)
    }
    if (reference['kind'] === 'Event' && (apiVersion === 'v1' || apiVersion === 'events.k8s.io/v1')) {
      const group = parts.length > 1 ? parts[0] : ''
      const printed = new GoText(`v1.OwnerReference{APIVersion:"${apiVersion}", Kind:"Event", ...}`)
      to.invalid(field, printed, `${group}/${parts.at(-1)}, Kind=Event is disallowed from being an owner`)
    }
    if (reference['controller'] !== true) continue
    if (controller !== undefined) {
      const both = `Only one reference can have Controller set to true. Found "true" in references for ${textOf(controller['kind'])}/${textOf(
        controller['name'],
      )} and ${textOf(reference['kind'])}/${textOf(reference['name'])}`
      to.invalid(field, new GoText('[]v1.OwnerReference{...}'), both)
    }
    controller ??= reference
  }
}

const standardFinalizers = ['foregroundDeletion', 'orphan', 'kubernetes']

function checkFinalizers(finalizers: unknown, any: boolean, to: Findings): void {
  const names = listOf(finalizers).map(textOf)
  for (const name of names) to.explain('metadata.finalizers', name, explainQualifiedName(name))
  for (const [index, name] of names.entries()) {
    if (any || name.includes('/') || standardFinalizers.includes(name)) continue
    to.invalid(`metadata.finalizers[${index}]`, name, 'name is neither a standard finalizer name nor is it fully qualified')
  }
  if (names.includes('orphan') && names.includes('foregroundDeletion')) {
    to.invalid('metadata.finalizers', new GoText(goStrings(names)), 'finalizer orphan and foregroundDeletion cannot be both set')
  }
}

/** What may not change. Members that the new object leaves out are taken from the old one by the API server. */
export function checkMetadataUpdate(metadata: Members, old: Members, to: Findings): void {
  for (const key of ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds']) {
    if (isSet(metadata[key]) && !equalJson(metadata[key], old[key]))
      to.immutable(`metadata.${key}`, printed(key, metadata[key]), true)
  }
  if (isSet(metadata['generation']) && numberOf(metadata['generation']) < numberOf(old['generation'])) {
    to.invalid('metadata.generation', metadata['generation'], 'must not be decremented')
  }
  checkAdded(metadata, old, to)
  checkLabels(metadata['labels'], 'metadata.labels', to)
  checkAnnotations(metadata['annotations'], 'metadata.annotations', to)
  checkOwners(metadata['ownerReferences'], to)
}

/** Times as Go prints them. */
function printed(key: string, value: unknown): unknown {
  return key.endsWith('Timestamp') ? new GoText(textOf(value).replace('T', ' ').replace('Z', ' +0000 UTC')) : value
}

/** Nothing new may hold an object that is on its way out. */
function checkAdded(metadata: Members, old: Members, to: Findings): void {
  if (!isSet(old['deletionTimestamp'])) return
  const before = listOf(old['finalizers'])
  const added = listOf(metadata['finalizers']).filter((name) => !before.includes(name))
  if (added.length === 0) return
  to.forbidden(
    'metadata.finalizers',
    `no new finalizers can be added if the object is being deleted, found new finalizers ${goStrings(added.map(textOf).sort())}`,
  )
}

export function metadataOf(object: unknown): Members {
  return membersOf(membersOf(object)['metadata'])
}
