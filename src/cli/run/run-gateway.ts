import { mkdirSync } from 'node:fs'
import { isIP } from 'node:net'
import { join, resolve } from 'node:path'
import { connectKubeconfigFile } from '../../app/access/kubeconfig-files.js'
import { defaultDataDirectory, openDataDirectory, writePrivateFile } from '../../app/fleet/data-directory.js'
import { issueGatewayTls, openAuthorityIn, openGatewayAuthority } from '../../app/gateway/gateway-authority.js'
import { startLoneGateway } from '../../app/gateway/lone-gateway.js'
import { readPlace } from '../../app/services/xds-options.js'
import { createSystemClientPorts } from '../../app/system/system-client-ports.js'
import { createLineLog, systemClock } from '../../app/system/system-ports.js'
import { CodedError, UsageError } from '../../base/errors.js'
import { checkLeases } from '../../services/leases/check-leases.js'
import type { GatewayCertificateOptions, GatewayRunOptions } from '../commands/gateway.js'
import type { CommandIo } from '../contract.js'
import { parseLogLevel } from '../options/parse-log-level.js'
import { untilStopped } from './until-stopped.js'

/** Runs a gateway until it is told to stop; then lets its connections end. Ends with 1 when some had to be reset. */
export async function runGateway(options: GatewayRunOptions, io: CommandIo): Promise<void> {
  const engine = options.engine
  if (engine !== 'builtin' && engine !== 'haproxy') throw badOption('--engine', engine, 'Use builtin or haproxy.')
  const listen = readPlace('--listen', options.listen)
  const drainMs = parseTime(options.drain)
  const every = Number(options.metricsSeconds)
  if (!Number.isFinite(every) || every < 0) throw badOption('--metrics-seconds', options.metricsSeconds, 'Use a number from 0.')
  const log = createLineLog((line) => io.err(line), parseLogLevel(options.logLevel), systemClock, { cluster: options.cluster })
  const ports = createSystemClientPorts(io.env, log)
  const { kubeconfig: path, context, cluster, ca, cert, key } = options
  const { client } = await connectKubeconfigFile({ path, context, name: cluster }, ports)
  const tls = ca !== undefined && cert !== undefined && key !== undefined ? { ca, cert, key } : undefined
  try {
    await client.version()
    const { egress } = options
    if (egress !== undefined && isIP(egress) === 0) throw badOption('--egress', egress, 'Use an address, for example 0.0.0.0.')
    const way = egress === undefined ? {} : { egress }
    const gateway = await startLoneGateway({ client, cluster, listen, tls, engine, drainMs, log, ...way })
    const tell = async () => log.info('gateway counters', await gateway.metrics())
    const checking = new AbortController()
    if (options.checkLeases) checkLeases({ client, cluster, clock: systemClock, log, signal: checking.signal })
    const timer = every > 0 ? setInterval(() => void tell().catch(() => {}), every * 1000) : undefined
    io.out(`Gateway of ${cluster} at ${listen.address}:${gateway.port}; stop with Ctrl-C.`)
    const died = await Promise.race([untilStopped().then(() => false), gateway.ended.then(() => true)])
    clearInterval(timer)
    checking.abort()
    if (died) {
      const message = 'HAProxy has ended by itself'
      throw new CodedError({ code: 'haproxy-failed', message, fix: 'Look at its log, and start the gateway again.' })
    }
    await tell().catch(() => {})
    const left = await gateway.drain()
    if (left > 0) {
      throw new CodedError({
        code: 'gateway-connections-reset',
        message: `${left} connections were still open after ${options.drain} and were reset`,
        fix: 'Use a longer --drain, and as long a terminationGracePeriodSeconds.',
      })
    }
  } finally {
    client.close()
  }
  process.exit(process.exitCode ?? 0)
}

/** Writes what a gateway beside a real cluster needs to be believed by the other gateways of its fleet. */
export async function writeGatewayCertificate(
  cluster: string,
  { out, days, dataDir, caDir }: GatewayCertificateOptions,
  io: CommandIo,
): Promise<void> {
  const valid = Number(days)
  if (!Number.isInteger(valid) || valid < 1 || valid > 3650) throw badOption('--days', days, 'Use 1 to 3650.')
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(cluster)) throw badOption('the cluster', cluster, 'Use a DNS label.')
  const authority =
    caDir === undefined
      ? openGatewayAuthority(openDataDirectory(resolve(dataDir ?? defaultDataDirectory(io.env))), systemClock)
      : openAuthorityIn(resolve(caDir), systemClock)
  const tls = await issueGatewayTls(await authority, cluster, valid)
  const folder = resolve(out)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const [name, text] of Object.entries({ 'ca.crt': tls.ca, 'tls.crt': tls.cert, 'tls.key': tls.key }))
    writePrivateFile(join(folder, name), text)
  io.out(`${folder}: ca.crt, tls.crt and tls.key of the gateway of ${cluster}, valid for ${valid} days`)
}

function parseTime(text: string): number {
  const found = /^(\d{1,6})(ms|s|m)?$/.exec(text)
  if (found === null) throw badOption('--drain', text, 'For example: --drain 30s')
  return Number(found[1]) * { ms: 1, s: 1000, m: 60_000 }[found[2] ?? 's']!
}

function badOption(option: string, text: string, fix: string): UsageError {
  return new UsageError({ code: 'bad-gateway-option', message: `${option} ${text} is none that is known`, fix })
}
