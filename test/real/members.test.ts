import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { type Members, startMembers } from '../../src/apiserver/members/start-members.js'
import { systemClock, systemRandom } from '../../src/app/system/system-ports.js'
import { silentLog } from '../../src/base/log.js'
import { type EmbeddedApi, startEmbeddedApi } from '../support/worlds/embedded-api.js'
import { eventually } from '../support/worlds/running-fleet.js'

let missing: string | false = false
try {
  execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' })
} catch {
  missing = 'kubectl is not installed'
}

describe('kubectl finds a member that behaves', { skip: missing }, () => {
  let api: EmbeddedApi
  let members: Members
  let folder: string

  before(async () => {
    api = await startEmbeddedApi()
    members = startMembers({ clusters: api.clusters, ports: { clock: systemClock, random: systemRandom, log: silentLog } })
    folder = await mkdtemp(join(tmpdir(), 'flotilla-members-'))
    const base64 = (text: string) => Buffer.from(text).toString('base64')
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        { name: 'm', cluster: { server: `https://127.0.0.1:${api.port}`, 'certificate-authority-data': base64(api.ca.certPem) } },
      ],
      users: [
        {
          name: 'admin',
          user: { 'client-certificate-data': base64(api.admin.certPem), 'client-key-data': base64(api.admin.keyPem) },
        },
      ],
      contexts: [{ name: 'm', context: { cluster: 'm', user: 'admin' } }],
      'current-context': 'm',
    }
    await writeFile(join(folder, 'config'), JSON.stringify(config))
  })
  after(async () => {
    members.stop()
    await api.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function kubectl(line: string): Promise<string> {
    const env = { PATH: process.env['PATH'] ?? '', HOME: folder, KUBECONFIG: join(folder, 'config') }
    const { stdout } = await promisify(execFile)('kubectl', line.split(' '), { env, timeout: 60_000 })
    return stdout
  }
  const images = async () =>
    (await kubectl('get pods -l app=web -o jsonpath={.items[*].spec.containers[0].image}')).split(' ').sort()

  test('nodes are ready', async () => {
    await kubectl('wait --for=condition=Ready node --all --timeout=30s')
    assert.match(await kubectl('get nodes'), /node-3 +Ready/)
  })

  test('rollouts: create, new image, undo, scale', async () => {
    await kubectl('create deployment web --image=nginx:1 --replicas=3')
    assert.match(await kubectl('rollout status deployment/web --timeout=20s'), /successfully rolled out/)
    await kubectl('set image deployment/web nginx=nginx:2')
    await kubectl('rollout status deployment/web --timeout=20s')
    assert.ok((await images()).includes('nginx:2'))
    assert.match(await kubectl('rollout history deployment/web'), /1 +<none>\n2 +<none>/)
    await kubectl('rollout undo deployment/web')
    await kubectl('rollout status deployment/web --timeout=20s')
    await kubectl('scale deployment web --replicas=5')
    await kubectl('rollout status deployment/web --timeout=20s')
    // Those of before may still be on their way out.
    await eventually(async () => assert.deepEqual(await images(), Array(5).fill('nginx:1')))
  })

  test('Services have endpoints', async () => {
    await kubectl('expose deployment web --port=80')
    await kubectl('wait --for=jsonpath={.subsets[0].addresses[4].ip} endpoints/web --timeout=30s')
    // Slices and Endpoints are written by two controllers.
    await eventually(async () => {
      const addresses = await kubectl(
        'get endpointslices -l kubernetes.io/service-name=web -o jsonpath={.items[*].endpoints[*].addresses[0]}',
      )
      assert.equal(addresses.split(' ').length, 5)
    })
  })

  test('draining a node moves its pods', async () => {
    await kubectl('drain node-1 --ignore-daemonsets --timeout=30s')
    await kubectl('rollout status deployment/web --timeout=20s')
    const nodes = await kubectl('get pods -l app=web -o jsonpath={.items[*].spec.nodeName}')
    assert.equal(nodes.includes('node-1'), false)
    await kubectl('uncordon node-1')
  })

  test('Jobs complete', async () => {
    await kubectl('create job once --image=x')
    await kubectl('wait --for=condition=complete job/once --timeout=30s')
    assert.match(await kubectl('get pods -l job-name=once'), /Completed/)
  })

  test('what is deleted takes along what it owns', async () => {
    await kubectl('delete deployment web --cascade=foreground --timeout=20s')
    assert.equal(await kubectl('get pods,replicasets -l app=web -o name'), '')
    await kubectl('create namespace shop')
    await kubectl('run p --image=x -n shop')
    await kubectl('delete namespace shop --timeout=20s')
    assert.equal(await kubectl('get namespaces shop --ignore-not-found'), '')
  })
})
