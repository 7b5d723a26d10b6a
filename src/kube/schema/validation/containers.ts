import { explainConfigKey, explainDns1123Label, explainDns1123Subdomain } from '../../object/names.js'
import { GoText } from '../field-cause.js'
import { checkFieldRef } from './field-ref.js'
import { explainPortName, type Findings, isSet, type Members, membersOf, numberOf, structsOf, textOf } from './findings.js'
import { checkHandler, checkProbe, checkSingleSuccess } from './probes.js'
import { checkRequirements } from './resource-requirements.js'

export interface ContainerContext {
  readonly volumes: ReadonlySet<string>
  readonly hostNetwork: boolean
  /** Names so far, of all containers of the Pod. */
  readonly names: Set<string>
  /** The Pod's containers are never restarted. */
  readonly never?: boolean
  readonly to: Findings
}

export function checkContainers(containers: unknown, field: string, context: ContainerContext): void {
  const list = structsOf(containers)
  if (list.length === 0) {
    context.to.required(field)
    return
  }
  const hostPorts = new Set<string>()
  for (const [index, container] of list.entries()) {
    const at = `${field}[${index}]`
    checkContainer(container, at, context)
    if (isSet(container['restartPolicy'])) context.to.forbidden(`${at}.restartPolicy`, 'may not be set for non-init containers')
    checkSingleSuccess(container['livenessProbe'], `${at}.livenessProbe`, context.to)
    checkSingleSuccess(container['startupProbe'], `${at}.startupProbe`, context.to)
    checkLifecycle(container['lifecycle'], `${at}.lifecycle`, context.to)
    checkHostPorts(container, `${at}.ports`, hostPorts, context.to)
  }
}

export function checkInitContainers(containers: unknown, field: string, context: ContainerContext): void {
  const { to } = context
  for (const [index, container] of structsOf(containers).entries()) {
    const at = `${field}[${index}]`
    checkContainer(container, at, context)
    const sidecar = container['restartPolicy'] === 'Always'
    to.oneOf(`${at}.restartPolicy`, container['restartPolicy'], ['Always'])
    for (const key of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe']) {
      if (!sidecar && isSet(container[key]))
        to.forbidden(`${at}.${key}`, 'may not be set for init containers without restartPolicy=Always')
    }
    if (!sidecar) continue
    checkSingleSuccess(container['livenessProbe'], `${at}.livenessProbe`, to)
    checkSingleSuccess(container['startupProbe'], `${at}.startupProbe`, to)
    checkLifecycle(container['lifecycle'], `${at}.lifecycle`, to)
  }
}

const allowedOfEphemeral: ReadonlySet<string> = new Set([
  ...['name', 'image', 'command', 'args', 'workingDir', 'env', 'envFrom', 'volumeMounts', 'volumeDevices'],
  ...['terminationMessagePath', 'terminationMessagePolicy', 'imagePullPolicy', 'securityContext', 'stdin', 'stdinOnce', 'tty'],
  'targetContainerName',
])

/** Containers that are added to a running Pod. `others`: the names of all its other containers. */
export function checkEphemeralContainers(
  containers: unknown,
  field: string,
  others: ReadonlySet<string>,
  context: ContainerContext,
): void {
  const { to } = context
  for (const [index, container] of structsOf(containers).entries()) {
    const at = `${field}[${index}]`
    checkContainer(container, at, context)
    const target = textOf(container['targetContainerName'])
    if (target !== '' && !others.has(target)) to.notFound(`${at}.targetContainerName`, target)
    for (const [key, value] of Object.entries(container)) {
      const empty = !isSet(value) || (typeof value === 'object' && Object.keys(value as object).length === 0)
      if (!empty && !allowedOfEphemeral.has(key)) to.forbidden(`${at}.${key}`, 'cannot be set for an Ephemeral Container')
    }
    for (const [position, mount] of structsOf(container['volumeMounts']).entries()) {
      for (const key of ['subPath', 'subPathExpr']) {
        const text = 'cannot be set for an Ephemeral Container'
        if (textOf(mount[key]) !== '') to.forbidden(`${at}.volumeMounts[${position}].${key}`, text)
      }
    }
  }
}

