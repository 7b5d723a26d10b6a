import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { get } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { detectLoopback } from '../src/apiserver/members/network/detect-loopback.js'
import type { EndpointSlice } from '../src/services/model/kube-kinds.js'
import type { ServiceImport } from '../src/services/model/multi-cluster-kinds.js'
import { eventually, type RunningFleet, startRunningFleet } from './support/worlds/running-fleet.js'

// Real processes behind a service of two clusters, used from a third that prefers one of them, while things fail.

const abilities = await detectLoopback()
const skip = abilities.addresses ? hasKubectl() : 'only 127.0.0.1 can be bound here'
const name = 'api.shop.svc.clusterset.local'
const ratePerSecond = 50

const everywhere = `apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Pod
metadata: {name: client, namespace: shop}
spec: {containers: [{name: client, image: busybox, command: [sleep, "3600"]}]}
`
const exporting = (cluster: string) => `${everywhere}---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
        - name: api
          image: hashicorp/http-echo
          args: ["-text=${cluster}", "-listen=:8080"]
          readinessProbe: {httpGet: {port: 8080}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {selector: {app: api}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: multicluster.x-k8s.io/v1beta1
kind: ServiceExport
metadata: {name: api, namespace: shop}
`
const eastFirst = `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: api, namespace: shop}
spec:
  host: ${name}
  trafficPolicy:
    outlierDetection: {consecutive5xxErrors: 5}
    loadBalancer: {localityLbSetting: {failover: [{from: us-west-2, to: us-east-1}]}}
`

