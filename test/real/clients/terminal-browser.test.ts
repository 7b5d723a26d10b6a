import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { Agent, type RequestOptions, request } from 'node:https'
import { after, before, describe, test } from 'node:test'
import { parse } from 'yaml'
import { type ClientFleet, startClientFleet } from '../../support/worlds/client-fleet.js'

/**
 * What terminal browsers of clusters do, k9s first of all: discovery all at once, a Table watch for each kind on the screen, metadata
 * watches of whole kinds, metrics every few seconds, and leaving without a word.
 */
const kinds = [
  ...['pods', 'services', 'configmaps', 'secrets', 'serviceaccounts', 'nodes', 'namespaces', 'events', 'endpoints'].map(
    (each) => `api/v1/${each}`,
  ),
  ...['persistentvolumes', 'persistentvolumeclaims', 'resourcequotas', 'limitranges', 'replicationcontrollers'].map(
    (each) => `api/v1/${each}`,
  ),
  ...['deployments', 'replicasets', 'statefulsets', 'daemonsets'].map((each) => `apis/apps/v1/${each}`),
  ...['jobs', 'cronjobs'].map((each) => `apis/batch/v1/${each}`),
  ...['ingresses', 'networkpolicies', 'ingressclasses'].map((each) => `apis/networking.k8s.io/v1/${each}`),
  ...['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'].map((each) => `apis/rbac.authorization.k8s.io/v1/${each}`),
  'apis/autoscaling/v2/horizontalpodautoscalers',
  'apis/policy/v1/poddisruptionbudgets',
  'apis/apiextensions.k8s.io/v1/customresourcedefinitions',
  'apis/storage.k8s.io/v1/storageclasses',
]
const table = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'
const metadata = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json'
const metadataList = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json'

interface Stream {
  readonly path: string
  readonly events: { type: string; object: Record<string, unknown> }[]
  leave(): void
}

