import { explainDns1123Label, explainDns1123Subdomain, explainQualifiedName } from '../../object/names.js'
import { checkContainers, checkEphemeralContainers, checkInitContainers } from './containers.js'
import { type Findings, isSet, listOf, type Members, membersOf, numberOf, structsOf, textOf } from './findings.js'
import { ipAddressText, isIpAddress } from './ip-address.js'
import { checkAnnotations, checkLabels, checkSelector } from './labels.js'
import { checkPodDetails } from './pod-details.js'
import { checkRequirements } from './resource-requirements.js'
import { checkTolerations } from './tolerations.js'
import { checkVolumes } from './volumes.js'

/** Reference: ValidatePodSpec of k8s.io/kubernetes/pkg/apis/core/validation. */
export function checkPodSpec(spec: Members, field: string, to: Findings): void {
  const volumes = checkVolumes(spec['volumes'], `${field}.volumes`, to)
  const never = spec['restartPolicy'] === 'Never'
  const context = { volumes, hostNetwork: spec['hostNetwork'] === true, names: new Set<string>(), never, to }
  checkContainers(spec['containers'], `${field}.containers`, context)
  checkInitContainers(spec['initContainers'], `${field}.initContainers`, context)
  const others = new Set(context.names)
  checkEphemeralContainers(spec['ephemeralContainers'], `${field}.ephemeralContainers`, others, context)
  to.oneOf(`${field}.restartPolicy`, spec['restartPolicy'], ['Always', 'OnFailure', 'Never'])
  to.oneOf(`${field}.dnsPolicy`, spec['dnsPolicy'], ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'])
  checkLabels(spec['nodeSelector'], `${field}.nodeSelector`, to)
  checkPodSecurity(spec, `${field}.securityContext`, to)
  checkPodDetails(spec, field, to)
  checkAffinity(spec['affinity'], `${field}.affinity`, to)
  if (spec['dnsPolicy'] === 'None' && listOf(membersOf(spec['dnsConfig'])['nameservers']).length === 0) {
    if (!isSet(spec['dnsConfig'])) to.required(`${field}.dnsConfig`, 'must provide `dnsConfig` when `dnsPolicy` is None')
    else to.required(`${field}.dnsConfig.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')
  }
  for (const [index, gate] of structsOf(spec['readinessGates']).entries()) {
    const type = textOf(gate['conditionType'])
    to.explain(`${field}.readinessGates[${index}].conditionType`, type, explainQualifiedName(type))
  }
  for (const [index, constraint] of structsOf(spec['topologySpreadConstraints']).entries()) {
    checkSpread(constraint, `${field}.topologySpreadConstraints[${index}]`, to)
  }
  checkNames(spec, field, to)
  checkTolerations(spec['tolerations'], `${field}.tolerations`, to)
  checkHostAliases(spec['hostAliases'], `${field}.hostAliases`, to)
  const deadline = spec['activeDeadlineSeconds']
  if (isSet(deadline)) to.inRange(`${field}.activeDeadlineSeconds`, deadline, 1, 2_147_483_647)
  if (isSet(spec['overhead'])) checkRequirements({ limits: spec['overhead'] }, `${field}.overhead`, to)
  if (field === 'spec') checkTokens(spec, field, to)
}

/** A token of a service account needs the account's name: in a pod, which admission has given one, not in templates of pods. */
function checkTokens(spec: Members, field: string, to: Findings): void {
  if (textOf(spec['serviceAccountName']) !== '') return
  for (const [index, volume] of structsOf(spec['volumes']).entries()) {
    for (const [source, part] of structsOf(membersOf(volume['projected'])['sources']).entries()) {
      if (!isSet(part['serviceAccountToken'])) continue
      const at = `${field}.volumes[${index}].projected.sources[${source}].serviceAccountToken`
      to.forbidden(at, 'must not be specified when serviceAccountName is not set')
    }
  }
}

function checkNames(spec: Members, field: string, to: Findings): void {
  const subdomains = ['serviceAccountName', 'nodeName', 'priorityClassName', 'runtimeClassName']
  for (const key of ['hostname', 'subdomain']) {
    const value = textOf(spec[key])
    if (value !== '') to.explain(`${field}.${key}`, value, explainDns1123Label(value))
  }
  for (const key of subdomains) {
    const value = textOf(spec[key])
    if (value !== '') to.explain(`${field}.${key}`, value, explainDns1123Subdomain(value))
  }
}

// One run of characters between separators: no nested repetition, unlike upstream's spelling of the same rule.
const sysctlName = /^[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?(?:[./][a-z0-9](?:[-_a-z0-9]*[a-z0-9])?)*$/

function checkPodSecurity(spec: Members, field: string, to: Findings): void {
  if (spec['shareProcessNamespace'] === true && spec['hostPID'] === true) {
    to.invalid(`${field}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled')
  }
  const context = membersOf(spec['securityContext'])
  for (const [index, sysctl] of structsOf(context['sysctls']).entries()) {
    const name = textOf(sysctl['name'])
    if (to.text(`${field}.sysctls[${index}].name`, name) && (name.length > 253 || !sysctlName.test(name))) {
      const pattern = '^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$'
      to.invalid(`${field}.sysctls[${index}].name`, name, `must have at most 253 characters and match regex ${pattern}`)
    }
  }
  for (const key of ['fsGroup', 'runAsUser', 'runAsGroup']) to.inRange(`${field}.${key}`, context[key], 0, 2_147_483_647)
}

function checkSpread(constraint: Members, field: string, to: Findings): void {
  if (numberOf(constraint['maxSkew']) <= 0)
    to.invalid(`${field}.maxSkew`, numberOf(constraint['maxSkew']), 'must be greater than zero')
  if (textOf(constraint['topologyKey']) === '') to.required(`${field}.topologyKey`, 'can not be empty')
  else to.explain(`${field}.topologyKey`, constraint['topologyKey'], explainQualifiedName(textOf(constraint['topologyKey'])))
  to.oneOf(`${field}.whenUnsatisfiable`, constraint['whenUnsatisfiable'] ?? '', ['DoNotSchedule', 'ScheduleAnyway'])
  checkSelector(constraint['labelSelector'], `${field}.labelSelector`, to)
}

function checkHostAliases(aliases: unknown, field: string, to: Findings): void {
  for (const [index, alias] of structsOf(aliases).entries()) {
    if (!isIpAddress(textOf(alias['ip']))) to.invalid(`${field}[${index}].ip`, alias['ip'], ipAddressText)
    for (const [name, hostname] of listOf(alias['hostnames']).entries()) {
      to.explain(`${field}[${index}].hostnames[${name}]`, hostname, explainDns1123Subdomain(textOf(hostname)))
    }
  }
}

const required = 'requiredDuringSchedulingIgnoredDuringExecution'
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution'

function checkAffinity(affinity: unknown, field: string, to: Findings): void {
  const { nodeAffinity, podAffinity, podAntiAffinity } = membersOf(affinity)
  const nodes = membersOf(nodeAffinity)[required]
  if (isSet(nodes) && listOf(membersOf(nodes)['nodeSelectorTerms']).length === 0) {
    to.required(`${field}.nodeAffinity.${required}.nodeSelectorTerms`, 'must have at least one node selector term')
  }
  for (const [name, value] of Object.entries({ podAffinity, podAntiAffinity })) {
    const it = membersOf(value)
    for (const [index, term] of structsOf(it[required]).entries()) {
      checkAffinityTerm(term, `${field}.${name}.${required}[${index}]`, to)
    }
    for (const [index, weighted] of structsOf(it[preferred]).entries()) {
      const at = `${field}.${name}.${preferred}[${index}]`
      const weight = numberOf(weighted['weight'])
      if (weight < 1 || weight > 100) to.invalid(`${at}.weight`, weight, 'must be in the range 1-100')
      checkAffinityTerm(membersOf(weighted['podAffinityTerm']), `${at}.podAffinityTerm`, to)
    }
  }
}

function checkAffinityTerm(term: Members, field: string, to: Findings): void {
  checkSelector(term['labelSelector'], `${field}.labelSelector`, to)
  const key = textOf(term['topologyKey'])
  if (key === '') to.required(`${field}.topologyKey`, 'can not be empty')
  to.explain(`${field}.topologyKey`, key, explainQualifiedName(key))
}

/** A template of Pods: its metadata and its spec. */
export function checkPodTemplate(template: unknown, field: string, to: Findings): void {
  const { metadata, spec } = membersOf(template)
  const { labels, annotations } = membersOf(metadata)
  checkLabels(labels, `${field}.labels`, to)
  checkAnnotations(annotations, `${field}.annotations`, to)
  checkPodSpec(membersOf(spec), `${field}.spec`, to)
  if (listOf(membersOf(spec)['ephemeralContainers']).length > 0) {
    to.forbidden(`${field}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template')
  }
}
