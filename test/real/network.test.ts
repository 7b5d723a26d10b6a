import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { get as getHttp } from 'node:http'
import { get as getHttps } from 'node:https'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { detectLoopback } from '../../src/apiserver/members/network/detect-loopback.js'
import { eventually, type RunningFleet, startRunningFleet } from '../support/worlds/running-fleet.js'

// Services and names of a fleet as programs of this machine meet them: HTTP, TLS, and dig.

const abilities = await detectLoopback()
const skip = !abilities.addresses
  ? 'only 127.0.0.1 can be bound here'
  : !abilities.lowPorts
    ? 'ports below 1024 cannot be bound here'
    : has('kubectl', 'version', '--client')
      ? false
      : 'kubectl is not installed'
const noDig = has('dig', '-v') ? false : 'dig is not installed'

function has(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const objects = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: web, image: registry.k8s.io/e2e-test-images/agnhost:2.53, args: [netexec, --http-port=8080], ports: [{containerPort: 8080, name: http}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, type: LoadBalancer, ports: [{port: 80, targetPort: http, name: http}]}
---
apiVersion: v1
kind: Service
metadata: {name: each}
spec: {selector: {app: web}, clusterIP: None, ports: [{port: 8080, name: http}]}
---
apiVersion: v1
kind: Service
metadata: {name: away}
spec: {type: ExternalName, externalName: www.example.com}
`

describe('the network of an embedded fleet', { skip }, () => {
  let fleet: RunningFleet
  const kubectl = async (args: string) => (await fleet.kubectl(`--context cluster-001 ${args}`)).stdout
  const field = (of: string, path: string) => kubectl(`get ${of} -o jsonpath={${path}}`)
  const read = (url: string, from?: string) =>
    new Promise<string>((resolve, reject) => {
      getHttp(url, { agent: false, timeout: 3000, ...(from ? { localAddress: from } : {}) }, (response) => {
        let text = ''
        response.on('data', (part) => (text += part)).on('end', () => resolve(text))
      }).on('error', reject)
    })

  before(async () => {
    fleet = await startRunningFleet({ clusters: '2', pods: 'auto' })
    await fleet.kubectl('--context cluster-001 apply -f -', { input: objects })
    await kubectl('rollout status deployment/web --timeout=60s')
  })
  after(() => fleet?.stop())

  test('the ClusterIP, the node port and the load balancer lead to all pods, which see who calls', async () => {
    const clusterIp = await field('service/web', '.spec.clusterIP')
    const names = new Set<string>()
    await eventually(async () => {
      names.add(await read(`http://${clusterIp}/hostname`))
      assert.equal(names.size, 2)
    })
    const balancer = await field('service/web', '.status.loadBalancer.ingress[0].ip')
    assert.ok(names.has(await read(`http://${balancer}/hostname`)))
    const node = await field('node/node-2', '.status.addresses[0].address')
    const port = await field('service/web', '.spec.ports[0].nodePort')
    assert.ok(names.has(await read(`http://${node}:${port}/hostname`)))
    const [caller = ''] = (await field('pods', '.items[*].status.podIP')).split(' ')
    assert.match(await read(`http://${clusterIp}/clientip`, caller), new RegExp(`^${caller}:`))
  })

  test('pods reach Services by name, and the API with their own token', async () => {
    const out = await kubectl('exec deploy/web -- wget -qO- http://web/hostname')
    assert.match(out, /^web-/)
    const address = await field('service/kubernetes', '.spec.clusterIP')
    const ca = readFileSync(join(fleet.folder, 'state/pki/ca.crt'))
    const code = await new Promise<number | undefined>((resolve, reject) => {
      getHttps(`https://${address}/version`, { ca, agent: false }, (response) => resolve(response.resume().statusCode)).on(
        'error',
        reject,
      )
    })
    assert.equal(code, 200)
  })

  test('nothing listens once no pod is left', async () => {
    const clusterIp = await field('service/web', '.spec.clusterIP')
    await kubectl('scale deployment/web --replicas=0')
    await eventually(() => assert.rejects(read(`http://${clusterIp}/`), { code: 'ECONNREFUSED' }))
    await kubectl('scale deployment/web --replicas=2')
    await eventually(() => read(`http://${clusterIp}/`))
  })

  test('dig understands the name server', { skip: noDig }, async () => {
    const server = await fleet.kubectl('--context cluster-001 -n kube-system get service kube-dns -o jsonpath={.spec.clusterIP}')
    const dig = (...args: string[]) =>
      new Promise<string>((resolve, reject) => {
        execFile('dig', [`@${server.stdout}`, '+tries=2', '+time=5', ...args], (error, stdout) =>
          error ? reject(error) : resolve(stdout.trim()),
        )
      })
    const clusterIp = await field('service/web', '.spec.clusterIP')
    // The pods are new: what went with those of before is answered for a moment yet.
    await kubectl('rollout status deployment/web --timeout=60s')
    let pods: string[] = []
    const sorted = (text: string) => text.split('\n').sort()
    assert.equal(await dig('+short', 'web.default.svc.cluster.local'), clusterIp)
    assert.equal(await dig('+short', '+tcp', 'WEB.default.svc.Cluster.Local'), clusterIp)
    assert.equal(await dig('+short', '+noedns', '-x', clusterIp), 'web.default.svc.cluster.local.')
    await eventually(async () => {
      pods = (await field('pods', '.items[*].status.podIP')).split(' ').sort()
      assert.equal(pods.length, 2)
      assert.deepEqual(sorted(await dig('+short', 'each.default.svc.cluster.local')), pods)
    })
    assert.deepEqual(
      sorted(await dig('+short', 'SRV', '_http._tcp.each.default.svc.cluster.local')),
      pods.map((address) => `0 50 8080 ${address.replaceAll('.', '-')}.each.default.svc.cluster.local.`),
    )
    assert.equal(await dig('+short', 'away.default.svc.cluster.local'), 'www.example.com.')
    assert.equal(await dig('+short', 'TXT', 'dns-version.cluster.local'), '"1.1.0"')
    const absent = await dig('nothing.default.svc.cluster.local')
    assert.match(absent, /status: NXDOMAIN/)
    assert.match(absent, /cluster\.local\.\s+30\s+IN\s+SOA\s/)
    assert.match(await dig('AAAA', 'web.default.svc.cluster.local'), /status: NOERROR.*\n.*ANSWER: 0, AUTHORITY: 1/)
    assert.match(await dig('example.com'), /status: REFUSED/)
    assert.match(await dig('+edns=3', '+noednsneg', 'web.default.svc.cluster.local'), /status: BADVERS/)
    assert.doesNotMatch(await dig('web.default.svc.cluster.local'), /malformed|warning: .*(extra|mismatch)/i)
  })
})