function checkContainer(container: Members, at: string, context: ContainerContext): void {
  const { to, names } = context
  const name = textOf(container['name'])
  if (to.text(`${at}.name`, name)) {
    to.explain(`${at}.name`, name, explainDns1123Label(name))
    if (names.has(name)) to.duplicate(`${at}.name`, name)
    names.add(name)
  }
  const image = textOf(container['image'])
  if (to.text(`${at}.image`, image) && image.trim() !== image) {
    to.invalid(`${at}.image`, image, 'must not have leading or trailing whitespace')
  }
  to.oneOf(`${at}.terminationMessagePolicy`, container['terminationMessagePolicy'], ['File', 'FallbackToLogsOnError'])
  checkPorts(container['ports'], `${at}.ports`, context)
  checkEnvironment(container['env'], `${at}.env`, to)
  checkEnvFrom(container['envFrom'], `${at}.envFrom`, to)
  checkMounts(container['volumeMounts'], `${at}.volumeMounts`, context)
  checkDevices(container, `${at}.volumeDevices`, context)
  to.oneOf(`${at}.imagePullPolicy`, container['imagePullPolicy'], ['Always', 'IfNotPresent', 'Never'])
  checkRequirements(container['resources'], `${at}.resources`, to)
  checkResizePolicy(container['resizePolicy'], `${at}.resizePolicy`, context)
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) checkProbe(container[probe], `${at}.${probe}`, to)
  checkSecurityContext(container['securityContext'], `${at}.securityContext`, to)
}

function checkLifecycle(lifecycle: unknown, field: string, to: Findings): void {
  const { postStart, preStop } = membersOf(lifecycle)
  const kinds = ['exec', 'httpGet', 'tcpSocket', 'sleep']
  if (isSet(postStart)) checkHandler(membersOf(postStart), `${field}.postStart`, kinds, to)
  if (isSet(preStop)) checkHandler(membersOf(preStop), `${field}.preStop`, kinds, to)
}

function checkPorts(ports: unknown, field: string, { to, hostNetwork }: ContainerContext): void {
  const names = new Set<string>()
  for (const [index, port] of structsOf(ports).entries()) {
    const at = `${field}[${index}]`
    const name = textOf(port['name'])
    const reasons = name === '' ? [] : explainPortName(name)
    to.explain(`${at}.name`, name, reasons)
    if (name !== '' && reasons.length === 0) {
      if (names.has(name)) to.duplicate(`${at}.name`, name)
      names.add(name)
    }
    const number = numberOf(port['containerPort'])
    if (number === 0) to.required(`${at}.containerPort`)
    else to.portNumber(`${at}.containerPort`, number)
    const hostPort = numberOf(port['hostPort'])
    if (hostPort !== 0) {
      to.portNumber(`${at}.hostPort`, hostPort)
      if (hostNetwork && hostPort !== number)
        to.invalid(`${at}.hostPort`, hostPort, 'must match `containerPort` when `hostNetwork` is true')
    }
    to.oneOf(`${at}.protocol`, port['protocol'], ['SCTP', 'TCP', 'UDP'])
  }
}

function checkHostPorts(container: Members, field: string, taken: Set<string>, to: Findings): void {
  for (const [index, port] of structsOf(container['ports']).entries()) {
    const hostPort = numberOf(port['hostPort'])
    if (hostPort === 0) continue
    const key = `${textOf(port['protocol'])}/${textOf(port['hostIP'])}/${hostPort}`
    if (taken.has(key)) to.duplicate(`${field}[${index}].hostPort`, key)
    taken.add(key)
  }
}

function checkEnvironment(variables: unknown, field: string, to: Findings): void {
  for (const [index, variable] of structsOf(variables).entries()) {
    const at = `${field}[${index}]`
    const name = textOf(variable['name'])
    if (to.text(`${at}.name`, name) && !/^[ -<>-~]+$/.test(name)) {
      to.invalid(
        `${at}.name`,
        name,
        "a valid environment variable name must consist only of printable ASCII characters other than '='",
      )
    }
    if (isSet(variable['valueFrom'])) checkValueFrom(variable, `${at}.valueFrom`, to)
  }
}

const valueSources = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef']

