import { isIpAddress } from '../../../kube/schema/validation/ip-address.js'
import { topologyLabels } from '../../../services/model/rank/topology-labels.js'
import { explainDomain } from './names.js'
import { type Fields, fieldsOf, listOf, millisecondsOf, numberOf, textOf, textsOf } from './read-json.js'
import type { Report } from './report.js'
import { validateLocalitySetting } from './validate-locality.js'

const anyOf = [
  'outlierDetection',
  'connectionPool',
  'loadBalancer',
  'tls',
  'portLevelSettings',
  'tunnel',
  'proxyProtocol',
  'retryBudget',
]
const anyOfPort = ['outlierDetection', 'connectionPool', 'loadBalancer', 'tls']

/** trafficPolicy of a DestinationRule or of one of its subsets. */
export function validateTrafficPolicy(policy: Fields | undefined, at: string, report: Report): void {
  if (policy === undefined) return
  if (!anyOf.some((name) => isSet(policy[name]))) {
    report.error(at, 'traffic policy must have at least one field', `Set one of ${anyOf.join(', ')}, or remove ${at}.`)
    return
  }
  if (isSet(policy['tunnel']) && isSet(policy['proxyProtocol'])) {
    report.error(at, 'tunnel and proxyProtocol must not be set together', 'Remove one of the two.')
    return
  }
  validateCommon(policy, at, report)
  for (const [index, each] of listOf(policy['portLevelSettings']).entries()) {
    validatePort(fieldsOf(each), `${at}.portLevelSettings[${index}]`, report)
  }
  const tunnel = fieldsOf(policy['tunnel'])
  if (tunnel !== undefined) validateTunnel(tunnel, `${at}.tunnel`, report)
}

function validateCommon(policy: Fields, at: string, report: Report): void {
  const outlier = fieldsOf(policy['outlierDetection'])
  if (outlier !== undefined) validateOutliers(outlier, `${at}.outlierDetection`, report)
  const pool = fieldsOf(policy['connectionPool'])
  if (pool !== undefined) validatePool(pool, `${at}.connectionPool`, report)
  const balancer = fieldsOf(policy['loadBalancer'])
  if (balancer !== undefined) validateBalancer(balancer, outlier !== undefined, `${at}.loadBalancer`, report)
  const tls = fieldsOf(policy['tls'])
  if (tls !== undefined) validateTls(tls, `${at}.tls`, report)
}

function validatePort(policy: Fields | undefined, at: string, report: Report): void {
  if (policy === undefined) {
    report.error(at, 'traffic policy may not be null', 'Remove the entry.')
    return
  }
  if (!isSet(policy['port'])) report.error(`${at}.port`, 'portTrafficPolicy must have valid port', 'Set port.number.')
  if (anyOfPort.some((name) => isSet(policy[name]))) validateCommon(policy, at, report)
  else report.error(at, 'port traffic policy must have at least one field', `Set one of ${anyOfPort.join(', ')}.`)
}

function validateOutliers(outlier: Fields, at: string, report: Report): void {
  for (const name of ['baseEjectionTime', 'interval']) validateDuration(outlier[name], `${at}.${name}`, report)
  if (numberOf(outlier['consecutiveErrors']) !== 0) {
    report.warn(
      `${at}.consecutiveErrors`,
      'outlier detection consecutive errors is deprecated, use consecutiveGatewayErrors or consecutive5xxErrors instead',
      'Rename it to consecutive5xxErrors or consecutiveGatewayErrors.',
    )
  }
  if (outlier['splitExternalLocalOriginErrors'] !== true && numberOf(outlier['consecutiveLocalOriginFailures']) > 0) {
    report.error(
      `${at}.consecutiveLocalOriginFailures`,
      'outlier detection consecutive local origin failures is specified, but split external local origin errors is set to false',
      'Set splitExternalLocalOriginErrors: true, or remove consecutiveLocalOriginFailures.',
    )
  }
  for (const name of ['maxEjectionPercent', 'minHealthPercent']) {
    const percent = numberOf(outlier[name])
    if (percent < 0 || percent > 100)
      report.error(`${at}.${name}`, `percentage ${percent} is not in range 0..100`, 'Write a number from 0 to 100.')
  }
}

