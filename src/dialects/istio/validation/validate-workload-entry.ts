import type { KubeObject } from '../../../kube/object/kube-object.js'
import { isIpAddress } from '../../../kube/schema/validation/ip-address.js'
import { explainDomain, explainLabelMap, isLabel, quote } from './names.js'
import { type Fields, fieldsOf, labelsOf, numberOf, textOf } from './read-json.js'
import { Report } from './report.js'

/** What Istio says of a WorkloadEntry. */
export function validateWorkloadEntry(object: KubeObject): Report {
  const report = new Report()
  validateWorkload(fieldsOf(object['spec']) ?? {}, { at: 'spec', allowNames: true }, report)
  return report
}

export interface WorkloadContext {
  readonly at: string
  /** Of the ServiceEntry that it stands in. */
  readonly portNames?: ReadonlySet<string>
  /** Whether its address may be a host name. */
  readonly allowNames: boolean
}

/** An endpoint: of its own, or in a ServiceEntry. */
export function validateWorkload(spec: Fields, { at, portNames, allowNames }: WorkloadContext, report: Report): void {
  const address = textOf(spec['address'])
  const network = textOf(spec['network'])
  const ports = Object.entries(fieldsOf(spec['ports']) ?? {})
  const field = `${at}.address`
  const isSocket = address.startsWith('unix://')
  if (address === '') {
    if (network === '') {
      report.error(field, 'address is required', 'Write an address.')
      return
    }
    report.warn(
      field,
      `address is unset with network ${quote(network)}`,
      'Write an address, unless the gateway of the network shall be used.',
    )
  } else if (isSocket) {
    const wrong = explainSocket(address.slice('unix://'.length))
    if (wrong !== undefined) report.error(field, wrong, 'Write unix:// and an absolute path.')
    if (ports.length > 0) report.error(`${at}.ports`, `unix endpoint ${address} must not include ports`, 'Remove ports.')
  } else if (!isSomeIp(address)) {
    if (!allowNames)
      report.error(field, `endpoint address ${quote(address)} is not a valid IP address`, 'Write an address, or resolution: DNS.')
    else if (explainDomain(address) !== undefined)
      report.error(
        field,
        `endpoint address ${quote(address)} is not a valid FQDN or an IP address`,
        'Write a host name or an address.',
      )
  }
  for (const [name, value] of ports) {
    const port = numberOf(value)
    if (portNames !== undefined && !portNames.has(name))
      report.error(
        `${at}.ports.${name}`,
        `endpoint port ${port} is not defined by the service entry`,
        `Name a port of spec.ports: ${[...portNames].join(', ')}.`,
      )
    if (!isLabel(name)) report.error(`${at}.ports`, `invalid port name: ${name}`, 'Write letters, digits and dashes.')
    const wrong = explainPort(port)
    if (wrong !== undefined) report.error(`${at}.ports.${name}`, wrong, 'Write a number from 1 to 65535.')
  }
  for (const text of explainLabelMap(labelsOf(spec['labels'])))
    report.error(`${at}.labels`, text, 'Write labels as Kubernetes takes them.')
  if (isSocket && portNames !== undefined && portNames.size !== 1)
    report.error(field, 'exactly 1 service port required for unix endpoints', 'Leave one port in spec.ports.')
}

export function explainPort(port: number): string | undefined {
  return port >= 1 && port <= 65_535 ? undefined : `port number ${port} must be in the range 1..65535`
}

/** Zones (`fe80::1%eth0`) are fine, too. */
export function isSomeIp(text: string): boolean {
  const percent = text.indexOf('%')
  if (percent < 0) return isIpAddress(text)
  const address = text.slice(0, percent)
  return percent < text.length - 1 && address.includes(':') && isIpAddress(address)
}

function explainSocket(path: string): string | undefined {
  if (path === '') return 'unix address must not be empty'
  if (path.startsWith('@')) return undefined
  return path.startsWith('/') && !path.endsWith('/') ? undefined : `${path} is not an absolute path to a file`
}
