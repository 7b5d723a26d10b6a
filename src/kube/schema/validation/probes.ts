import { isNumber } from '../../../base/json-text.js'
import { type Findings, isSet, listOf, type Members, membersOf, textOf } from './findings.js'

/** What a probe or a lifecycle hook does: exactly one of these. */
export function checkHandler(handler: Members, field: string, kinds: readonly string[], to: Findings): void {
  let count = 0
  for (const kind of kinds) {
    if (!isSet(handler[kind])) continue
    const action = membersOf(handler[kind])
    if (count++ > 0) {
      to.forbidden(`${field}.${kind}`, 'may not specify more than 1 handler type')
      continue
    }
    const at = `${field}.${kind}`
    if (kind === 'exec' && listOf(action['command']).length === 0) to.required(`${at}.command`)
    if (kind === 'httpGet') {
      to.text(`${at}.path`, action['path'])
      to.portOrName(`${at}.port`, action['port'])
      to.oneOf(`${at}.scheme`, action['scheme'], ['HTTP', 'HTTPS'])
      for (const header of listOf(action['httpHeaders'])) {
        const name = textOf(membersOf(header)['name'])
        if (!/^[-A-Za-z0-9]+$/.test(name)) {
          to.invalid(
            `${at}.httpHeaders`,
            name,
            "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')",
          )
        }
      }
    }
    if (kind === 'tcpSocket') to.portOrName(`${at}.port`, action['port'])
    if (kind === 'grpc') to.portNumber(`${at}.port`, action['port'])
    if (kind === 'sleep') to.notNegative(`${at}.seconds`, action['seconds'])
  }
  if (count === 0) to.required(field, 'must specify a handler type')
}

export function checkProbe(probe: unknown, field: string, to: Findings): void {
  if (!isSet(probe)) return
  const it = membersOf(probe)
  checkHandler(it, field, ['exec', 'httpGet', 'tcpSocket', 'grpc'], to)
  for (const key of ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold']) {
    to.notNegative(`${field}.${key}`, it[key])
  }
  const grace = it['terminationGracePeriodSeconds']
  if (isNumber(grace) && grace <= 0) to.invalid(`${field}.terminationGracePeriodSeconds`, grace, 'must be greater than 0')
}

/** Probes that restart the container count one success as success. */
export function checkSingleSuccess(probe: unknown, field: string, to: Findings): void {
  const threshold = membersOf(probe)['successThreshold']
  if (isSet(probe) && typeof threshold === 'number' && threshold !== 1)
    to.invalid(`${field}.successThreshold`, threshold, 'must be 1')
}