function checkValueFrom(variable: Members, field: string, to: Findings): void {
  const source = membersOf(variable['valueFrom'])
  const given = valueSources.filter((key) => isSet(source[key]))
  if (isSet(source['fieldRef'])) checkFieldRef(membersOf(source['fieldRef']), `${field}.fieldRef`, to)
  if (isSet(source['resourceFieldRef']))
    to.text(`${field}.resourceFieldRef.resource`, membersOf(source['resourceFieldRef'])['resource'])
  for (const key of ['configMapKeyRef', 'secretKeyRef']) {
    if (!isSet(source[key])) continue
    const reference = membersOf(source[key])
    to.explain(`${field}.${key}.name`, textOf(reference['name']), explainDns1123Subdomain(textOf(reference['name'])))
    if (to.text(`${field}.${key}.key`, reference['key'])) {
      to.explain(`${field}.${key}.key`, reference['key'], explainConfigKey(textOf(reference['key'])))
    }
  }
  if (given.length === 0) {
    to.invalid(field, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`')
  } else if (textOf(variable['value']) !== '') to.invalid(field, '', 'may not be specified when `value` is not empty')
  else if (given.length > 1) to.invalid(field, '', 'may not have more than one field specified at a time')
}

function checkEnvFrom(sources: unknown, field: string, to: Findings): void {
  for (const source of structsOf(sources)) {
    const given = ['configMapRef', 'secretRef'].filter((key) => isSet(source[key]))
    for (const key of given) {
      const name = textOf(membersOf(source[key])['name'])
      to.explain(`${field}.${key}.name`, name, explainDns1123Subdomain(name))
    }
    if (given.length === 0) to.invalid(field, '', 'must specify one of: `configMapRef` or `secretRef`')
    else if (given.length > 1) to.invalid(field, '', 'may not have more than one field specified at a time')
  }
}

function checkMounts(mounts: unknown, field: string, { volumes, to }: ContainerContext): void {
  const paths = new Set<string>()
  for (const [index, mount] of structsOf(mounts).entries()) {
    const at = `${field}[${index}]`
    const name = textOf(mount['name'])
    to.text(`${at}.name`, name)
    if (!volumes.has(name)) to.notFound(`${at}.name`, name)
    const path = textOf(mount['mountPath'])
    to.text(`${at}.mountPath`, path)
    if (path !== '' && paths.has(path)) to.invalid(`${at}.mountPath`, path, 'must be unique')
    paths.add(path)
    if (textOf(mount['subPath']) !== '' && textOf(mount['subPathExpr']) !== '') {
      to.invalid(`${at}.subPathExpr`, mount['subPathExpr'], 'subPathExpr and subPath are mutually exclusive')
    }
  }
}

function checkDevices(container: Members, field: string, { volumes, to }: ContainerContext): void {
  const names = new Set<string>()
  const paths = new Set<string>()
  const mounts = structsOf(container['volumeMounts'])
  for (const [index, device] of structsOf(container['volumeDevices']).entries()) {
    const at = `${field}[${index}]`
    const name = textOf(device['name'])
    const path = textOf(device['devicePath'])
    to.text(`${at}.name`, name)
    if (names.has(name)) to.invalid(`${at}.name`, name, 'must be unique')
    if (!volumes.has(name)) to.notFound(`${at}.name`, name)
    to.text(`${at}.devicePath`, path)
    if (paths.has(path)) to.invalid(`${at}.devicePath`, path, 'must be unique')
    if (path.split('/').includes('..')) to.invalid(`${at}.devicePath`, path, "can not contain backsteps ('..')")
    else paths.add(path)
    if (mounts.some((mount) => mount['name'] === name)) to.invalid(`${at}.name`, name, 'must not already exist in volumeMounts')
    if (mounts.some((mount) => mount['mountPath'] === path)) {
      to.invalid(`${at}.devicePath`, path, 'must not already exist as a path in volumeMounts')
    }
    if (name !== '') names.add(name)
  }
}

function checkResizePolicy(policies: unknown, field: string, { to, never }: ContainerContext): void {
  const seen = new Set<string>()
  for (const [index, policy] of structsOf(policies).entries()) {
    const resource = textOf(policy['resourceName'])
    if (seen.has(resource)) to.duplicate(`${field}[${index}]`, resource)
    seen.add(resource)
    if (resource === '') to.required(field)
    else to.oneOf(field, resource, ['cpu', 'memory'])
    const restart = textOf(policy['restartPolicy'])
    if (restart === '') to.required(field)
    else to.oneOf(field, restart, ['NotRequired', 'RestartContainer'])
    if (never === true && restart !== 'NotRequired') {
      to.invalid(field, restart, "must be 'NotRequired' when `restartPolicy` is 'Never'")
    }
  }
}

function checkSecurityContext(context: unknown, field: string, to: Findings): void {
  if (!isSet(context)) return
  const it = membersOf(context)
  to.inRange(`${field}.runAsUser`, it['runAsUser'], 0, 2_147_483_647)
  to.inRange(`${field}.runAsGroup`, it['runAsGroup'], 0, 2_147_483_647)
  if (it['allowPrivilegeEscalation'] === false && it['privileged'] === true) {
    to.invalid(
      field,
      new GoText('core.SecurityContext{...}'),
      'cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
    )
  }
}
