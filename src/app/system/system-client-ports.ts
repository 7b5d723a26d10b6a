import { readFile } from 'node:fs/promises'
import type { Log } from '../../base/log.js'
import { silentLog } from '../../base/log.js'
import type { ClientPorts } from '../../kube/client/client-ports.js'
import { runProcess } from '../../kube/client/run-process.js'
import { systemClock, systemRandom } from './system-ports.js'

/** What clients of real clusters take from the outside, from the outside. */
export function createSystemClientPorts(env: Readonly<Record<string, string | undefined>>, log: Log = silentLog): ClientPorts {
  return {
    clock: systemClock,
    random: systemRandom,
    log,
    env,
    readFile: (path) => readFile(path, 'utf8'),
    runProcess,
    async fetch({ method, url, headers, body, timeoutMs, signal }) {
      const timeout = AbortSignal.timeout(timeoutMs)
      const response = await fetch(url, {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
        redirect: 'error',
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      })
      return { status: response.status, body: await response.text() }
    },
  }
}
