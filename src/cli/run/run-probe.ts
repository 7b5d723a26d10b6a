import type { OpenedCatalogue } from '../../app/services/open-catalogue.js'
import { createRecogniser, type ProbeAnswer, probeOnce } from '../../app/services/probe-service.js'
import { CodedError, UsageError } from '../../base/errors.js'
import type { ClusterFacts } from '../../services/model/service-dialect.js'
import type { FleetService, ServicePort } from '../../services/model/service-model.js'
import type { CommandIo } from '../contract.js'
import { formatProbeChart, formatProbeLine, gatherInterval, type ProbeInterval } from '../screens/probe-screen.js'

export interface ProbeRun {
  readonly opened: OpenedCatalogue
  readonly service: FleetService
  readonly cluster: ClusterFacts
  readonly port: string | undefined
  readonly path: string
  readonly rate: number
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly durationMs: number
  readonly io: CommandIo
}

/** Probes until the duration is over or Ctrl-C; returns how many requests failed. */
export async function runProbe(run: ProbeRun): Promise<number> {
  const { service, cluster, io, intervalMs, rate } = run
  const port = choosePort(service.ports, run.port)
  const address = addressIn(service, cluster)
  const { namespace, name } = service.service
  const host = `${name}.${namespace}.svc.${service.reach === 'clusterset' ? 'clusterset.local' : 'cluster.local'}`
  const { catalogue } = run.opened
  // Endpoints come and go while it runs.
  const recogniser = () => createRecogniser(catalogue.get(service.service, service.reach) ?? service, catalogue.facts.clusters)
  let recognise = recogniser()
  const target = { address, port: port.port, path: run.path, host: `${host}:${port.port}` }
  const title = `http://${host}:${port.port}${run.path} from ${cluster.name} (${address}), ${rate} requests/s`
  const intervals: ProbeInterval[] = []
  let answers: ProbeAnswer[] = []
  let failures = 0
  let drawn = 0
  let stopped = false
  const stop = () => {
    stopped = true
  }
  process.once('SIGINT', stop)
  const show = () => {
    recognise = recogniser()
    const interval = gatherInterval(Date.now(), answers)
    answers = []
    failures += Object.values(interval.errors).reduce((sum, count) => sum + count, 0)
    if (!io.interactive) {
      io.out(`${formatProbeLine(interval)}\n`)
      return
    }
    intervals.push(interval)
    if (intervals.length > 2000) intervals.shift()
    const chart = formatProbeChart(intervals, { width: process.stdout.columns || 80, colour: io.colour, title })
    // Up to where the last chart began, and everything from there on erased.
    io.out(`${drawn > 0 ? `\u001b[${drawn}A\u001b[J` : ''}${chart}`)
    drawn = chart.split('\n').length - 1
  }
  if (!io.interactive) io.err(`${title}\n`)
  const end = Date.now() + run.durationMs
  const ask = setInterval(() => {
    void probeOnce(target, run.timeoutMs, (text) => recognise(text)).then((answer) => answers.push(answer))
  }, 1000 / rate)
  try {
    while (!stopped && Date.now() < end) {
      await new Promise((done) => setTimeout(done, Math.min(intervalMs, Math.max(1, end - Date.now()))))
      show()
    }
  } finally {
    clearInterval(ask)
    process.off('SIGINT', stop)
  }
  return failures
}

function choosePort(ports: readonly ServicePort[], wanted: string | undefined): ServicePort {
  const able = ports.filter(({ protocol }) => protocol === 'TCP')
  const found = wanted === undefined ? able[0] : able.find(({ name, port }) => name === wanted || String(port) === wanted)
  if (found !== undefined) return found
  const known = able.map(({ name, port }) => (name === '' ? String(port) : name)).join(', ')
  throw new UsageError({
    code: 'unknown-port',
    message: `the service has no TCP port ${wanted ?? ''}`.trim(),
    fix: known === '' ? 'Probe a service with a TCP port.' : `Use one of ${known}.`,
  })
}

/** The address at which the cluster's own clients reach the service. */
function addressIn(service: FleetService, cluster: ClusterFacts): string {
  const found = service.reach === 'clusterset' ? importedAddress(service, cluster) : localAddress(service, cluster)
  if (found !== undefined) return found
  throw new CodedError({
    code: 'service-not-imported',
    message: `${service.service.namespace}/${service.service.name} has no address in cluster ${cluster.name}`,
    fix: `Make the namespace ${service.service.namespace} there; headless services have none.`,
  })
}

function importedAddress({ service }: FleetService, cluster: ClusterFacts): string | undefined {
  const type = {
    group: 'multicluster.x-k8s.io',
    version: 'v1beta1',
    kind: 'ServiceImport',
    plural: 'serviceimports',
    namespaced: true,
  }
  const [found] = cluster.objects(type, service) as readonly { spec?: { ips?: string[] } }[]
  return found?.spec?.ips?.[0]
}

function localAddress({ service }: FleetService, cluster: ClusterFacts): string | undefined {
  const ip = (cluster.service(service) as { spec?: { clusterIP?: string } } | undefined)?.spec?.clusterIP
  return ip === 'None' || ip === '' ? undefined : ip
}