describe('a terminal browser on an embedded cluster', () => {
  let fleet: ClientFleet
  let options: RequestOptions

  before(async () => {
    fleet = await startClientFleet()
    const config = parse(readFileSync(fleet.kubeconfig, 'utf8'))
    const { cluster } = config.clusters.find((each: { name: string }) => each.name === 'one')
    const { user } = config.users.find((each: { name: string }) => each.name === 'one')
    const text = (base64: string) => Buffer.from(base64, 'base64').toString()
    const { hostname, port } = new URL(cluster.server)
    options = {
      hostname,
      port,
      ca: text(cluster['certificate-authority-data']),
      cert: text(user['client-certificate-data']),
      key: text(user['client-key-data']),
    }
    await fleet.run('kubectl', 'create deployment web --image=example.com/web:1 --replicas=5')
    await fleet.run('kubectl', 'rollout status deploy/web --timeout=60s')
  })
  after(() => {
    agent.destroy()
    return fleet.stop()
  })

  // Answers come over a few connections that are used again; each watch has one of its own.
  const agent = new Agent({ keepAlive: true, maxSockets: 20 })
  const open = (path: string, accept: string, through?: Agent): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      request({ ...options, ...(through && { agent: through }), path: `/${path}`, headers: { accept } }, resolve)
        .on('error', reject)
        .end()
    })
  const read = async (path: string, accept = 'application/json'): Promise<{ code: number; body: Record<string, unknown> }> => {
    const response = await open(path, accept, agent)
    let text = ''
    for await (const chunk of response.setEncoding('utf8')) text += chunk
    return { code: response.statusCode!, body: text.startsWith('{') ? JSON.parse(text) : { text } }
  }
  const watch = async (path: string, accept: string): Promise<Stream> => {
    const response = await open(path, accept)
    assert.equal(response.statusCode, 200, path)
    const stream: Stream = { path, events: [], leave: () => response.destroy() }
    let rest = ''
    response.on('error', () => {})
    response.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop()!
      stream.events.push(...lines.map((line) => JSON.parse(line)))
    })
    return stream
  }
  const until = async (what: string, check: () => boolean): Promise<void> => {
    const end = Date.now() + 30_000
    while (!check()) {
      assert.ok(Date.now() < end, `never: ${what}`)
      await new Promise((done) => setTimeout(done, 20))
    }
  }

  test('a storm of discovery: 40 times everything at once', async () => {
    const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json'
    const groups = (await read('apis')).body['groups'] as { preferredVersion: { groupVersion: string } }[]
    const paths = ['api/v1', ...groups.map((each) => `apis/${each.preferredVersion.groupVersion}`)]
    const storm = Array.from({ length: 40 }, async (_, index) => {
      const answers = await Promise.all([
        read('api', aggregated),
        read('apis', aggregated),
        ...paths.map((path) => read(path)),
        read('version'),
        read('openapi/v3'),
      ])
      for (const { code } of answers) assert.equal(code, 200)
      return [index, JSON.stringify(answers)] as const
    })
    const texts = new Set((await Promise.all(storm)).map(([, text]) => text))
    assert.equal(texts.size, 1)
  })

  test(`${kinds.length} watches as tables and as many of metadata see what happens, and end with the client`, async () => {
    const streams: Stream[] = []
    for (const path of kinds) {
      const list = await read(`${path}?limit=500`, table)
      assert.equal(list.body['kind'], 'Table', path)
      assert.ok((list.body['columnDefinitions'] as unknown[]).length > 0)
      const version = (list.body['metadata'] as { resourceVersion: string }).resourceVersion
      streams.push(await watch(`${path}?watch=true&resourceVersion=${version}&allowWatchBookmarks=true`, table))
      const partial = await read(`${path}?limit=500`, metadataList)
      assert.equal(partial.body['kind'], 'PartialObjectMetadataList', path)
      streams.push(
        await watch(
          `${path}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
          metadata,
        ),
      )
    }
    const of = (path: string, index: number) => streams.filter((each) => each.path.startsWith(`${path}?`))[index]!
    await until('all initial events', () => streams.every((each, index) => index % 2 === 0 || each.events.some(isInitialEnd)))
    const before = of('api/v1/pods', 1).events.filter((each) => each.type === 'ADDED')
    assert.ok(before.length >= 5 && before.every((each) => each.object['kind'] === 'PartialObjectMetadata'))

    await fleet.run('kubectl', 'scale deploy/web --replicas=9')
    await fleet.run('kubectl', 'rollout status deploy/web --timeout=60s')
    const added = () => of('api/v1/pods', 0).events.filter((each) => each.type === 'ADDED')
    await until('four pods', () => added().length === 4)
    const [first] = of('api/v1/pods', 0).events
    assert.equal(first!.object['kind'], 'Table')
    assert.ok((first!.object['columnDefinitions'] as unknown[]).length > 5, 'the first Table of a stream has its columns')
    await until('the deployment is ready', () => {
      const rows = of('apis/apps/v1/deployments', 0).events.map(
        (each) => (each.object['rows'] as { cells: unknown[] }[] | undefined)?.[0]?.cells,
      )
      return rows.some((cells) => cells?.[1] === '9/9')
    })
    await until('events of metadata', () => of('api/v1/events', 1).events.length > 4)
    for (const each of streams) each.leave()
    assert.equal((await read('readyz')).body['text'], 'ok')
  })

  test('polling of metrics is answered, with numbers or with what kubectl top calls not available', async () => {
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all([read('apis/metrics.k8s.io/v1beta1/nodes'), read('apis/metrics.k8s.io/v1beta1/pods')])
      for (const { code, body } of answers)
        assert.ok(code === 200 ? Array.isArray(body['items']) : code === 404, JSON.stringify(body))
    }
  })

  test('permissions are asked for every kind', async () => {
    const names = kinds.map((path) => path.split('/').at(-1)).slice(0, 6)
    const answers = await Promise.all(
      names.flatMap((name) => ['list', 'delete'].map((verb) => fleet.run('kubectl', `auth can-i ${verb} ${name}`))),
    )
    for (const { stdout } of answers) assert.equal(stdout.trim(), 'yes')
  })
})

function isInitialEnd({ type, object }: { type: string; object: Record<string, unknown> }): boolean {
  const { annotations } = (object['metadata'] ?? {}) as { annotations?: Record<string, string> }
  return type === 'BOOKMARK' && annotations?.['k8s.io/initial-events-end'] === 'true'
}
