import assert from 'node:assert/strict'
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { KubeObject } from '../../src/kube/object/kube-object.js'
import { type EmbeddedApi, startEmbeddedApi, userTokens } from '../support/worlds/embedded-api.js'

const missing = kubectlIsMissing() ? 'kubectl is not installed' : false

function kubectlIsMissing(): boolean {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' })
    return false
  } catch {
    return true
  }
}

const deployment = (replicas: number, image = 'nginx:1') => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: ${image}
        ports: [{containerPort: 80}]
`
const service = 'apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector: {app: web}\n  ports: [{port: 80}]\n'

describe('kubectl against an embedded cluster', { skip: missing }, () => {
  let api: EmbeddedApi
  let folder: string
  let leave: () => void

  before(async () => {
    api = await startEmbeddedApi()
    folder = await mkdtemp(join(tmpdir(), 'flotilla-kubectl-'))
    const base64 = (text: string) => Buffer.from(text).toString('base64')
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'member',
          cluster: { server: `https://127.0.0.1:${api.port}`, 'certificate-authority-data': base64(api.ca.certPem) },
        },
      ],
      users: [
        {
          name: 'admin',
          user: { 'client-certificate-data': base64(api.admin.certPem), 'client-key-data': base64(api.admin.keyPem) },
        },
        { name: 'jane', user: { token: userTokens.jane } },
      ],
      contexts: ['admin', 'jane'].map((user) => ({ name: user, context: { cluster: 'member', user } })),
      'current-context': 'admin',
    }
    await writeFile(join(folder, 'config'), JSON.stringify(config))
    leave = actAsKubelet(api)
  })
  after(async () => {
    leave()
    await api.close()
    await rm(folder, { recursive: true, force: true })
  })

  const environment = () => ({ PATH: process.env['PATH'] ?? '', HOME: folder, KUBECONFIG: join(folder, 'config') })

  /** Runs kubectl and gives what it prints. Fails with its error output, unless `fails` is set: then it gives that. */
  function kubectl(args: string, options: { input?: string; fails?: boolean } = {}): Promise<string> {
    return new Promise((resolve, reject) => {
      const list = args.match(/(?:'[^']*'|[^\s'])+/g)!.map((arg) => arg.replaceAll("'", ''))
      const child = execFile('kubectl', list, { env: environment(), timeout: 30_000, cwd: folder }, (error, stdout, stderr) => {
        if (options.fails === true) {
          if (error) resolve(stdout + stderr)
          else reject(new Error(`kubectl ${args} succeeded: ${stdout}`))
        } else if (error) reject(new Error(`kubectl ${args}: ${stderr || error.message}`))
        else resolve(stdout + stderr)
      })
      child.stdin?.end(options.input ?? '')
    })
  }

  test('version, health, resources', async () => {
    assert.match(await kubectl('version'), /Server Version: v1\.\d+/)
    assert.equal((await kubectl('get --raw /readyz')).trim(), 'ok')
    assert.match(await kubectl('api-resources'), /^deployments +deploy +apps\/v1 +true +Deployment$/m)
    assert.match(await kubectl('api-versions'), /^rbac\.authorization\.k8s\.io\/v1$/m)
    assert.match(await kubectl('get namespaces'), /^default +Active +\d+s$/m)
    assert.match(await kubectl('cluster-info'), /control plane.* is running at https:\/\/127\.0\.0\.1/)
  })

  test('create by generators (protobuf bodies)', async () => {
    assert.equal(await kubectl('create configmap settings --from-literal=a=1'), 'configmap/settings created\n')
    assert.equal(await kubectl("get configmap settings -o jsonpath='{.data.a}'"), '1')
    assert.equal(await kubectl('create namespace shop'), 'namespace/shop created\n')
    await kubectl('create secret generic keys --from-literal=k=v -n shop')
    assert.match(await kubectl('get secrets -n shop'), /^keys +Opaque +1 +\d+s$/m)
    await kubectl('create serviceaccount robot -n shop')
    assert.match(await kubectl('get sa -n shop'), /^robot +0 +\d+s$/m)
    assert.match(await kubectl('create deployment probe --image=nginx -n shop'), /created/)
    await kubectl('delete deployment probe -n shop')
  })

  test('a kind that is not served is told as such', async () => {
    const input = 'apiVersion: example.com/v1\nkind: Gadget\nmetadata:\n  name: one\n'
    const told = await kubectl('apply -f -', { input, fails: true })
    assert.match(told, /no matches for kind "Gadget" in version "example.com\/v1"/)
    assert.match(told, /ensure CRDs are installed first/)
  })

  test('apply, diff, apply again, server-side apply with conflicts', async () => {
    const input = `${deployment(2)}---\n${service}`
    assert.equal(await kubectl('apply -f -', { input }), 'deployment.apps/web created\nservice/web created\n')
    assert.equal(await kubectl('apply -f -', { input }), 'deployment.apps/web unchanged\nservice/web unchanged\n')
    const difference = await kubectl('diff -f -', { input: deployment(3), fails: true })
    assert.match(difference, /^-\s+replicas: 2$/m)
    assert.match(difference, /^\+\s+replicas: 3$/m)
    assert.equal(await kubectl('apply -f -', { input: deployment(3) }), 'deployment.apps/web configured\n')
    assert.equal(await kubectl("get deploy web -o jsonpath='{.spec.replicas}'"), '3')
    assert.match(await kubectl('apply --server-side -f -', { input: deployment(3) }), /web serverside-applied/)
    const conflict = await kubectl('apply --server-side --field-manager=other -f -', { input: deployment(5), fails: true })
    assert.match(conflict, /Apply failed with 1 conflict: conflict with "kubectl".*: \.spec\.replicas/)
    await kubectl('apply --server-side --field-manager=other --force-conflicts -f -', { input: deployment(5) })
    assert.equal(await kubectl("get deploy web -o jsonpath='{.spec.replicas}'"), '5')
    const unknown = await kubectl('apply -f -', { input: deployment(3).replace('replicas', 'replicsa'), fails: true })
    assert.match(unknown, /unknown field "spec\.replicsa"/)
  })

  test('get in its forms', async () => {
    assert.match(
      await kubectl('get deploy web -o wide'),
      /NAME +READY +UP-TO-DATE +AVAILABLE +AGE +CONTAINERS +IMAGES +SELECTOR\n/,
    )
    assert.match(await kubectl('get deploy,svc -o name'), /deployment\.apps\/web\nservice\/kubernetes\nservice\/web/)
    assert.match(await kubectl('get svc web -o yaml'), /^kind: Service$/m)
    assert.match(await kubectl('get all -A'), /service\/kubernetes/)
    assert.match(await kubectl('get deploy web --show-labels --sort-by=.metadata.name'), /LABELS/)
    assert.match(await kubectl("get ns -o custom-columns='N:.metadata.name' --field-selector=metadata.name=shop"), /^N\nshop\n$/)
    assert.match(
      await kubectl('get deploy absent', { fails: true }),
      /Error from server \(NotFound\): deployments\.apps "absent" not found/,
    )
  })

  test('label, annotate, patch, scale, set, replace', async () => {
    await kubectl('label deploy web tier=front')
    await kubectl('annotate deploy web note=x')
    assert.match(await kubectl('get deploy -l tier=front -o name'), /deployment\.apps\/web/)
    await kubectl(`patch deploy web -p '{"spec":{"minReadySeconds":1}}'`)
    await kubectl(`patch deploy web --type=json -p '[{"op":"replace","path":"/spec/minReadySeconds","value":2}]'`)
    await kubectl(`patch deploy web --type=merge -p '{"spec":{"minReadySeconds":3}}'`)
    assert.equal(await kubectl("get deploy web -o jsonpath='{.spec.minReadySeconds}'"), '3')
    await kubectl('scale deploy web --replicas=2')
    assert.equal(await kubectl("get deploy web -o jsonpath='{.spec.replicas}'"), '2')
    await kubectl('set image deploy/web web=nginx:2')
    assert.equal(await kubectl("get deploy web -o jsonpath='{.spec.template.spec.containers[0].image}'"), 'nginx:2')
    const input = await kubectl('get svc web -o json')
    assert.equal(await kubectl('replace -f -', { input }), 'service/web replaced\n')
    await kubectl('autoscale deploy web --min=1 --max=3 --cpu-percent=50')
    assert.match(await kubectl('get hpa'), /^web +Deployment\/web +cpu: <unknown>\/50% +1 +3 +0 +/m)
    await kubectl('delete hpa web')
  })

  test('rollout status and wait follow the status', async () => {
    const status = kubectl('rollout status deploy/web --timeout=20s')
    const waiting = kubectl('wait --for=condition=Available deploy/web --timeout=20s')
    const { generation } = (await deploymentOf(api)).metadata
    const body = {
      status: {
        observedGeneration: generation,
        replicas: 2,
        updatedReplicas: 2,
        readyReplicas: 2,
        availableReplicas: 2,
        conditions: [{ type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable', message: 'ok' }],
      },
    }
    const path = '/apis/apps/v1/namespaces/default/deployments/web/status'
    const patched = await api.ask('PATCH', path, { body, headers: { 'content-type': 'application/merge-patch+json' } })
    assert.equal(patched.code, 200)
    assert.match(await status, /deployment "web" successfully rolled out/)
    assert.match(await waiting, /deployment\.apps\/web condition met/)
    assert.match(await kubectl('get deploy web'), /^web +2\/2 +2 +2 +/m)
    assert.match(await kubectl('rollout history deploy/web'), /deployment\.apps\/web/)
  })

  test('get -w shows changes', async () => {
    const child: ChildProcess = spawn('kubectl', ['get', 'configmaps', '-w'], { env: environment() })
    let text = ''
    const seen = (pattern: RegExp) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (!pattern.test(text)) return
          child.stdout?.off('data', look)
          resolve()
        }
        child.stdout?.on('data', look)
        look()
      })
    child.stdout?.on('data', (chunk) => (text += chunk))
    await seen(/settings/)
    await kubectl('create configmap seen --from-literal=a=1')
    await seen(/^seen +1 +\d+s$/m)
    child.kill()
  })

  test('describe, explain, events', async () => {
    assert.match(await kubectl('describe deploy web'), /^Replicas: +2 desired/m)
    assert.match(await kubectl('describe ns shop'), /^Name: +shop$/m)
    assert.match(await kubectl('explain pods.spec.containers'), /FIELD: containers <\[\]Container>/)
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'web.1' },
      involvedObject: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', namespace: 'default' },
      type: 'Normal',
      reason: 'Tested',
      message: 'all is well',
      lastTimestamp: new Date().toISOString().replace(/\.\d+/, ''),
      count: 1,
      source: { component: 'test' },
    }
    assert.equal((await api.ask('POST', '/api/v1/namespaces/default/events', { body: event })).code, 201)
    assert.match(await kubectl('get events'), /Normal +Tested +deployment\/web +all is well/)
    assert.match(await kubectl('events'), /Normal +Tested +Deployment\/web +all is well/)
  })

  test('who may do what', async () => {
    assert.match(await kubectl('auth whoami'), /^Username +admin$/m)
    assert.match(await kubectl('auth can-i delete nodes'), /^yes$/m)
    assert.match(await kubectl('auth can-i --list'), /^\*\.\* +\[\] +\[\] +\[\*\]$/m)
    const refused = await kubectl('get pods --context=jane', { fails: true })
    assert.equal(
      refused,
      'Error from server (Forbidden): pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"\n',
    )
    assert.match(await kubectl('auth can-i list pods --context=jane', { fails: true }), /^no/m)
    await kubectl('create role reader --verb=get,list --resource=pods')
    await kubectl('create rolebinding jane-reads --role=reader --user=jane')
    assert.match(await kubectl('auth can-i list pods --context=jane'), /^yes/m)
    assert.match(await kubectl('get pods --context=jane'), /No resources found/)
    assert.match(await kubectl('auth can-i list pods --as=jane'), /^yes/m)
    assert.match(await kubectl('auth can-i --list --context=jane'), /^pods +\[\] +\[\] +\[get list\]$/m)
    assert.match(await kubectl('get rolebinding jane-reads -o wide'), /Role\/reader +\d+s +jane/)
    const escalation = await kubectl('create clusterrolebinding x --clusterrole=cluster-admin --user=jane --as=jane', {
      fails: true,
    })
    assert.match(escalation, /cannot create resource "clusterrolebindings"/)
  })

  test('tokens of service accounts', async () => {
    await kubectl('create serviceaccount bot')
    const token = (await kubectl('create token bot --duration=20m')).trim()
    assert.match(await kubectl(`auth whoami --context=jane --token=${token}`), /^Username +system:serviceaccount:default:bot$/m)
    await kubectl('create rolebinding bot-views --clusterrole=view --serviceaccount=default:bot')
    assert.match(await kubectl(`get services --context=jane --token=${token}`), /kubernetes/)
    assert.match(await kubectl(`get secrets --context=jane --token=${token}`, { fails: true }), /Forbidden/)
    await kubectl('delete serviceaccount bot')
    assert.match(await kubectl(`get services --context=jane --token=${token}`, { fails: true }), /Unauthorized|must be logged in/)
  })

  test('custom resources', async () => {
    const input = JSON.stringify({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgets.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'widgets', singular: 'widget', kind: 'Widget', shortNames: ['wd'] },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: { spec: { type: 'object', properties: { size: { type: 'integer', description: 'How large.' } } } },
              },
            },
            additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
          },
        ],
      },
    })
    await kubectl('apply -f -', { input })
    await kubectl('wait --for=condition=Established crd/widgets.example.com --timeout=10s')
    const widget = (size: unknown) =>
      JSON.stringify({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' }, spec: { size } })
    assert.match(await kubectl('apply -f -', { input: widget(3) }), /widget\.example\.com\/w created/)
    assert.match(await kubectl('apply -f -', { input: widget(4) }), /configured/)
    assert.match(await kubectl('get wd'), /NAME +SIZE\nw +4\n/)
    assert.match(await kubectl('explain widget.spec.size'), /How large\./)
    assert.match(await kubectl('apply -f -', { input: widget('x'), fails: true }), /spec\.size/)
    await kubectl('delete crd widgets.example.com')
  })

  test('cordon and drain', async () => {
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } }
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'tenant' },
      spec: { nodeName: 'n1', containers: [{ name: 'a', image: 'a' }] },
    }
    assert.equal((await api.ask('POST', '/api/v1/nodes', { body: node })).code, 201)
    assert.equal((await api.ask('POST', '/api/v1/namespaces/default/pods', { body: pod })).code, 201)
    await kubectl('cordon n1')
    assert.match(await kubectl('get nodes'), /^n1 +\w+,SchedulingDisabled/m)
    assert.match(await kubectl('drain n1 --force --timeout=20s'), /node\/n1 drained/)
    assert.match(await kubectl('get pod tenant', { fails: true }), /NotFound/)
    await kubectl('uncordon n1')
    assert.match(await kubectl('describe node n1'), /^Unschedulable: +false$/m)
  })

  test('delete', async () => {
    assert.equal(await kubectl('delete deploy web'), 'deployment.apps "web" deleted\n')
    assert.match(await kubectl('delete svc,cm -l app=none'), /No resources found/)
    assert.match(await kubectl('delete cm seen settings --wait'), /configmap "settings" deleted/)
    assert.match(await kubectl('delete ns shop --wait=false'), /namespace "shop" deleted/)
    assert.match(await kubectl('get ns shop'), /Terminating/)
  })
})

async function deploymentOf(api: EmbeddedApi): Promise<KubeObject> {
  return (await api.ask('GET', '/apis/apps/v1/namespaces/default/deployments/web')).json as KubeObject
}

/** Confirms the deletion of pods, as their node's kubelet would. */
function actAsKubelet(api: EmbeddedApi): () => void {
  const client = api.cluster.client()
  const type = api.cluster.api.catalogue().forKind('v1', 'Pod')!
  return api.clusters.onChange(({ groupResource, object, type: change }) => {
    if (groupResource !== 'pods' || change === 'DELETED' || object.metadata.deletionTimestamp === undefined) return
    const { name, namespace } = object.metadata
    setImmediate(
      () => void client.delete({ type, name, ...(namespace ? { namespace } : {}) }, { gracePeriodSeconds: 0 }).catch(() => {}),
    )
  })
}
