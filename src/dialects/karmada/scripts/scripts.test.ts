import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { LuaScript } from './lua-script.js'
import { scriptedInterpreter } from './script-interpreter.js'

const run = (code: string, name: string, ...args: unknown[]) => new LuaScript(code, () => 0).call(name, args, 1, args)[0]

test('data goes in and comes out; empty tables are what they were', () => {
  const object = { a: [1, 2.5, 'x', true], b: {}, c: [], d: { e: {} } }
  assert.deepEqual(run('function f(o) o.g = {} return o end', 'f', object), object)
  assert.equal(run('function f(o) return #o.a + o.a[2] end', 'f', object), 6.5)
  assert.equal(run('function f() return "größe" end', 'f'), 'größe')
  assert.equal(run('function f(o) return o.missing == nil end', 'f', object), true)
})

test('the kube library adds quantities and reads pods', () => {
  const kube = 'local kube = require("kube")\n'
  assert.equal(run(`${kube}function f(a, b) return kube.resourceAdd(a, b, nil) end`, 'f', '500m', '1'), '1500m')
  assert.equal(run(`${kube}function f(a) return kube.getResourceQuantity(a) end`, 'f', '1Gi'), 1024 ** 3)
  const template = {
    spec: {
      nodeSelector: { disk: 'ssd' },
      containers: [{ name: 'a', resources: { requests: { cpu: '1' } } }],
      volumes: [{ name: 'v', secret: { secretName: 'keys' } }],
    },
  }
  assert.deepEqual(run(`${kube}function f(t) return kube.accuratePodRequirements(t) end`, 'f', template), {
    nodeClaim: { nodeSelector: { disk: 'ssd' } },
    resourceRequest: { cpu: '1' },
  })
  assert.deepEqual(run(`${kube}function f(t) return kube.getPodDependencies(t, "shop") end`, 'f', template), [
    { apiVersion: 'v1', kind: 'Secret', namespace: 'shop', name: 'keys' },
  ])
})

test('scripts that take too much, or what is not theirs, fail alone', () => {
  const refuses = (code: string, words: RegExp) => assert.throws(() => run(code, 'f'), words)
  refuses('function f() while true do end end', /too many instructions/)
  refuses('function f() while true do pcall(function() while true do end end) end end', /too many instructions/)
  refuses('function f() local s = "x" while true do s = s .. s end end', /longer than 1 MiB/)
  refuses('function f() return string.rep("x", 1e9) end', /longer than 1 MiB/)
  const hoard = 'local t, s = {}, string.rep("x", 500000) for i = 1, 1e6 do t[i] = s .. i end'
  refuses(`function f() ${hoard} end`, /longer than 64 MiB/)
  refuses(`function f() while true do pcall(function() ${hoard} end) end end`, /64 MiB|too many instructions/)
  refuses('function f() local t = {} t.t = t return t end', /nested deeper/)
  refuses('function f() return {1, nil, 3, x = 1} end', /neither a list nor an object/)
  refuses('function f() return function() end end', /a function where data/)
  refuses('function f() return io.open("/etc/passwd") end', /io/)
  refuses('function f() return os.execute("id") end', /nil value/)
  refuses('function f() return require("fs") end', /no module but kube/)
  refuses('function f() return load("return 1")() end', /not supported/)
  refuses('function g() end', /no function f/)
  refuses('this is no Lua', /syntax error/)
  refuses('function f() error("my own words") end', /my own words/)
})

test("a customization's scripts come before Karmada's own readings; a broken one counts as none", () => {
  const customization: KubeObject = {
    apiVersion: 'config.karmada.io/v1alpha1',
    kind: 'ResourceInterpreterCustomization',
    metadata: { name: 'games' },
    spec: {
      target: { apiVersion: 'example.com/v1', kind: 'Game' },
      customizations: {
        replicaResource: { luaScript: 'function GetReplicas(o) return o.spec.players, nil end' },
        replicaRevision: { luaScript: 'function ReviseReplica(o, n) o.spec.players = n return o end' },
        healthInterpretation: { luaScript: 'function InterpretHealth(o) return o.status.on == true end' },
        statusReflection: { luaScript: 'function ReflectStatus(o) return { players = o.status.players } end' },
        statusAggregation: {
          luaScript: `function AggregateStatus(o, items)
            local sum = 0
            for i = 1, #items do sum = sum + items[i].status.players end
            o.status = { players = sum }
            return o
          end`,
        },
        dependencyInterpretation: { luaScript: 'function GetDependencies(o) error("no") end' },
      },
    },
  }
  const interpreter = scriptedInterpreter([customization], () => 0)
  const game: KubeObject = {
    apiVersion: 'example.com/v1',
    kind: 'Game',
    metadata: { name: 'g', namespace: 'n' },
    spec: { players: 3 },
    status: { on: true, players: 2, old: 1 },
  }
  assert.equal(interpreter.replicas(game), 3)
  assert.equal(interpreter.requirements(game), undefined)
  assert.equal(interpreter.health(game), 'Healthy')
  assert.equal(interpreter.health({ ...game, status: undefined }), 'Unknown')
  assert.deepEqual(interpreter.reflect(game), { players: 2 })
  const items = [
    { cluster: 'm1', status: { players: 2 } },
    { cluster: 'm2', status: { players: 5 } },
  ]
  assert.deepEqual(interpreter.aggregate(game, items, ''), { players: 7, on: null, old: null })
  assert.deepEqual(interpreter.dependencies(game), [])
  assert.match(interpreter.problems?.(game).join('\n') ?? '', /^dependencyInterpretation: the script failed: .*no$/m)
  assert.deepEqual(interpreter.revise(game, 2)['spec'], { players: 2 })
})

test('expressions of CEL do the same', () => {
  const cel = (expression: string) => ({ cel: expression })
  const interpreter = scriptedInterpreter(
    [
      {
        apiVersion: 'config.karmada.io/v1alpha1',
        kind: 'ResourceInterpreterCustomization',
        metadata: { name: 'games' },
        spec: {
          target: { apiVersion: 'example.com/v1', kind: 'Game' },
          customizations: {
            replicaResource: cel('object.spec.players'),
            replicaRevision: cel("{'spec': {'players': replicas}}"),
            healthInterpretation: cel("has(object.status) && object.status.phase == 'On'"),
            statusReflection: cel("{'players': object.status.players}"),
            statusAggregation: cel("{'players': items.map(i, i.status.players).sum()}"),
            dependencyInterpretation: cel('object.nothing'),
          },
        },
      },
    ],
    () => 0,
  )
  const game: KubeObject = {
    apiVersion: 'example.com/v1',
    kind: 'Game',
    metadata: { name: 'g', namespace: 'n' },
    spec: { players: 3, map: 'x' },
    status: { phase: 'On', players: 2 },
  }
  assert.equal(interpreter.replicas(game), 3)
  assert.deepEqual(interpreter.revise(game, 2)['spec'], { players: 2, map: 'x' })
  assert.equal(interpreter.health(game), 'Healthy')
  assert.deepEqual(interpreter.reflect(game), { players: 2 })
  const items = [
    { cluster: 'm1', status: { players: 2 } },
    { cluster: 'm2', status: { players: 5 } },
  ]
  assert.deepEqual(interpreter.aggregate(game, items, ''), { players: 7, phase: null })
  assert.deepEqual(interpreter.dependencies(game), [])
  assert.match(
    interpreter.problems?.(game).join('\n') ?? '',
    /dependencyInterpretation: the expression failed: no such key: nothing/,
  )
})
