import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JsonPath } from './json-path.js'

const data = {
  metadata: { name: 'web', labels: { 'app.kubernetes.io/name': 'shop', tier: 'front' } },
  spec: { replicas: 3, ports: [{ port: 80, name: 'http' }, { port: 443, name: 'https' }, { port: 9090 }] },
  status: {
    conditions: [
      { type: 'Ready', status: 'True', weight: 1 },
      { type: 'Synced', status: 'False', weight: 2 },
    ],
    nested: { deep: [{ port: 1 }] },
  },
}
const cases: [path: string, found: unknown[]][] = [
  ['.metadata.name', ['web']],
  ['{.metadata.name}', ['web']],
  ['$.metadata.name', ['web']],
  ['metadata.name', ['web']],
  ['.metadata.labels.app\\.kubernetes\\.io/name', ['shop']],
  [".metadata.labels['app.kubernetes.io/name']", ['shop']],
  ['.metadata.labels.*', ['shop', 'front']],
  [".metadata['name']", ['web']],
  ['.spec.ports[0].port', [80]],
  ['.spec.ports[-1].port', [9090]],
  ['.spec.ports[7].port', []],
  ['.spec.ports[*].name', ['http', 'https']],
  ['.spec.ports[0:2].port', [80, 443]],
  ['.spec.ports[1:].port', [443, 9090]],
  ['.spec.ports[::2].port', [80, 9090]],
  ['.spec.ports[-2:].port', [443, 9090]],
  ['.spec.ports[0,2].port', [80, 9090]],
  [".spec.ports[0]['port','name']", [80, 'http']],
  ['.status.conditions[?(@.type=="Ready")].status', ['True']],
  [".status.conditions[?(@.type != 'Ready')].status", ['False']],
  ['.status.conditions[?(@.weight>1)].type', ['Synced']],
  ['.status.conditions[?(@.weight<=1)].type', ['Ready']],
  ['.spec.ports[?(@.name)].port', [80, 443]],
  ['.spec.ports[?(@.port == $.spec.ports[1].port)].name', ['https']],
  ['..port', [80, 443, 9090, 1]],
  ['.absent.path[0]', []],
  ['.metadata.name.further', []],
  ['.spec.replicas', [3]],
  ['.spec.__proto__', []],
]

test('finds what Kubernetes finds', () => {
  for (const [path, found] of cases) assert.deepEqual(JsonPath.parse(path).find(data), found, path)
  assert.deepEqual(JsonPath.parse('{.}').find(5), [5])
})

test('refuses what is no path', () => {
  for (const path of ['.a[', '.a[b]', '.a[?(@.b==)]', '.a[?(@.b==c)]', '.a b', '.a..', '.a[0', ".a['b]", 'x'.repeat(5000)]) {
    assert.throws(() => JsonPath.parse(path), { code: 'invalid-json-path' }, path)
  }
})