function validatePool(pool: Fields, at: string, report: Report): void {
  const [http, tcp] = [fieldsOf(pool['http']), fieldsOf(pool['tcp'])]
  if (http === undefined && tcp === undefined) {
    report.error(at, 'connection pool must have at least one field', 'Set tcp or http, or remove connectionPool.')
    return
  }
  const notNegative = (fields: Fields, name: string, of: string, words: string) => {
    if (numberOf(fields[name]) < 0) report.error(`${at}.${of}.${name}`, `${words} must be non-negative`, 'Write 0 or more.')
  }
  if (http !== undefined) {
    notNegative(http, 'http1MaxPendingRequests', 'http', 'http1 max pending requests')
    notNegative(http, 'http2MaxRequests', 'http', 'http2 max requests')
    notNegative(http, 'maxRequestsPerConnection', 'http', 'max requests per connection')
    notNegative(http, 'maxRetries', 'http', 'max retries')
    notNegative(http, 'maxConcurrentStreams', 'http', 'max concurrent streams')
    validateDuration(http['idleTimeout'], `${at}.http.idleTimeout`, report)
    if (http['h2UpgradePolicy'] === 'UPGRADE' && http['useClientProtocol'] === true) {
      report.error(
        `${at}.http.useClientProtocol`,
        'use client protocol must not be true when H2UpgradePolicy is UPGRADE',
        'Remove one of the two.',
      )
    }
    const keepAlive = fieldsOf(http['http2KeepAlive'])
    if (keepAlive !== undefined)
      for (const name of ['interval', 'timeout']) {
        const field = `${at}.http.http2KeepAlive.${name}`
        if (isSet(keepAlive[name])) validateDuration(keepAlive[name], field, report)
        else report.error(field, `http2 keepalive ${name} is required`, `Set ${name}.`)
      }
  }
  if (tcp === undefined) return
  notNegative(tcp, 'maxConnections', 'tcp', 'max connections')
  for (const name of ['connectTimeout', 'maxConnectionDuration']) validateDuration(tcp[name], `${at}.tcp.${name}`, report)
  // 0s switches the timeout off.
  if (Math.trunc(millisecondsOf(tcp['idleTimeout']) ?? 1) !== 0)
    validateDuration(tcp['idleTimeout'], `${at}.tcp.idleTimeout`, report)
  const keepAlive = fieldsOf(tcp['tcpKeepalive'])
  for (const name of ['time', 'interval']) validateDuration(keepAlive?.[name], `${at}.tcp.tcpKeepalive.${name}`, report)
}

function validateBalancer(balancer: Fields, hasOutliers: boolean, at: string, report: Report): void {
  const hash = fieldsOf(balancer['consistentHash'])
  if (hash !== undefined) validateHash(hash, `${at}.consistentHash`, report)
  const [locality, zoneAware] = [fieldsOf(balancer['localityLbSetting']), fieldsOf(balancer['zoneAwareLbSetting'])]
  if (locality !== undefined && zoneAware !== undefined)
    report.error(at, 'only one of localityLbSetting and zoneAwareLbSetting can be set', 'Remove one of the two.')
  if (locality !== undefined) validateLocalitySetting(locality, hasOutliers, `${at}.localityLbSetting`, report)
  if (zoneAware !== undefined) validateZoneAware(zoneAware, hasOutliers, `${at}.zoneAwareLbSetting`, report)
  const warmup = fieldsOf(balancer['warmup'])
  if (warmup === undefined) return
  if (isSet(warmup['duration'])) validateDuration(warmup['duration'], `${at}.warmup.duration`, report)
  else report.error(`${at}.warmup.duration`, 'duration is required', 'Set duration.')
  if (numberOf(warmup['minimumPercent']) > 100)
    report.error(`${at}.warmup.minimumPercent`, 'minimumPercent value should be less than or equal to 100', 'Write at most 100.')
  if (isSet(warmup['aggression']) && numberOf(warmup['aggression']) <= 0)
    report.error(`${at}.warmup.aggression`, 'aggression should be greater than 0', 'Write a number above 0.')
}

function validateHash(hash: Fields, at: string, report: Report): void {
  const cookie = fieldsOf(hash['httpCookie'])
  if (cookie !== undefined && textOf(cookie['name']) === '')
    report.error(`${at}.httpCookie.name`, 'name required for HttpCookie', 'Set name.')
  const names = new Set<string>()
  for (const each of listOf(cookie?.['attributes'])) {
    const name = textOf(fieldsOf(each)?.['name'])
    if (name === '') report.error(`${at}.httpCookie.attributes`, 'cookie attribute name cannot be empty', 'Set name.')
    else if (names.has(name))
      report.error(`${at}.httpCookie.attributes`, `duplicate cookie attribute name: ${name}`, 'Name each attribute once.')
    names.add(name)
  }
  if (numberOf(hash['minimumRingSize']) !== 0) {
    report.warn(
      `${at}.minimumRingSize`,
      "consistent hash MinimumRingSize is deprecated, use ConsistentHashLB's RingHash configuration instead",
      'Move it into ringHash.',
    )
    if (isSet(hash['ringHash']) || isSet(hash['maglev']))
      report.error(at, 'only one of MinimumRingSize or Maglev/Ringhash can be specified', 'Remove minimumRingSize.')
  }
  const maglev = fieldsOf(hash['maglev'])
  if (maglev === undefined) return
  const size = numberOf(maglev['tableSize'])
  const field = `${at}.maglev.tableSize`
  if (size === 0) report.error(field, 'tableSize must be set for maglev', 'Set a prime number below 5000011, such as 65537.')
  if (size >= 5_000_011)
    report.error(field, 'tableSize must be less than 5000011 for maglev', 'Set a smaller prime number, such as 65537.')
  if (!isPrime(size)) report.error(field, 'tableSize must be a prime number for maglev', 'Set a prime number, such as 65537.')
}