describe('traffic across clusters, of processes', { skip, timeout: 240_000 }, () => {
  let fleet: RunningFleet
  let load: Load
  const chaos = (args: string) => fleet.flotilla(`chaos ${args}`)
  const exec = async (command: string) => (await fleet.kubectl(`--context us-west -n shop exec client -- ${command}`)).stdout
  const slices = async () => {
    const what = '--context us-west -n shop get endpointslices -l multicluster.kubernetes.io/service-name=api -o json'
    return (JSON.parse((await fleet.kubectl(what)).stdout) as { items: EndpointSlice[] }).items
  }
  const answersOf = (cluster: string) => eventually(async () => assert.deepEqual(load.last(25), Array(25).fill(cluster)), 30)

  before(async () => {
    fleet = await startRunningFleet({ clusters: 'us-west,us-east,eu-west', pods: 'auto' })
    for (const cluster of ['us-east', 'eu-west'])
      await fleet.kubectl(`--context ${cluster} apply -f -`, { input: exporting(cluster) })
    await fleet.kubectl('--context us-west apply -f -', { input: `${everywhere}---\n${eastFirst}` })
    const address = await eventually(async () => {
      const found = await fleet.kubectl('--context us-west -n shop get serviceimport api -o json', { fails: true })
      const ip = found.failed ? undefined : (JSON.parse(found.stdout) as ServiceImport).spec.ips?.[0]
      const ready = (await slices()).flatMap(({ endpoints }) => endpoints ?? []).length
      assert.ok(ip !== undefined && ready === 4)
      return ip
    })
    load = startLoad(address)
    await answersOf('us-east')
  })
  after(async () => {
    load?.stop()
    await fleet?.stop()
  })

  test('a pod finds the name and is answered from the cluster that comes first', async () => {
    assert.match(
      await exec(`nslookup ${name}`),
      new RegExp(`Name:\\s+${name}\\nAddress: ${load.address.replaceAll('.', '\\.')}\\n`),
    )
    assert.equal((await exec(`wget -qO- http://${name}`)).trim(), 'us-east')
  })

  test('a cluster that loses its power is left at once, and used again when it is back', async (t) => {
    const from = load.mark()
    await chaos('cluster stop us-east')
    const stopped = performance.now()
    await answersOf('eu-west')
    assert.equal((await exec(`wget -qO- http://${name}`)).trim(), 'eu-west')
    const failures = load.failures(from)
    t.diagnostic(`${failures.length} of ${load.mark() - from} requests failed when the cluster lost its power`)
    // Those that its processes were about to answer, and no others.
    assert.ok(failures.length <= 3, JSON.stringify(failures))
    for (const { begun, error } of failures) assert.ok(begun < stopped, error)
    const back = load.mark()
    await chaos('cluster start us-east')
    await answersOf('us-east')
    assert.deepEqual(load.failures(back), [])
  })

  test('a way between two clusters that is cut sends traffic to the next one; the hub hears nothing of it', async () => {
    const from = load.mark()
    await chaos('network cut us-west us-east')
    await answersOf('eu-west')
    await chaos('heal')
    await answersOf('us-east')
    assert.ok(load.failures(from).length <= 2, JSON.stringify(load.failures(from)))
  })

  test('a cluster that the hub does not reach loses nothing; its pods come after those that are known to be there', async () => {
    const from = load.mark()
    const before = (await slices()).map(({ metadata }) => metadata.uid).sort()
    await chaos('network cut us-east')
    await answersOf('eu-west')
    assert.deepEqual((await slices()).map(({ metadata }) => metadata.uid).sort(), before)
    assert.match((await fleet.kubectl('--context us-west -n shop get serviceimport api')).stdout, /ClusterSetIP/)
    await chaos('heal')
    await answersOf('us-east')
    assert.deepEqual(load.failures(from), [])
    assert.deepEqual((await slices()).map(({ metadata }) => metadata.uid).sort(), before)
  })

  test('a rolling restart of the exporting Deployment is not noticed', async () => {
    const from = load.mark()
    await fleet.kubectl('--context us-east -n shop rollout restart deployment api')
    await fleet.kubectl('--context us-east -n shop rollout status deployment api --timeout=60s')
    const pods = JSON.parse((await fleet.kubectl('--context us-east -n shop get pods -l app=api -o json')).stdout) as {
      items: { status: { podIP: string } }[]
    }
    const addresses = pods.items.map(({ status }) => status.podIP).sort()
    await eventually(async () => {
      const known = (await slices()).flatMap(({ endpoints }) => endpoints ?? []).map((each) => each.addresses[0])
      for (const address of addresses) assert.ok(known.includes(address))
      assert.equal(known.length, 4)
    })
    await answersOf('us-east')
    assert.deepEqual(load.failures(from), [])
  })

  test('ten times off and on in a row: only what is under way fails', async (t) => {
    const from = load.mark()
    for (let round = 0; round < 10; round++) {
      await chaos('cluster stop us-east')
      await chaos('cluster start us-east')
    }
    await answersOf('us-east')
    const failures = load.failures(from)
    t.diagnostic(`${failures.length} of ${load.mark() - from} requests failed`)
    assert.ok(failures.length <= 10, JSON.stringify(failures))
    const codes = new Set(failures.map(({ error }) => error))
    codes.delete('ECONNRESET')
    assert.deepEqual([...codes], [])
  })
})

interface Load {
  readonly address: string
  /** How many requests have been sent. */
  mark(): number
  /** Requests since a mark that were not answered. */
  failures(mark: number): readonly { readonly begun: number; readonly error: string }[]
  /** What the last requests that have ended brought. */
  last(count: number): readonly string[]
  stop(): void
}

/** Requests at a steady rate, each over a connection of its own, as new clients would. */
function startLoad(address: string): Load {
  const failures: { index: number; begun: number; error: string }[] = []
  const ended: string[] = []
  let sent = 0
  const timer = setInterval(() => {
    const index = sent++
    const begun = performance.now()
    const fail = (error: NodeJS.ErrnoException) => {
      failures.push({ index, begun, error: error.code ?? error.message })
      ended.push('error')
    }
    const call = get({ host: address, port: 80, agent: false, timeout: 5000 }, (response) => {
      let text = ''
      response.on('data', (part: Buffer) => {
        text += part.toString('latin1')
      })
      response.on('end', () => ended.push(text.trim()))
      response.on('error', fail)
    })
    call.on('timeout', () => call.destroy(new Error('no answer within 5 s')))
    call.on('error', fail)
  }, 1000 / ratePerSecond)
  return {
    address,
    mark: () => sent,
    failures: (mark) => failures.filter(({ index }) => index >= mark),
    last: (count) => ended.slice(-count),
    stop: () => clearInterval(timer),
  }
}

function hasKubectl(): false | string {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' })
    return false
  } catch {
    return 'kubectl is not installed'
  }
}