/** As Envoy does it: 1 counts as one. */
function isPrime(number: number): boolean {
  if (number !== 0 && number < 4) return true
  if (number % 2 === 0) return false
  const limit = Math.sqrt(Math.min(number, 1e13))
  for (let factor = 3; factor <= limit; factor += 2) if (number % factor === 0) return false
  return true
}

function validateZoneAware(setting: Fields, hasOutliers: boolean, at: string, report: Report): void {
  const priority = textsOf(setting['failoverPriority'])
  const failover = listOf(setting['failover']).map((each) => fieldsOf(each) ?? {})
  for (const each of priority) {
    if (each !== topologyLabels.region && each !== topologyLabels.zone && each !== topologyLabels.subZone) continue
    report.error(
      `${at}.failoverPriority`,
      `'failover_priority' for zone aware lb must not use topology label '${each}'; region- and zone-level routing are handled automatically`,
      `Remove ${each}.`,
    )
  }
  if ((failover.length > 0 || priority.length > 0) && !hasOutliers)
    report.warn(at, 'outlier detection policy must be provided for failover', 'Add outlierDetection beside loadBalancer.')
  for (const [index, each] of failover.entries()) {
    const [from, to] = [textOf(each['from']), textOf(each['to'])]
    const field = `${at}.failover[${index}]`
    if (from === to)
      report.error(field, 'zone aware lb failover settings must specify different regions', 'Name another region in "to".')
    if (from.includes('/') || to.includes('/'))
      report.error(
        field,
        'zone aware lb failover only specifies region; zone and subzone failover are handled automatically',
        'Name regions alone.',
      )
    if (from.includes('*') || to.includes('*'))
      report.error(field, "zone aware lb failover region should not contain '*' wildcard", 'Write one entry for each region.')
  }
}

/** Without the certificates that `configmap://` names point to. */
function validateTls(tls: Fields, at: string, report: Report): void {
  const { mode, credentialName, caCertificates, clientCertificate, privateKey, caCrl } = tls
  const [simple, mutual] = [mode === 'SIMPLE', mode === 'MUTUAL']
  if (tls['insecureSkipVerify'] === true) {
    const named = textOf(caCertificates) !== '' || isSet(tls['subjectAltNames'])
    if (simple && (named || textOf(credentialName) !== ''))
      report.error(
        at,
        'cannot specify CaCertificates or CredentialName or SubjectAltNames when InsecureSkipVerify is set true',
        'Remove insecureSkipVerify.',
      )
    if (mutual && named)
      report.error(
        at,
        'cannot specify CaCertificates or SubjectAltNames when InsecureSkipVerify is set true',
        'Remove insecureSkipVerify.',
      )
  }
  if ((simple || mutual) && textOf(credentialName) !== '') {
    if ([clientCertificate, caCertificates, privateKey, caCrl].some((each) => textOf(each) !== ''))
      report.error(
        at,
        'cannot specify client certificates or CA certificate or CA CRL If credentialName is set',
        'Keep credentialName alone, or the files.',
      )
    return
  }
  if (!mutual) return
  if (textOf(clientCertificate) === '')
    report.error(
      `${at}.clientCertificate`,
      'client certificate required for mutual tls',
      'Set clientCertificate, or credentialName.',
    )
  if (textOf(privateKey) === '')
    report.error(`${at}.privateKey`, 'private key required for mutual tls', 'Set privateKey, or credentialName.')
}

function validateTunnel(tunnel: Fields, at: string, report: Report): void {
  const protocol = textOf(tunnel['protocol'])
  if (protocol !== '' && protocol !== 'CONNECT' && protocol !== 'POST')
    report.error(`${at}.protocol`, 'tunnel protocol must be "CONNECT" or "POST"', 'Write CONNECT or POST.')
  const host = textOf(tunnel['targetHost'])
  const wrong = explainDomain(host)
  if (wrong !== undefined && !isIpAddress(host))
    report.error(
      `${at}.targetHost`,
      `tunnel target host must be valid FQDN or IP address: ${wrong}; ${host} is not a valid IP`,
      'Write a host name or an address.',
    )
  const port = numberOf(tunnel['targetPort'])
  if (port < 1 || port > 65_535)
    report.error(
      `${at}.targetPort`,
      `tunnel target port is invalid: port number ${port} must be in the range 1..65535`,
      'Write a number from 1 to 65535.',
    )
}

function validateDuration(value: unknown, at: string, report: Report): void {
  if (!isSet(value)) return
  const milliseconds = millisecondsOf(value) ?? 0
  if (milliseconds < 1) report.error(at, 'duration must be greater than 1ms', 'Write at least 1ms.')
  else if (!Number.isInteger(milliseconds))
    report.error(at, 'only durations to ms precision are supported', 'Write whole milliseconds.')
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null
}
